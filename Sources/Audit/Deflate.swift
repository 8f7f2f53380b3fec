// SPDX-License-Identifier: Apache-2.0
import CZlib

/// zlib streams (RFC 1950) with their plain length (8 bytes, big-endian) in front, for payloads at rest.
enum Deflate {
  /// No payload comes near this; a damaged length must not ask for all memory.
  private static let longestPlain = 1 << 28

  /// Level 1: a chart shrinks ten-fold already, at a tenth of the time of level 9.
  static func compress(_ plain: [UInt8]) -> [UInt8]? {
    var failed = false
    let bound = Int(compressBound(uLong(plain.count)))
    // The buffer pointers live for one call each; zlib writes at most `length` bytes, which it is told.
    let stream = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      var length = uLongf(bound)
      let status = unsafe plain.withUnsafeBufferPointer { source in
        unsafe compress2(buffer.baseAddress, &length, source.baseAddress, uLong(source.count), 1)
      }
      failed = status != Z_OK
      count = failed ? 0 : Int(length)
    }
    return failed ? nil : TaggedFields.bigEndian(UInt64(plain.count)) + stream
  }

  static func decompress(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 8, let plainLength = TaggedFields.number(bytes[0..<8]).flatMap({ Int(exactly: $0) }),
      plainLength >= 0, plainLength <= longestPlain
    else { return nil }
    var length = uLongf(plainLength)
    var failed = false
    // As above: zlib writes at most `length` bytes, the capacity of the buffer.
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
