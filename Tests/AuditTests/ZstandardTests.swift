// SPDX-License-Identifier: Apache-2.0
import Audit
import TestSupport
import Testing

@Suite struct ZstandardTests {
  private static func bytes(_ count: Int) -> [UInt8] {
    var random = SplitMix64(seed: UInt64(count))
    // Half of it repeats, so that there is something to find.
    return (0..<count).map { UInt8(truncatingIfNeeded: $0 % 64 < 32 ? UInt64($0 % 64) : random.next()) }
  }

  @Test(arguments: [0, 1, 7, 255, 256, 4095, 65_537, 1 << 20]) func whatGoesInComesOut(_ count: Int) throws {
    let plain = Self.bytes(count)
    let frame = try #require(Zstandard.compress(plain))
    #expect(Zstandard.decompress(frame) == plain)
    #expect(count < 4095 || frame.count < plain.count)
  }

  @Test func framesOfManyThreadsAreTheirOwn() async {
    await withTaskGroup(of: Bool.self) { group in
      for count in 1000..<1200 {
        group.addTask { Zstandard.compress(Self.bytes(count)).flatMap(Zstandard.decompress) == Self.bytes(count) }
      }
      for await isSame in group { #expect(isSame) }
    }
  }

  @Test func whatIsCutOrIsNoFrameIsNothing() throws {
    let frame = try #require(Zstandard.compress(Self.bytes(5000)))
    for length in [0, 1, 3, 4, 5, 6, 9, frame.count / 2, frame.count - 1] {
      #expect(Zstandard.decompress(Array(frame[..<length])) == nil, "cut to \(length)")
    }
    #expect(Zstandard.decompress(Self.bytes(5000)) == nil)
    #expect(Zstandard.decompress(frame + frame) == nil, "two frames hold more than the first one says")
  }

  /// RFC 8878 section 3.1.1.1: a header with eight bytes of plain length behind its magic number.
  @Test(arguments: [1 << 28 + 1, Int.max, -1, -2]) func aLengthThatIsNoneAsksForNoMemory(_ length: Int) throws {
    let header: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xE0]
    let stated = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    #expect(Zstandard.decompress(header + stated + [1, 0, 0]) == nil)
  }
}
