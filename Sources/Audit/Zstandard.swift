// SPDX-License-Identifier: Apache-2.0
import CZstd
import Synchronization

/// Zstandard frames (RFC 8878), one for each payload at rest, with the plain length in the frame's header and without a checksum of
/// its own: the leaf commits to what it holds.
package enum Zstandard {
  /// No payload comes near this; a damaged length must not ask for all memory.
  private static let longestPlain = 1 << 28
  /// Level 1: charts shrink more than by zlib's, in a third of the time; higher levels take longer and gain a few in a hundred.
  private static let level: Int32 = 1
  /// Shorter repetitions are left to the coding of single bytes: numbers in text are full of ones that do not pay. Charts take as many
  /// bytes within one in a hundred, and a tenth less time.
  private static let shortestMatch: Int32 = 7

  /// Tables that are used again: making them takes longer than most payloads do.
  /// Unchecked: whoever takes it out of `idle` has it alone.
  @safe private final class Codec: @unchecked Sendable {
    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer

    init?() {
      guard let compressor = unsafe ZSTD_createCCtx() else { return nil }
      guard let decompressor = unsafe ZSTD_createDCtx() else {
        unsafe ZSTD_freeCCtx(compressor)
        return nil
      }
      // Both are within their bounds, so that neither is refused.
      unsafe ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, Zstandard.level)
      unsafe ZSTD_CCtx_setParameter(compressor, ZSTD_c_minMatch, Zstandard.shortestMatch)
      unsafe self.compressor = compressor
      unsafe self.decompressor = decompressor
    }

    deinit {
      unsafe ZSTD_freeCCtx(compressor)
      unsafe ZSTD_freeDCtx(decompressor)
    }

    /// The frame's length; nil when there is no memory for it.
    func compress(_ plain: [UInt8], into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
      // Reads `plain.count` bytes and writes at most `buffer.count`, the lengths of buffers that live for this call.
      let written = unsafe plain.withUnsafeBytes {
        unsafe ZSTD_compress2(compressor, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
      }
      return ZSTD_isError(written) == 0 ? written : nil
    }

    /// How many bytes the frame gave; nil when it is none or holds more than there is room for.
    func decompress(_ frame: [UInt8], into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
      // As above.
      let written = unsafe frame.withUnsafeBytes {
        unsafe ZSTD_decompressDCtx(decompressor, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
      }
      return ZSTD_isError(written) == 0 ? written : nil
    }
  }

  /// Those that nobody uses at the moment: as many as ever were used at once.
  private static let idle = Mutex<[Codec]>([])

  private static func withCodec<Result>(_ work: (Codec) -> Result?) -> Result? {
    guard let codec = idle.withLock({ $0.popLast() }) ?? Codec() else { return nil }
    defer { idle.withLock { $0.append(codec) } }
    return work(codec)
  }

  /// The frame of some bytes; nil when they are too many or there is no memory.
  package static func compress(_ plain: [UInt8]) -> [UInt8]? {
    guard plain.count <= longestPlain else { return nil }
    return withCodec { codec in
      var written: Int?
      let frame = unsafe [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(plain.count)) { buffer, count in
        written = unsafe codec.compress(plain, into: buffer)
        count = written ?? 0
      }
      return written == nil ? nil : frame
    }
  }

  /// What a frame holds; nil when the bytes are none that `compress` makes.
  package static func decompress(_ frame: [UInt8]) -> [UInt8]? {
    // Reads the header within the buffer, which lives for this call. Both kinds of failure are numbers above any length.
    let stated = unsafe frame.withUnsafeBytes { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard let length = Int(exactly: stated), length <= longestPlain else { return nil }
    return withCodec { codec in
      var isWhole = false
      let plain = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
        let room = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<length])
        isWhole = unsafe codec.decompress(frame, into: room) == length
        count = isWhole ? length : 0
      }
      return isWhole ? plain : nil
    }
  }
}
