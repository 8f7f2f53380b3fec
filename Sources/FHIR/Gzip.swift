// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Gzip data (RFC 1952), unpacked within limits: never more than `Limits.bytes`, nor `Limits.expansion` times its own size.
package enum Gzip {
  /// Whether `bytes` start as a gzip member does.
  package static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 18 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8
  }

  /// `bytes` themselves, or what they hold when they are gzip data.
  package static func unpacked(_ bytes: [UInt8], limits: Limits = .standard) throws(FHIRError) -> [UInt8] {
    isGzip(bytes) ? try inflated(bytes, limits: limits) : bytes
  }

  /// The unpacked bytes of all members.
  ///
  /// - Throws: `badGzip` for damaged or cut data, `expandsTooMuch`, `tooLarge`; the offset counts packed bytes.
  package static func inflated(_ packed: [UInt8], limits: Limits = .standard) throws(FHIRError) -> [UInt8] {
    let (ratioBound, overflow) = packed.count.multipliedReportingOverflow(by: limits.expansion)
    let bound = overflow ? limits.bytes : min(limits.bytes, ratioBound)
    var stream = unsafe z_stream()
    // 16 asks zlib for the gzip wrapper and its checksum.
    guard unsafe inflateInit2_(&stream, 16 + MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw FHIRError(.outOfMemory)
    }
    defer { unsafe inflateEnd(&stream) }
    var text: [UInt8] = []
    var start = 0
    while start < packed.count {
      let member = unsafe inflateMember(&stream, packed, from: start, onto: &text, bound: bound)
      guard member.status == Z_STREAM_END else {
        if text.count > bound {
          throw FHIRError(bound < limits.bytes ? .expandsTooMuch : .tooLarge, offset: member.end)
        }
        throw FHIRError(.badGzip, offset: member.end)
      }
      start = member.end
      unsafe inflateReset(&stream)
    }
    return text
  }

  /// Unpacks one member; stops with one byte more than `bound` when there is more.
  private static func inflateMember(
    _ stream: inout z_stream, _ packed: [UInt8], from start: Int, onto text: inout [UInt8], bound: Int
  ) -> (status: CInt, end: Int) {
    // zlib reads only within `avail_in` and writes only within `avail_out`; both pointers die with the closures.
    unsafe packed.withUnsafeBufferPointer { source in
      var end = start
      var status = Z_OK
      while status == Z_OK, text.count <= bound {
        let room = min(max(packed.count * 4, 1 << 16), 1 << 24, bound + 1 - text.count)
        let pending = min(source.count - end, 1 << 30)
        unsafe text.append(
          contentsOf: [UInt8](unsafeUninitializedCapacity: room) { target, count in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.advanced(by: end))
            unsafe stream.avail_in = UInt32(pending)
            unsafe stream.next_out = target.baseAddress
            unsafe stream.avail_out = UInt32(room)
            status = unsafe inflate(&stream, Z_NO_FLUSH)
            count = unsafe room - Int(stream.avail_out)
          })
        let consumed = unsafe pending - Int(stream.avail_in)
        end += consumed
        // No progress and no end: the data stops in the middle.
        if status == Z_OK, consumed == 0, unsafe stream.avail_out > 0 { status = Z_BUF_ERROR }
      }
      if status == Z_STREAM_END, text.count > bound { status = Z_OK }
      return (status, end)
    }
  }
}
