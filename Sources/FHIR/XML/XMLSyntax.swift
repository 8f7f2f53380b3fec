// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2

/// XML at the level of syntax alone: well-formed XML 1.0 with namespaces, in UTF-8, without a DTD, within the limits.
/// Nothing of FHIR is asked.
package enum XMLSyntax {
  /// Throws the first fault of `bytes`. `Limits.depth` counts elements, `Limits.stringBytes` the bytes of one attribute
  /// value or one run of text, `Limits.members` the attributes of one element, `Limits.nodes` the elements.
  package static func check(_ bytes: [UInt8], limits: Limits = .standard) throws(FHIRError) {
    var counter = Counter(limits: limits)
    try unsafe bytes.withUnsafeBufferPointer { bytes throws(FHIRError) in
      try unsafe withUnsafeMutablePointer(to: &counter) { pointer throws(FHIRError) in
        try unsafe XMLSource.parse(bytes, reader: UnsafeMutableRawPointer(pointer), handlers: handlers, limits: limits)
      }
    }
  }

  /// Unsafe: see `XMLSource`.
  private static var handlers: XMLSource.Handlers {
    unsafe XMLSource.Handlers(
      start: { context, _, _, _, _, _, attributeCount, _, attributes in
        guard let counter = unsafe XMLSource.reader(context, Counter.self), let parser = unsafe XMLSource.of(context)?.0
        else { return }
        unsafe counter.pointee.start(parser, Int(attributeCount), attributes)
      },
      end: { context, _, _, _ in
        guard let counter = unsafe XMLSource.reader(context, Counter.self) else { return }
        unsafe counter.pointee.depth -= 1
        unsafe counter.pointee.text = 0
      },
      text: { context, _, length in
        guard let counter = unsafe XMLSource.reader(context, Counter.self), let parser = unsafe XMLSource.of(context)?.0
        else { return }
        unsafe counter.pointee.text(parser, Int(length))
      },
      cdata: { context, _, length in
        guard let counter = unsafe XMLSource.reader(context, Counter.self), let parser = unsafe XMLSource.of(context)?.0
        else { return }
        unsafe counter.pointee.text(parser, Int(length))
      })
  }

  /// What is open, against the limits.
  private struct Counter {
    let limits: Limits
    var depth = 0
    var elements = 0
    var text = 0

    @unsafe mutating func start(
      _ parser: xmlParserCtxtPtr, _ count: Int, _ attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
    ) {
      depth += 1
      elements += 1
      text = 0
      if depth > limits.depth { unsafe refuse(parser, .tooDeep) }
      if elements > limits.nodes { unsafe refuse(parser, .tooManyValues) }
      if count > limits.members { unsafe refuse(parser, .tooManyMembers) }
      for index in 0..<count {
        let five = unsafe attributes.unsafelyUnwrapped + 5 * index
        if unsafe five[4].unsafelyUnwrapped - five[3].unsafelyUnwrapped > limits.stringBytes {
          unsafe refuse(parser, .stringTooLong)
        }
      }
    }

    @unsafe mutating func text(_ parser: xmlParserCtxtPtr, _ length: Int) {
      text += length
      if text > limits.stringBytes { unsafe refuse(parser, .stringTooLong) }
    }

    @unsafe private func refuse(_ parser: xmlParserCtxtPtr, _ fault: FHIRError.Code) {
      unsafe XMLSource.refuse(parser, fault, at: XMLSource.offset(parser))
    }
  }
}
