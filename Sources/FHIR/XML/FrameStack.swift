// SPDX-License-Identifier: Apache-2.0

/// The open elements of a document being read.
///
/// Unsafe: plain memory, since an array's checks at each change cost as much as the work itself. An index must be one of
/// an open element.
@unsafe struct FrameStack: ~Copyable {
  private var base: UnsafeMutablePointer<XMLReader.Frame>
  private var capacity = 64
  private(set) var count = 0

  init() { unsafe base = .allocate(capacity: capacity) }

  deinit { unsafe base.deallocate() }

  @inline(__always)
  mutating func append(_ frame: XMLReader.Frame) {
    if unsafe count == capacity { unsafe grow() }
    unsafe (base + count).initialize(to: frame)
    unsafe count += 1
  }

  @inline(__always)
  mutating func removeLast() { unsafe count -= 1 }

  subscript(_ index: Int) -> XMLReader.Frame {
    @inline(__always) get { unsafe base[index] }
    @inline(__always) nonmutating _modify { yield unsafe &base[index] }
  }

  @inline(never)
  private mutating func grow() {
    let larger = unsafe UnsafeMutablePointer<XMLReader.Frame>.allocate(capacity: capacity * 2)
    unsafe larger.moveInitialize(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = larger
    unsafe capacity *= 2
  }
}
