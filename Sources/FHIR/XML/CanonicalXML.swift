// SPDX-License-Identifier: Apache-2.0
internal import CXML

/// One spelling for all ways to write the same XML, to compare narratives: elements by namespace and local name,
/// attributes sorted, references resolved, adjacent text joined; no comments, no processing instructions, no prefixes.
///
/// Unsafe: see `XMLScanner`.
@unsafe package struct CanonicalXML {
  private var output: [UInt8] = []

  /// The canonical bytes of XML text, or nil when it is not well-formed.
  package static func canonical(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    do {
      let scanner = try unsafe XMLScanner(bytes, limits: .files)
      let event = unsafe scanner.event
      unsafe event.pointee.blanks = true
      var writer = unsafe CanonicalXML()
      while true {
        switch try unsafe scanner.next() {
        case .start: unsafe writer.start(scanner)
        case .empty:
          unsafe writer.start(scanner)
          unsafe writer.end()
        case .end: unsafe writer.end()
        case .text, .cdata:
          unsafe XMLText.escape(event.pointee.characters, inAttribute: false, into: &writer.output)
        case .done, .fault: return unsafe writer.output
        }
      }
    } catch {
      return nil
    }
  }

  private mutating func start(_ scanner: borrowing XMLScanner) {
    let event = unsafe scanner.event.pointee
    unsafe output.append(UInt8(ascii: "<"))
    unsafe append(event.name, of: scanner, to: &output)
    var attributes: [[UInt8]] = []
    for index in unsafe 0..<event.attribute_count {
      let attribute = unsafe event.attribute(index)
      var text = [UInt8(ascii: " ")]
      unsafe append(attribute.name, of: scanner, to: &text)
      text += "=\"".utf8
      unsafe XMLText.escape(attribute.bytes, inAttribute: true, into: &text)
      text.append(UInt8(ascii: "\""))
      attributes.append(text)
    }
    for attribute in attributes.sorted(by: { $0.lexicographicallyPrecedes($1) }) { unsafe output += attribute }
    unsafe output.append(UInt8(ascii: ">"))
  }

  private mutating func end() { unsafe output += "</>".utf8 }

  /// `{uri}name`; names hold no braces.
  private func append(_ name: vigil_xml_name, of scanner: borrowing XMLScanner, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "{"))
    unsafe text += scanner.uri(of: name)
    text.append(UInt8(ascii: "}"))
    unsafe text += name.bytes
  }
}
