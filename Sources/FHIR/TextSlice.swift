// SPDX-License-Identifier: Apache-2.0

/// A run of a document's text, compared and hashed by its bytes without copying them.
///
/// It does not keep the document alive, so that copying it costs nothing: whoever holds slices holds the tape too.
@safe struct TextSlice: Hashable, @unchecked Sendable {  // the bytes never change
  private let start: UnsafePointer<UInt8>
  let count: Int

  /// The text of a string, number or boolean.
  init?(_ node: Node) {
    guard !node.tape.isContainer(node.index) else { return nil }
    self.init(text: node.tape, node.index)
  }

  /// The text of the primitive at `index`.
  @inline(__always) init(text tape: Tape, _ index: UInt32) {
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

  private var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: start, count: count) }

  /// The byte at `index`, which must lie in `0 ..< count`.
  subscript(_ index: Int) -> UInt8 { unsafe bytes[index] }

  /// The bytes of `range`, which must lie in `0 ..< count`.
  subscript(_ range: Range<Int>) -> TextSlice { unsafe TextSlice(start + range.lowerBound, range.count) }

  var string: String { unsafe String(decoding: bytes, as: UTF8.self) }

  func equals(_ text: StaticString) -> Bool {
    unsafe count == text.utf8CodeUnitCount && equal(start, text.utf8Start, count)
  }

  func hasPrefix(_ text: StaticString) -> Bool {
    unsafe count >= text.utf8CodeUnitCount && equal(start, text.utf8Start, text.utf8CodeUnitCount)
  }

  func equals(_ text: String) -> Bool { unsafe text.utf8.elementsEqual(bytes) }

  static func == (left: TextSlice, right: TextSlice) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.start == right.start || equal(left.start, right.start, left.count)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(hash64) }

  /// A hash of the bytes, different in each run so that no input can be made to collide; nothing but the speed of
  /// tables depends on it. Multiplication mixes each word as in wyhash.
  var hash64: UInt64 {
    let raw = unsafe UnsafeRawBufferPointer(bytes)
    func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
      let product = left.multipliedFullWidth(by: right)
      return product.high ^ product.low
    }
    var state = TextSlice.seed ^ UInt64(count)
    var at = 0
    while at + 8 <= count {
      state = unsafe mix(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ state, 0xA076_1D64_78BD_642F)
      at += 8
    }
    var rest: UInt64 = 0
    while at < count {
      rest = unsafe rest << 8 | UInt64(raw[at])
      at += 1
    }
    return mix(rest ^ state, TextSlice.seed | 1)
  }

  private static let seed = UInt64.random(in: .min ... .max)
}
