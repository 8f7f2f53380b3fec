// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

/// A network taken apart at the end of its trunk and put together again.
@Suite struct NetworkHeadsTests {
  private let inputs: Matrix
  private let network: Network

  init() {
    var random = RandomSource(seed: 4)
    network = Network(.hybrid, random: &random)
    inputs = Matrix.normal(7, NetworkArchitecture.hybrid.inputs, seed: 2)
  }

  @Test func headsOnTheTrunkSayWhatTheNetworkSays() {
    let apart = network.ownHeads.logits(network.trunk(inputs))
    #expect(apart.map(\.values) == network.logits(inputs).map(\.values))
  }

  @Test func someHeadsSayWhatTheyDidAmongAll() throws {
    let heads = NetworkArchitecture.hybrid.heads
    for (index, head) in heads.enumerated() {
      let kept = try network.keeping(heads: [head.name])
      #expect(kept.architecture.heads == [head])
      #expect(kept.logits(inputs)[0].values == network.logits(inputs)[index].values)
    }
    #expect(throws: NetworkError.unknownHead) { try network.keeping(heads: ["none"]) }
  }

  @Test func replacedHeadsAloneChange() throws {
    var random = RandomSource(seed: 9)
    let first = NetworkArchitecture.hybrid.heads[0].name
    let other = try Network(.hybrid, random: &random).keeping(heads: [first])
    let mixed = network.replacing(heads: other.ownHeads)
    #expect(mixed.trunk(inputs).values == network.trunk(inputs).values)
    #expect(mixed.logits(inputs)[0].values == other.ownHeads.logits(network.trunk(inputs))[0].values)
    for index in 1..<NetworkArchitecture.hybrid.heads.count {
      #expect(mixed.logits(inputs)[index].values == network.logits(inputs)[index].values)
    }
    #expect(mixed.logits(inputs)[0].values != network.logits(inputs)[0].values)
  }
}
