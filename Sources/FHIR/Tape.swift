// SPDX-License-Identifier: Apache-2.0
import CSimdjson

/// The memory of one text read: its bytes, the nodes and the side buffer, as `CSimdjson.h` lays them out.
@safe final class Tape: @unchecked Sendable {  // never written after init
  let bytes: [UInt8]
  private var record: vigil_tape
  /// What stands in the memory; valid while the tape lives.
  let view: TapeView
  let count: Int

  /// Takes over a filled tape; `record` must hold at least one node.
  init(bytes: [UInt8], record: vigil_tape) {
    self.bytes = bytes
    unsafe self.record = record
    // An array's elements lie in one heap block that neither moves nor changes while `bytes` keeps it.
    let start = unsafe bytes.withUnsafeBufferPointer { $0.baseAddress }
    let nothing = unsafe UnsafePointer<UInt8>(bitPattern: 8).unsafelyUnwrapped  // never read: ranges are empty
    view = unsafe TapeView(
      nodes: UnsafePointer(record.nodes), input: start ?? nothing,
      side: record.side.map { unsafe UnsafePointer($0) } ?? nothing)
    count = unsafe Int(record.node_count)
  }

  deinit {
    unsafe vigil_tape_release(&record)
  }
}

/// The nodes of a tape and their texts, without a hold on the tape: copying it costs nothing, and whoever uses it keeps
/// the tape alive.
///
/// Unsafe code of the reader ends here. Every index handed out is one of a node of this tape: the readers write `next`
/// and text ranges that lie inside it.
@safe struct TapeView: @unchecked Sendable {  // the memory never changes
  private let nodes: UnsafePointer<vigil_node>
  private let input: UnsafePointer<UInt8>
  private let side: UnsafePointer<UInt8>

  init(nodes: UnsafePointer<vigil_node>, input: UnsafePointer<UInt8>, side: UnsafePointer<UInt8>) {
    unsafe self.nodes = nodes
    unsafe self.input = input
    unsafe self.side = side
  }

  @inline(__always) func kind(_ index: UInt32) -> Node.Kind {
    // The readers write no other values than the kinds of `vigil_kind`.
    unsafe Node.Kind(rawValue: nodes[Int(index)].kind).unsafelyUnwrapped
  }

  @inline(__always) func next(_ index: UInt32) -> UInt32 { unsafe nodes[Int(index)].next }

  @inline(__always) func source(_ index: UInt32) -> Int { unsafe Int(nodes[Int(index)].source) }

  /// The number of children of a container.
  @inline(__always) func children(_ index: UInt32) -> Int { unsafe Int(nodes[Int(index)].length) }

  @inline(__always) func isContainer(_ index: UInt32) -> Bool {
    unsafe nodes[Int(index)].kind <= UInt8(VIGIL_ARRAY.rawValue)
  }

  /// The content of a string, number or boolean.
  @inline(__always) func text(_ index: UInt32) -> UnsafeBufferPointer<UInt8> {
    let node = unsafe nodes + Int(index)
    let base = unsafe node.pointee.flags & UInt8(VIGIL_TEXT_IN_SIDE.rawValue) == 0 ? input : side
    return unsafe UnsafeBufferPointer(start: base + Int(node.pointee.start), count: Int(node.pointee.length))
  }

  /// The member name; empty for array entries and the root.
  @inline(__always) func name(_ index: UInt32) -> UnsafeBufferPointer<UInt8> {
    let node = unsafe nodes + Int(index)
    let base = unsafe node.pointee.flags & UInt8(VIGIL_NAME_IN_SIDE.rawValue) == 0 ? input : side
    return unsafe UnsafeBufferPointer(start: base + Int(node.pointee.name_start), count: Int(node.pointee.name_length))
  }

  /// The bytes of the member name.
  @inline(__always) func nameCount(_ index: UInt32) -> Int { unsafe Int(nodes[Int(index)].name_length) }

  /// The first byte of a member name that is not empty.
  @inline(__always) func nameStart(_ index: UInt32) -> UInt8 { unsafe name(index)[0] }

  /// The child of the object at `index` whose name is the `count` bytes at `name`.
  @inline(__always) func member(_ index: UInt32, _ name: UnsafePointer<UInt8>, _ count: Int) -> UInt32? {
    guard unsafe nodes[Int(index)].kind == UInt8(VIGIL_OBJECT.rawValue) else { return nil }
    let end = next(index)
    var child = index + 1
    while child < end {
      if nameCount(child) == count, unsafe equal(self.name(child).baseAddress, name, count) { return child }
      child = next(child)
    }
    return nil
  }

  @inline(__always) func member(_ index: UInt32, _ name: StaticString) -> UInt32? {
    unsafe member(index, name.utf8Start, name.utf8CodeUnitCount)
  }

  /// The first entry of the array at `index` and the node after the last; a value that is no array stands for itself.
  @inline(__always) func entries(_ index: UInt32) -> (from: UInt32, to: UInt32) {
    (kind(index) == .array ? index + 1 : index, next(index))
  }

  /// Whether the member name of the node is `name`.
  @inline(__always) func isNamed(_ index: UInt32, _ name: StaticString) -> Bool {
    let own = unsafe self.name(index)
    return unsafe own.count == name.utf8CodeUnitCount && equal(own.baseAddress, name.utf8Start, own.count)
  }

  /// Whether the member name of the node starts with `name`.
  @inline(__always) func isName(_ index: UInt32, startingWith name: StaticString) -> Bool {
    let own = unsafe self.name(index)
    return unsafe own.count >= name.utf8CodeUnitCount
      && equal(own.baseAddress, name.utf8Start, name.utf8CodeUnitCount)
  }

  /// Whether the value's text is `text`.
  @inline(__always) func equals(_ index: UInt32, _ text: StaticString) -> Bool {
    guard !isContainer(index) else { return false }
    let own = unsafe self.text(index)
    return unsafe own.count == text.utf8CodeUnitCount && equal(own.baseAddress, text.utf8Start, own.count)
  }
}

/// Whether two runs of `count` bytes are equal; by words, since most are names of known length.
@inline(__always)
func equal(_ left: UnsafePointer<UInt8>?, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  guard let left = unsafe left else { return count == 0 }
  let a = unsafe UnsafeRawPointer(left)
  let b = unsafe UnsafeRawPointer(right)
  @inline(__always) func same<Word: FixedWidthInteger>(_ type: Word.Type, _ at: Int) -> Bool {
    unsafe a.loadUnaligned(fromByteOffset: at, as: type) == b.loadUnaligned(fromByteOffset: at, as: type)
  }
  if count >= 8 {
    var at = 0
    while at <= count - 8 {
      if !same(UInt64.self, at) { return false }
      at += 8
    }
    return same(UInt64.self, count - 8)  // the rest, overlapping
  }
  if count >= 4 { return same(UInt32.self, 0) && same(UInt32.self, count - 4) }
  if count >= 2 { return same(UInt16.self, 0) && same(UInt16.self, count - 2) }
  return count == 0 || same(UInt8.self, 0)
}
