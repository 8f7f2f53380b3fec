// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes that come chunk by chunk: a file, standard input, what gzip data unpack to, a file of a zip archive.
package final class ByteStream {
  /// Bytes of one chunk, about: large enough that a chunk's fixed costs vanish, small enough to stay in the cache.
  static let chunk = 256 << 10

  /// How many bytes were taken.
  package private(set) var taken = 0
  /// Gives the bytes that it is given with the next chunk behind them, and these bytes alone at the end.
  private let pull: (_ held: [UInt8]) throws(FHIRError) -> [UInt8]
  private var seen: [UInt8]?

  /// - Parameter pull: gives the next chunk, and an empty one at the end.
  package init(_ pull: @escaping () throws(FHIRError) -> [UInt8]) {
    self.pull = { held throws(FHIRError) in held.isEmpty ? try pull() : held + (try pull()) }
  }

  private init(_ file: OpenFile, _ read: @escaping (Int) -> Void) {
    pull = { held throws(FHIRError) in
      let bytes = try file.read(Self.chunk, after: held)
      read(bytes.count - held.count)
      return bytes
    }
  }

  /// Bytes in memory, as one chunk.
  package convenience init(_ bytes: [UInt8]) {
    var rest: [UInt8]? = bytes
    self.init { () throws(FHIRError) in
      defer { rest = nil }
      return rest ?? []
    }
  }

  /// A file, or standard input for `-`.
  ///
  /// - Parameter read: called with the length of each chunk.
  /// - Throws: `unreadable` when the system does not open it.
  package convenience init(path: String, read: @escaping (Int) -> Void = { _ in }) throws(FHIRError) {
    guard let file = OpenFile(path) else { throw FHIRError(.unreadable) }
    self.init(file, read)
  }

  /// The next chunk; empty at the end and only there.
  package func next() throws(FHIRError) -> [UInt8] {
    let chunk = try peek()
    seen = nil
    taken += chunk.count
    return chunk
  }

  /// Adds the next chunk to what is there, nothing at the end; what is read from a file goes to its place at once.
  package func append(to bytes: inout [UInt8]) throws(FHIRError) {
    let held = bytes.count
    if let seen {
      bytes += seen
      self.seen = nil
    } else if held < Self.chunk {
      bytes = try pull(bytes)
    } else {
      bytes += try pull([])
    }
    taken += bytes.count - held
  }

  /// The next chunk, which stays to be taken.
  package func peek() throws(FHIRError) -> [UInt8] {
    if let seen { return seen }
    let chunk = try pull([])
    seen = chunk
    return chunk
  }

  /// All that is left.
  ///
  /// - Throws: `tooLarge` above `limit` bytes.
  package func rest(limit: Int) throws(FHIRError) -> [UInt8] {
    var bytes = try next()
    while bytes.count <= limit {
      let chunk = try next()
      if chunk.isEmpty { return bytes }
      bytes += chunk
    }
    throw FHIRError(.tooLarge, offset: limit)
  }
}

/// A file descriptor that is closed with the object.
private final class OpenFile {
  private let descriptor: Int32

  /// Nil when the system refuses, and for a folder.
  init?(_ path: String) {
    // `open` reads the path's bytes during the call only.
    descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    // `fstat` writes the structure given and nothing else.
    guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      return nil
    }
  }

  deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

  /// The bytes held and `count` more behind them, fewer at the end only.
  func read(_ count: Int, after held: [UInt8]) throws(FHIRError) -> [UInt8] {
    var failed = false
    let full = held.count + count
    // `read` writes at most as many bytes as there is room for.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: full) { target, filled in
      filled = unsafe target.update(fromContentsOf: held)
      while filled < full {
        let got = unsafe Glibc.read(descriptor, target.baseAddress?.advanced(by: filled), full - filled)
        if got == 0 { return }
        if got > 0 { filled += got } else if errno != EINTR { failed = true; return }
      }
    }
    if failed { throw FHIRError(.unreadable) }
    return bytes
  }
}
