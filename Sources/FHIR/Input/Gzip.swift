// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Gzip data (RFC 1952), unpacked within limits.
package enum Gzip {
  /// Whether `bytes` start as a gzip member does.
  package static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 18 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8
  }

  /// `bytes` themselves, or what they hold when they are gzip data.
  package static func unpacked(_ bytes: [UInt8], limits: Limits = .standard) throws(FHIRError) -> [UInt8] {
    isGzip(bytes) ? try inflated(bytes, limits: limits) : bytes
  }

  /// The unpacked bytes of all members: never more than `Limits.bytes`, nor `Limits.expansion` times their own size.
  ///
  /// - Throws: `badGzip` for damaged or cut data, `expandsTooMuch`, `tooLarge`; the offset counts packed bytes.
  package static func inflated(_ packed: [UInt8], limits: Limits = .standard) throws(FHIRError) -> [UInt8] {
    do throws(FHIRError) {
      return try ByteStream(gzip: ByteStream(packed), limits: limits).rest(limit: limits.bytes)
    } catch {
      throw error.code == .tooLarge ? FHIRError(.tooLarge, offset: packed.count) : error
    }
  }
}

extension ByteStream {
  /// This stream, or what it unpacks to when it starts as gzip data do.
  package func unpacked(limits: Limits) throws(FHIRError) -> ByteStream {
    Gzip.isGzip(try peek()) ? try ByteStream(gzip: self, limits: limits) : self
  }

  /// What gzip data unpack to; at no time more than `Limits.expansion` times what was read of them.
  convenience init(gzip packed: ByteStream, limits: Limits) throws(FHIRError) {
    let inflater = try Inflater(packed, expansion: limits.expansion)
    self.init { () throws(FHIRError) in try inflater.next() }
  }
}

/// zlib's state on its way through gzip members.
@safe private final class Inflater {
  private let source: ByteStream
  private let expansion: Int
  // zlib's state points back to the stream, which therefore lives at one address.
  private let stream: UnsafeMutablePointer<z_stream>
  private var packed: [UInt8] = []
  private var position = 0
  private var produced = 0
  /// Whether the last byte read ended a member: nothing else may be the end.
  private var isComplete = false
  /// Whether zlib may hold output for which there was no room.
  private var holdsMore = false

  init(_ source: ByteStream, expansion: Int) throws(FHIRError) {
    self.source = source
    self.expansion = expansion
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 16 asks zlib for the gzip wrapper and its checksum.
    guard unsafe inflateInit2_(stream, 16 + MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw FHIRError(.outOfMemory)
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func next() throws(FHIRError) -> [UInt8] {
    while true {
      if position == packed.count, !holdsMore {
        packed = try source.next()
        position = 0
        if packed.isEmpty {
          guard isComplete else { throw FHIRError(.badGzip, offset: source.taken) }
          return []
        }
      }
      let (piece, status) = inflateSome()
      holdsMore = piece.count == ByteStream.chunk
      produced += piece.count
      isComplete = status == Z_STREAM_END
      let offset = source.taken - packed.count + position
      let (bound, overflow) = source.taken.multipliedReportingOverflow(by: expansion)
      if !overflow, produced > bound { throw FHIRError(.expandsTooMuch, offset: offset) }
      switch status {
      case Z_STREAM_END:
        unsafe inflateReset(stream)
        holdsMore = false
      case Z_OK: break
      // Nothing to do without more input; anything else is damage.
      case Z_BUF_ERROR where position == packed.count: holdsMore = false
      default: throw FHIRError(.badGzip, offset: offset)
      }
      if !piece.isEmpty { return piece }
    }
  }

  private func inflateSome() -> (piece: [UInt8], status: CInt) {
    var status = Z_OK
    // zlib reads only within `avail_in` and writes only within `avail_out`; both pointers die with the closures.
    let piece = unsafe packed.withUnsafeBufferPointer { source in
      let pending = min(source.count - position, 1 << 30)
      return unsafe [UInt8](unsafeUninitializedCapacity: ByteStream.chunk) { target, count in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.advanced(by: position))
        unsafe stream.pointee.avail_in = UInt32(pending)
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = UInt32(ByteStream.chunk)
        status = unsafe inflate(stream, Z_NO_FLUSH)
        unsafe position += pending - Int(stream.pointee.avail_in)
        count = unsafe ByteStream.chunk - Int(stream.pointee.avail_out)
      }
    }
    return (piece, status)
  }
}
