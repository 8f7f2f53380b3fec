// SPDX-License-Identifier: Apache-2.0
import CZlib
import Synchronization

/// zlib streams (RFC 1950) with their plain length (8 bytes, big-endian) in front, for payloads at rest.
enum Deflate {
  /// No payload comes near this; a damaged length must not ask for all memory.
  private static let longestPlain = 1 << 28
  /// Level 1: a chart shrinks ten-fold already, at a tenth of the time of level 9.
  private static let level: Int32 = 1

  /// A stream that is used again: making one takes 268 KB that are zeroed, longer than most payloads take.
  /// Unchecked: whoever takes it out of `idle` has it alone.
  @safe private final class Stream: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>

    init?() {
      // zlib keeps the stream's own address, so it must not move; it is freed in deinit alone.
      unsafe stream = .allocate(capacity: 1)
      unsafe stream.initialize(to: z_stream())
      let status = unsafe deflateInit_(stream, Deflate.level, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      guard status == Z_OK else { return nil }
    }

    deinit {
      unsafe deflateEnd(stream)
      unsafe stream.deallocate()
    }

    func compress(_ plain: [UInt8], into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int? {
      unsafe plain.withUnsafeBufferPointer { source in
        unsafe deflateReset(stream)
        // zlib reads `avail_in` bytes and writes at most `avail_out`, both the lengths of buffers that live for this call.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(source.count)
        unsafe stream.pointee.next_out = buffer.baseAddress
        unsafe stream.pointee.avail_out = UInt32(buffer.count)
        let status = unsafe deflate(stream, Z_FINISH)
        return status == Z_STREAM_END ? Int(unsafe stream.pointee.total_out) : nil
      }
    }
  }

  /// Streams that nobody uses at the moment: as many as ever compressed at once.
  private static let idle = Mutex<[Stream]>([])

  static func compress(_ plain: [UInt8]) -> [UInt8]? {
    guard plain.count <= longestPlain, let stream = idle.withLock({ $0.popLast() }) ?? Stream() else { return nil }
    let length = TaggedFields.bigEndian(UInt64(plain.count))
    let bound = length.count + Int(compressBound(uLong(plain.count)))
    var written: Int?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      for place in length.indices { unsafe buffer[place] = length[place] }
      written = unsafe stream.compress(plain, into: UnsafeMutableBufferPointer(rebasing: buffer[length.count...]))
      count = length.count + (written ?? 0)
    }
    idle.withLock { $0.append(stream) }
    return written == nil ? nil : bytes
  }

  static func decompress(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 8, let plainLength = TaggedFields.number(bytes[0..<8]).flatMap({ Int(exactly: $0) }),
      plainLength >= 0, plainLength <= longestPlain
    else { return nil }
    var length = uLongf(plainLength)
    var failed = false
    // The buffer pointers live for one call each; zlib writes at most `length` bytes, the capacity of the buffer.
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: max(plainLength, 1)) { buffer, count in
      let status = unsafe bytes[8...].withUnsafeBufferPointer { source in
        unsafe uncompress(buffer.baseAddress, &length, source.baseAddress, uLong(source.count))
      }
      failed = status != Z_OK || Int(length) != plainLength
      count = failed ? 0 : plainLength
    }
    return failed ? nil : plain
  }
}
