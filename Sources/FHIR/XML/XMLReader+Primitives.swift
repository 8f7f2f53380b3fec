// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson
internal import CXML

/// Primitive elements and the values of attributes. Unsafe: see `XMLReader`.
extension XMLReader {
  /// `<status value="final" id="a">`: the value here, `id` and extensions in the object beside it.
  @inline(__always)
  mutating func startPrimitive(_ form: ElementTable.Form, _ name: Int32, _ isEmpty: Bool) throws(FHIRError) {
    var value: UInt32?
    var id: UInt32?
    if unsafe event.pointee.attribute_count == 1 && isValue(event.pointee.attributes[0].name) {
      value = 0
    } else {
      (value, id) = try unsafe valueAndID(name)
    }
    if let value {
      try unsafe appendValue(event.pointee.attributes + Int(value), form, name)
      if isEmpty && id == nil { return }
    } else if name < 0 {
      try unsafe appendNull(source: tagOffset)
    }
    unsafe frames.append(
      Frame(kind: .primitive, object: -1, type: table.elementType, name: name, isFilled: value != nil))
    if let id {
      try unsafe openBeside(frames.count - 1)
      try unsafe appendAttribute(event.pointee.attribute(id), name: idName, object: frames[frames.count - 1].object)
    }
    if isEmpty { try unsafe end() }
  }

  @inline(__always)
  private func isValue(_ name: vigil_xml_name) -> Bool { unsafe name.number == valueName && name.prefix_length == 0 }

  /// The attributes of a primitive, each perhaps absent.
  @inline(never)  // rare; keeps the common path short
  private mutating func valueAndID(_ name: Int32) throws(FHIRError) -> (value: UInt32?, id: UInt32?) {
    var value: UInt32?
    var id: UInt32?
    for index in unsafe 0..<event.pointee.attribute_count {
      let attribute = unsafe event.pointee.attribute(index).name
      if unsafe isValue(attribute) {
        value = index
      } else if unsafe attribute.number == idName && isPlain(attribute) && id == nil {
        id = index
      } else {
        throw unsafe refusal(.unknownAttribute, of: name)
      }
    }
    return (value, id)
  }

  /// A primitive's value as a node of its JSON form.
  @inline(__always)
  private mutating func appendValue(
    _ attribute: UnsafePointer<vigil_xml_attribute>, _ form: ElementTable.Form, _ name: Int32
  ) throws(FHIRError) {
    var kind = VIGIL_STRING
    if form != .string {
      kind = form == .number ? VIGIL_NUMBER : VIGIL_BOOLEAN
      if let fault = unsafe fault(of: attribute.pointee.bytes, form) {
        throw unsafe refusal(fault, at: Int(attribute.pointee.value_offset), of: name)
      }
    }
    try unsafe appendText(attribute.pointee, kind: kind, name: name)
  }

  /// What is wrong with the text of a number or boolean.
  private func fault(of text: UnsafeBufferPointer<UInt8>, _ form: ElementTable.Form) -> FHIRError.Code? {
    if form == .boolean {
      return unsafe text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8) ? nil : .badLiteral
    }
    if unsafe text.count > limits.digits { return .numberTooLong }
    // R4's grammar of decimals (datatypes.html#decimal) is that of JSON's numbers.
    return unsafe Decimal.isNumber(text) ? nil : .badNumber
  }

  /// Begins the object beside a primitive (R4 json.html#primitive): the member `_name`, or in an array, for the time
  /// being, an entry right after the value's, which `closeGroup` puts in its place.
  @inline(never)  // rare; keeps the common path short
  mutating func openBeside(_ index: Int) throws(FHIRError) {
    let name = unsafe frames[index].name
    let parent = index - 1
    unsafe frames[parent].hasBeside = true
    if unsafe name >= 0 && frames[index].isFilled { try unsafe countMember(parent) }
    let object = try unsafe openContainer(VIGIL_OBJECT, name: -1, source: tagOffset)
    if name >= 0 { try unsafe nameBeside(object, name) }
    unsafe frames[index].object = object
  }

  /// Gives a node the name with an underscore.
  mutating func nameBeside(_ node: Int32, _ name: Int32) throws(FHIRError) {
    let start = try unsafe nameStart(name)
    guard unsafe names[Int(name)].length < UInt16.max else { throw unsafe refusal(.nameTooLong) }
    unsafe tape.nodes[Int(node)].name_start = start - 1
    unsafe tape.nodes[Int(node)].name_length = names[Int(name)].length + 1
    unsafe tape.nodes[Int(node)].flags |= UInt8(VIGIL_NAME_IN_SIDE.rawValue)
  }

  /// Appends a primitive node: a slice of the input where the text stands there as is, else a copy in the side buffer.
  @inline(__always)
  mutating func appendText(_ text: vigil_xml_attribute, kind: vigil_kind, name: Int32) throws(FHIRError) {
    let offset = unsafe Int(text.value_offset)
    guard unsafe Int(text.value_length) <= limits.stringBytes else {
      throw unsafe refusal(.stringTooLong, at: offset, of: name)
    }
    var node = unsafe try self.node(kind, start: offset, length: Int(text.value_length), source: offset, name: name)
    if unsafe text.is_rewritten {
      node.start = unsafe tape.side_count
      node.flags |= UInt8(VIGIL_TEXT_IN_SIDE.rawValue)
      try unsafe appendSide(text.bytes)
    }
    unsafe append(node)
  }
}
