// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson
internal import CXML

/// The narrative: its XML text becomes a string (R4 json.html#xhtml). Where the text stands by itself it is taken as
/// written; where it leans on namespaces declared outside, it is written anew without prefixes.
/// Unsafe: see `XMLReader`.
extension XMLReader {
  @inline(never)  // rare; keeps the common path short
  mutating func readNarrative(_ name: Int32, _ isEmpty: Bool) throws(FHIRError) {
    let start = unsafe tagOffset
    let declares = unsafe (0..<Int(event.pointee.declaration_count)).contains {
      unsafe event.pointee.declarations[$0].prefix_length == 0
    }
    let isSelfContained = unsafe declares && event.pointee.name.prefix_length == 0 && !hasOuterPrefix
    var writer = isSelfContained ? nil : NarrativeWriter()
    unsafe event.pointee.blanks = true
    defer { unsafe event.pointee.blanks = false }
    var depth = 0
    var kind: XMLScanner.Event = isEmpty ? .empty : .start
    while true {
      switch kind {
      case .start, .empty:
        try unsafe checkInNarrative()
        unsafe writer?.start(event.pointee, isRoot: depth == 0)
        if kind == .start { depth += 1 } else { unsafe writer?.end(event.pointee.name.bytes) }
      case .end:
        unsafe writer?.end(event.pointee.name.bytes)
        depth -= 1
      case .text, .cdata: unsafe writer?.text(event.pointee.characters)
      case .done, .fault: break
      }
      guard unsafe writer?.text.count ?? (endOffset - start) <= limits.stringBytes else {
        throw FHIRError(.stringTooLong, offset: start)
      }
      if depth == 0 { break }
      kind = try unsafe scanner.next()
    }
    var node = unsafe try node(VIGIL_STRING, start: start, length: endOffset - start, source: start, name: name)
    if let text = writer?.text {
      node.start = unsafe tape.side_count
      node.length = UInt32(text.count)
      node.flags |= UInt8(VIGIL_TEXT_IN_SIDE.rawValue)
      try unsafe appendSide(text)
    }
    unsafe append(node)
  }

  private func checkInNarrative() throws(FHIRError) {
    guard unsafe event.pointee.name.isIn(VIGIL_XML_XHTML) else { throw unsafe refusal(.badNamespace) }
    for index in unsafe 0..<event.pointee.attribute_count {
      let name = unsafe event.pointee.attribute(index).name
      guard unsafe name.prefix_length == 0 || name.isIn(VIGIL_XML_XML) else { throw unsafe refusal(.unknownAttribute) }
    }
  }
}

/// Writes the elements of a narrative without prefixes, the XHTML namespace declared on the outermost.
struct NarrativeWriter {
  private(set) var text: [UInt8] = []
  private var isTagOpen = false

  @unsafe mutating func start(_ tag: vigil_xml_event, isRoot: Bool) {
    closeTag()
    text.append(UInt8(ascii: "<"))
    unsafe text += tag.name.bytes
    if isRoot { text += " xmlns=\"http://www.w3.org/1999/xhtml\"".utf8 }
    for index in unsafe 0..<tag.attribute_count {
      let attribute = unsafe tag.attribute(index)
      text.append(UInt8(ascii: " "))
      if unsafe attribute.name.prefix_length > 0 { text += "xml:".utf8 }
      unsafe text += attribute.name.bytes
      text += "=\"".utf8
      unsafe XMLText.escape(attribute.bytes, inAttribute: true, into: &text)
      text.append(UInt8(ascii: "\""))
    }
    isTagOpen = true
  }

  @unsafe mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.isEmpty { return }
    closeTag()
    unsafe XMLText.escape(bytes, inAttribute: false, into: &text)
  }

  @unsafe mutating func end(_ name: UnsafeBufferPointer<UInt8>) {
    if isTagOpen {
      text += "/>".utf8
      isTagOpen = false
      return
    }
    text += "</".utf8
    unsafe text += name
    text.append(UInt8(ascii: ">"))
  }

  private mutating func closeTag() {
    if isTagOpen { text.append(UInt8(ascii: ">")) }
    isTagOpen = false
  }
}
