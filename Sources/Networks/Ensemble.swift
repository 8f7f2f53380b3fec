// SPDX-License-Identifier: Apache-2.0

/// A deep ensemble (Lakshminarayanan et al. 2017): networks that answer the same questions, trained from different random
/// numbers and, where that helps, of different architectures. Their mean predicts, their spread says how sure they are.
package struct Ensemble: Sendable {
  /// The members, at least one. They may differ in their layers, but read the same inputs and have the same heads.
  package let members: [Network]
  /// For each member its weight matrices with rows and columns exchanged, by parameter: explanations run backward through them
  /// for every patient, and a product reads a matrix fastest as it lies.
  let transposed: [[Int: Matrix]]

  /// Number of input columns.
  package var inputs: Int { members[0].architecture.inputs }
  /// The heads of every member; their initial biases may differ.
  package var heads: [Head] { members[0].architecture.heads }

  /// An ensemble of networks, which must agree in their inputs and in their heads' names, kinds and outputs.
  package init(_ members: [Network]) {
    precondition(!members.isEmpty && Self.agree(members.map(\.architecture)), "the members answer different questions")
    self.members = members
    transposed = members.map(\.transposedMatrices)
  }

  /// Whether networks of these architectures may stand in one ensemble.
  static func agree(_ architectures: [NetworkArchitecture]) -> Bool {
    guard let first = architectures.first else { return false }
    return architectures.allSatisfy { other in
      other.inputs == first.inputs && other.heads.count == first.heads.count
        && zip(other.heads, first.heads).allSatisfy {
          ($0.name, $0.kind, $0.outputs) == ($1.name, $1.kind, $1.outputs)
        }
    }
  }

  /// The logits of each member, by head: `result[member][head]` is rows × outputs.
  package func logits(_ x: Matrix) -> [[Matrix]] {
    members.map { $0.logits(x) }
  }

  /// The mean over the members of the logits of one head, rows × outputs row after row, summed in Double in the members'
  /// order.
  package func meanLogits(_ x: Matrix, head: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: x.rows * heads[head].outputs)
    for member in members {
      for (index, logit) in member.logits(x)[head].values.enumerated() { sums[index] += Double(logit) }
    }
    return sums.map { $0 / Double(members.count) }
  }

  /// The index of the head called `name`.
  package func head(_ name: String) throws(NetworkError) -> Int {
    guard let index = heads.firstIndex(where: { $0.name == name }) else { throw .unknownHead }
    return index
  }
}
