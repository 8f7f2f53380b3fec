// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

@Suite struct SpoolFileTests {
  @Test func piecesComeBackAsTheyWerePutAside() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("spool-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = try SpoolFile(in: folder)
    // Three parts by turns, in pieces of nothing, of a byte and of more than is read at once.
    var texts = [[UInt8]](repeating: [], count: 3)
    var pieces = [[Range<Int>]](repeating: [], count: 3)
    for (number, length) in [1, 300_000, 0, 40_000, 70_000, 1, 262_144, 5, 262_145, 3].enumerated() {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
      texts[number % 3] += bytes
      pieces[number % 3].append(try file.append(bytes))
    }
    for part in 0..<3 {
      #expect(try file.stream(pieces[part]).rest(limit: .max) == texts[part])
    }
    // Two readers side by side do not move each other.
    let (one, two) = (file.stream(pieces[1]), file.stream(pieces[1]))
    let first = try one.next()
    #expect(try two.rest(limit: .max) == texts[1])
    #expect(try first + one.rest(limit: .max) == texts[1])
    #expect(try file.stream([]).rest(limit: .max) == [])
    // It has no name.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
  }

  @Test func aDiskThatTakesNothingIsSaid() {
    #expect(throws: FHIRError(.noRoom)) { try SpoolFile(in: "/nonexistent/folder") }
    #expect(throws: FHIRError(.noRoom)) { try SpoolFile(in: "/proc") }
  }
}
