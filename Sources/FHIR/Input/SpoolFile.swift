// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// A file in which pieces are put aside and read again. It has no name, so that nothing is left of it when the process ends,
/// however it ends.
package final class SpoolFile: Sendable {
  private let descriptor: Int32
  private let end = Mutex(0)

  /// - Parameter folder: the folder whose disk is used.
  /// - Throws: `noRoom` when it takes no file.
  package init(in folder: String) throws(FHIRError) {
    let path = "\(folder)/vigil-\(UInt64.random(in: .min ... .max))"
    // Both read the path's bytes during the call only. A file that is there already, or a link, is refused.
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FHIRError(.noRoom) }
    unsafe unlink(path)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Puts a piece aside and says where it is.
  ///
  /// - Throws: `noRoom` when the disk does not take it.
  package func append(_ bytes: [UInt8]) throws(FHIRError) -> Range<Int> {
    try end.withLock { end throws(FHIRError) in
      // `pwrite` reads at most as many bytes as there are.
      let written = unsafe bytes.withUnsafeBytes { source -> Int in
        var done = 0
        while done < source.count {
          let count = unsafe pwrite(descriptor, source.baseAddress?.advanced(by: done), source.count - done, end + done)
          if count > 0 { done += count } else if count == 0 || errno != EINTR { break }
        }
        return done
      }
      guard written == bytes.count else { throw FHIRError(.noRoom) }
      defer { end += written }
      return end..<end + written
    }
  }

  /// Pieces one after the other, as if they had been written so; each of several readers begins at the start.
  package func stream(_ pieces: [Range<Int>]) -> ByteStream {
    var rest = pieces[...]
    return ByteStream { () throws(FHIRError) in
      // As many as make a chunk.
      var taken: [Range<Int>] = []
      var count = 0
      while let piece = rest.first, taken.isEmpty || count + piece.count <= ByteStream.chunk {
        taken.append(rest.removeFirst())
        count += piece.count
      }
      var isWhole = true
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
        for piece in taken {
          var place = piece.lowerBound
          while place < piece.upperBound {
            // `pread` writes at most what is left of the piece, for which there is room.
            let got = unsafe pread(
              self.descriptor, target.baseAddress?.advanced(by: filled), piece.upperBound - place, place)
            if got > 0 {
              (filled, place) = (filled + got, place + got)
            } else if got == 0 || errno != EINTR {
              isWhole = false; return
            }
          }
        }
      }
      guard isWhole else { throw FHIRError(.unreadable) }
      return bytes
    }
  }
}
