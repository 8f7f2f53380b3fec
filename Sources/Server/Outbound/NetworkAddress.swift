// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An IP address, to tell whether it lies in the public internet.
package struct NetworkAddress: Sendable, Hashable {
  /// 4 bytes, or 16 of an IPv6 address.
  let bytes: [UInt8]

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// An address as text, such as `192.0.2.1` or `2001:db8::1`; nil for any other text, also one with a zone.
  package init?(_ text: String) {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      // inet_pton reads the text up to its end and writes `count` bytes when it returns 1.
      if unsafe inet_pton(family, text, &bytes) == 1 {
        self.init(bytes)
        return
      }
    }
    return nil
  }

  /// Whether it is of this machine.
  package var isLoopback: Bool {
    bytes.count == 4
      ? bytes[0] == 127 : embedded?.isLoopback ?? (bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1)
  }

  /// Whether packets to it may go anywhere in the internet: not loopback, link-local (where clouds keep their metadata),
  /// private, shared, reserved, documentation or multicast (IANA special-purpose address registries, RFC 6890).
  package var isPublic: Bool {
    let ranges = bytes.count == 4 ? Self.special4 : Self.special6
    guard !ranges.contains(where: { contains($0.prefix, $0.bits) }) else { return false }
    return embedded?.isPublic ?? true
  }

  /// The IPv4 address inside an IPv6 one that leads to it: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
  private var embedded: NetworkAddress? {
    guard bytes.count == 16 else { return nil }
    if contains(Self.mapped, 96) || contains(Self.nat64, 96) { return NetworkAddress(Array(bytes[12...])) }
    if bytes[0] == 0x20, bytes[1] == 0x02 { return NetworkAddress(Array(bytes[2..<6])) }
    return nil
  }

  private func contains(_ prefix: [UInt8], _ bits: Int) -> Bool {
    for bit in 0..<bits {
      let (place, mask) = (bit / 8, UInt8(0x80) >> UInt8(bit % 8))
      let wanted = place < prefix.count ? prefix[place] & mask : 0
      if bytes[place] & mask != wanted { return false }
    }
    return true
  }

  private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
  private static let nat64: [UInt8] = [0, 0x64, 0xFF, 0x9B]

  private static let special4: [(prefix: [UInt8], bits: Int)] = [
    ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
    ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16), ([198, 18], 15), ([198, 51, 100], 24),
    ([203, 0, 113], 24), ([224], 4), ([240], 4),
  ]

  private static let special6: [(prefix: [UInt8], bits: Int)] = [
    // ::/96 holds the unspecified address, loopback and the IPv4-compatible ones that nobody uses any more.
    ([], 96), ([0, 0x64, 0xFF, 0x9B, 0, 1], 48), ([1], 64), ([0x20, 0x01], 23), ([0x20, 0x01, 0x0D, 0xB8], 32),
    ([0x3F, 0xFF], 20), ([0x5F], 16), ([0xFC], 7), ([0xFE, 0x80], 10), ([0xFE, 0xC0], 10), ([0xFF], 8),
  ]
}
