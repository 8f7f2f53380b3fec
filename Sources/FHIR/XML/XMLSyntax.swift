// SPDX-License-Identifier: Apache-2.0
internal import CXML

/// XML at the level of syntax alone: well-formed XML 1.0 with namespaces, in UTF-8, without a DTD, within the limits.
/// Nothing of FHIR is asked.
package enum XMLSyntax {
  /// Throws the first fault of `bytes`. `Limits.depth` counts elements, `Limits.stringBytes` the bytes of one attribute
  /// value or of the text between two tags, `Limits.members` the attributes of one element, `Limits.nodes` the elements.
  package static func check(_ bytes: [UInt8], limits: Limits = .standard) throws(FHIRError) {
    try unsafe bytes.withUnsafeBufferPointer { bytes throws(FHIRError) in try unsafe check(bytes, limits) }
  }

  /// Unsafe: see `XMLScanner`.
  private static func check(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: Limits) throws(FHIRError) {
    let scanner = try unsafe XMLScanner(bytes, limits: limits)
    let event = unsafe scanner.event
    unsafe event.pointee.blanks = true
    var (depth, elements, text) = (0, 0, 0)
    while true {
      let kind = try unsafe scanner.next()
      func refusal(_ code: FHIRError.Code) -> FHIRError { unsafe FHIRError(code, offset: Int(event.pointee.offset)) }
      switch kind {
      case .start, .empty:
        elements += 1
        text = 0
        if depth == limits.depth { throw refusal(.tooDeep) }
        if elements > limits.nodes { throw refusal(.tooManyValues) }
        for index in unsafe 0..<event.pointee.attribute_count {
          let attribute = unsafe event.pointee.attribute(index)
          if unsafe Int(attribute.value_length) > limits.stringBytes {
            throw unsafe FHIRError(.stringTooLong, offset: Int(attribute.value_offset))
          }
        }
        if kind == .start { depth += 1 }
      case .end:
        depth -= 1
        text = 0
      case .text, .cdata:
        unsafe text += Int(event.pointee.text_length)
        if text > limits.stringBytes { throw refusal(.stringTooLong) }
      case .done, .fault: return
      }
    }
  }
}
