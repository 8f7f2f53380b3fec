// SPDX-License-Identifier: Apache-2.0

import CKernels
import Dispatch

/// The inner loops of the engine in one of several forms that all give the same bits: plain loops, which define what is
/// computed, and the C target's vectors for the instruction sets of x86-64 and ARM.
///
/// Why the bits agree is said at `KernelTable` in `CKernels/Kernels.inc`; a test compares every form with the plain loops,
/// kernel by kernel, and as digests of whole trainings. docs/decisions/0009-kernels-by-instruction-set.md
package struct Kernels: Sendable {
  /// A form.
  package enum Path: String, CaseIterable, Sendable {
    /// Plain loops in Swift, on every machine.
    case reference
    case sse2, avx2, avx512, neon
  }

  package let path: Path
  /// How many threads may share the work of one call. They divide the outputs, so the bits do not depend on it.
  package var threads: Int
  /// The C functions; calling them is unsafe code.
  let table: KernelTable

  /// The kernels of a form; nil when this machine does not have its instructions.
  package init?(_ path: Path, threads: Int = 1) {
    let table: UnsafePointer<KernelTable>? =
      switch path {
      case .reference: nil
      case .sse2: unsafe kernelsSSE2()
      case .avx2: unsafe kernelsAVX2()
      case .avx512: unsafe kernelsAVX512()
      case .neon: unsafe kernelsNEON()
      }
    guard unsafe path == .reference || table != nil else { return nil }
    self.path = path
    self.threads = threads
    self.table = unsafe table?.pointee ?? ReferenceKernels.table
  }

  private init(reference threads: Int) {
    path = .reference
    self.threads = threads
    table = ReferenceKernels.table
  }

  /// The fastest form that this machine has, for one thread.
  package static let fastest: Kernels =
    [.avx512, .avx2, .neon, .sse2].lazy.compactMap { Kernels($0) }.first ?? Kernels(reference: 1)

  /// The same for up to `count` threads.
  package func on(threads count: Int) -> Kernels {
    var copy = self
    copy.threads = max(count, 1)
    return copy
  }

  /// Calls `body` with ranges that together are 0 ..< `count`: with one, or with as many as there are threads when each of
  /// them gets at least `least`. Parts begin at multiples of 16, a whole number of vectors of every form.
  func divide(_ count: Int, least: Int, _ body: (Range<Int>) -> Void) {
    let parts = min(threads, count / max(least, 1))
    guard parts > 1 else { return body(0..<count) }
    let size = (count / parts + 15) / 16 * 16
    // Unsafe code: the parts are disjoint, and all are done when this returns.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      let start = min(part * size, count)
      let end = part == parts - 1 ? count : min(start + size, count)
      if start < end { unsafe body(start..<end) }
    }
  }
}
