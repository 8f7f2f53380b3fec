// SPDX-License-Identifier: Apache-2.0
import CLibDeflate
import Synchronization

/// zlib streams (RFC 1950) with their plain length (8 bytes, big-endian) in front, for payloads at rest. Written and read by libdeflate,
/// which takes whole buffers and is several times as fast as zlib; the streams are zlib's.
enum Deflate {
  /// No payload comes near this; a damaged length must not ask for all memory.
  private static let longestPlain = 1 << 28
  /// Level 1: a chart shrinks ten-fold already, at a tenth of the time of level 9.
  private static let level: Int32 = 1

  /// Tables that are used again: making them takes longer than most payloads do.
  /// Unchecked: whoever takes it out of `idle` has it alone.
  @safe private final class Codec: @unchecked Sendable {
    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer

    init?() {
      guard let compressor = unsafe libdeflate_alloc_compressor(Deflate.level) else { return nil }
      guard let decompressor = unsafe libdeflate_alloc_decompressor() else {
        unsafe libdeflate_free_compressor(compressor)
        return nil
      }
      unsafe self.compressor = compressor
      unsafe self.decompressor = decompressor
    }

    deinit {
      unsafe libdeflate_free_compressor(compressor)
      unsafe libdeflate_free_decompressor(decompressor)
    }

    /// The longest stream of so many bytes.
    func bound(_ count: Int) -> Int { unsafe libdeflate_zlib_compress_bound(compressor, count) }

    /// The stream's length; nil when there is no room for it.
    func compress(_ plain: [UInt8], into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
      // Reads `plain.count` bytes and writes at most `buffer.count`, the lengths of buffers that live for this call.
      let written = unsafe plain.withUnsafeBytes {
        unsafe libdeflate_zlib_compress(compressor, $0.baseAddress, $0.count, buffer.baseAddress, buffer.count)
      }
      return written == 0 ? nil : written
    }

    /// Whether the stream gave as many bytes as the buffer has room for, and its checksum held.
    func decompress(_ stream: ArraySlice<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Bool {
      // As above. Without a place for the length libdeflate takes nothing but exactly `buffer.count` bytes.
      let result = unsafe stream.withUnsafeBytes {
        unsafe libdeflate_zlib_decompress(
          decompressor, $0.baseAddress, $0.count, buffer.baseAddress, buffer.count, nil)
      }
      return result == LIBDEFLATE_SUCCESS
    }
  }

  /// Those that nobody uses at the moment: as many as ever were used at once.
  private static let idle = Mutex<[Codec]>([])

  private static func withCodec<Result>(_ work: (Codec) -> Result?) -> Result? {
    guard let codec = idle.withLock({ $0.popLast() }) ?? Codec() else { return nil }
    defer { idle.withLock { $0.append(codec) } }
    return work(codec)
  }

  static func compress(_ plain: [UInt8]) -> [UInt8]? {
    guard plain.count <= longestPlain else { return nil }
    let length = TaggedFields.bigEndian(UInt64(plain.count))
    return withCodec { codec in
      var written: Int?
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length.count + codec.bound(plain.count)) {
        buffer, count in
        for place in length.indices { unsafe buffer[place] = length[place] }
        written = unsafe codec.compress(plain, into: UnsafeMutableBufferPointer(rebasing: buffer[length.count...]))
        count = length.count + (written ?? 0)
      }
      return written == nil ? nil : bytes
    }
  }

  static func decompress(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 8, let plainLength = TaggedFields.number(bytes[0..<8]).flatMap({ Int(exactly: $0) }),
      plainLength >= 0, plainLength <= longestPlain
    else { return nil }
    return withCodec { codec in
      var isWhole = false
      let plain = unsafe [UInt8](unsafeUninitializedCapacity: plainLength) { buffer, count in
        isWhole = unsafe codec.decompress(
          bytes[8...], into: UnsafeMutableBufferPointer(rebasing: buffer[..<plainLength]))
        count = isWhole ? plainLength : 0
      }
      return isWhole ? plain : nil
    }
  }
}
