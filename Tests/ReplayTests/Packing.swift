// SPDX-License-Identifier: Apache-2.0

/// Gzip data and zip archives, stored rather than compressed, for tests.
enum Packing {
  /// RFC 1952 around RFC 1951's stored blocks.
  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var packed: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var start = 0
    repeat {
      let end = min(start + 60_000, bytes.count)
      packed.append(end == bytes.count ? 1 : 0)
      packed += little(UInt32(end - start), 2) + little(~UInt32(end - start), 2) + bytes[start..<end]
      start = end
    } while start < bytes.count
    return packed + little(crc(bytes), 4) + little(UInt32(bytes.count), 4)
  }

  /// A file of an archive.
  struct File {
    var name: String
    var bytes: [UInt8]
    var isEncrypted = false
    var isDamaged = false
  }

  /// An archive of stored files (PKWARE's APPNOTE 4.3).
  static func zip(_ files: [File]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
      let size = little(UInt32(file.bytes.count), 4)
      let common =
        little(20, 2) + [file.isEncrypted ? 1 : 0, 0, 0, 0, 0, 0, 0x21, 0x5a] + little(crc(file.bytes), 4) + size + size
        + little(UInt32(file.name.utf8.count), 2) + [0, 0]
      directory += [0x50, 0x4b, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10)
      directory += little(UInt32(archive.count), 4) + Array(file.name.utf8)
      archive += [0x50, 0x4b, 3, 4] + common + Array(file.name.utf8) + file.bytes
      if file.isDamaged, !file.bytes.isEmpty { archive[archive.count - 1] ^= 1 }
    }
    let count = little(UInt32(files.count), 2)
    return archive + directory + [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + count + count + little(UInt32(directory.count), 4)
      + little(UInt32(archive.count), 4) + [0, 0]
  }

  private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
  }

  private static let table = (UInt32(0)..<256).map { byte in
    (0..<8).reduce(byte) { value, _ in value & 1 == 0 ? value >> 1 : 0xEDB8_8320 ^ (value >> 1) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
  }
}
