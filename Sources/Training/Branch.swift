// SPDX-License-Identifier: Apache-2.0
package import Features
import Networks

/// A perceptron of its own beside others in one network: which heads read it, and which inputs it is deaf to.
///
/// Where several data sets teach one network, each carries signals that the others lack. A head that was never shown a
/// signal together with its label has nothing to say about it, so its branch goes without.
package struct Branch: Codable, Sendable, Equatable {
  /// The heads that read this branch.
  package var heads: [String]
  /// What it is deaf to: ids of series, statics or groups of the profile, or `*` and the end of columns' ids, such as
  /// `*.48-0`; nil: nothing.
  package var without: [String]?
  /// Whether it reads columns cut into pieces, where the encoding cuts them, instead of whole; nil: it does not.
  package var pieces: Bool?
  /// Sizes of the hidden layers, each dense, SiLU, dropout.
  package var hidden: [Int]
  package var inputDropout: Float
  package var hiddenDropout: Float

  /// A branch.
  package init(
    heads: [String], without: [String]?, pieces: Bool?, hidden: [Int], inputDropout: Float, hiddenDropout: Float
  ) {
    self.heads = heads
    self.without = without
    self.pieces = pieces
    self.hidden = hidden
    self.inputDropout = inputDropout
    self.hiddenDropout = hiddenDropout
  }

  /// The inputs it reads, ascending.
  package func inputs(_ encoder: InputEncoder) -> [Int] {
    let withheld = without ?? []
    let suffixes = withheld.filter { $0.hasPrefix("*") }.map { $0.dropFirst() }
    let inputs = encoder.encoding.inputs.map(\.column)
    let columns = inputs + encoder.encoding.flagged
    var seen: Set<String> = []
    let isPiece = inputs.map { !seen.insert($0).inserted } + encoder.encoding.flagged.map { _ in false }
    // A column comes whole, and then in its pieces where there are any; a flag has none.
    let cut = pieces == true ? Set(inputs.indices.filter { isPiece[$0] }.map { inputs[$0] }) : []
    return columns.indices.filter { index in
      (index >= inputs.count || isPiece[index] == cut.contains(columns[index]))
        && !withheld.contains(encoder.series[index]) && !withheld.contains(encoder.groups[index])
        && !suffixes.contains { columns[index].hasSuffix($0) }
    }
  }

  /// The layers of the branch over a network's inputs.
  private func layers(_ encoder: InputEncoder) -> [Layer] {
    // Runs of neighbouring inputs, side by side.
    var runs: [Range<Int>] = []
    for input in inputs(encoder) {
      if let last = runs.last, last.upperBound == input {
        runs[runs.count - 1] = last.lowerBound..<input + 1
      } else {
        runs.append(input..<input + 1)
      }
    }
    var layers: [Layer] = [.concatenation(branches: runs.map { [.columns(first: $0.lowerBound, count: $0.count)] })]
    layers.append(.dropout(rate: inputDropout))
    for size in hidden { layers += [.dense(outputs: size), .silu, .dropout(rate: hiddenDropout)] }
    return layers
  }

  /// One network of all branches; each head reads the last layer of its own.
  static func architecture(_ branches: [Branch], _ encoder: InputEncoder, heads: [Head]) -> NetworkArchitecture {
    var heads = heads
    var first = 0
    for branch in branches {
      let width = branch.hidden.last ?? 0
      for index in heads.indices where branch.heads.contains(heads[index].name) {
        heads[index].layers = [.columns(first: first, count: width)]
      }
      first += width
    }
    return NetworkArchitecture(
      inputs: encoder.encoding.width, trunk: [.concatenation(branches: branches.map { $0.layers(encoder) })],
      heads: heads)
  }
}
