// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Replay
import Testing

/// What a replay writes as RiskAssessments is R4: by the element table, the cardinalities and invariants of riskassessment.html, and
/// the value sets of its codes.
@Suite struct RiskAssessmentRowTests {
  /// Over all charts and hook requests, at their ends and at each hour.
  private static func assessments() throws -> [Assessment] {
    let inputs = try ChartInput.inputs(at: Samples.path(""))
    var rows: [ReplayRow] = []
    for moment in [Replay.Moment.last, .eachHour] {
      _ = Replay(assessor: try Samples.assessor.get(), moment: moment).run(inputs) { rows += $0.rows }
    }
    return rows.compactMap(\.assessment)
  }

  /// R4 valueset-observation-status.html, which binds RiskAssessment.status.
  private static let statuses = [
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
  ]
  /// R4 valueset-risk-probability.html.
  private static let risks = ["negligible", "low", "moderate", "high", "certain"]
  /// R4 valueset-data-absent-reason.html.
  private static let absences = [
    "unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable",
    "unsupported", "as-text", "error", "not-a-number", "negative-infinity", "positive-infinity", "not-performed",
    "not-permitted",
  ]

  /// What is wrong with a resource; empty for a valid one.
  static func faults(_ resource: JSON) throws -> [String] {
    var faults: [String] = []
    func expect(_ holds: Bool, _ fault: String) { if !holds { faults.append(fault) } }
    // The writer refuses every element that the table does not have in that place, that form and that often; the reader names
    // what it does not know.
    let xml: [UInt8]
    do throws(FHIRError) { xml = try resource.encodedXML() } catch { return [error.description] }
    let again = try Document(xml, syntax: .xml)
    let document = try Document(resource.encoded(), syntax: .json)
    try document.checkResource()
    expect(again.issues.isEmpty && again.root == document.root, "not the same in XML")
    let read = try #require(RiskAssessment(document.root))
    expect(statuses.contains(read.status ?? ""), "status")
    expect(read.node["subject"] != nil, "subject is 1..1")
    if let subject = read.subject?.literal { expect(subject.hasPrefix("Patient/"), "subject is a Patient or Group") }
    expect(read.node["encounter"] == nil || read.encounter?.literal?.hasPrefix("Encounter/") == true, "encounter")
    expect(read.occurrence?.hasTimeZone == true, "occurrence[x]")
    expect(read.method?.codings.isEmpty == false && read.node["code"] != nil, "method and code")
    let basis = read.basis.map { $0.literal ?? $0.node["display"]?.string ?? "" }
    let isNamed = read.basis.allSatisfy { reference in
      reference.literal.map { $0.split(separator: "/").count == 2 } ?? (reference.node["display"] != nil)
    }
    expect(isNamed, "basis")
    expect(Set(basis).count == basis.count, "basis names a resource twice")
    expect(!read.predictions.isEmpty, "no prediction")
    for prediction in read.predictions {
      expect(prediction.outcome?.codings.isEmpty == false, "outcome")
      if let literal = prediction.node["probabilityDecimal"] {
        // ras-2: at most 100; ours are fractions of 1.
        expect((0...1).contains(literal.double ?? -1), "probability")
        expect(prediction.node["_probabilityDecimal"] == nil, "a probability and why there is none")
      } else {
        let reason = prediction.node["_probabilityDecimal"]?.elements("extension").first
        expect(
          reason?["url"]?.string == "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "why no probability")
        expect(absences.contains(reason?["valueCode"]?.string ?? ""), "data-absent-reason")
        expect(prediction.rationale != nil, "no rationale")
      }
      for coding in prediction.qualitativeRisk?.codings ?? [] {
        expect(coding.system == "http://terminology.hl7.org/CodeSystem/risk-probability", "system of qualitativeRisk")
        expect(risks.contains(coding.code ?? ""), "qualitativeRisk")
      }
      // ras-1 has a low before its high; per-1 a start before its end.
      if let period = prediction.node["whenPeriod"] {
        let bounds = [period["start"], period["end"]].compactMap { $0?.dateTime?.earliest }
        expect(bounds.count == 2 && bounds[0] <= bounds[1], "whenPeriod")
      }
    }
    expect(read.node.elements("note").allSatisfy { $0["text"]?.string?.isEmpty == false }, "note")
    return faults
  }

  @Test func allAreValid() throws {
    let assessments = try Self.assessments()
    var (count, withBasis, silent) = (0, 0, 0)
    for assessment in assessments {
      for resource in assessment.riskAssessments + assessment.riskAssessmentsWithProvenance {
        let faults = try Self.faults(resource)
        #expect(faults.isEmpty, "\(assessment.patientID ?? "") at \(assessment.instant): \(faults)")
        count += 1
        withBasis += resource["basis"] == nil ? 0 : 1
        silent += resource["prediction"].map { $0.text().contains("_probabilityDecimal") } == true ? 1 : 0
      }
    }
    #expect(count > 2_000 && withBasis > 500 && silent > 100)
  }

  /// The check finds what is wrong.
  @Test func faultsAreFound() throws {
    let assessment = try #require(try Samples.run(Samples.path("septic-deterioration.json")).rows.first?.assessment)
    let valid = try #require(assessment.riskAssessmentsWithProvenance.first)
    #expect(try Self.faults(valid).isEmpty)
    let changes: [(String, JSON?)] = [
      ("status", "done"), ("status", nil), ("subject", nil), ("subject", ["reference": "Device/1"]),
      ("prediction", []), ("basis", ["reference": "Observation/1"]), ("occurrenceDateTime", "2026-02-30T00:00:00Z"),
      ("probability", 0.5), ("note", "text"), ("method", [["text": "x"]]), ("encounter", ["reference": "Patient/1"]),
      ("prediction", [["outcome": ["coding": [["code": "x"]]], "probabilityDecimal": 1.5]]),
      ("prediction", [["outcome": ["coding": [["code": "x"]]]]]),
    ]
    for (member, value) in changes {
      var resource = valid
      resource[member] = value
      #expect(try !Self.faults(resource).isEmpty, "\(member): \(value?.text() ?? "none")")
    }
  }

  /// A resource without an id is named by its place.
  @Test func whatHasNoIdIsNamed() throws {
    let text = String(decoding: try Samples.bytes("septic-deterioration.json"), as: UTF8.self)
      .replacing(/"id":"sep-o[0-9]+",/, with: "")
    let folder = try TemporaryFolder()
    let run = try Samples.run(try folder.write("no-ids.json", Array(text.utf8)))
    let whole = try #require(try Samples.run(Samples.path("septic-deterioration.json")).rows.first?.assessment)
    let assessment = try #require(run.rows.first?.assessment)
    for (bare, named) in zip(assessment.riskAssessmentsWithProvenance, whole.riskAssessmentsWithProvenance) {
      #expect(try Self.faults(bare).isEmpty)
      guard case .array(let places)? = bare["basis"], case .array(let references)? = named["basis"] else {
        throw FHIRError(.empty)
      }
      #expect(places.count == references.count)
      #expect(places.count { $0["display"]?.text().contains("Bundle.entry[") == true } > 50)
    }
  }

  /// With provenance `basis` names every resource of which the model was given a value, and nothing else is changed.
  @Test(arguments: Samples.charts) func theBasisIsWhatTheModelWasGiven(_ name: String) throws {
    for row in try Samples.run(Samples.path("\(name).json")).rows {
      let assessment = try #require(row.assessment)
      let plain = assessment.riskAssessments
      let whole = assessment.riskAssessmentsWithProvenance
      var place = 0
      for model in assessment.models {
        let given = Set(
          model.columnSources.joined().map { model.timeline.sources[Int($0)].resource.prefix { $0 != "#" } }
            .filter { $0.contains("/") }.map(String.init))
        for _ in model.findings {
          var bare = whole[place]
          bare["basis"] = nil
          #expect(bare == plain[place])
          let basis = try #require(RiskAssessment(try Document(whole[place].encoded(), syntax: .json).root)).basis
          #expect(Set(basis.compactMap(\.literal)) == given)
          place += 1
        }
      }
    }
  }
}
