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

/// What the table said of a type and an element name, by the name's pointer: a small table in front of the element
/// table, since a document repeats a few hundred pairs many thousand times.
///
/// Unsafe: keys are pointers into the parser's dictionary, compared and never read.
@unsafe struct NameCache {
  struct Slot {
    var pointer: UInt = 0
    var type: Int32 = 0
    /// Index into the table's elements, or `unknown` minus the number of the unknown name.
    var element: Int32 = 0
  }
  private var slots = Array(repeating: Slot(), count: 1024)
  private var count = 0

  @inline(__always)
  private static func place(_ pointer: UInt, _ type: Int32) -> Int {
    let key = UInt64(pointer) ^ (UInt64(UInt32(bitPattern: type)) << 40)
    return Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 54)
  }

  /// The cached answer, or nil.
  @inline(__always)
  func find(_ name: UnsafePointer<UInt8>, _ type: Int32) -> Int32? {
    let pointer = UInt(bitPattern: name)
    var place = unsafe Self.place(pointer, type)
    while true {
      let slot = unsafe slots[place]
      if slot.pointer == pointer && slot.type == type { return slot.element }
      if slot.pointer == 0 { return nil }
      place = (place + 1) & 1023
    }
  }

  mutating func insert(_ name: UnsafePointer<UInt8>, _ type: Int32, _ element: Int32) {
    if unsafe count == 768 {  // adversarial variety: start over rather than grow
      unsafe slots = Array(repeating: Slot(), count: 1024)
      unsafe count = 0
    }
    let pointer = UInt(bitPattern: name)
    var place = unsafe Self.place(pointer, type)
    while unsafe slots[place].pointer != 0 { place = (place + 1) & 1023 }
    unsafe slots[place] = Slot(pointer: pointer, type: type, element: element)
    unsafe count += 1
  }
}
