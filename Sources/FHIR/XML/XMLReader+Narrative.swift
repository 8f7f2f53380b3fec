// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2
internal import CSimdjson

/// The narrative: its XML text becomes a string (R4 json.html#xhtml). Where the text stands by itself it is taken as
/// written; where it leans on namespaces declared outside, it is written anew without prefixes.
/// Unsafe: see `XMLReader`.
extension XMLReader {
  @inline(never)  // rare; keeps the common path short
  mutating func startNarrative(_ start: XMLStart, _ name: Int32) {
    unsafe narrativeStart = unsafe tagOffset()
    var declares = false
    if let namespaces = unsafe start.namespaces {
      for index in unsafe 0..<start.namespaceCount where unsafe namespaces[2 * index] == nil { declares = true }
    }
    let isSelfContained = unsafe declares && start.prefix == nil && !hasOuterPrefix
    unsafe rewrites = isSelfContained ? nil : NarrativeWriter()
    guard unsafe appendText(UnsafeBufferPointer(start: nil, count: 0), kind: VIGIL_STRING, name: name) else { return }
    unsafe tape.nodes[Int(tape.node_count) - 1].source = UInt32(narrativeStart)
    unsafe frames.append(Frame(kind: .narrative, object: -1, type: table.elementType))
    unsafe startInNarrative(start)
  }

  @inline(never)  // rare; keeps the common path short
  mutating func startInNarrative(_ start: XMLStart) {
    guard unsafe start.uri == interned.xhtml else { return unsafe refuse(.badNamespace, at: tagOffset()) }
    unsafe narrativeDepth += 1
    unsafe rewrites?.start(start, isRoot: narrativeDepth == 1)
    for index in unsafe 0..<start.attributeCount {
      let attribute = unsafe start.attribute(index)
      guard unsafe attribute.prefix == nil || attribute.prefix == interned.xml else {
        return unsafe refuse(.unknownAttribute, at: tagOffset())
      }
    }
  }

  @inline(never)  // rare; keeps the common path short
  mutating func endInNarrative(_ name: UnsafePointer<UInt8>) {
    unsafe rewrites?.end(name)
    unsafe narrativeDepth -= 1
    guard unsafe narrativeDepth == 0 else { return }
    unsafe frames.removeLast()
    let node = unsafe tape.nodes + Int(tape.node_count) - 1
    if let text = unsafe rewrites?.text {
      unsafe node.pointee.start = unsafe tape.side_count
      unsafe node.pointee.length = UInt32(text.count)
      guard unsafe appendSide(text) else { return unsafe refuse(.outOfMemory, at: narrativeStart) }
      unsafe rewrites = nil
    } else {
      unsafe node.pointee.start = UInt32(narrativeStart)
      unsafe node.pointee.length = unsafe UInt32(offset - narrativeStart)
      unsafe node.pointee.flags &= ~UInt8(VIGIL_TEXT_IN_SIDE.rawValue)
    }
    if unsafe node.pointee.length > limits.stringBytes { unsafe refuse(.stringTooLong, at: narrativeStart) }
  }
}

/// Writes the elements of a narrative without prefixes, the XHTML namespace declared on the outermost.
struct NarrativeWriter {
  private(set) var text: [UInt8] = []
  private var isTagOpen = false

  @unsafe mutating func start(_ start: XMLStart, isRoot: Bool) {
    closeTag()
    text.append(UInt8(ascii: "<"))
    unsafe append(start.name)
    if isRoot { text += " xmlns=\"http://www.w3.org/1999/xhtml\"".utf8 }
    for index in unsafe 0..<start.attributeCount {
      let attribute = unsafe start.attribute(index)
      text.append(UInt8(ascii: " "))
      if unsafe attribute.prefix != nil { text += "xml:".utf8 }
      unsafe append(attribute.name)
      text += "=\"".utf8
      unsafe XMLText.escape(attribute.value, inAttribute: true, into: &text)
      text.append(UInt8(ascii: "\""))
    }
    isTagOpen = true
  }

  mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
    closeTag()
    unsafe XMLText.escape(bytes, inAttribute: false, into: &text)
  }

  @unsafe mutating func end(_ name: UnsafePointer<UInt8>) {
    if isTagOpen {
      text += "/>".utf8
      isTagOpen = false
      return
    }
    text += "</".utf8
    unsafe append(name)
    text.append(UInt8(ascii: ">"))
  }

  private mutating func closeTag() {
    if isTagOpen { text.append(UInt8(ascii: ">")) }
    isTagOpen = false
  }

  private mutating func append(_ name: UnsafePointer<UInt8>) {
    var place = unsafe name
    while unsafe place.pointee != 0 {
      unsafe text.append(place.pointee)
      unsafe place += 1
    }
  }
}
