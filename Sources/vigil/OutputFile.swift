// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Crypto
import Foundation

/// A file that a command writes for its user alone (mode 0600): what leaves the trail is still about patients.
final class OutputFile {
  private static let piece = 1 << 18

  private let path: String
  private let file: FileHandle
  private var waiting: [UInt8] = []
  private var hash = SHA256()

  /// Makes the file, in the place of one that is there.
  init(_ path: String) throws(ExitCode) {
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let file = FileHandle(forUpdatingAtPath: path)
    else { throw Failure.trail("cannot write \(path)").exit() }
    self.path = path
    self.file = file
  }

  /// Makes a file without a name on the disk of another, gone with this process however that ends.
  init(beside path: String) throws(ExitCode) {
    var name = Array((path + ".XXXXXX").utf8CString)
    // Writes the six letters into the buffer, which lives for the call; makes the file with mode 0600.
    let descriptor = unsafe name.withUnsafeMutableBufferPointer { name in
      unsafe name.baseAddress.map { name in
        let descriptor = unsafe mkstemp(name)
        if descriptor >= 0 { unsafe unlink(name) }
        return descriptor
      }
    }
    guard let descriptor, descriptor >= 0 else { throw Failure.trail("cannot write beside \(path)").exit() }
    self.path = path
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Adds bytes.
  func write(_ bytes: [UInt8]) throws(ExitCode) {
    waiting += bytes
    if waiting.count >= Self.piece { try flush() }
  }

  /// Adds what was written to another file.
  func write(contentsOf other: OutputFile) throws(ExitCode) {
    try other.flush()
    do {
      try other.file.seek(toOffset: 0)
      while let piece = try other.file.read(upToCount: Self.piece), !piece.isEmpty { try write(Array(piece)) }
    } catch {
      throw Failure.trail("cannot read \(other.path)").exit()
    }
  }

  /// Writes what waits, and gives the SHA-256 of the whole.
  func finish() throws(ExitCode) -> SHA256.Digest {
    try flush()
    return hash.finalize()
  }

  private func flush() throws(ExitCode) {
    hash.update(data: waiting)
    guard (try? file.write(contentsOf: Data(waiting))) != nil else {
      throw Failure.trail("cannot write \(path)").exit()
    }
    waiting.removeAll(keepingCapacity: true)
  }

  /// SHA-256 of a file.
  static func digest(of path: String) throws -> SHA256.Digest {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    var hash = SHA256()
    while let bytes = try file.read(upToCount: piece), !bytes.isEmpty { hash.update(data: bytes) }
    return hash.finalize()
  }
}
