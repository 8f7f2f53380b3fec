// SPDX-License-Identifier: Apache-2.0
import FHIR
import Synchronization

/// Lines of output that wait on disk until it is their turn: with provenance those of the charts in hand are gigabytes. Their files have no
/// name, and each goes when the last of its lines is written.
final class WaitingLines: Sendable {
  /// A line, or where it waits.
  enum Line: Sendable {
    case bytes([UInt8])
    case aside(SpoolFile, Range<Int>)

    /// - Throws: `FHIRError` when the disk does not give it back.
    func read() throws(FHIRError) -> [UInt8] {
      switch self {
      case .bytes(let bytes): return bytes
      case .aside(let file, let place): return try file.stream([place]).rest(limit: place.count)
      }
    }
  }

  /// Bytes of a file, after which the next is begun.
  private static let fileSize = 64 << 20

  private let folder: String
  private let current = Mutex<(file: SpoolFile, bytes: Int)?>(nil)

  /// - Parameter folder: the folder whose disk is used.
  init(in folder: String) { self.folder = folder }

  /// Puts a line aside; where the disk takes none it waits in memory.
  func put(_ line: [UInt8]) -> Line {
    do throws(FHIRError) {
      let file = try current.withLock { current throws(FHIRError) in
        let file: SpoolFile
        if let current { file = current.file } else { file = try SpoolFile(in: folder) }
        let bytes = (current?.bytes ?? 0) + line.count
        current = bytes < Self.fileSize ? (file, bytes) : nil
        return file
      }
      return .aside(file, try file.append(line))
    } catch {
      return .bytes(line)
    }
  }
}
