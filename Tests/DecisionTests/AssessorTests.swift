// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Features
import Testing

@Suite struct AssessorTests {
  static let expected: [(chart: String, reasons: [String])] = [
    ("septic-deterioration", []), ("stable-postoperative", []), ("sparse", []), ("wrong-units", []),
    ("outpatient", ["no-icu-stay"]), ("child", ["too-young"]),
  ]

  @Test(arguments: expected)
  func saysWhyThereIsNoAssessment(_ name: String, _ reasons: [String]) throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart(name)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    #expect(assessment.models.map(\.model.kind) == [.diagnosis, .prognosis])
    for model in assessment.models {
      #expect(model.findings.map(\.outcome) == model.model.outcomes)
      #expect(model.vector.map(\.values.count) ?? 0 == model.columnSources.count)
      for (index, finding) in model.findings.enumerated() {
        switch finding.conclusion {
        case .assessed(let risk):
          #expect(reasons.isEmpty)
          #expect(0 < risk.low && risk.low <= risk.probability && risk.probability <= risk.high && risk.high < 1)
          #expect((finding.explanation != nil) == model.becomesCard(index))
          #expect(finding.memberLogits.count == 3)
        case .notAssessed(let found):
          #expect(!reasons.isEmpty && reasons.allSatisfy(found.map(\.code).contains))
          #expect(finding.explanation == nil && finding.recommendation == nil && finding.survival == nil)
        }
      }
    }
  }

  @Test func anExplanationIsCompleteAndRanked() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("septic-deterioration")
    for model in assessor.assess(chart, at: Samples.instant(chart, assessor)).models {
      let explanation = try #require(model.findings[0].explanation)
      #expect(explanation.drivers.count <= 5 && !explanation.drivers.isEmpty)
      #expect(explanation.completenessGap < 1e-4)
      let sizes = explanation.drivers.map { abs($0.contribution) }
      #expect(sizes == sizes.sorted(by: >))
    }
  }

  @Test func bothModelsSpeakForTheHourAskedAndThePrognosisUpToHour49() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("septic-deterioration")
    let later = Samples.instant(chart, assessor).advanced(byHours: 0.75)
    #expect(assessor.assess(chart, at: later).models.map(\.hour) == [48.75, 48.75])
    let over = assessor.predict(chart, at: later.advanced(byHours: 0.5)).models
    #expect(over[0].findings[0].risk != nil && over[1].findings[0].risk == nil)
    let earlier = Samples.instant(chart, assessor).advanced(byHours: -40)
    #expect(assessor.predict(chart, at: earlier).models.map(\.hour) == [8, 8])
    #expect(assessor.predict(chart, at: earlier).models.allSatisfy { $0.findings[0].risk != nil })
  }

  @Test(arguments: Samples.charts)
  func bothSyntaxesGiveTheSameBytes(_ name: String) throws {
    let assessor = try Samples.assessor()
    let json = try Samples.chart(name)
    let instant = Samples.instant(json, assessor)
    let fromJSON = assessor.assess(json, at: instant)
    let fromXML = assessor.assess(try Samples.chart(name, .xml), at: instant)
    #expect(fromJSON.record.encoded() == fromXML.record.encoded())
    #expect(fromJSON.vectors == fromXML.vectors)
  }

  /// The record of the vectors is canonical JSON, and every number in it reads back with its bits.
  @Test(arguments: Samples.charts)
  func vectorsOnRecordReadBack(_ name: String) throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart(name)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let root = try Document(assessment.vectors, syntax: .json).root
    #expect(JSON(root).encoded() == assessment.vectors)
    for (record, model) in zip(root.children, assessment.models) {
      guard let vector = model.vector else {
        #expect(record["values"] == nil)
        continue
      }
      let values = record.elements("values").map { $0.double.map { Float($0) } }
      #expect(values == vector.values.map { $0.isFinite ? $0 : nil })
      let places = record.elements("from").map { $0.children.compactMap(\.double).map { Int32($0) } }
      #expect(places == model.columnSources.map { Array($0) })
      #expect(Array(record.elements("sources")).count == model.timeline.sources.count)
    }
  }

  @Test func theSameInputGivesTheSameBytesAHundredTimes() async throws {
    let bytes = try Samples.bytes("FixturesFHIR/septic-deterioration.json")
    let first = try Self.everything(bytes, try Samples.newAssessor())
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<100 { group.addTask { try Self.everything(bytes, try Samples.assessor()) } }
      for try await next in group { #expect(next == first) }
    }
  }

  static func everything(_ bytes: [UInt8], _ assessor: Assessor) throws -> [UInt8] {
    let chart = Chart(resources: [try Document(bytes, syntax: .json).root], patientID: nil)
    let assessment = assessor.assess(chart, at: Samples.instant(chart, assessor))
    let cards = assessment.cards(channel: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")
    return assessment.record.encoded() + assessment.vectors + cards.flatMap { $0.json.encoded() }
      + assessment.riskAssessments.flatMap { $0.encoded() }
  }

  @Test func theOrderOfResourcesDoesNotMatter() throws {
    let assessor = try Samples.assessor()
    let document = try Document(try Samples.bytes("FixturesFHIR/septic-deterioration.json"), syntax: .json)
    let resources = document.root.elements("entry").compactMap { $0["resource"] }
    let chart = Chart(resources: resources, patientID: nil)
    let turned = Chart(resources: resources.reversed(), patientID: nil)
    let instant = Samples.instant(chart, assessor)
    let (one, other) = (assessor.assess(chart, at: instant), assessor.assess(turned, at: instant))
    #expect(Self.bits(one) == Self.bits(other))
    #expect(one.cards(channel: "h").map(\.summary) == other.cards(channel: "h").map(\.summary))
  }

  /// The vectors' bits: NaN, which is missing, equals itself here.
  static func bits(_ assessment: Assessment) -> [[UInt32]] {
    assessment.models.map { $0.vector?.values.map(\.bitPattern) ?? [] }
  }

  @Test func theDigestCoversPackagesAndTheirOrder() throws {
    let assessor = try Samples.assessor()
    let turned = Assessor(packages: assessor.packages.reversed(), terminology: assessor.terminology)
    let fewer = Assessor(packages: [assessor.packages[0]], terminology: assessor.terminology)
    #expect(Set([assessor.digest, turned.digest, fewer.digest]).count == 3)
    #expect(try Samples.newAssessor().digest == assessor.digest)
    // What stands on a card is covered, to the label of a link.
    var definitions = assessor.services.definitions
    definitions[0].cautions?[0].source.label += " "
    let relabelled = Assessor(
      packages: assessor.packages, terminology: assessor.terminology,
      services: try ServiceCatalog(
        definitions, profiles: assessor.packages.map(\.profile), terminology: assessor.terminology))
    #expect(relabelled.digest != assessor.digest)
  }

  @Test func staleValuesAreSaidToBeSo() throws {
    let assessor = try Samples.assessor()
    let chart = try Samples.chart("septic-deterioration")
    let model = assessor.assess(chart, at: Samples.instant(chart, assessor).advanced(byHours: 10)).models[0]
    #expect(model.stale.contains { $0.title == "Heart rate" && $0.ageHours > 4 })
    #expect(!model.missing.contains("Heart rate"))
  }
}
