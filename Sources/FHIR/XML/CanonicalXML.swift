// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2

/// One spelling for all ways to write the same XML, to compare narratives: elements by namespace and local name,
/// attributes sorted, references resolved, adjacent text joined; no comments, no processing instructions, no prefixes.
///
/// Unsafe: see `XMLSource`.
@unsafe struct CanonicalXML {
  private var output: [UInt8] = []

  /// The canonical bytes of XML text, or nil when it is not well-formed.
  static func canonical(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var writer = unsafe CanonicalXML()
    do {
      try unsafe withUnsafeMutablePointer(to: &writer) { pointer throws(FHIRError) in
        try unsafe XMLSource.parse(
          bytes, reader: UnsafeMutableRawPointer(pointer), handlers: handlers, limits: .files)
      }
    } catch {
      return nil
    }
    return unsafe writer.output
  }

  private static var handlers: XMLSource.Handlers {
    unsafe XMLSource.Handlers(
      start: { context, name, prefix, uri, namespaceCount, namespaces, attributeCount, _, attributes in
        guard let writer = unsafe XMLSource.reader(context, CanonicalXML.self), let name = unsafe name else { return }
        unsafe writer.pointee.start(
          XMLStart(
            name: name, prefix: prefix, uri: uri, namespaceCount: Int(namespaceCount), namespaces: namespaces,
            attributeCount: Int(attributeCount), attributes: attributes))
      },
      end: { context, _, _, _ in
        guard let writer = unsafe XMLSource.reader(context, CanonicalXML.self) else { return }
        unsafe writer.pointee.output += "</>".utf8
      },
      text: { context, text, length in
        guard let writer = unsafe XMLSource.reader(context, CanonicalXML.self) else { return }
        unsafe writer.pointee.text(UnsafeBufferPointer(start: text, count: Int(length)))
      },
      cdata: { context, text, length in
        guard let writer = unsafe XMLSource.reader(context, CanonicalXML.self) else { return }
        unsafe writer.pointee.text(UnsafeBufferPointer(start: text, count: Int(length)))
      })
  }

  private mutating func start(_ start: XMLStart) {
    unsafe output.append(UInt8(ascii: "<"))
    unsafe output += Self.name(start.name, in: start.uri)
    var attributes: [[UInt8]] = []
    for index in unsafe 0..<start.attributeCount {
      let attribute = unsafe start.attribute(index)
      var text = unsafe [UInt8(ascii: " ")] + Self.name(attribute.name, in: attribute.uri) + Array("=\"".utf8)
      unsafe XMLText.escape(attribute.value, inAttribute: true, into: &text)
      text.append(UInt8(ascii: "\""))
      attributes.append(text)
    }
    for attribute in attributes.sorted(by: { $0.lexicographicallyPrecedes($1) }) { unsafe output += attribute }
    unsafe output.append(UInt8(ascii: ">"))
  }

  private mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe XMLText.escape(bytes, inAttribute: false, into: &output)
  }

  /// `{uri}name`; names hold no braces.
  private static func name(_ name: UnsafePointer<UInt8>, in uri: UnsafePointer<UInt8>?) -> [UInt8] {
    let uri = unsafe uri.map { unsafe Array(UnsafeBufferPointer(start: $0, count: XMLReader.length($0))) } ?? []
    return unsafe [UInt8(ascii: "{")] + uri + [UInt8(ascii: "}")]
      + Array(UnsafeBufferPointer(start: name, count: XMLReader.length(name)))
  }
}
