// SPDX-License-Identifier: Apache-2.0

/// A dense layer of a batch whose rows begin as its first row does: up to the first input that differs, sums run through the same
/// numbers in the same order, so they are the first row's, bit for bit, and are computed once.
struct SharedSums {
  /// Inputs between two places at which rows may part.
  private static let block = 64

  /// The rows by the block in which they part from the first row, the first row itself in front.
  private let order: [Int]
  /// For each block how many of them go through it on their own.
  private let active: [Int]

  /// Nil when too little is shared for it to pay, or when a run backward may follow.
  init?(_ x: Matrix, _ pass: Pass) {
    guard x.rows > 2, x.columns > Self.block, !pass.keepsGradients else { return nil }
    let blocks = (x.columns + Self.block - 1) / Self.block
    var parting: [Int] = [0]
    let (rows, columns) = (x.rows, x.columns)
    // Unsafe code: the bits of blocks inside the matrix are compared without bounds checks.
    unsafe x.values.withUnsafeBytes { bytes in
      let bits = unsafe bytes.bindMemory(to: UInt32.self)
      for row in 1..<rows {
        var block = 0
        while block < blocks {
          var difference: UInt32 = 0
          for column in block * Self.block..<min((block + 1) * Self.block, columns) {
            unsafe difference |= bits[column] ^ bits[row * columns + column]
          }
          if difference != 0 { break }
          block += 1
        }
        parting.append(block)
      }
    }
    let own = parting.dropFirst().reduce(blocks) { $0 + blocks - $1 }
    guard own * 4 <= blocks * rows * 3 else { return nil }
    order = [0] + (1..<rows).sorted { (parting[$0], $0) < (parting[$1], $1) }
    active = (0..<blocks).map { block in 1 + parting.dropFirst().count { $0 <= block } }
  }

  /// y = x·W + b.
  func multiply(_ x: Matrix, _ weights: Matrix, plus bias: [Float], into y: inout Matrix, _ kernels: Kernels) {
    let ordered = x.gathering(order)
    var sums = Matrix.uninitialized(rows: x.rows, columns: weights.columns)
    sums.setRow(0, to: bias[...])
    var started = 1
    for (block, count) in active.enumerated() {
      let first = block * Self.block
      let columns = min(Self.block, x.columns - first)
      // A copy: a slice would keep the sums from being changed in place.
      let shared = Array(sums.row(0))
      for row in started..<count { sums.setRow(row, to: shared[...]) }
      started = count
      kernels.multiplyAdd(
        Factor(ordered, first: first, columns: columns, rows: count), Factor(weights, rows: first..<first + columns),
        toFirstRowsOf: &sums)
    }
    let shared = sums.row(0)
    for (place, row) in order.enumerated() { y.setRow(row, to: place < started ? sums.row(place) : shared) }
  }
}
