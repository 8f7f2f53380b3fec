// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Testing

/// What people say to the trail says something, and has an end.
@Suite struct RecordedTextTests {
  @Test func namesAndTextsHaveAnEnd() {
    for (longest, isTaken) in [
      (RecordedText.longestName, RecordedText.isName), (RecordedText.longestText, RecordedText.isText),
    ] as [(Int, (String) -> Bool)] {
      for text in ["x", "  j.doe ", String(repeating: "x", count: longest), String(repeating: "𝕏", count: longest)] {
        #expect(isTaken(text), "\(text.unicodeScalars.count)")
      }
      // A letter with a thousand accents is a thousand characters.
      let accents = "a" + String(repeating: "\u{301}", count: longest)
      for text in ["", " ", "\u{3000}\t", String(repeating: "x", count: longest + 1), accents] {
        #expect(!isTaken(text), "\(text.unicodeScalars.count)")
      }
    }
    #expect(RecordedText.longestName == 128 && RecordedText.longestText == 1024)
  }

  /// Whoever comes by another way than the command line meets the same bounds.
  @Test(arguments: TestStore.atHand) func theTrailTakesNoMore(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    _ = try await trail.append(fullEntry(1))
    let (name, text) = (String(repeating: "n", count: 128), String(repeating: "t", count: 1024))
    func entry(_ change: (inout AuditEntry) -> Void) -> AuditEntry {
      var entry = AuditEntry(time: fullEntry(1).time, kind: .review)
      (entry.origin, entry.reason, entry.note) = (name, text, text)
      entry.signature = AuditEntry.Signature(name: name, records: 1...1)
      change(&entry)
      return entry
    }
    #expect(try await trail.perform(entry { _ in }) == 2)
    for change in [
      { $0.origin = name + "n" }, { $0.reason = text + "t" }, { $0.note = text + "t" },
      { $0.signature?.name = name + "n" }, { $0.payload = AuditPayload(amendment: text + "t") },
    ] as [(inout AuditEntry) -> Void] {
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(entry(change)) }
    }
    #expect(trail.size == 2)
    // The name of a case.
    var hold = AuditEntry(time: fullEntry(1).time, kind: .hold)
    (hold.origin, hold.reason, hold.patient, hold.legalCase) = (name, text, fullEntry(1).patient, name)
    #expect(try await trail.perform(hold) == 3)
    for legalCase in [name + "n", "", " "] {
      hold.legalCase = legalCase
      let asked = hold
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(asked) }
    }
    #expect(trail.size == 3)
    try trail.close()
  }
}
