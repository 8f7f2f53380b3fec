// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import Deidentification
import FHIR
import Foundation
import Replay
import Testing

@Suite struct DeidentifiedExportTests {
  static let instant = Instant(milliseconds: 1_773_321_600_000)
  static let key = DeidentificationKey(bytes: [UInt8](repeating: 1, count: 32))

  /// A record of a hook request; `change` alters its text before it is answered.
  private func record(
    _ name: String, _ sequence: Int64, client: String? = nil, at instant: Instant = instant,
    _ change: (String) -> String = { $0 }
  ) throws -> AuditRecord {
    let text = change(String(decoding: try Samples.bytes("hooks/patient-view-\(name).json"), as: UTF8.self))
    let assessor = try Samples.assessor.get()
    let call = try HookCall(Array(text.utf8), service: "patient-risk", in: assessor.services, from: client ?? "")
    return record(try assessor.answer(call, at: instant), sequence, assessor, client, "application/json")
  }

  private func record(
    _ answer: Answer, _ sequence: Int64, _ assessor: Assessor, _ client: String?, _ mediaType: String
  ) -> AuditRecord {
    var entry = AuditEntry(time: Self.instant, kind: .answer)
    entry.service = answer.service
    entry.hook = answer.hook
    entry.client = client
    entry.instant = answer.instant
    entry.models = assessor.packages.map {
      AuditEntry.Model(id: $0.manifest.id, version: $0.manifest.version, hexadecimal: $0.digest)
    }
    entry.payload = AuditPayload(
      request: answer.request, requestMediaType: mediaType, features: answer.features, outputs: answer.outputs,
      response: answer.response, responseMediaType: answer.mediaType)
    return AuditRecord(sequence: sequence, entry: entry, commitment: nil)
  }

  private func line(_ record: AuditRecord, key: DeidentificationKey = key) throws -> DeidentifiedExport.Line {
    try DeidentifiedExport(key, assessor: try Samples.assessor.get()).line(of: record)
  }

  private static let hooks = [
    "septic", "stable", "sparse", "wrong-units", "foreign-codes", "outpatient", "child", "early",
  ]

  /// The models say the same bits of every copy, and nobody is named in it.
  @Test(arguments: hooks) func theModelsSayTheSame(_ name: String) throws {
    let line = try line(try record(name, 1))
    #expect(line.differences == [])
    #expect(!line.isCapped)
    var check = DeidentifiedCheck(assessor: try Samples.assessor.get())
    check.add(line.json.encoded())
    #expect(check.passes && check.identical == 1)
    let text = line.json.text()
    for word in ["syn-", "Halvorsen", "hospital.example", "fhir.hospital", "2026-03-1"] {
      #expect(!text.contains(word))
    }
  }

  /// Shifts move days into other months and years; no feature may depend on which.
  @Test func theModelsSayTheSameWhateverTheShift() throws {
    let record = try record("septic", 1)
    for purpose in UInt8(2)..<8 {
      let line = try line(record, key: DeidentificationKey(bytes: [UInt8](repeating: purpose, count: 32)))
      #expect(line.differences == [])
    }
  }

  /// Of a Bundle in XML the same requests come as of one in JSON.
  @Test func bundlesAreExported() throws {
    let assessor = try Samples.assessor.get()
    for (name, syntax, mediaType) in [
      ("septic-deterioration.json", Syntax.json, "application/fhir+json"),
      ("septic-deterioration.xml", .xml, "application/fhir+xml"),
    ] {
      let answer = try assessor.answer(
        bundle: try Samples.bytes(name), syntax: syntax, in: .json, at: Self.instant)
      let line = try line(record(answer, 4, assessor, nil, mediaType))
      #expect(line.differences == [])
      #expect(line.json["hook"] == "patient-view")
    }
  }

  /// An age over 89 is 90, and the report says of what that makes a difference.
  @Test func anAgeOverEightyNineIsListed() throws {
    let line = try line(try record("septic", 1) { $0.replacing("1958-07-02", with: "1929-07-02") })
    #expect(line.isCapped)
    #expect(!line.differences.isEmpty)
    #expect(line.differences.allSatisfy { $0.features.contains("age") })
    let features = Set(line.differences.flatMap(\.features))
    #expect(features.count < 10)
    #expect(!line.json.text().contains("1929-"))
  }

  /// Of who is born in a year the age at the stay's start changes with a shift into another year: it is named also where there is no
  /// vector, and the groups with it, but nothing that was said on record.
  @Test func anAgeThatNoVectorHoldsIsListed() throws {
    // Late in the year of a stay that began in January.
    let record = try record("sparse", 1, at: Instant(milliseconds: 1_795_800_000_000))
    let lines = try (UInt8(1)...24).map { purpose in
      try line(record, key: DeidentificationKey(bytes: [UInt8](repeating: purpose, count: 32)))
    }
    let differences = lines.flatMap(\.differences)
    #expect(lines.contains { $0.differences.isEmpty } && !differences.isEmpty)
    for difference in differences {
      #expect(difference.features == ["age"] && difference.outputs == ["groups"])
      #expect(difference.groups.record.allSatisfy { $0.hasPrefix("age:80-up") })
      #expect(difference.groups.copy.contains("age:65-79 hour:36-up"))
    }
  }

  /// Two exports for one purpose join by patient; those of two clients or purposes do not.
  @Test func patientsJoinWithinAPurpose() throws {
    func patient(_ line: DeidentifiedExport.Line) -> JSON? { line.json["context"]?["patientId"] }
    let own = patient(try line(try record("septic", 1)))
    #expect(own != nil)
    #expect(own == patient(try line(try record("septic", 2))))
    #expect(own != patient(try line(try record("septic", 2, client: "north"))))
    let other = DeidentificationKey(bytes: [UInt8](repeating: 9, count: 32))
    #expect(own != patient(try line(try record("septic", 2), key: other)))
  }

  /// One text that should not be there, or one bit of an answer, and the check fails.
  @Test func theCheckFindsWhatIsPlanted() throws {
    let line = try line(try record("sparse", 1))
    func passes(_ change: (String) -> String) throws -> Bool {
      var check = DeidentifiedCheck(assessor: try Samples.assessor.get())
      check.add(Array(change(line.json.text()).utf8))
      return check.passes
    }
    #expect(try passes { $0 })
    #expect(try !passes { $0.replacing("\"hook\":", with: "\"quill\":\"Quillfeather\",\"hook\":") })
    #expect(try !passes { $0.replacing("\"service\":\"patient-risk\"", with: "\"service\":\"Quillfeather\"") })
    #expect(try !passes { $0.replacing("\"answers\":[{", with: "\"answers\":[{\"note\":\"Quillfeather\",") })
    #expect(try !passes { $0.replacing("\"findings\":", with: "\"missing\":[\"Quillfeather\"],\"findings\":") })
    #expect(try !passes { _ in "Quillfeather" })
    // The members of a line's own note that no model says anything of, and a note in another place.
    let record = try #require(line.name as String?)
    #expect(try !passes { $0.replacing("\"record\":\"\(record)\"", with: "\"record\":\"Quillfeather\"") })
    #expect(try !passes { $0.replacing("\"record\":", with: "\"stopped\":[\"Quillfeather\"],\"record\":") })
    let hidden = "\"extension\":{\"vigil-deidentified\":{\"name\":\"Quillfeather\"}},"
    #expect(try !passes { $0.replacing("\"resourceType\":\"Patient\"", with: hidden + "\"resourceType\":\"Patient\"") })
    #expect(try !passes { $0.replacing("\"hook\":\"patient-view\"", with: "\"hook\":\"quill-feather\"") })
  }

  /// A model that answered then and not now, or now and not then, is a difference.
  @Test func anAnswerTooFewIsADifference() throws {
    var record = try record("sparse", 1)
    let original = JSON(try Document(record.entry.payload?.outputs ?? [], syntax: .json).root)
    guard case .object(let members) = original, case .array(let models)? = original["models"] else {
      throw DeidentifiedExport.Omission.noChart
    }
    #expect(models.count > 1)
    func outputs(_ models: [JSON]) -> [UInt8] {
      JSON.object(members.map { $0.name == "models" ? JSON.Member("models", .array(models)) : $0 }).encoded()
    }
    record.entry.payload?.outputs = outputs(Array(models.dropLast()))
    #expect(try line(record).differences.map(\.outputs) == [["answers"]])
    record.entry.payload?.outputs = outputs([])
    #expect(try line(record).differences.count == models.count)
    record.entry.payload?.outputs = outputs(models + [["model": "quill", "version": "1.0.0"]])
    #expect(try line(record).differences.map(\.model) == ["quill"])
  }

  /// What an operator stopped that is none of these models is any text.
  @Test func ofWhatWasStoppedOnlyModelsAreNamed() throws {
    var record = try record("sparse", 1)
    record.entry.payload?.state = Array(#"{"stoppedModels":["Quillfeather"]}"#.utf8)
    #expect(AnswerState(record: record.entry.payload?.state)?.stoppedModels == ["Quillfeather"])
    #expect(try !line(record).json.text().contains("Quillfeather"))
  }

  /// Each record is tried by the models that answered it; those that are not at hand are named.
  @Test func recordsOfSeveralVersionsAreExported() async throws {
    let directory = DataDirectory(path: NSTemporaryDirectory() + "vigil-export-" + UUID().uuidString)
    defer { try? FileManager.default.removeItem(atPath: directory.path) }
    let trail = try AuditTrail(directory: directory)
    var entry = try record("sparse", 1).entry
    _ = try await trail.append(entry)
    entry.models[0].version = "0.0.1"
    _ = try await trail.append(entry)
    try trail.close()
    var lines = 0
    let export = DeidentifiedExport(Self.key, assessor: try Samples.assessor.get())
    let report = try DeidentifiedExport.run(
      [1, 2], of: try AuditReader(directory: directory), by: { $0[0].version == "0.0.1" ? nil : export }
    ) { _ in lines += 1 }
    #expect(lines == 1 && report.exported == 1 && report.omitted == [.otherModels: 1])
    #expect(report.modelsNotAtHand.contains("\(entry.models[0].id) 0.0.1"))
  }

  @Test func whatCannotBeExportedIsCounted() throws {
    var record = try record("sparse", 1)
    record.entry.models[0].version = "0.0.1"
    #expect(throws: DeidentifiedExport.Omission.otherModels) { try line(record) }
    record.entry.payload = nil
    #expect(throws: DeidentifiedExport.Omission.noChart) { try line(record) }
  }
}
