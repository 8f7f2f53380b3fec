// SPDX-License-Identifier: Apache-2.0
internal import CXML

/// Names by their bytes: name n of the list has the number n.
///
/// It is made once for a table that lives as long as the process, never changes and is never freed.
@safe struct NameDictionary: @unchecked Sendable {
  /// For the scanner; nil when memory was out, then no name is known.
  let pointer: OpaquePointer?

  /// No names.
  init() { unsafe pointer = nil }

  /// The names must be distinct.
  init(of names: [String]) {
    let bounds = names.reduce(into: [UInt32(0)]) { $0.append($0[$0.count - 1] + UInt32($1.utf8.count)) }
    let text = names.flatMap(\.utf8)
    // Both are copied.
    unsafe pointer = unsafe vigil_xml_names_make(text, bounds, UInt32(names.count))
  }

  /// The number of the name, or nil.
  func number(of name: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard let pointer = unsafe pointer, let first = name.baseAddress else { return nil }
    let number = unsafe vigil_xml_names_find(pointer, first, UInt32(clamping: name.count))
    return number >= 0 ? number : nil
  }
}
