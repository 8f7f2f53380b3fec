// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2

/// One run of libxml2's SAX2 parser over bytes in memory, under the rules every XML input of ours obeys: UTF-8 only,
/// no DTD (and so no entity but the five predefined ones), no network, nothing outside the bytes. It lives on the
/// stack of `parse`, and libxml2 hands the pointer back in each callback (`xmlParserCtxt._private`).
///
/// Unsafe: C callbacks and pointers into libxml2's buffers, none of which outlives the call of `parse`.
@unsafe struct XMLSource {
  /// Who hears the events; a pointer to the state of the reader.
  let reader: UnsafeMutableRawPointer
  /// The first fault and its byte; what comes after it is ignored.
  private(set) var fault: FHIRError.Code?
  private(set) var faultOffset = 0
  /// Called once, at the first fault, while the reader's state still shows where it happened.
  private let onFault: (@convention(c) (xmlParserCtxtPtr) -> Void)?

  /// The callbacks a reader gives; every other event is skipped.
  @unsafe struct Handlers {
    var start: startElementNsSAX2Func
    var end: endElementNsSAX2Func
    var text: charactersSAXFunc?
    var cdata: cdataBlockSAXFunc?
    var fault: (@convention(c) (xmlParserCtxtPtr) -> Void)?
  }

  /// Parses `bytes`, telling `reader` through `handlers`. The reader's results count only when nothing is thrown.
  /// `prepare` runs before the first event, for what needs libxml2's dictionary of names.
  static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, reader: UnsafeMutableRawPointer, handlers: Handlers, limits: Limits,
    prepare: (xmlParserCtxtPtr) -> Void = { _ in }
  ) throws(FHIRError) {
    try unsafe XMLPrologue.check(bytes, limits: limits)
    unsafe start
    let text = unsafe UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
    guard let context = unsafe xmlCreateMemoryParserCtxt(text, Int32(bytes.count)) else {
      throw FHIRError(.outOfMemory, offset: 0)
    }
    defer { unsafe xmlFreeParserCtxt(context) }
    // NOENT so that `&amp;` arrives as a plain ampersand (else it is left as `&#38;` in attributes); there is no other
    // entity that it could expand. Without HUGE libxml2 keeps its own bounds: 256 levels, 10 MB of one text.
    let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue
    _ = unsafe xmlCtxtUseOptions(context, Int32(bitPattern: options))
    var source = unsafe XMLSource(reader: reader, onFault: handlers.fault)
    unsafe context.pointee.sax.pointee = handlers.sax
    unsafe prepare(context)
    unsafe withUnsafeMutablePointer(to: &source) { pointer in
      unsafe context.pointee._private = UnsafeMutableRawPointer(pointer)
      _ = unsafe xmlParseDocument(context)
    }
    if let fault = unsafe source.fault { throw unsafe FHIRError(fault, offset: source.faultOffset) }
    // Every error is reported to `serror` first; this only guards against one that is not.
    guard unsafe context.pointee.wellFormed == 1, unsafe context.pointee.nsWellFormed == 1 else {
      throw FHIRError(.notWellFormed, offset: 0)
    }
  }

  private init(reader: UnsafeMutableRawPointer, onFault: (@convention(c) (xmlParserCtxtPtr) -> Void)?) {
    unsafe self.reader = unsafe reader
    unsafe self.onFault = unsafe onFault
  }

  /// libxml2's global state, set up once before any parser runs in any thread.
  private static let start: Void = xmlInitParser()

  /// The source a callback belongs to.
  static func of(_ context: UnsafeMutableRawPointer?) -> (xmlParserCtxtPtr, UnsafeMutablePointer<XMLSource>)? {
    guard let parser = unsafe context?.assumingMemoryBound(to: xmlParserCtxt.self),
      let source = unsafe parser.pointee._private
    else { return nil }
    return unsafe (parser, source.assumingMemoryBound(to: XMLSource.self))
  }

  /// The reader a callback belongs to, or nil once a fault was met: nothing after it counts.
  @inline(__always)
  static func reader<Reader>(_ context: UnsafeMutableRawPointer?, _ type: Reader.Type) -> UnsafeMutablePointer<Reader>?
  {
    let parser = unsafe context.unsafelyUnwrapped.assumingMemoryBound(to: xmlParserCtxt.self)
    let source = unsafe parser.pointee._private.unsafelyUnwrapped.assumingMemoryBound(to: XMLSource.self)
    if unsafe source.pointee.fault != nil { return nil }
    return unsafe source.pointee.reader.assumingMemoryBound(to: type)
  }

  /// The byte of the input where the parser stands.
  @inline(__always)
  static func offset(_ parser: xmlParserCtxtPtr) -> Int {
    let input = unsafe parser.pointee.input.unsafelyUnwrapped
    return unsafe Int(truncatingIfNeeded: input.pointee.consumed) + (input.pointee.cur - input.pointee.base)
  }

  /// Records the first fault and stops the parser.
  static func refuse(_ parser: xmlParserCtxtPtr, _ fault: FHIRError.Code, at offset: Int) {
    guard let source = unsafe of(UnsafeMutableRawPointer(parser))?.1, unsafe source.pointee.fault == nil else { return }
    unsafe source.pointee.fault = fault
    unsafe source.pointee.faultOffset = offset
    unsafe source.pointee.onFault?(parser)
    unsafe xmlStopParser(parser)
  }
}

extension XMLSource.Handlers {
  /// libxml2's table of callbacks. No entity is ever looked up: without `getEntity` only the predefined ones exist.
  fileprivate var sax: xmlSAXHandler {
    var sax = unsafe xmlSAXHandler()
    unsafe sax.initialized = UInt32(XML_SAX2_MAGIC)
    unsafe sax.startElementNs = unsafe start
    unsafe sax.endElementNs = unsafe end
    // The same function for both keeps libxml2 from guessing which blanks matter.
    unsafe sax.characters = unsafe text
    unsafe sax.ignorableWhitespace = unsafe text
    unsafe sax.cdataBlock = unsafe cdata
    // The first callback of any DOCTYPE, before its internal subset is read.
    unsafe sax.internalSubset = { context, _, _, _ in
      guard let parser = unsafe XMLSource.of(context)?.0 else { return }
      unsafe XMLSource.refuse(parser, .documentType, at: XMLSource.offset(parser))
    }
    unsafe sax.serror = { context, error in
      guard let error = unsafe error, unsafe error.pointee.level.rawValue > XML_ERR_WARNING.rawValue,
        let parser = unsafe XMLSource.of(context)?.0
      else { return }
      unsafe XMLSource.refuse(parser, FHIRError.Code(libxml2: error.pointee.code), at: XMLSource.offset(parser))
    }
    return unsafe sax
  }
}

extension FHIRError.Code {
  /// The code for one of libxml2's.
  fileprivate init(libxml2 code: Int32) {
    switch UInt32(bitPattern: code) {
    case XML_ERR_NO_MEMORY.rawValue: self = .outOfMemory
    case XML_ERR_UNDECLARED_ENTITY.rawValue, XML_WAR_UNDECLARED_ENTITY.rawValue: self = .undeclaredEntity
    case XML_ERR_INVALID_ENCODING.rawValue, XML_ERR_UNSUPPORTED_ENCODING.rawValue: self = .otherEncoding
    case XML_NS_ERR_XML_NAMESPACE.rawValue...XML_NS_ERR_COLON.rawValue: self = .badNamespace
    default: self = .notWellFormed
    }
  }
}
