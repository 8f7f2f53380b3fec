// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson
internal import CXML

/// One pass over XML text under the rules that every XML input of ours obeys: UTF-8 only, no document type declaration (and
/// so no entity but the five predefined ones), nothing outside the bytes; XML 1.0 and Namespaces in XML 1.0 in full.
///
/// Unsafe: the bytes must outlive it, and what `event` points to is good until the next call of `next`.
@unsafe struct XMLScanner: ~Copyable {
  /// What was met; the values are those of `vigil_xml_kind`.
  enum Event: Int32 { case fault, done, start, empty, end, text, cdata }

  /// The tag or text met last.
  let event: UnsafeMutablePointer<vigil_xml_event>

  /// Refuses input that is empty, too large, not UTF-8, or that declares another encoding. A byte order mark of UTF-8 is
  /// accepted (XML 1.0, 4.3.3); those of UTF-16 and UTF-32 are not UTF-8. UTF-8 is all that FHIR allows (R4 xml.html).
  /// An element has at most `Limits.members` attributes.
  init(_ bytes: UnsafeBufferPointer<UInt8>, limits: Limits) throws(FHIRError) {
    guard let first = bytes.baseAddress, !bytes.isEmpty else { throw FHIRError(.empty, offset: 0) }
    let most = min(limits.bytes, Int(Int32.max) - 1)
    guard bytes.count <= most else { throw FHIRError(.tooLarge, offset: most) }
    let names = ElementTable.r4Table.dictionary
    guard let event = unsafe vigil_xml_open(first, bytes.count, names.pointer, UInt32(clamping: limits.members)) else {
      throw FHIRError(.outOfMemory, offset: 0)
    }
    var fault: FHIRError?
    if unsafe event.pointee.fault == Int32(VIGIL_XML_OTHER_ENCODING.rawValue) {
      // Before the bytes are judged: text in the encoding it declares is called that.
      fault = unsafe FHIRError(.otherEncoding, offset: Int(event.pointee.offset))
    } else if let offset = unsafe Self.firstInvalidUTF8(bytes) {
      fault = FHIRError(.invalidUTF8, offset: offset)
    }
    if let fault {
      unsafe vigil_xml_close(event)
      throw fault
    }
    unsafe self.event = unsafe event
  }

  deinit { unsafe vigil_xml_close(event) }

  /// Goes on to the next event; throws what is wrong with the text.
  @inline(__always)
  func next() throws(FHIRError) -> Event {
    // The scanner returns no other values than those of `vigil_xml_kind`.
    let kind = unsafe Event(rawValue: vigil_xml_next(event)).unsafelyUnwrapped
    if kind == .fault { throw unsafe fault }
    return kind
  }

  private var fault: FHIRError {
    unsafe FHIRError(
      FHIRError.Code(xml: vigil_xml_fault(UInt32(event.pointee.fault))), offset: Int(event.pointee.offset))
  }

  /// The URI of the namespace of a name of the event.
  func uri(of name: vigil_xml_name) -> UnsafeBufferPointer<UInt8> {
    var length: UInt32 = 0
    let first = unsafe vigil_xml_uri(event, name.binding, &length)
    return unsafe UnsafeBufferPointer(start: first, count: Int(length))
  }

  /// The offset of the first byte that is not part of well-formed UTF-8, or nil.
  private static func firstInvalidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    if unsafe vigil_utf8_valid(bytes.baseAddress, bytes.count) { return nil }
    let span = unsafe Span(_unsafeElements: bytes)
    do {
      _ = try UTF8Span(validating: span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }
}

extension vigil_xml_event {
  /// The attribute at `index`, which must lie in `0 ..< attribute_count`.
  @inline(__always)
  func attribute(_ index: UInt32) -> vigil_xml_attribute { unsafe attributes[Int(index)] }

  /// The text of `text` and `cdata`.
  var characters: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: text, count: Int(text_length)) }
}

extension vigil_xml_name {
  /// The local part.
  var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: start, count: Int(length)) }

  @inline(__always)
  func isIn(_ space: vigil_xml_space) -> Bool { unsafe self.space == UInt16(truncatingIfNeeded: space.rawValue) }
}

extension vigil_xml_attribute {
  /// The value, its references resolved.
  var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: value, count: Int(value_length)) }
}

extension FHIRError.Code {
  init(xml fault: vigil_xml_fault) {
    self =
      switch fault {
      case VIGIL_XML_OUT_OF_MEMORY: .outOfMemory
      case VIGIL_XML_DOCUMENT_TYPE: .documentType
      case VIGIL_XML_UNDECLARED_ENTITY: .undeclaredEntity
      case VIGIL_XML_OTHER_ENCODING: .otherEncoding
      case VIGIL_XML_BAD_NAMESPACE: .badNamespace
      case VIGIL_XML_TOO_MANY_ATTRIBUTES: .tooManyMembers
      default: .notWellFormed
      }
  }
}
