// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// What a reviewer finds, reads and takes away.
@Suite struct ReviewTests {
  /// A record of its number: every property takes several values, in periods that have no common factor.
  private func entry(_ number: Int) -> AuditEntry {
    var entry = fullEntry(number, payloadBytes: 0)
    entry.kind = [.answer, .rejection, .feedback][number % 3]
    entry.origin = ["ann", "bob"][number % 2]
    entry.unit = "Location/\(number % 5)"
    entry.models[0].version = "1.\(number % 7).0"
    entry.outcome = number % 11 == 0 ? "overridden" : nil
    entry.status = number % 13 == 0 ? 503 : 200
    entry.reason = "X\(number % 4)"
    entry.client = ["north", "south", "east"][number / 2 % 3]
    entry.legalCase = number % 17 < 3 ? "2026-\(number % 17)" : nil
    if number % 6 != 1 { entry.abstentions = [] }
    if number % 12 == 1 { entry.abstentions[0].code = "too-young" }
    if number % 2 == 0 { entry.cards = Array(entry.cards.prefix(1)) }
    return entry
  }

  private func trail(_ count: Int, in store: TestStore = .sqlite) async throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...min(count, 300) { _ = try await trail.append(entry(number)) }
    if count > 300 { try await appendTogether(301...count, to: trail) { self.entry($0) } }
    try trail.close()
    return directory
  }

  /// Every criterion and pairs of them against a plain filter over all records, in pages of every size; without a whole block of
  /// records and with one.
  @Test(arguments: [300, 4500], TestStore.atHand)
  func aSearchFindsWhatAPlainFilterFinds(count: Int, _ store: TestStore) async throws {
    let directory = try await trail(count, in: store)
    let reader = try AuditReader(directory: directory.data)
    let all = try reader.list(limit: count)
    #expect(all.count == count)
    let middle = entry(150).time
    let criteria: [(String, (inout AuditReader.Search) -> Void, (AuditEntry) -> Bool)] = [
      ("kind", { $0.filter.kind = .rejection }, { $0.kind == .rejection }),
      ("since", { $0.filter.since = middle }, { $0.time >= middle }),
      ("until", { $0.until = middle }, { $0.time < middle }),
      ("origin", { $0.origin = "bob" }, { $0.origin == "bob" }),
      ("unit", { $0.unit = "Location/3" }, { $0.unit == "Location/3" }),
      ("model", { $0.model = "diagnosis" }, { $0.models.contains { $0.id == "diagnosis" } }),
      (
        "version",
        {
          $0.model = "prognosis"; $0.version = "1.3.0"
        },
        { $0.models.contains { $0.id == "prognosis" && $0.version == "1.3.0" } }
      ),
      (
        "outcome of a card", { $0.outcome = "sepsis" },
        { $0.cards.contains { $0.outcome == "sepsis" } || $0.abstentions.contains { $0.outcomes.contains("sepsis") } }
      ),
      ("patient", { $0.filter.patient = fullEntry(3).patient }, { $0.patient == fullEntry(3).patient }),
      ("hook instance", { $0.filter.hookInstance = "instance-250" }, { $0.hookInstance == "instance-250" }),
      ("client", { $0.client = "south" }, { $0.client == "south" }),
      ("abstained", { $0.isAbstained = true }, { !$0.abstentions.isEmpty }),
      (
        "why nothing was stated", { $0.abstention = "too-young" },
        { $0.abstentions.contains { $0.code == "too-young" } }
      ),
      ("outcome", { $0.outcome = "overridden" }, { $0.outcome == "overridden" }),
      ("reason", { $0.reason = "X2" }, { $0.reason == "X2" }),
      ("reason of holding back", { $0.reason = "cool-down" }, { $0.cards.contains { $0.heldBack == "cool-down" } }),
      ("held back", { $0.isHeldBack = true }, { $0.cards.contains { $0.heldBack != nil } }),
      ("case", { $0.legalCase = "2026-1" }, { $0.legalCase == "2026-1" }),
      ("errors", { $0.isError = true }, { $0.kind == .rejection || $0.status == 503 }),
    ]
    let limits = [1, 7, 1000, 3, 50, 1000, 2, 11, 1, 9, 1000, 5, 4, 21, 13, 8, 2, 1000, 6].map { $0 * count / 300 }
    for (first, limit) in zip(criteria.indices, limits) {
      for second in criteria.indices {
        // A version of the one model is none of the other.
        if (criteria[first].0, criteria[second].0) == ("version", "model") { continue }
        var search = AuditReader.Search()
        criteria[first].1(&search)
        criteria[second].1(&search)
        // Where both set the same member the second stands.
        let expected = all.filter { record in
          let isSame = criteria[first].0.prefix(6) == criteria[second].0.prefix(6)
          return criteria[second].2(record.entry) && (isSame || criteria[first].2(record.entry))
        }
        var found: [AuditRecord] = []
        while true {
          let page = try reader.find(search, limit: limit)
          found += page
          guard page.count == limit else { break }
          search.filter.before = page.last?.sequence
        }
        #expect(
          found.map(\.sequence) == expected.map(\.sequence), "\(criteria[first].0) and \(criteria[second].0)")
      }
    }
  }

  @Test(arguments: TestStore.atHand) func pagesStayWhileOthersWrite(_ store: TestStore) async throws {
    let directory = try await trail(50, in: store)
    let reader = try AuditReader(directory: directory.data)
    var search = AuditReader.Search()
    search.origin = "ann"
    let first = try reader.find(search, limit: 10)
    let trail = try AuditTrail(directory: directory.data)
    for number in 51...90 { _ = try await trail.append(entry(number)) }
    search.filter.before = first.last?.sequence
    let second = try reader.find(search, limit: 10)
    let even: [Int64] = Array(stride(from: 50, through: 12, by: -2))
    #expect((first + second).map(\.sequence) == even)
  }

  /// What came from outside is text on the page, whatever it looks like.
  @Test(arguments: TestStore.atHand) func aDecisionsPageSaysWhatTheRecordSaysAndRunsNothing(_ store: TestStore)
    async throws
  {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    var answer = fullEntry(1)
    let attack = "<script>alert(1)</script>\u{202E}\"'&"
    answer.unit = attack
    answer.duration = 12_345
    let detail = "**Lactate 4.1** \(attack)\n\n| A | B |\n| --- | --- |\n| 6\\.3 | x |"
    answer.payload?.response = Array(
      JSON.object([.init("cards", [["summary": .string(attack), "detail": .string(detail)]])]).text().utf8)
    answer.payload?.outputs = Array(
      #"{"models":[{"model":"diagnosis","missing":["Bilirubin"],"findings":[{"outcome":"sepsis","probability":0.2512345678901234,"low":0.00001,"high":0.99999,"memberLogits":[-1.0923456]}]}],"leftOut":[{"code":"no-subject","count":3}]}"#
        .utf8)
    answer.payload?.features = Array(
      #"[{"model":"diagnosis","values":[1.5],"sources":[{"resource":"Observation/1","value":"4.1","unit":"mmol/L"}]},{"model":"prognosis","values":[],"sources":[{"resource":"Observation/1","value":"4.1","unit":"mmol/L"}]}]"#
        .utf8)
    let thresholds =
      #"[{"model":"diagnosis","outcomes":[{"outcome":"sepsis","calibration":{"method":"platt-scaling-with-floor","slope":1.2345678,"intercept":-0.5,"floor":0.01},"bands":[{"band":"low","from":0},{"band":"high","from":0.125}],"conformal":{"coverage":0.9,"yesFromLogOdds":0}}]}]"#
    answer.payload?.thresholds = Array(thresholds.utf8)
    _ = try await trail.append(answer)
    var feedback = AuditEntry(time: Instant(milliseconds: 1_800_000_000_000), kind: .feedback)
    feedback.cards = [answer.cards[0]]
    feedback.outcome = "overridden"
    feedback.reason = "system|not-relevant"
    _ = try await trail.append(feedback)
    let reader = try AuditReader(directory: directory.data)
    let record = try reader.record(1)
    let said = try reader.feedback(on: record)
    #expect(said.map(\.sequence) == [2])
    let page = DecisionPage(record, feedback: said).html
    for expected in [
      "<b>Lactate 4.1</b>", "<td data-title=\"A\">6.3</td>", "Bilirubin", "Observation/1", "mmol/L", "25.1 %",
      "&lt; 0.01 % to &gt; 99.9 %", "-1.092<", "no-subject", "held back: cool-down", "overridden", "12.35 ms",
      "all models",
      "Platt scaling with a floor", "1.235", "low 0 %, high 12.5 %", "from 50 %", "always",
      "As recorded with the answer",
      AuditRecord.hexadecimal(record.entry.payload?.requestDigest ?? [1]),
      "not-relevant",
      "1.5", "&lt;script&gt;", "[U+202E]", record.commitment.map(AuditRecord.hexadecimal) ?? "-",
    ] {
      #expect(page.contains(expected), "\(expected)")
    }
    #expect(!page.contains("<script") && !page.contains("\u{202E}"))
    #expect(page.ranges(of: "Observation/1").count == 1, "an input that two models read is told once")
    for name in ["durationMicroseconds", "payloadCommitment", "memberLogits", "hookInstance", "0.25123"] {
      #expect(!page.contains(name), "\(name) is no word for people")
    }
    #expect(record.json["payload"]?["thresholds"] == JSON(try Document(Array(thresholds.utf8), syntax: .json).root))
    let masked = DecisionPage(record, feedback: said, isMasked: true).html
    #expect(!masked.contains(AuditRecord.hexadecimal(record.entry.payload?.requestDigest ?? [])))
    #expect(masked.contains("Platt scaling with a floor") && !masked.contains("**"))

    // Of before thresholds were kept: what the packages have, if they are at hand, and said to be that.
    var earlier = record
    earlier.entry.payload?.thresholds = nil
    let without = DecisionPage(earlier, feedback: said).html
    #expect(without.contains("Not in this record, and the packages") && !without.contains("Platt"))
    let with = DecisionPage(earlier, feedback: said, packageThresholds: record.json["payload"]?["thresholds"]).html
    #expect(with.contains("these are what the packages of the digests above have") && with.contains("Platt scaling"))
  }

  @Test(arguments: TestStore.atHand)
  func aBackupIsWholeAndOpensWithoutTheOriginal(_ store: TestStore) async throws {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...40 { _ = try await trail.append(fullEntry(number)) }
    let destination = TemporaryDirectory()
    var anchors = TrailVerification.Anchors(log: trail.logKey)
    anchors.root = try directory.data.loadRootKey()
    let writing = Task {
      for number in 41...200 { _ = try await trail.append(fullEntry(number)) }
    }
    let backup = try TrailBackup(of: directory.data, to: destination.data.path, against: anchors)
    try await writing.value
    #expect(backup.verification.isIntact && backup.verification.records >= 40)
    #expect(try FileManager.default.contentsOfDirectory(atPath: destination.data.path) == ["trail.sqlite"])
    #expect(throws: AuditError(.directoryUnusable)) {
      try TrailBackup(of: directory.data, to: destination.data.path, against: anchors)
    }
    // With the keys it is a trail to go on with; the original's later checkpoint shows that it is an older one.
    for key in [directory.data.rootKey, directory.data.pseudonymKey, directory.data.checkpointKey] {
      let name = URL(filePath: key).lastPathComponent
      try FileManager.default.copyItem(atPath: key, toPath: destination.data.path + "/" + name)
    }
    let later = try AuditReader(directory: directory.data).head()
    anchors.checkpoints = [later]
    let behind = try TrailVerification(destination.data, against: anchors)
    #expect(behind.records == 200 || behind.faults.map(\.code) == [.anchorAhead])
    let restored = try AuditTrail(directory: destination.data)
    #expect(try await restored.append(fullEntry(1)) == backup.verification.records + 1)
    try restored.close()
  }

  @Test(arguments: TestStore.atHand) func aDamagedTrailIsNotBackedUp(_ store: TestStore) async throws {
    let directory = try await trail(20, in: store)
    let trail = try AuditTrail(directory: directory.data)
    try directory.tamper("UPDATE record SET status = 500 WHERE sequence = 9")
    let destination = TemporaryDirectory()
    let backup = try TrailBackup(of: directory.data, to: destination.data.path, against: .init(log: trail.logKey))
    #expect(backup.verification.faults.first == TrailFault(.columnsDiffer, 9))
    #expect(!FileManager.default.fileExists(atPath: destination.data.path))
    #expect(!FileManager.default.fileExists(atPath: destination.data.path + ".part"))
  }
}
