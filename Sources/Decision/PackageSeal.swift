// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation

/// The list of a package's files with their SHA-256, in the format of `sha256sum`, and the rule that it holds exactly.
///
/// The list is canonical: sorted by name, one line a file, nothing else. A package is sound when the list made of its
/// files equals the list that lies beside them byte for byte, so a flipped bit anywhere, a missing file and an extra one
/// are all refused. `sha256sum -c SHA256SUMS` says the same. A signature lies beside the list; where there is one it must be
/// valid.
package enum PackageSeal {
  /// Name of the list.
  package static let file = "SHA256SUMS"

  /// A package that was found sound.
  package struct Contents: Sendable {
    /// The files by name, without list and signature.
    package let files: [String: [UInt8]]
    /// The list.
    let list: [UInt8]
    /// The SHA-256 of the list, hence of everything.
    package let digest: String
    /// The signature, if there is one; it is valid.
    package let signature: PackageSignature?
  }

  /// Writes the list for the files of a folder and returns the package's digest. A signature of what lay there before is
  /// removed.
  @discardableResult
  package static func seal(_ directory: String) throws(ModelPackageError) -> String {
    var files = try read(directory)
    files[file] = nil
    let isSigned = files.removeValue(forKey: PackageSignature.file) != nil
    let list = list(of: files)
    do {
      let folder = URL(fileURLWithPath: directory)
      if isSigned { try FileManager.default.removeItem(at: folder.appendingPathComponent(PackageSignature.file)) }
      try Data(list).write(to: folder.appendingPathComponent(file))
    } catch {
      throw ModelPackageError(.unreadable, file: file)
    }
    return hexadecimal(SHA256.hash(data: list))
  }

  /// Reads every file of a package and checks it against the list, and the list against the signature.
  ///
  /// - Throws: `ModelPackageError`.
  package static func open(_ directory: String) throws(ModelPackageError) -> Contents {
    try open(directory, isSigning: false)
  }

  /// - Parameter isSigning: whether a new signature will be made, so that the present one need not be valid.
  static func open(_ directory: String, isSigning: Bool) throws(ModelPackageError) -> Contents {
    var files = try read(directory)
    guard let list = files.removeValue(forKey: file) else { throw ModelPackageError(.missingFile, file: file) }
    let signed = files.removeValue(forKey: PackageSignature.file)
    let expected = Self.list(of: files)
    guard list == expected else { throw mismatch(listed: list, found: expected) }
    var signature: PackageSignature?
    if let signed, !isSigning {
      signature = PackageSignature(signed)
      guard signature?.isValid(for: list) == true else {
        throw ModelPackageError(.invalidSignature, file: PackageSignature.file)
      }
    }
    return Contents(files: files, list: list, digest: hexadecimal(SHA256.hash(data: list)), signature: signature)
  }

  private static func read(_ directory: String) throws(ModelPackageError) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
        files[name] = Array(try Data(contentsOf: URL(fileURLWithPath: directory).appendingPathComponent(name)))
      }
    } catch {
      throw ModelPackageError(.unreadable, detail: directory)
    }
    return files
  }

  private static func list(of files: [String: [UInt8]]) -> [UInt8] {
    let lines = files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { name in
      "\(hexadecimal(SHA256.hash(data: files[name] ?? [])))  \(name)\n"
    }
    return Array(lines.joined().utf8)
  }

  /// Says which file is the first that differs.
  private static func mismatch(listed: [UInt8], found: [UInt8]) -> ModelPackageError {
    func entries(_ bytes: [UInt8]) -> [(name: String, digest: String)] {
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
        let parts = line.split(separator: " ", maxSplits: 1)
        return parts.count == 2 ? (String(parts[1].drop { $0 == " " }), String(parts[0])) : nil
      }
    }
    let (listed, found) = (entries(listed), entries(found))
    for entry in listed where !found.contains(where: { $0.name == entry.name }) {
      return ModelPackageError(.missingFile, file: entry.name)
    }
    for entry in found {
      guard let other = listed.first(where: { $0.name == entry.name }) else {
        return ModelPackageError(.extraFile, file: entry.name)
      }
      if other.digest != entry.digest { return ModelPackageError(.digestMismatch, file: entry.name) }
    }
    return ModelPackageError(.digestMismatch, file: file)
  }

  /// SHA-256, as hexadecimal digits.
  package static func digest(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

  /// Lower-case hexadecimal digits.
  package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
