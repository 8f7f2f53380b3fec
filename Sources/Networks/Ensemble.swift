// SPDX-License-Identifier: Apache-2.0

/// A deep ensemble (Lakshminarayanan et al. 2017): networks of one architecture, trained alike from different random
/// numbers. Their mean predicts, their spread says how sure they are.
package struct Ensemble: Sendable {
  /// The members, all of one architecture; at least one.
  package let members: [Network]

  /// The architecture of all members.
  package var architecture: NetworkArchitecture { members[0].architecture }

  /// An ensemble of networks, which must share their architecture.
  package init(_ members: [Network]) {
    precondition(!members.isEmpty && members.allSatisfy { $0.architecture == members[0].architecture })
    self.members = members
  }

  /// The logits of each member, by head: `result[member][head]` is rows × outputs.
  package func logits(_ x: Matrix) -> [[Matrix]] {
    members.map { $0.logits(x) }
  }

  /// The mean over the members of the logits of each head (rows × outputs), summed in the members' order.
  package func meanLogits(_ x: Matrix) -> [Matrix] {
    var sums = members[0].logits(x)
    for member in members.dropFirst() {
      for (head, logits) in member.logits(x).enumerated() {
        Elementwise.add(logits.values, to: &sums[head].values)
      }
    }
    for head in sums.indices {
      for index in sums[head].values.indices { sums[head].values[index] /= Float(members.count) }
    }
    return sums
  }

  /// The index of the head called `name`.
  package func head(_ name: String) throws(NetworkError) -> Int {
    guard let index = architecture.heads.firstIndex(where: { $0.name == name }) else { throw .unknownHead }
    return index
  }

  /// Trains an ensemble of `count` members, `threads` at a time. Each member is trained by one thread, so the weights do
  /// not depend on how many there are.
  ///
  /// The parameters are those of `Trainer.train`, `resuming` by member; `progress` is called from several threads.
  package static func train(
    _ trainer: Trainer, inputs: Matrix, targets: [Target], count: Int, threads: Int,
    rows: @escaping @Sendable (_ epoch: Int, _ random: inout RandomSource) -> [Int],
    resuming: [Int: Checkpoint] = [:], validation: (@Sendable (Network) -> Double)? = nil,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
  ) async throws -> Ensemble {
    let members = try await withThrowingTaskGroup(of: (Int, Network).self) { group in
      var members = [Network?](repeating: nil, count: count)
      for member in 0..<count {
        if member >= max(threads, 1), let (index, network) = try await group.next() { members[index] = network }
        group.addTask {
          let network = try trainer.train(
            inputs: inputs, targets: targets, rows: rows, member: member, resuming: resuming[member],
            validation: validation, progress: progress)
          return (member, network)
        }
      }
      for try await (index, network) in group { members[index] = network }
      return members.compactMap(\.self)
    }
    return Ensemble(members)
  }
}
