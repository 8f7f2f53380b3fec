// SPDX-License-Identifier: Apache-2.0

/// A run of a document's text, compared and hashed by its bytes without copying them.
///
/// It does not keep the document alive, so that copying it costs nothing: whoever holds slices holds the tape too.
@safe struct TextSlice: Hashable, @unchecked Sendable {  // the bytes never change
  private let start: UnsafePointer<UInt8>
  let count: Int

  /// The text of a string, number or boolean.
  init?(_ node: Node) {
    guard !node.tape.view.isContainer(node.index) else { return nil }
    self.init(text: node.tape.view, node.index)
  }

  /// The text of the primitive at `index`.
  @inline(__always) init(text tape: TapeView, _ index: UInt32) {
    let text = unsafe tape.text(index)
    unsafe self.init(text.baseAddress.unsafelyUnwrapped, text.count)  // a tape's text always has a place
  }

  /// All of `bytes`, which must be there while the slice is.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    let nothing = unsafe UnsafePointer<UInt8>(bitPattern: 8).unsafelyUnwrapped  // never read: there are no bytes
    unsafe self.init(bytes.baseAddress ?? nothing, bytes.count)
  }

  @inline(__always) private init(_ start: UnsafePointer<UInt8>, _ count: Int) {
    unsafe self.start = unsafe start
    self.count = count
  }

  var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: start, count: count) }

  /// The byte at `index`, which must lie in `0 ..< count`.
  subscript(_ index: Int) -> UInt8 { unsafe bytes[index] }

  /// The bytes of `range`, which must lie in `0 ..< count`.
  subscript(_ range: Range<Int>) -> TextSlice { unsafe TextSlice(start + range.lowerBound, range.count) }

  /// Where `byte` stands first.
  func first(_ byte: UInt8) -> Int? { unsafe bytes.firstIndex(of: byte) }

  /// Where `byte` stands last.
  func last(_ byte: UInt8) -> Int? { unsafe bytes.lastIndex(of: byte) }

  var string: String { unsafe String(decoding: bytes, as: UTF8.self) }

  @inline(__always) func equals(_ text: StaticString) -> Bool {
    unsafe count == text.utf8CodeUnitCount && equal(start, text.utf8Start, count)
  }

  @inline(__always) func hasPrefix(_ text: StaticString) -> Bool {
    unsafe count >= text.utf8CodeUnitCount && equal(start, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Whether the bytes before `end` are those of `other`.
  func hasSuffix(_ other: TextSlice, before end: Int) -> Bool {
    unsafe end >= other.count && equal(start + (end - other.count), other.start, other.count)
  }

  static func == (left: TextSlice, right: TextSlice) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.start == right.start || equal(left.start, right.start, left.count)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(hash64) }

  /// A hash of the bytes, different in each run so that no input can be made to collide; nothing but the speed of
  /// tables depends on it. Multiplication mixes each word as in wyhash.
  var hash64: UInt64 {
    let raw = unsafe UnsafeRawPointer(start)
    func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
      let product = left.multipliedFullWidth(by: right)
      return product.high ^ product.low
    }
    var state = TextSlice.seed ^ UInt64(count)
    // The rest is read with bytes before it, which lie in the text as well.
    var rest: UInt64 = 0
    if count >= 8 {
      var at = 0
      while at < count - 8 {
        state = unsafe mix(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ state, 0xA076_1D64_78BD_642F)
        at += 8
      }
      rest = unsafe raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      rest = unsafe UInt64(raw.loadUnaligned(as: UInt32.self))
      rest |= unsafe UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)) &<< 32
    } else {
      for index in 0..<count { rest = unsafe rest &<< 8 | UInt64(start[index]) }
    }
    return mix(rest ^ state, TextSlice.seed | 1)
  }

  private static let seed = UInt64.random(in: .min ... .max)
}
