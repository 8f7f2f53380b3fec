// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// What clinics send, case by case and in both syntaxes: which heart rates of one patient are used, what is ignored and
/// with which reason, and what is said of the resources that were left out.
@Suite struct ClinicInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    /// Resources beside the patient, the ICU and the stay.
    var resources: [String]
    var values: [Double] = []
    var reasons: [Exclusion] = []
    var issues: [String] = []
    /// What stands beside `type` and `entry` in the Bundle.
    var bundle = ""
    var type = "collection"
    /// Whether R4 knows every element, so that there is an XML twin.
    var isR4 = true

    var testDescription: String { name }
  }

  private static let rate = TestChart.quantity("80", "/min")
  private static let noon = #""effectiveDateTime":"2026-03-01T01:00:00Z""#
  private static let early = #""effectiveDateTime":"2026-03-01T00:30:00Z""#

  private static func rate(
    _ value: Int, at time: String = noon, id: String? = nil, status: String = "final", _ more: String = ""
  ) -> String {
    TestChart.observation(
      "8867-4", TestChart.quantity("\(value)", "/min"), at: time, id: id, status: status, more: more)
  }

  private static func of(_ subject: String?, _ more: String = "") -> String {
    rate(80, more).replacing(TestChart.subject, with: subject.map { #""subject":\#($0)"# } ?? #""language":"en""#)
  }

  private static func identified(_ identifier: String) -> String { #""identifier":[\#(identifier)]"# }
  private static let one = identified(#"{"system":"urn:lab","value":"1"}"#)
  private static let order = identified(
    #"{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"FILL"}]},"#
      + #""system":"urn:lab","value":"1"}"#)

  /// Time, status and value.
  static let values: [Case] = [
    Case(name: "used", resources: [rate(80)], values: [80]),
    Case(
      name: "every zone",
      resources: [
        rate(81, at: #""effectiveDateTime":"2026-03-01T14:30:00+14:00""#),
        rate(82, at: #""effectiveDateTime":"2026-02-28T12:45:00-12:00""#),
        rate(83, at: #""effectiveDateTime":"2026-03-01T06:45:00+05:45""#),
      ], values: [81, 82, 83]),
    Case(name: "leap second", resources: [rate(80, at: #""effectiveDateTime":"2026-03-01T01:59:60Z""#)], values: [80]),
    Case(
      name: "zone beyond the earth", resources: [rate(80, at: #""effectiveDateTime":"2026-03-01T01:00:00+14:30""#)],
      reasons: [.invalidTime]),
    Case(
      name: "hour without zone", resources: [rate(80, at: #""effectiveDateTime":"2026-03-01T01:00:00""#)],
      reasons: [.invalidTime]),
    Case(
      name: "minutes alone", resources: [rate(80, at: #""effectiveDateTime":"2026-03-01T01:00Z""#)],
      reasons: [.invalidTime]),
    Case(name: "month alone", resources: [rate(80, at: #""effectiveDateTime":"2026-03""#)], reasons: [.impreciseTime]),
    Case(name: "year alone", resources: [rate(80, at: #""effectiveDateTime":"2026""#)], reasons: [.impreciseTime]),
    Case(
      name: "a period's end that breaks the grammar",
      resources: [rate(80, at: #""effectivePeriod":{"start":"2026-03-01T01:00:00Z","end":"soon"}"#)],
      reasons: [.invalidTime]),
    Case(
      name: "one of a timing's events breaks the grammar",
      resources: [rate(80, at: #""effectiveTiming":{"event":["2026-03-01T01:00:00Z","2026-03-01T02:00"]}"#)],
      reasons: [.invalidTime]),
    Case(
      name: "bounds of a timing",
      resources: [rate(80, at: #""effectiveTiming":{"repeat":{"boundsPeriod":{"end":"2026-03-01T01:00:00Z"}}}"#)],
      values: [80]),
    Case(
      name: "issued where there is no effective", resources: [rate(80, at: #""issued":"2026-03-01T01:00:00Z""#)],
      values: [80]),
    Case(
      name: "effective said to be unknown",
      resources: [
        rate(
          80,
          at:
            #""_effectiveDateTime":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","#
            + #""valueCode":"unknown"}]},"issued":"2026-03-01T01:00:00Z""#)
      ], reasons: [.noTime]),
    Case(
      name: "value said to be unknown",
      resources: [
        TestChart.observation(
          "8867-4",
          #""valueQuantity":{"_value":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","#
            + #""valueCode":"masked"}]},"system":"http://unitsofmeasure.org","code":"/min"}"#)
      ], reasons: [.notANumber]),
    Case(
      name: "status said to be unknown",
      resources: [
        rate(80).replacing(
          #""status":"final""#, with: #""_status":{"extension":[{"url":"http://a.example","valueCode":"x"}]}"#)
      ], reasons: [.status]),
    Case(
      name: "preliminary, then final under another id",
      resources: [rate(70, id: "1", status: "preliminary"), rate(80, id: "2")], values: [80], reasons: [.conflict]),
    Case(
      name: "final, then corrected under another id",
      resources: [rate(80, id: "2", status: "corrected"), rate(70, id: "1")], values: [80], reasons: [.conflict]),
    Case(
      name: "ratio",
      resources: [
        TestChart.observation(
          "8867-4",
          #""valueRatio":{"numerator":{"value":40,"unit":"{beats}","system":"http://unitsofmeasure.org","code":"{beats}"},"#
            + #""denominator":{"value":0.5,"system":"http://unitsofmeasure.org","code":"min"}}"#)
      ], values: [80]),
    Case(
      name: "ratio without units",
      resources: [
        TestChart.observation("8867-4", #""valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}"#)
      ], reasons: [.unit]),
    Case(
      name: "ratio with a bound",
      resources: [
        TestChart.observation(
          "8867-4", #""valueRatio":{"numerator":{"value":1,"comparator":"<"},"denominator":{"value":128}}"#)
      ], reasons: [.comparator]),
    Case(
      name: "series of a device",
      resources: [
        TestChart.observation(
          "8867-4",
          #""valueSampledData":{"origin":{"value":0,"system":"http://unitsofmeasure.org","code":"/min"},"period":1000,"#
            + #""dimensions":1,"data":"80 81 82"}"#)
      ], reasons: [.notANumber]),
    Case(
      name: "text beside a number",
      resources: [
        TestChart.observation("8867-4", #""valueString":"<80""#),
        TestChart.observation("8867-4", #""valueString":"8,0""#),
      ], reasons: [.notANumber, .notANumber]),
    Case(
      name: "text alone names no signal",
      resources: [
        rate(80).replacing(
          #""code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]}"#, with: #""code":{"text":"Heart rate"}"#)
      ], reasons: [.unmapped]),
    Case(
      name: "IEEE 11073 and SNOMED CT",
      resources: [
        rate(80).replacing(
          #""http://loinc.org","code":"8867-4""#, with: #""urn:iso:std:iso:11073:10101","code":"147842""#),
        rate(81, at: early).replacing(
          #""http://loinc.org","code":"8867-4""#, with: #""http://snomed.info/sct","code":"364075005""#),
      ], values: [81, 80]),
    Case(
      name: "panel with components and members",
      resources: [
        rate(80, id: "m"),
        #"{"resourceType":"Observation","id":"panel","status":"final",\#(TestChart.subject),"#
          + #""code":{"coding":[{"system":"http://loinc.org","code":"85353-1"}]},\#(noon),"#
          + #""hasMember":[{"reference":"Observation/m"}],"derivedFrom":[{"reference":"Observation/m"}],"#
          + #""component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},\#(rate)}]}"#,
      ], values: [80], reasons: [.duplicate]),
  ]

  /// Identity and versions.
  static let states: [Case] = [
    Case(name: "the same twice, without an id", resources: [rate(80), rate(80)], values: [80], reasons: [.duplicate]),
    Case(
      name: "one identifier, two ids", resources: [rate(80, id: "1", one), rate(80, at: early, id: "2", one)],
      values: [80], reasons: [.superseded]),
    Case(
      name: "one identifier, corrected with another time",
      resources: [rate(80, at: early, id: "2", status: "corrected", one), rate(70, id: "1", one)], values: [80],
      reasons: [.superseded]),
    Case(
      name: "one identifier, taken back",
      resources: [
        rate(80, id: "1", one), rate(80, id: "2", status: "entered-in-error", one),
      ], reasons: [.superseded, .status]),
    Case(
      name: "one identifier, issued again",
      resources: [
        rate(70, id: "1", one + #","issued":"2026-03-01T02:00:00Z""#),
        rate(80, id: "2", one + #","issued":"2026-03-01T03:00:00+00:00""#),
      ], values: [80], reasons: [.superseded]),
    Case(
      name: "one identifier, two systems",
      resources: [
        rate(80, id: "1", one), rate(81, at: early, id: "2", one.replacing("urn:lab", with: "urn:other")),
      ], values: [81, 80]),
    Case(
      name: "one identifier, two codes",
      resources: [
        rate(80, id: "1", one), TestChart.observation("9279-1", TestChart.quantity("14", "/min"), id: "2", more: one),
      ], values: [80]),
    Case(
      name: "one order, two results", resources: [rate(80, id: "1", order), rate(81, at: early, id: "2", order)],
      values: [81, 80]),
    Case(
      name: "one id, two versions",
      resources: [
        rate(70, id: "1", #""meta":{"versionId":"1"}"#), rate(80, id: "1", #""meta":{"versionId":"2"}"#),
      ], values: [80], issues: ["superseded"]),
    Case(
      name: "one id, stored later and in error",
      resources: [
        rate(80, id: "1", status: "entered-in-error", #""meta":{"lastUpdated":"2026-03-02T00:00:00Z"}"#),
        rate(80, id: "1", #""meta":{"lastUpdated":"2026-03-01T00:00:00Z"}"#),
      ], reasons: [.status], issues: ["superseded"]),
  ]

  /// Whose it is.
  static let subjects: [Case] = [
    Case(name: "nobody's", resources: [of(nil)], issues: ["no-subject"]),
    Case(name: "a name alone", resources: [of(#"{"display":"P"}"#)], issues: ["no-subject"]),
    Case(
      name: "a group's, a device's, a place's",
      resources: [
        of(#"{"reference":"Group/p"}"#), of(#"{"reference":"Device/p"}"#), of(#"{"reference":"Location/p"}"#),
      ], issues: ["subject-not-patient", "subject-not-patient", "subject-not-patient"]),
    Case(
      name: "another patient's",
      resources: [
        of(#"{"reference":"Patient/q"}"#), of(#"{"reference":"http://other.example/fhir/Patient/q"}"#),
        of(#"{"reference":"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"}"#), of(#"{"reference":"urn:oid:1.2.3"}"#),
      ], issues: ["other-patient", "other-patient", "other-patient", "other-patient"]),
    Case(
      name: "a contained patient's",
      resources: [of(##"{"reference":"#q"}"##, ##""contained":[{"resourceType":"Patient","id":"q"}]"##)],
      issues: ["other-patient"]),
    Case(
      name: "the patient's by identifier and by search",
      resources: [
        of(#"{"type":"Patient","identifier":{"system":"urn:mrn","value":"77"}}"#),
        rate(81, at: early).replacing("Patient/p", with: "Patient?identifier=urn:mrn|77"),
        rate(82, at: #""effectiveDateTime":"2026-03-01T02:00:00Z""#).replacing(
          "Patient/p", with: "Patient?identifier=urn:mrn%7C77"),
        of(#"{"reference":"Patient?identifier=urn:mrn|78"}"#),
        of(#"{"reference":"Patient?identifier=urn:mrn|77&name=x"}"#),
        of(#"{"reference":"Patient?name=x"}"#), of(#"{"identifier":{"value":"77"}}"#),
      ], values: [81, 80, 82],
      issues: ["subject-not-patient", "subject-not-patient", "subject-not-patient", "no-subject"]),
    Case(
      name: "the patient's by version", resources: [of(#"{"reference":"Patient/p/_history/3"}"#)], values: [80]),
    Case(
      name: "about a fetus", resources: [rate(140, #""focus":[{"reference":"BodyStructure/f"}]"#)], reasons: [.focus]),
    Case(name: "about the patient", resources: [rate(80, #""focus":[{"reference":"Patient/p"}]"#)], values: [80]),
    Case(
      name: "contained in a report",
      resources: [
        report(rate(80, id: "c").replacing(TestChart.subject + ",", with: ""))
      ], values: [80]),
    Case(
      name: "contained in a report that was taken back",
      resources: [
        report(rate(80, id: "c"), status: "entered-in-error")
      ], issues: ["container-left-out"]),
    Case(
      name: "another patient's, contained in a report",
      resources: [report(rate(80, id: "c").replacing("Patient/p", with: "Patient/q"))], issues: ["other-patient"]),
  ]

  private static func report(_ contained: String, status: String = "final") -> String {
    ##"{"resourceType":"DiagnosticReport","id":"r","contained":[\##(contained)],"status":"\##(status)","##
      + ##""code":{"text":"Vital signs"},\##(TestChart.subject),"result":[{"reference":"#c"}]}"##
  }

  /// Elements that modify, Bundles and the shapes of other versions.
  static let bundles: [Case] = [
    Case(
      name: "rules agreed elsewhere", resources: [rate(80, #""implicitRules":"http://a.example""#)],
      reasons: [.modifier]),
    Case(
      name: "a report's page that is not here", resources: [rate(80)], values: [80], issues: ["incomplete"],
      bundle:
        #""link":[{"relation":"self","url":"http://a.example/1"},{"relation":"next","url":"http://a.example/2"}],"#,
      type: "searchset"),
    Case(
      name: "every page is here",
      resources: [
        rate(80),
        #"{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"http://a.example/2"}]}"#,
      ], values: [80],
      bundle: #""link":[{"relation":"next","url":"http://a.example/2"}],"#, type: "searchset"),
    Case(
      name: "a modified Bundle in a Bundle",
      resources: [
        #"{"resourceType":"Bundle","type":"collection","implicitRules":"http://a.example","entry":[{"resource":\#(rate(80))}]}"#
      ], issues: ["modifier"]),
    Case(
      name: "a modified entry",
      resources: [
        #"{"resourceType":"Bundle","type":"collection","entry":[{"modifierExtension":[{"url":"http://a.example","#
          + #""valueBoolean":true}],"resource":\#(rate(80))},{"resource":\#(rate(81))}]}"#
      ], values: [81], issues: ["modifier"]),
    Case(
      name: "a document",
      resources: [
        #"{"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2026","title":"x","#
          + #""author":[{"reference":"Practitioner/1"}],\#(TestChart.subject)}"#, rate(80),
      ], values: [80], type: "document"),
    Case(
      name: "a message",
      resources: [
        #"{"resourceType":"MessageHeader","eventCoding":{"system":"http://a.example","code":"x"},"#
          + #""source":{"endpoint":"http://a.example"}}"#, rate(80),
      ], values: [80], type: "message"),
    Case(
      name: "a search's outcome",
      resources: [
        #"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"processing"}]}"#, rate(80),
      ], values: [80], issues: ["operation-outcome"], type: "searchset"),
    Case(
      name: "Parameters",
      resources: [
        #"{"resourceType":"Parameters","parameter":[{"name":"resource","resource":\#(rate(80))}]}"#
      ], values: [80], type: "subscription-notification", isR4: false),
    Case(
      name: "shape of STU3",
      resources: [
        rate(
          80,
          #""context":{"reference":"Encounter/e"},"related":[{"type":"has-member","target":{"reference":"Observation/1"}}]"#
        )
      ], values: [80], issues: ["fhir-version"], isR4: false),
    Case(
      name: "shape of R5",
      resources: [rate(80, #""triggeredBy":[{"observation":{"reference":"Observation/1"},"type":"reflex"}]"#)],
      values: [80], issues: ["fhir-version"], isR4: false),
    Case(
      name: "shapes of two versions",
      resources: [
        rate(80, #""context":{"reference":"Encounter/e"},"hasMember":[{"reference":"Observation/1"}]"#)
      ], values: [80], issues: ["mixed-versions"], isR4: false),
  ]

  private static let patient =
    #"{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:mrn","value":"77"}],"gender":"female","birthDate":"1960-05-05"}"#

  private static func text(_ item: Case, _ resources: [String]) -> String {
    let entries = ([patient, TestChart.location] + TestChart().encounters + resources).map { #"{"resource":\#($0)}"# }
    return
      #"{"resourceType":"Bundle","type":"\#(item.type)",\#(item.bundle)"entry":[\#(entries.joined(separator: ","))]}"#
  }

  private static func expect(_ item: Case, _ document: Document) throws {
    let chart = Chart(resources: [document.root], patientID: "p")
    let profile = try Fixture.diagnosis.get()
    let instant = try #require(Instant("2026-03-01T06:00:00Z"))
    let timeline = profile.timeline(of: chart, at: instant, terminology: try Fixture.terminology.get())
    #expect(profile.values("heart-rate", in: timeline) == item.values)
    let order = Exclusion.allCases.map(\.rawValue)
    func sorted(_ reasons: [Exclusion]) -> [String] {
      reasons.map(\.rawValue).sorted { (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0) }
    }
    // What was superseded need not have been met in the order of the resources.
    #expect(sorted(timeline.ignored.map(\.reason)) == sorted(item.reasons))
    #expect(chart.issues.map(\.code) == item.issues)
  }

  @Test(arguments: values + states + subjects + bundles)
  func isReadByTheRule(_ item: Case) throws {
    let document = try Document(Array(Self.text(item, item.resources).utf8), syntax: .json)
    try Self.expect(item, document)
    guard item.isR4 else { return }
    try Self.expect(item, try Document(document.converted(to: .xml), syntax: .xml))
  }

  /// The order of the input decides nothing; issues come in its order.
  @Test(arguments: values + states + subjects)
  func isReadAlikeInReverse(_ item: Case) throws {
    var reversed = item
    reversed.issues.reverse()
    try Self.expect(reversed, try Document(Array(Self.text(item, item.resources.reversed()).utf8), syntax: .json))
  }

  /// As many units as values cost no more than one, and each is converted.
  @Test func everyValueMayHaveAUnitOfItsOwn() throws {
    var chart = TestChart()
    chart.observations = (0..<4).map { part in
      let entries = (0..<8_250).map { number in
        let minute =
          #""effectiveDateTime":"2026-03-01T0\#(part):\#(10 + number / 1_000):00.\#(1_000 + number % 1_000)Z""#
          .replacing(".1", with: ".")
        let value = TestChart.quantity("1.5", "/s{n\(part * 8_250 + number)}")
        return #"{"resource":\#(TestChart.observation("8867-4", value, at: minute))}"#
      }
      return #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries.joined(separator: ","))]}"#
    }
    let values = try Fixture.diagnosis.get().values("heart-rate", in: try chart.timeline())
    #expect(values.count == 33_000 && values.allSatisfy { $0 == 90 })
  }
}
