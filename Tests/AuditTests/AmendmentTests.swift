// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// What is right instead of what a record says stands beside it, and the record stays as it was.
@Suite struct AmendmentTests {
  private static let noon = Instant(milliseconds: 1_800_000_000_000)
  private static let text = "Quillfeather weighs 80 kg, not 800 <b>"

  private func amendment(
    of number: Int64, by user: String = "j.doe", because reason: String = "mistyped", _ text: String? = text
  ) -> AuditEntry {
    var entry = AuditEntry(time: Self.noon, kind: .amendment)
    (entry.origin, entry.reason, entry.amends) = (user, reason, number)
    entry.payload = text.map { AuditPayload(amendment: $0) }
    return entry
  }

  /// Answers about patients 1 to 3, and about nobody; a start.
  private func trail(in store: TestStore) async throws -> (directory: TemporaryDirectory, trail: AuditTrail) {
    let directory = try TemporaryDirectory(store)
    let trail = try AuditTrail(directory: directory.data)
    for number in 1...3 { _ = try await trail.append(fullEntry(number)) }
    var nobodys = fullEntry(4)
    nobodys.patient = nil
    _ = try await trail.append(nobodys)
    _ = try await trail.append(AuditEntry(time: Self.noon, kind: .start))
    return (directory, trail)
  }

  private func verify(_ directory: TemporaryDirectory) throws -> TrailVerification {
    var anchors = TrailVerification.Anchors(log: try directory.data.loadLogKey())
    anchors.root = try directory.data.loadRootKey()
    return try TrailVerification(directory.data, against: anchors)
  }

  /// Files below a folder that hold a text.
  private func filesHold(_ text: String, in directory: TemporaryDirectory) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: directory.data.path).filter { name in
      let content = FileManager.default.contents(atPath: directory.data.path + "/" + name) ?? Data()
      return content.range(of: Data(text.utf8)) != nil
    }
  }

  /// All that the tables have of a record.
  private func stored(_ number: Int64, _ trail: AuditTrail) throws -> [[UInt8]] {
    try trail.store.read { database in
      try database.query(
        "SELECT leaf, bytes FROM record LEFT JOIN payload ON payload.sequence = record.sequence WHERE record.sequence = ?",
        [.number(number)]
      ) { ($0.bytes(0) ?? []) + [0] + ($0.bytes(1) ?? []) }
    }
  }

  @Test(arguments: TestStore.atHand) func theRecordStaysAndTheTextLiesSealed(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    let before = try stored(2, trail)
    #expect(try await trail.perform(amendment(of: 2)) == 6)
    #expect(try await trail.perform(amendment(of: 2, by: "a.meyer", "70 kg")) == 7)
    #expect(try stored(2, trail) == before && before.count == 1)
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.record(2).entry == fullEntry(2))
    let record = try reader.record(6)
    #expect(record.entry.payload?.amendment == Self.text && record.entry.amends == 2)
    #expect(record.entry.patient == fullEntry(2).patient && record.entry.origin == "j.doe")
    #expect(record.entry.reason == "mistyped" && record.entry.note == nil && record.commitment != nil)
    #expect(try record.subject == reader.record(2).subject)
    #expect(record.entry.client == fullEntry(2).client && record.entry.unit == fullEntry(2).unit)
    #expect(AuditRecord(leaf: record.leaf)?.leaf == record.leaf)
    #expect(try reader.amendments(of: reader.record(2)).map(\.entry.payload?.amendment) == [Self.text, "70 kg"])
    #expect(try reader.amendments(of: reader.record(1)) == [])
    // Found with the patient, and by its kind.
    var search = AuditReader.Search()
    search.filter.patient = fullEntry(2).patient
    #expect(try reader.find(search, limit: 9).map(\.sequence) == [7, 6, 2])
    search.filter.kind = .amendment
    search.client = fullEntry(2).client
    search.unit = fullEntry(2).unit
    #expect(try reader.find(search, limit: 9).map(\.sequence) == [7, 6])
    // In no file, row or proof.
    #expect(try filesHold("Quillfeather", in: directory) == [])
    #expect(try stored(6, trail).allSatisfy { Data($0).range(of: Data("Quillfeather".utf8)) == nil })
    #expect(try reader.proof(of: 6).record(log: trail.logKey).entry.payload == nil)
    try trail.close()
    #expect(try filesHold("Quillfeather", in: directory) == [])
    let result = try verify(directory)
    #expect(result.isIntact && result.opened == 6, "\(result.faults)")
  }

  /// In a whole block they are found by its index, which the verification derives again.
  @Test(arguments: TestStore.atHand) func theyAreFoundAmongThousands(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    #expect(try await trail.perform(amendment(of: 2)) == 6)
    try await appendTogether(7...4200, to: trail) { fullEntry($0, payloadBytes: 0) }
    #expect(try await trail.perform(amendment(of: 2, "70 kg")) == 4201)
    try trail.close()
    let reader = try AuditReader(directory: directory.data)
    #expect(try reader.amendments(of: reader.record(2)).map(\.sequence) == [6, 4201])
    #expect(try reader.amendments(of: reader.record(1)) == [])
    #expect(try verify(directory).isIntact)
  }

  /// Who, when and why are read though the text was changed, and that it was changed.
  @Test(arguments: TestStore.atHand) func aChangedTextIsSaid(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    #expect(try await trail.perform(amendment(of: 2)) == 6)
    #expect(try await trail.perform(amendment(of: 2, "70 kg")) == 7)
    try trail.close()
    try directory.tamper("UPDATE payload SET bytes = flip(bytes, 40) WHERE sequence = 6")
    let reader = try AuditReader(directory: directory.data)
    let found = try reader.amendments(of: reader.record(2))
    #expect(found.map(\.entry.payload?.amendment) == [nil, "70 kg"])
    let shown = try reader.record(2).json(with: found, isMasked: false)["amendments"]
    #expect(shown?.text().contains(#""textWithheld":"changed in the store""#) == true)
  }

  /// What one process asks of the one that writes lies in a file meanwhile, sealed as well.
  @Test func theTextIsSealedOnTheWay() async throws {
    let (directory, trail) = try await trail(in: .sqlite)
    let asked = amendment(of: 2)
    let asking = Task { try await TrailInbox(directory.data).submit(asked, patience: 6000) }
    let inbox = directory.data.path + "/inbox"
    func waiting() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: inbox)) ?? []).filter { $0.hasSuffix(".entry") }
    }
    for _ in 0..<6000 where waiting().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    #expect(waiting().count == 1)
    #expect(try filesHold("Quillfeather", in: directory) == [])
    #expect(try filesHold("mistyped", in: directory) != [], "else it is not looked for where it lies")
    await TrailInbox(directory.data).serve(trail)
    #expect(try await asking.value.sequence == 6)
    #expect(try AuditReader(directory: directory.data).record(6).entry.payload?.amendment == Self.text)
    // What cannot be sealed, for there is no key, is refused by the service and on record.
    let other = Task { try await TrailInbox(directory.data).submit(amendment(of: 5), patience: 6000) }
    for _ in 0..<6000 where waiting().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    #expect(try filesHold("Quillfeather", in: directory) == [])
    await TrailInbox(directory.data).serve(trail)
    await #expect(throws: AuditError(.notAmendable)) { try await other.value }
    #expect(try AuditReader(directory: directory.data).record(7).entry.reason == "AUD032")
    try trail.close()
  }

  /// A text that cannot be sealed though there is a key is not asked for, and it is said why.
  @Test(arguments: ["a data key", "root.key"]) func whatCannotBeSealedIsNotAskedFor(_ changed: String) async throws {
    let (directory, trail) = try await trail(in: .sqlite)
    if changed == "root.key" {
      try FileManager.default.removeItem(atPath: directory.data.rootKey)
    } else {
      try directory.tamper(
        "UPDATE subject_key SET wrapped = flip(wrapped, 30) WHERE id = (SELECT subject FROM record WHERE sequence = 2)")
    }
    let code = changed == "root.key" ? AuditError.Code.keyUnusable : .keyChanged
    await #expect(throws: AuditError(code)) {
      try await TrailInbox(directory.data).submit(amendment(of: 2), patience: 1)
    }
    let asked = (try? FileManager.default.contentsOfDirectory(atPath: directory.data.path + "/inbox")) ?? []
    #expect(asked == [] && trail.size == 5)
    try trail.close()
  }

  @Test(arguments: TestStore.atHand) func itGoesWithItsPatient(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    let patient = fullEntry(2).patient ?? []
    #expect(try await trail.perform(amendment(of: 2)) == 6)
    _ = try await trail.done(.erasure, to: patient)
    let reader = try AuditReader(directory: directory.data)
    #expect(throws: AuditError(.erased, sequence: 6)) { try reader.record(6) }
    // Who, when and why stay, as of all that was done.
    let left = try #require(try reader.amendments(of: reader.find(one: 2)).first)
    #expect(left.entry.payload == nil && left.entry.origin == "j.doe" && left.entry.patient == nil)
    let shown = try reader.find(one: 2).json(with: [left], isMasked: false)["amendments"]
    #expect(shown?.text().contains(#""textWithheld":"not at hand""#) == true)
    // Not even when the patient has come back: the record is of the one who was erased.
    for isBack in [false, true] {
      if isBack { _ = try await trail.append(fullEntry(9)) }
      await #expect(throws: AuditError(.erased, sequence: 2)) { try await trail.perform(amendment(of: 2)) }
      let refusal = try #require(try reader.list(limit: 1).first).entry
      #expect(refusal.kind == .rejection && refusal.reason == "AUD013" && refusal.origin == "j.doe")
      #expect(refusal.note == "amendment: record 2: mistyped" && refusal.patient == nil)
    }
    let back = trail.size - 1
    #expect(try await trail.perform(amendment(of: back)) == back + 2, "of the one who came back")
    try trail.close()
    #expect(try verify(directory).isIntact)
  }

  @Test(arguments: TestStore.atHand) func whatCannotBeAmendedIsRefusedAndOnRecord(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    #expect(try await trail.perform(amendment(of: 1)) == 6)
    let reader = try AuditReader(directory: directory.data)
    for (number, code) in [
      (99, .notFound), (0, .notFound), (4, .notAmendable), (5, .notAmendable), (6, .notAmendable),
    ] as [(Int64, AuditError.Code)] {
      let size = trail.size
      await #expect(throws: AuditError(code, sequence: number)) { try await trail.perform(amendment(of: number)) }
      #expect(trail.size == size + 1)
      let refusal = try #require(try reader.list(limit: 1).first).entry
      #expect(refusal.kind == .rejection && refusal.reason == code.rawValue && refusal.origin == "j.doe")
      #expect(refusal.note == "amendment: record \(number): mistyped")
      #expect(refusal.patient == (number == 6 ? fullEntry(1).patient : nil))
    }
    // What says nothing is no amendment.
    let size = trail.size
    var unnamed = amendment(of: 1)
    unnamed.amends = nil
    // Nothing else amends.
    var review = amendment(of: 1)
    review.kind = .review
    review.signature = AuditEntry.Signature(name: "Somebody", records: 1...3)
    for entry in [
      unnamed, review, amendment(of: 1, by: " "), amendment(of: 1, because: ""), amendment(of: 1, nil),
      amendment(of: 1, " "),
    ] {
      await #expect(throws: AuditError(.damaged)) { try await trail.perform(entry) }
    }
    #expect(trail.size == size)
    try trail.close()
    #expect(try verify(directory).isIntact)
  }

  /// Somebody with all keys writes an amendment that nobody could have made.
  @Test(arguments: TestStore.atHand) func aForgedAmendmentIsFound(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    #expect(try await trail.perform(amendment(of: 1)) == 6)
    try trail.close()
    #expect(try verify(directory).isIntact)
    func forged(of number: Int64?, _ patient: [UInt8]? = fullEntry(1).patient) -> AuditEntry {
      var entry = amendment(of: 1)
      (entry.amends, entry.patient) = (number, patient)
      return entry
    }
    var empty = forged(of: 1)
    empty.payload = nil
    var other = fullEntry(1)
    other.amends = 1
    // What is done by a record is done, whatever else it says.
    func deed(_ kind: AuditEntry.Kind, to patient: [UInt8]? = nil) -> AuditEntry {
      var entry = AuditEntry(time: Self.noon, kind: kind)
      (entry.origin, entry.reason, entry.amends, entry.patient) = ("j.doe", "order", 1, patient)
      return entry
    }
    let patient = fullEntry(1).patient
    for (name, entry) in [
      ("another patient's", forged(of: 2)), ("nobody's", forged(of: 4, nil)), ("of a start", forged(of: 5)),
      ("of an amendment", forged(of: 6)), ("of itself", forged(of: 7)), ("of a later one", forged(of: 8)),
      ("of nothing", forged(of: nil)), ("of no record", forged(of: 0)), ("without a text", empty),
      ("of another kind", other), ("a hold", deed(.hold, to: patient)), ("a release", deed(.release, to: patient)),
      ("an erasure", deed(.erasure)), ("a start", deed(.start)),
    ] {
      let copy = try directory.duplicate()
      let trail = try AuditTrail(directory: copy.data)
      let number = try await trail.append(entry) { database, sequence in
        guard entry.kind == .hold else { return }
        try database.execute(
          "INSERT INTO hold (pseudonym, sequence) VALUES (?, ?)", [.bytes(entry.patient), .number(sequence)])
      }
      #expect(number == 7)
      _ = try await trail.append(fullEntry(1))
      try trail.close()
      #expect(try verify(copy).faults.filter(\.code.isFault) == [TrailFault(.amendmentDiffers, 7)], "\(name)")
      let reader = try AuditReader(directory: copy.data)
      if name == "another patient's" { #expect(try reader.amendments(of: reader.record(2)) == []) }
    }
  }

  /// Nobody signs that what they said themselves was right.
  @Test(arguments: TestStore.atHand) func itIsAnothersToReview(_ store: TestStore) async throws {
    let (_, trail) = try await trail(in: store)
    #expect(try await trail.perform(amendment(of: 2)) == 6)
    var review = AuditEntry(time: Self.noon, kind: .review)
    review.reason = "reviewed"
    review.signature = AuditEntry.Signature(name: "Somebody", records: 1...6)
    review.origin = "J. Doe".replacing(" ", with: "")
    await #expect(throws: AuditError(.ownDeed, sequence: 6)) { try await trail.perform(review) }
    review.origin = "a.meyer"
    #expect(try await trail.perform(review) == 7)
    try trail.close()
  }

  /// Whoever may not know the patient reads that something was amended, by whom and why.
  @Test(arguments: TestStore.atHand) func itIsMaskedAsItsRecordIs(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    _ = try await trail.perform(amendment(of: 2))
    let second = try await trail.perform(amendment(of: 2, by: "a.meyer", because: "once more", "70 kg"))
    try trail.close()
    let reader = try AuditReader(directory: directory.data)
    let record = try reader.record(2)
    let amendments = try reader.amendments(of: record)
    let time = Self.noon.description
    let shown: JSON = [
      ["record": 6, "time": .string(time), "user": "j.doe", "reason": "mistyped", "text": .string(Self.text)],
      ["record": 7, "time": .string(time), "user": "a.meyer", "reason": "once more", "text": "70 kg"],
    ]
    #expect(record.json(with: amendments, isMasked: false)["amendments"] == shown)
    let masked = record.json(with: amendments, isMasked: true).text()
    #expect(!masked.contains("Quillfeather") && !masked.contains("70 kg") && masked.contains("once more"))
    #expect(masked.ranges(of: #""textWithheld":"left out with what names the patient""#).count == 2)
    #expect(record.json(with: [], isMasked: true) == record.maskedJSON)
    // The amendment itself.
    let itself = try reader.record(6)
    #expect(itself.json["payload"] == ["text": .string(Self.text)] && itself.json["amends"] == 2)
    #expect(itself.maskedJSON["payload"] == ["textWithheld": "left out with what names the patient"])
    // The page: newest last, beside all that the record says.
    let rows = { (first: String, second: String) in
      """
      <h2>Amendments</h2>
      <div class="scroll"><table><thead><tr><th scope="col">Time</th><th scope="col">User</th><th scope="col">Reason</th>\
      <th scope="col">What is right</th><th scope="col">Record</th></tr></thead><tbody>
      <tr><td class="word">\(time)</td><td class="word">j.doe</td><td class="word">mistyped</td><td>\(first)</td>\
      <td class="word">6</td></tr>
      <tr><td class="word">\(time)</td><td class="word">a.meyer</td><td>once more</td><td>\(second)</td>\
      <td class="word">7</td></tr>
      </tbody></table></div>
      """
    }
    let page = DecisionPage(record, feedback: [], amendments: amendments).html
    #expect(page.contains(rows("Quillfeather weighs 80 kg, not 800 &lt;b&gt;", "70 kg")), "\(page)")
    #expect(page.contains("The answer as sent"))
    let withheld = "left out with what names the patient"
    #expect(
      DecisionPage(record, feedback: [], amendments: amendments, isMasked: true).html.contains(rows(withheld, withheld))
    )
    #expect(!DecisionPage(record, feedback: []).html.contains("Amendments"))
    let own = DecisionPage(itself, feedback: []).html
    #expect(own.contains("Quillfeather") && own.contains("Amends record") && second == 7)
    #expect(!DecisionPage(itself, feedback: [], isMasked: true).html.contains("Quillfeather"))
  }

  /// As FHIR: an amendment of a record by a person, of the record's patient, without a word of what it says.
  @Test(arguments: TestStore.atHand) func itIsAnAuditEventAndAProvenance(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    _ = try await trail.perform(amendment(of: 2))
    try trail.close()
    let record = try AuditReader(directory: directory.data).record(6)
    let event = record.auditEvent(log: "log")
    #expect(event["type"]?["code"] == "amend" && event["action"] == "U" && event["outcome"] == "0")
    guard case .array(let agents)? = event["agent"], case .array(let entities)? = event["entity"] else {
      return #expect(Bool(false))
    }
    #expect(agents[0]["who"]?["identifier"] == ["system": "urn:vigil:user", "value": "j.doe"])
    #expect(
      entities[0]["what"]?["identifier"]?["value"] == .string(AuditRecord.hexadecimal(record.subject ?? [])))
    #expect(entities.map { $0["name"] } == [nil, "record 2"])
    let provenance = try #require(record.provenance(log: "log"))
    guard case .array(let targets)? = provenance["target"], case .array(let revised)? = provenance["entity"] else {
      return #expect(Bool(false))
    }
    #expect(targets[0]["identifier"]?["value"] == "log/6" && revised[0]["role"] == "revision")
    #expect(revised[0]["what"]?["identifier"]?["value"] == "log/2")
    let release5 = AuditEventRelease.r5.event(event)
    #expect(release5["patient"] != nil && release5["code"]?.text().contains("amend") == true)
    for resource in [event, release5, provenance] { #expect(!resource.text().contains("Quillfeather")) }
  }

  /// Of the reports those have it that tell of what was done, not those that tell of what went out.
  @Test(arguments: TestStore.atHand) func itStandsInReports(_ store: TestStore) async throws {
    let (directory, trail) = try await trail(in: store)
    _ = try await trail.perform(amendment(of: 2))
    await #expect(throws: AuditError.self) { try await trail.perform(amendment(of: 6)) }
    try trail.close()
    func rows(_ kind: TrailReport.Kind) throws -> [[String]] {
      var rows: [[String]] = []
      var search = AuditReader.Search()
      search.filter.patient = fullEntry(2).patient
      _ = try AuditReader(directory: directory.data).report(
        kind, search, log: directory.data.loadLogKey(), at: Self.noon
      ) { rows.append($0) }
      return rows
    }
    #expect(try rows(.access).map { $0[0] } == ["2", "6", "7"])
    #expect(try rows(.access).map { $0[6] }.dropFirst().first == "record 2, mistyped")
    let changes = ["6", Self.noon.description, "amendment", "j.doe", "record 2", "mistyped", ""]
    #expect(try rows(.changes) == [changes])
    #expect(try rows(.disclosures).map { $0[0] } == ["2"])
    #expect(try rows(.failures).map { $0[6] } == ["AUD032"])
    let place = try #require(TrailReport.Kind.activity.columns.firstIndex(of: "amendment"))
    #expect(try rows(.activity).map { $0[place] } == ["0", "1"])
  }
}
