// SPDX-License-Identifier: Apache-2.0

/// How a payload lies in the trail: `payload.encoding`. The numbers are permanent.
enum PayloadEncoding: Int64 {
  /// Of before data keys: a zlib stream behind its plain length, which anyone with the file can read.
  case plainDeflate = 1
  /// The same, sealed under the patient's data key.
  case sealedDeflate = 2
  /// A Zstandard frame, sealed so: what is written.
  case sealedZstandard = 3

  /// Whether it has to be opened with a data key.
  var isSealed: Bool { self != .plainDeflate }

  /// The canonical bytes of compressed ones, after opening; nil when they are damaged.
  func decompress(_ compressed: [UInt8]) -> [UInt8]? {
    switch self {
    case .plainDeflate, .sealedDeflate: Deflate.decompress(compressed)
    case .sealedZstandard: Zstandard.decompress(compressed)
    }
  }
}
