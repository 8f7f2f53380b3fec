// SPDX-License-Identifier: Apache-2.0

/// A text with signatures under it (C2SP signed-note): readable by people, checked with Go's `note` package and others.
package struct SignedNote: Sendable, Equatable {
  /// One signature line.
  package struct Signature: Sendable, Equatable {
    /// Name of the key: not empty, without spaces and `+`.
    package var name: String
    /// First four bytes of the key's digest.
    package var keyID: UInt32
    /// What the key's algorithm made of the text.
    package var bytes: [UInt8]

    /// A signature of its parts.
    package init(name: String, keyID: UInt32, bytes: [UInt8]) {
      self.name = name
      self.keyID = keyID
      self.bytes = bytes
    }

    /// `— name base64(key id || signature)` and the newline.
    package var line: String { "\u{2014} \(name) \(Base64.text(TaggedFields.bigEndian(keyID) + bytes))\n" }

    /// Reads one line without its newline.
    package init?(line: Substring) {
      guard line.hasPrefix("\u{2014} ") else { return nil }
      let parts = line.dropFirst(2).split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2, NoteKey.isName(parts[0]), let bytes = Base64.bytes(parts[1]), bytes.count > 4
      else { return nil }
      self.init(
        name: String(parts[0]), keyID: bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) }, bytes: Array(bytes[4...]))
    }
  }

  /// Signatures that are read at most: the log's and its witnesses'.
  private static let mostSignatures = 64

  /// What is signed, with its last newline.
  package var text: String
  /// At least one.
  package var signatures: [Signature]

  /// A note of its parts.
  package init(text: String, signatures: [Signature]) {
    self.text = text
    self.signatures = signatures
  }

  /// The whole note: the text, an empty line, a line for each signature.
  package var description: String { text + "\n" + signatures.map(\.line).joined() }

  /// Reads a note; nil when it is none.
  package init?(_ note: String) {
    // Control characters are forbidden but for the newline; a Character "\r\n" would hide one, so scalars are looked at.
    guard note.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\n" }) else { return nil }
    // The last empty line divides.
    guard let end = note.lastRange(of: "\n\n"), note.hasSuffix("\n") else { return nil }
    let lines = note[end.upperBound...].dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    guard !lines.isEmpty, lines.count <= Self.mostSignatures else { return nil }
    var signatures: [Signature] = []
    for line in lines {
      guard let signature = Signature(line: line) else { return nil }
      signatures.append(signature)
    }
    self.init(text: note[..<end.lowerBound] + "\n", signatures: signatures)
  }

  /// Whether one of `keys` signed this text. A signature that claims to be of one of them and is not makes the note worthless.
  package func isSigned(by keys: [NoteKey]) -> Bool {
    var signed = false
    for signature in signatures {
      guard let key = keys.first(where: { $0.name == signature.name && $0.id == signature.keyID }) else { continue }
      guard key.isValid(signature.bytes, of: text) else { return false }
      signed = true
    }
    return signed
  }
}

extension String {
  fileprivate func lastRange(of separator: String) -> Range<String.Index>? {
    let bytes = utf8
    let wanted = Array(separator.utf8)
    var start = bytes.index(bytes.endIndex, offsetBy: -wanted.count, limitedBy: bytes.startIndex)
    while let here = start {
      let end = bytes.index(here, offsetBy: wanted.count)
      if bytes[here..<end].elementsEqual(wanted) { return here..<end }
      start = here == bytes.startIndex ? nil : bytes.index(before: here)
    }
    return nil
  }

  fileprivate static func + (text: Substring, end: String) -> String { String(text) + end }
}
