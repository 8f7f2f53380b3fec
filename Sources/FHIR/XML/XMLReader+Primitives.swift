// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2
internal import CSimdjson

/// Primitive elements and the values of attributes. Unsafe: see `XMLReader`.
extension XMLReader {
  /// `<status value="final" id="a">`: the value here, `id` and extensions in the object beside it.
  mutating func startPrimitive(
    _ start: XMLStart, _ form: ElementTable.Form, _ name: Int32
  ) {
    var id = -1
    var value = -1
    for index in unsafe 0..<start.attributeCount {
      let attribute = unsafe start.attribute(index)
      if unsafe attribute.name == interned.value && attribute.prefix == nil {
        value = index
      } else if unsafe attribute.name == interned.id && isPlain(attribute) && id < 0 {
        id = index
      } else {
        return unsafe refuse(.unknownAttribute, at: tagOffset(), member: name)
      }
    }
    if value >= 0 {
      let text = unsafe start.attribute(value).value
      var kind = VIGIL_STRING
      if form != .string {
        kind = form == .number ? VIGIL_NUMBER : VIGIL_BOOLEAN
        if let fault = unsafe fault(of: text, form) {
          return unsafe refuse(fault, at: valueOffset(text), member: name)
        }
      }
      guard unsafe appendText(text, kind: kind, name: name) else { return }
    } else if name < 0 {
      unsafe append(node(VIGIL_NULL, start: 0, length: 0, source: tagOffset(), name: -1))
    }
    unsafe frames.append(
      Frame(kind: .primitive, object: -1, type: table.elementType, name: name, isFilled: value >= 0))
    if id >= 0 {
      guard unsafe openBeside(frames.count - 1) else { return }
      let object = unsafe frames[frames.count - 1].object
      guard let idName = unsafe table.name("id") else { return }
      _ = unsafe appendAttribute(start.attribute(id), name: idName, object: object)
    }
  }

  /// What is wrong with the text of a number or boolean.
  private func fault(of text: UnsafeBufferPointer<UInt8>, _ form: ElementTable.Form) -> FHIRError.Code? {
    if form == .boolean {
      return unsafe text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8) ? nil : .badLiteral
    }
    if unsafe text.count > limits.digits { return .numberTooLong }
    return unsafe Self.isNumber(text) ? nil : .badNumber
  }

  /// Begins the object beside a primitive (R4 json.html#primitive): the member `_name`, or in an array, for the time
  /// being, an entry right after the value's, which `closeGroup` puts in its place.
  @inline(never)  // rare; keeps the common path short
  mutating func openBeside(_ index: Int) -> Bool {
    let name = unsafe frames[index].name
    let parent = index - 1
    unsafe frames[parent].hasBeside = true
    if unsafe name >= 0 && frames[index].isFilled {
      guard unsafe countMember(parent) else { return false }
    }
    guard let object = unsafe openContainer(VIGIL_OBJECT, name: -1, source: tagOffset()) else {
      return false
    }
    if name >= 0 { unsafe nameBeside(object, name) }
    unsafe frames[index].object = object
    return true
  }

  /// Gives a node the name with an underscore.
  mutating func nameBeside(_ node: Int32, _ name: Int32) {
    let start = unsafe nameStart(name)
    unsafe tape.nodes[Int(node)].name_start = start - 1
    unsafe tape.nodes[Int(node)].name_length = names[Int(name)].length + 1
    unsafe tape.nodes[Int(node)].flags |= UInt8(VIGIL_NAME_IN_SIDE.rawValue)
  }

  /// Appends a primitive node: a slice of the input where the text stands there as is, else a copy in the side buffer.
  mutating func appendText(
    _ text: UnsafeBufferPointer<UInt8>, kind: vigil_kind, name: Int32
  ) -> Bool {
    guard unsafe text.count <= limits.stringBytes else {
      unsafe refuse(.stringTooLong, at: valueOffset(text), member: name)
      return false
    }
    if unsafe isInInput(text) {
      let input = unsafe parser.unsafelyUnwrapped.pointee.input.unsafelyUnwrapped
      let place = unsafe text.baseAddress.unsafelyUnwrapped - UnsafePointer(input.pointee.base)
      let offset = unsafe Int(truncatingIfNeeded: input.pointee.consumed) + place
      unsafe append(node(kind, start: offset, length: text.count, source: offset, name: name))
      return true
    }
    var node = unsafe self.node(kind, start: 0, length: text.count, source: tagOffset(), name: name)
    node.start = unsafe tape.side_count
    node.flags |= UInt8(VIGIL_TEXT_IN_SIDE.rawValue)
    guard unsafe appendSide(text) else {
      unsafe refuse(.outOfMemory, at: tagOffset())
      return false
    }
    unsafe append(node)
    return true
  }

  /// Whether text is a slice of the parser's buffer, which mirrors the input byte for byte.
  @inline(__always)
  func isInInput(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let input = unsafe parser.unsafelyUnwrapped.pointee.input.unsafelyUnwrapped
    guard let first = text.baseAddress else { return false }
    return unsafe first >= input.pointee.base && first < input.pointee.end
  }

  /// The byte where a value starts, or its tag when libxml2 had to copy the value.
  @inline(__always)
  func valueOffset(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard unsafe isInInput(text), let first = text.baseAddress else { return unsafe tagOffset() }
    let input = unsafe parser.unsafelyUnwrapped.pointee.input.unsafelyUnwrapped
    return unsafe Int(truncatingIfNeeded: input.pointee.consumed) + (first - input.pointee.base)
  }

  /// The byte of the `<` of the tag whose start or end is being told: no `<` can stand between it and the parser.
  func tagOffset() -> Int {
    let input = unsafe parser.unsafelyUnwrapped.pointee.input.unsafelyUnwrapped
    guard let base = unsafe input.pointee.base, var place = unsafe input.pointee.cur else { return 0 }
    while unsafe place > base && place.pointee != UInt8(ascii: "<") { unsafe place -= 1 }
    return unsafe Int(truncatingIfNeeded: input.pointee.consumed) + (place - base)
  }

  /// JSON's number grammar (RFC 8259, 6), which is also R4's for decimal (datatypes.html#decimal).
  static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    func digits() -> Int {
      let first = index
      while index < text.count, case 48...57 = unsafe text[index] { index += 1 }
      return index - first
    }
    if unsafe index < text.count && text[index] == UInt8(ascii: "-") { index += 1 }
    let first = index
    let whole = digits()
    if unsafe whole == 0 || (whole > 1 && text[first] == UInt8(ascii: "0")) { return false }
    if unsafe index < text.count && text[index] == UInt8(ascii: ".") {
      index += 1
      if digits() == 0 { return false }
    }
    if unsafe index < text.count && text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if unsafe index < text.count && (text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-")) {
        index += 1
      }
      if digits() == 0 { return false }
    }
    return index == text.count
  }
}
