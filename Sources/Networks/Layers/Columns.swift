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

  func isAffine(between ends: Matrix) -> Bool { true }

  func forward(_ pass: inout Pass, _ parameters: [Matrix]) {
    pass.values[output].setRows(pass.values[sources[0].slot].rows)
    var offset = 0
    for source in sources {
      pass.values[output].setColumns(offset, to: pass.values[source.slot], from: source.first, count: source.count)
      offset += source.count
    }
  }

  func backward(_ pass: inout Pass, _ parameters: [Matrix]) {
    let dy = pass.gradients[output]
    var offset = 0
    for source in sources {
      if pass.needsGradient[source.slot] {
        pass.gradients[source.slot].addColumns(source.first, of: dy, from: offset, count: source.count)
      }
      offset += source.count
    }
  }
}
