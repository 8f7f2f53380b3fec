// SPDX-License-Identifier: Apache-2.0
import CLibDeflate
import Synchronization

/// zlib streams (RFC 1950) with their plain length (8 bytes, big-endian) in front: the payloads of trails of before `Zstandard`, which
/// are read as ever.
enum Deflate {
  /// No payload comes near this; a damaged length must not ask for all memory.
  private static let longestPlain = 1 << 28

  /// Tables that are used again: making them takes longer than most payloads do.
  /// Unchecked: whoever takes it out of `idle` has it alone.
  @safe private final class Decompressor: @unchecked Sendable {
    private let tables: OpaquePointer

    init?() {
      guard let tables = unsafe libdeflate_alloc_decompressor() else { return nil }
      unsafe self.tables = tables
    }

    deinit { unsafe libdeflate_free_decompressor(tables) }

    /// Whether the stream gave as many bytes as the buffer has room for, and its checksum held.
    func decompress(_ stream: ArraySlice<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Bool {
      // Reads `stream.count` bytes and writes at most `buffer.count`, the lengths of buffers that live for this call. Without a
      // place for the length libdeflate takes nothing but exactly `buffer.count` bytes.
      let result = unsafe stream.withUnsafeBytes {
        unsafe libdeflate_zlib_decompress(tables, $0.baseAddress, $0.count, buffer.baseAddress, buffer.count, nil)
      }
      return result == LIBDEFLATE_SUCCESS
    }
  }

  /// Those that nobody uses at the moment: as many as ever were used at once.
  private static let idle = Mutex<[Decompressor]>([])

  /// What a stream holds; nil when the bytes are none.
  static func decompress(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 8, let plainLength = TaggedFields.number(bytes[0..<8]).flatMap({ Int(exactly: $0) }),
      plainLength >= 0, plainLength <= longestPlain,
      let decompressor = idle.withLock({ $0.popLast() }) ?? Decompressor()
    else { return nil }
    defer { idle.withLock { $0.append(decompressor) } }
    var isWhole = false
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: plainLength) { buffer, count in
      isWhole = unsafe decompressor.decompress(
        bytes[8...], into: UnsafeMutableBufferPointer(rebasing: buffer[..<plainLength]))
      count = isWhole ? plainLength : 0
    }
    return isWhole ? plain : nil
  }
}
