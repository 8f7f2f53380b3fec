// SPDX-License-Identifier: Apache-2.0

/// Copies columns of some slots side by side into one: selection (one source) and concatenation (several).
struct Columns: Operation {
  /// `count` columns of slot `slot` from column `first` on.
  struct Source {
    let slot: Int
    let first: Int
    let count: Int
  }

  let sources: [Source]
  let output: Int

  var inputs: [Int] { sources.map(\.slot) }
  var parameters: [Int] { [] }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    var offset = 0
    for source in sources {
      let x = pass.values[source.slot]
      for row in 0..<x.rows {
        for column in 0..<source.count { pass.values[output][row, offset + column] = x[row, source.first + column] }
      }
      offset += source.count
    }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let dy = pass.gradients[output]
    var offset = 0
    for source in sources {
      if pass.needsGradient[source.slot] {
        for row in 0..<dy.rows {
          for column in 0..<source.count {
            pass.gradients[source.slot][row, source.first + column] += dy[row, offset + column]
          }
        }
      }
      offset += source.count
    }
  }
}
