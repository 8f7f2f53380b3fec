// SPDX-License-Identifier: Apache-2.0
package import Crypto

/// What stands in a folder of records that were given out with their proofs: the SHA-256 of each file, as `sha256sum -c` reads it.
package struct EvidenceManifest: Sendable, Equatable {
  /// A file of the folder.
  package struct File: Sendable, Equatable {
    /// Its path in the folder.
    package var name: String
    /// Its SHA-256 in hexadecimal.
    package var digest: String

    /// A file by its digest.
    package init(_ name: String, _ digest: SHA256.Digest) {
      self.init(name: name, digest: AuditRecord.hexadecimal(Array(digest)))
    }

    fileprivate init(name: String, digest: String) {
      self.name = name
      self.digest = digest
    }
  }

  /// The manifest itself, which names neither itself nor its signature.
  static let name = "manifest"
  /// The signature of the manifest.
  static let note = "manifest.note"
  static let records = "records.ndjson"
  static let checkpoint = "checkpoint"
  static let key = "log.vkey"
  static let list = "index.html"
  static let readme = "README.txt"
  /// The folder of the pages.
  static let pages = "decisions"

  /// The page of a decision.
  static func page(_ sequence: Int64) -> String { "\(pages)/\(sequence).html" }
  /// The proof of the record that introduced the log's next key, counted from 1.
  static func rotation(_ place: Int) -> String { "rotation-\(place).tlog-proof" }

  /// The files in the order of their names.
  package let files: [File]

  /// A manifest of files in whatever order.
  package init(_ files: [File]) {
    self.files = files.sorted { $0.name < $1.name }
  }

  /// A line for each file.
  package var text: String { files.map { "\($0.digest)  \($0.name)\n" }.joined() }

  /// Reads a manifest; nil when it names other files than such a folder has, one twice, or in another order.
  package init?(_ text: String) {
    guard text.utf8.last == UInt8(ascii: "\n") else { return nil }
    var files: [File] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let bytes = Array(line.utf8)
      guard bytes.count > 66, bytes[..<64].allSatisfy(Self.isDigit), Array(bytes[64..<66]) == Array("  ".utf8) else {
        return nil
      }
      files.append(
        File(
          name: String(decoding: bytes[66...], as: UTF8.self), digest: String(decoding: bytes[..<64], as: UTF8.self)))
    }
    self.init(files)
    // What is signed is one text of these files.
    guard self.text == text else { return nil }
    let names = Set(files.map(\.name))
    let rotations = names.filter { $0.hasPrefix("rotation-") }
    let always = [Self.records, Self.checkpoint, Self.key, Self.list, Self.readme]
    guard names.count == files.count, names.isSuperset(of: always),
      rotations == Set((0..<rotations.count).map { Self.rotation($0 + 1) }),
      names.subtracting(rotations).subtracting(always).allSatisfy({ Self.decision($0) != nil })
    else { return nil }
  }

  /// The number of the decision whose page a file is.
  static func decision(_ name: String) -> Int64? {
    guard name.hasPrefix("\(pages)/"), name.hasSuffix(".html") else { return nil }
    let number = Checkpoint.number(name.dropFirst(pages.count + 1).dropLast(5))
    return number.flatMap { page($0) == name ? $0 : nil }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
  }
}
