// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2

/// The names that decide how an element is read, as pointers into the dictionary of one parser, which keeps each
/// distinct name once: equal names are equal pointers.
///
/// Unsafe: the pointers live as long as the parser's context.
@unsafe struct InternedNames {
  var fhir: UnsafePointer<UInt8>?
  var xhtml: UnsafePointer<UInt8>?
  var schemaInstance: UnsafePointer<UInt8>?
  var value: UnsafePointer<UInt8>?
  var id: UnsafePointer<UInt8>?
  var xml: UnsafePointer<UInt8>?
  var div: UnsafePointer<UInt8>?

  init() {}

  init(_ parser: xmlParserCtxtPtr) {
    func intern(_ text: StaticString) -> UnsafePointer<UInt8>? {
      unsafe xmlDictLookup(parser.pointee.dict, text.utf8Start, Int32(text.utf8CodeUnitCount))
    }
    unsafe fhir = intern("http://hl7.org/fhir")
    unsafe xhtml = intern("http://www.w3.org/1999/xhtml")
    unsafe schemaInstance = intern("http://www.w3.org/2001/XMLSchema-instance")
    unsafe value = intern("value")
    unsafe id = intern("id")
    unsafe xml = intern("xml")
    unsafe div = intern("div")
  }
}

/// What the table says of a type and an element name, by the name's pointer: a small table in front of the element
/// table, since a document repeats a few hundred pairs many thousand times.
///
/// Unsafe: keys are pointers into the parser's dictionary, compared and never read.
@unsafe struct NameCache {
  /// One answer, complete, so that the common case touches one line of memory.
  struct Answer {
    fileprivate var pointer: UInt = 0
    fileprivate var owner: Int32 = 0
    /// Index into the table's elements; negative for a name that the type does not have.
    var index: Int32 = 0
    var element = ElementTable.Element(name: 0, type: 0, repeats: false, isAttribute: false, form: .complex)

    var isKnown: Bool { index >= 0 }
  }

  private static let size = 1024
  private var answers = Array(repeating: Answer(), count: size)
  private var count = 0

  @inline(__always)
  private static func place(_ pointer: UInt, _ type: Int32) -> Int {
    let key = UInt64(pointer) ^ (UInt64(UInt32(bitPattern: type)) << 40)
    return Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 54)
  }

  /// The place of the answer, or of the gap where it belongs.
  @inline(__always)
  private func place(_ pointer: UInt, of type: Int32) -> Int {
    var place = unsafe Self.place(pointer, type)
    while unsafe answers[place].pointer != 0 {
      if unsafe answers[place].pointer == pointer && answers[place].owner == type { break }
      place = (place + 1) & 1023
    }
    return place
  }

  /// The cached answer, or nil.
  @inline(__always)
  func find(_ name: UnsafePointer<UInt8>, _ type: Int32) -> Answer? {
    let answer = unsafe answers[place(UInt(bitPattern: name), of: type)]
    return answer.pointer == 0 ? nil : answer
  }

  mutating func insert(
    _ name: UnsafePointer<UInt8>, _ type: Int32, index: Int32, element: ElementTable.Element
  ) -> Answer {
    if unsafe count == 768 {  // more variety than any real document has: start over rather than grow
      unsafe answers = Array(repeating: Answer(), count: Self.size)
      unsafe count = 0
    }
    let pointer = UInt(bitPattern: name)
    let answer = Answer(pointer: pointer, owner: type, index: index, element: element)
    let place = unsafe place(pointer, of: type)
    unsafe answers[place] = answer
    unsafe count += 1
    return answer
  }
}
