// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes from the system's random source (getentropy(3)), which makes keys as well: all that one payload needs in one call, since the
/// calls take longer than its hashes.
enum RandomBytes {
  /// The source gives as many at once, or none.
  static let most = 256

  /// - Parameter count: at most `most`.
  static func draw(_ count: Int) throws(AuditError) -> [UInt8] {
    precondition(count <= most)
    var isDrawn = false
    // Writes at most `count` bytes into a buffer of that length.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      isDrawn = unsafe buffer.baseAddress.map { unsafe getentropy($0, count) == 0 } ?? false
      filled = isDrawn ? count : 0
    }
    guard isDrawn else { throw AuditError(.writeFailed, systemCode: errno) }
    return bytes
  }
}
