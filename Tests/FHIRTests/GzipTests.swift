// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

@Suite struct GzipTests {
  /// `gzip -n <<< '{"a":1}'`, twice in a row makes two members.
  static let member: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab, 0x56, 0x4a, 0x54, 0xb2, 0x32, 0xac, 0xe5, 0x02,
    0x00, 0x46, 0xa3, 0xe8, 0x74, 0x08, 0x00, 0x00, 0x00,
  ]
  static let text = Array("{\"a\":1}\n".utf8)

  @Test func unpacksOneAndTwoMembers() throws {
    #expect(try Gzip.inflated(Self.member) == Self.text)
    #expect(try Gzip.inflated(Self.member + Self.member) == Self.text + Self.text)
  }

  @Test func knowsGzipByItsStart() {
    #expect(Gzip.isGzip(Self.member))
    #expect(!Gzip.isGzip(Self.text))
    #expect(!Gzip.isGzip([]))
  }

  @Test(arguments: 1..<28) func refusesEveryCut(length: Int) {
    #expect(throws: FHIRError.self) { try Gzip.inflated(Array(Self.member.prefix(length))) }
  }

  /// Byte 19 is the padding after the last code: no decoder reads it.
  @Test(arguments: (10..<28).filter { $0 != 19 }) func refusesFlippedBitsOfContentAndChecksum(place: Int) {
    var damaged = Self.member
    damaged[place] ^= 0x10
    #expect((try? Gzip.inflated(damaged)) != Self.text)
  }

  @Test func holdsTheLimits() throws {
    var limits = Limits()
    limits.bytes = Self.text.count
    #expect(try Gzip.inflated(Self.member, limits: limits) == Self.text)
    limits.bytes = Self.text.count - 1
    #expect { try Gzip.inflated(Self.member, limits: limits) } throws: { ($0 as? FHIRError)?.code == .tooLarge }
    limits.bytes = 1_000
    limits.expansion = 0
    #expect { try Gzip.inflated(Self.member, limits: limits) } throws: { ($0 as? FHIRError)?.code == .expandsTooMuch }
  }
}
