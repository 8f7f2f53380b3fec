// SPDX-License-Identifier: Apache-2.0
import FHIR
import TestSupport
import Testing

private func root(_ json: JSON) throws -> Node { try Document(json.encoded(), syntax: .json).root }

private func observation(_ members: JSON.Member...) throws -> Observation {
  try #require(Observation(try root(.object([JSON.Member("resourceType", "Observation")] + members))))
}

@Suite struct ViewTests {
  @Test func observationStatusDecidesUse() throws {
    let usable = ["preliminary", "final", "amended", "corrected", "appended"]
    for status in Observation.Status.allCases.map(\.rawValue) + ["Final", ""] {
      let found = try observation(JSON.Member("status", .string(status)))
      #expect(found.exclusion == (usable.contains(status) ? nil : .status), "\(status)")
    }
    #expect(try observation().exclusion == .status)
    let modified = try observation(JSON.Member("status", "final"), JSON.Member("modifierExtension", [["url": "x"]]))
    #expect(modified.exclusion == .modifierExtension)
  }

  @Test func observationValuesOfEveryType() throws {
    func value(_ name: String, _ value: JSON) throws -> Observation.Value? {
      try observation(JSON.Member("status", "final"), JSON.Member(name, value)).value
    }
    guard
      case .quantity(let quantity) = try value(
        "valueQuantity",
        [
          "value": .number(literal: "7.350"), "comparator": "<", "unit": "pH", "system": "http://unitsofmeasure.org",
          "code": "[pH]",
        ])
    else { throw Absent() }
    #expect(quantity.value == 7.35 && quantity.valueText == "7.350" && quantity.comparator == .less)
    #expect(quantity.ucum == "[pH]" && quantity.unit == "pH" && !quantity.hasUnknownComparator)
    guard case .quantity(let odd) = try value("valueQuantity", ["value": 1, "comparator": "~", "code": "g"]) else {
      throw Absent()
    }
    #expect(odd.comparator == nil && odd.hasUnknownComparator && odd.ucum == nil)
    guard case .concept(let concept) = try value("valueCodeableConcept", ["coding": [["system": "s", "code": "c"]]])
    else {
      throw Absent()
    }
    #expect(concept.contains("s", "c") && !concept.contains("s", "d"))
    if case .string(let text) = try value("valueString", "12") { #expect(text == "12") } else { throw Absent() }
    if case .integer(let number) = try value("valueInteger", 15) { #expect(number == 15) } else { throw Absent() }
    if case .boolean(let flag) = try value("valueBoolean", false) { #expect(!flag) } else { throw Absent() }
    if case .time(let time) = try value("valueTime", "10:00:00") { #expect(time == "10:00:00") } else { throw Absent() }
    if case .dateTime(let date) = try value("valueDateTime", "2024") {
      #expect(date.precision == .year)
    } else {
      throw Absent()
    }
    if case .other = try value("valueDateTime", "yesterday") {} else { throw Absent() }
    if case .period(let period) = try value("valuePeriod", ["end": "2024"]) {
      #expect(period.start == nil && period.end != nil)
    } else {
      throw Absent()
    }
    if case .range(let low, let high) = try value("valueRange", ["low": ["value": 1]]) {
      #expect(low?.value == 1 && high == nil)
    } else {
      throw Absent()
    }
    if case .ratio(let top, let bottom) = try value(
      "valueRatio", ["numerator": ["value": 1], "denominator": ["value": 128]])
    {
      #expect(top?.value == 1 && bottom?.value == 128)
    } else {
      throw Absent()
    }
    let samples: JSON = [
      "origin": ["value": 2], "period": 10, "factor": 0.5, "dimensions": 1, "data": "2 E -4 U 10.5",
    ]
    if case .sampledData(let series) = try value("valueSampledData", samples) {
      #expect(series.values == [3, nil, 0, nil, 7.25] && series.period == 10 && series.dimensions == 1)
    } else {
      throw Absent()
    }
    #expect(try value("value", 1) == nil && value("valuation", 1) == nil && value("valueString", 1) == nil)
  }

  private struct Absent: Error {}

  @Test(
    arguments: [
      ([JSON.Member("effectiveDateTime", "2024-01-01")], .dateTime, "2024-01-01T00:00:00Z", nil),
      ([JSON.Member("effectiveInstant", "2024-01-01T01:00:00+01:00")], .instant, "2024-01-01T00:00:00Z", nil),
      (
        [JSON.Member("effectivePeriod", ["start": "2024-01-01", "end": "2024-01-02"])], .period, "2024-01-01T00:00:00Z",
        "2024-01-02T00:00:00Z"
      ),
      (
        [JSON.Member("effectiveTiming", ["event": ["2024-01-03", "2024-01-01"]])], .timing, "2024-01-01T00:00:00Z",
        "2024-01-03T00:00:00Z"
      ),
      (
        [JSON.Member("effectiveTiming", ["repeat": ["boundsPeriod": ["start": "2024-01-01"]]])], .timing,
        "2024-01-01T00:00:00Z", nil
      ),
      ([JSON.Member("issued", "2024-01-01T00:00:00Z")], .issued, "2024-01-01T00:00:00Z", nil),
      (
        [JSON.Member("effectiveDateTime", "2024-01-01"), JSON.Member("issued", "2025-01-01T00:00:00Z")], .dateTime,
        "2024-01-01T00:00:00Z", nil
      ),
    ] as [([JSON.Member], Observation.Effective.Source, String, String?)])
  func effectiveTimes(members: [JSON.Member], source: Observation.Effective.Source, start: String, end: String?) throws
  {
    let found = try #require(Observation(try root(.object([JSON.Member("resourceType", "Observation")] + members))))
    #expect(found.effective?.source == source)
    #expect(found.effective?.start?.earliest.description == start)
    #expect(found.effective?.end?.earliest.description == end)
  }

  @Test func aTimeThatBreaksTheGrammarIsNotReplaced() throws {
    let found = try observation(
      JSON.Member("effectiveDateTime", "01.02.2024"), JSON.Member("issued", "2024-01-01T00:00:00Z"))
    #expect(found.effective == nil)
    #expect(try observation().effective == nil)
  }

  @Test func encountersOfR4AndR5() throws {
    let r4 = try #require(
      Encounter(
        try root([
          "resourceType": "Encounter", "status": "finished", "class": ["code": "ACUTE", "system": "v3"],
          "period": ["start": "2024-01-01"],
          "location": [["location": ["reference": "Location/icu"], "period": ["start": "2024-01-02"]]],
        ])))
    let r5 = try #require(
      Encounter(
        try root([
          "resourceType": "Encounter", "status": "completed", "class": [["coding": [["code": "IMP"], ["code": "X"]]]],
          "actualPeriod": ["start": "2024-01-01"], "location": [["form": ["coding": [["code": "wa"]]]]],
        ])))
    #expect(
      r4.classCodings.map(\.code) == ["ACUTE"] && r4.classCode == "ACUTE"
        && r5.classCodings.map(\.code) == ["IMP", "X"])
    #expect(r4.period?.start == r5.period?.start && r4.period?.start != nil)
    #expect(r4.locations.first?.location?.literal == "Location/icu" && r4.locations.first?.period?.start != nil)
    #expect(r5.locations.first?.form?.codings.first?.code == "wa" && !r4.isExcluded)
    #expect(Encounter(try root(["resourceType": "Encounter", "status": "cancelled"]))?.isExcluded == true)
    #expect(Encounter(try root(["resourceType": "Patient"])) == nil)
  }

  @Test func medicationsOfR4AndR5() throws {
    let r4 = try #require(
      MedicationRequest(
        try root([
          "resourceType": "MedicationRequest", "status": "active",
          "medicationCodeableConcept": ["coding": [["code": "m"]]],
        ])))
    let r5 = try #require(
      MedicationAdministration(
        try root([
          "resourceType": "MedicationAdministration", "status": "completed",
          "medication": ["reference": ["reference": "Medication/1"]],
          "occurencePeriod": ["start": "2024"], "dosage": ["dose": ["value": 5, "unit": "mg"]],
        ])))
    #expect(r4.medication?.codings.first?.code == "m" && !r4.isExcluded && r4.medicationReference == nil)
    #expect(r5.medicationReference?.target == .resource(base: nil, type: "Medication", id: "1", version: nil))
    #expect(r5.given?.start != nil && r5.dose?.value == 5 && r5.medication == nil)
  }

  @Test func statementsAndNegationsOfEveryVersion() throws {
    func statement(_ members: JSON.Member..., type: JSON = "MedicationStatement") throws -> MedicationStatement {
      try #require(MedicationStatement(try root(.object([JSON.Member("resourceType", type)] + members))))
    }
    let r5 = try statement(
      JSON.Member("status", "recorded"), JSON.Member("medication", ["concept": ["coding": [["code": "m"]]]]),
      JSON.Member("effectivePeriod", ["start": "2024"]), type: "MedicationUsage")
    #expect(r5.medication?.codings.first?.code == "m" && !r5.isExcluded && r5.taken?.start != nil)
    let notTaken: JSON = ["code": ["coding": [["code": "not-taken"]]]]
    #expect(try statement(JSON.Member("status", "recorded"), JSON.Member("adherence", notTaken)).isExcluded)
    #expect(try statement(JSON.Member("status", "active"), JSON.Member("taken", "n")).isExcluded)
    #expect(try !statement(JSON.Member("status", "active"), JSON.Member("taken", "y")).isExcluded)
    #expect(try statement(JSON.Member("status", "not-taken")).isExcluded)
    #expect(MedicationStatement(try root(["resourceType": "MedicationRequest"])) == nil)
    let notDone = try root(["resourceType": "Procedure", "status": "completed", "notDone": true])
    #expect(try #require(Procedure(notDone)).isExcluded)
    let notGiven = try root(["resourceType": "MedicationAdministration", "status": "completed", "notGiven": true])
    #expect(try #require(MedicationAdministration(notGiven)).isExcluded)
  }

  @Test func statusesOfSTU3AndR4() throws {
    let stu3 = try #require(Condition(try root(["resourceType": "Condition", "verificationStatus": "refuted"])))
    let r4 = try #require(
      Condition(
        try root([
          "resourceType": "Condition", "verificationStatus": ["coding": [["code": "confirmed"]]],
          "onsetPeriod": ["start": "2020"],
        ])))
    #expect(stu3.isExcluded && !r4.isExcluded && r4.verificationStatus == "confirmed" && r4.onset?.precision == .year)
  }

  @Test(
    arguments: [
      ("Patient/1", .resource(base: nil, type: "Patient", id: "1", version: nil)),
      ("Patient/1/_history/2", .resource(base: nil, type: "Patient", id: "1", version: "2")),
      (
        "https://a.b/c/fhir/Patient/x-1.Y",
        .resource(base: "https://a.b/c/fhir", type: "Patient", id: "x-1.Y", version: nil)
      ),
      ("http://a/Patient/1/_history/3", .resource(base: "http://a", type: "Patient", id: "1", version: "3")),
      ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", .uuid("0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")),
      ("urn:oid:1.2.3", .oid("1.2.3")), ("#p", .contained("p")), ("#", .contained("")),
      ("Patient?identifier=a|b", .other("Patient?identifier=a|b")), ("1", .other("1")), ("", .other("")),
      ("/", .other("/")),
      ("patient/1", .other("patient/1")), ("Patient/", .other("Patient/")), ("x/Patient/1", .other("x/Patient/1")),
      ("Patient/1/2", .other("Patient/1/2")), ("_history/1", .other("_history/1")),
      ("/_history/1", .other("/_history/1")),
    ] as [(String, Reference.Target)])
  func referencesAreTakenApart(text: String, target: Reference.Target) throws {
    #expect(Reference(try root(["reference": .string(text)])).target == target)
  }

  @Test(
    arguments: [
      ("2000-02-29", "2018-02-28T23:00:00Z", 17), ("2000-02-29", "2018-03-01T00:00:00Z", 18),
      ("2000", "2018-06-01T00:00:00Z", 18),
      ("2000-05-05", "2018-05-05T00:00:00Z", 18), ("2000-05-05", "1999-01-01T00:00:00Z", nil),
      ("1930-05-05", "1969-12-31T23:00:00Z", 39),
    ] as [(String, String, Int?)])
  func ages(born: String, at: String, age: Int?) throws {
    let patient = try #require(Patient(try root(["resourceType": "Patient", "birthDate": .string(born)])))
    #expect(patient.age(at: try #require(Instant(at))) == age)
  }
}

@Suite struct NDJSONTests {
  @Test(arguments: [1, 2, 3, 7, 64, 1000], [1, 2, 5])
  func goesOnAfterABadLine(chunk: Int, lanes: Int) throws {
    let lines = [
      #"{"resourceType":"Patient","id":"1"}"#, "", "{bad", #"{"a":1,"a":2}"#, " \r", #"{"id":"6"}"# + "\r",
      "[" + String(repeating: " ", count: 90) + "]", #"{"id":"8"}"#,
    ]
    let text = Array(lines.joined(separator: "\n").utf8)
    var limits = Limits.standard
    limits.bytes = 64
    var chunks = stride(from: 0, to: text.count, by: chunk).map { Array(text[$0..<min($0 + chunk, text.count)]) }[...]
    var found: [String] = []
    try NDJSON(limits: limits, lanes: Lanes(lanes)).read(ByteStream { () throws(FHIRError) in chunks.popFirst() ?? [] })
    {
      lines in
      lines.map { line in
        switch line.document {
        case .success(let document): "\(line.number) \(document.root["id"]?.string ?? "")"
        case .failure(let error): "\(error.line ?? 0) \(error.code.rawValue)"
        }
      }
    } emit: {
      found += $0
    }
    #expect(found == ["1 1", "3 FHR023", "4 FHR030", "6 6", "7 FHR002", "8 8"])
  }

  /// What each line gives by itself; white space gives nothing.
  private func alone(_ text: [UInt8]) -> [String] {
    text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().compactMap { number, line in
      if line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { return nil }
      do throws(FHIRError) {
        return shown(try Document(Array(line), syntax: .json))
      } catch {
        return "\(FHIRError(error.code, offset: error.offset, path: error.path, line: number + 1))"
      }
    }
  }

  private func together(_ text: [UInt8]) throws -> [String] {
    var found: [String] = []
    try NDJSON().read(ByteStream(text)) { lines in
      lines.map { line in
        switch line.document {
        case .failure(let error): "\(error)"
        case .success(let document): self.shown(document)
        }
      }
    } emit: {
      found += $0
    }
    return found
  }

  private func shown(_ document: Document) -> String {
    let root = document.root
    return "\(JSON(root).text()) \(root.path) \(root.offset) \(root.children.map { "\($0.path) \($0.offset)" })"
  }

  /// The lines of a block share one tape: each is what it is by itself, and is refused as by itself.
  @Test func everyLineIsReadAsByItself() throws {
    let lines = [
      #"{"resourceType":"Observation","id":"1","code":{"text":"a\n\u00e9"},"valueQuantity":{"value":1.50}}"#,
      #" {"resourceType":"Patient","gender":"male","gender":"male"}"#,
      #"{"resourceType":"Patient","name":[{"given":[tru]}]}"#,
      #"{"b\u0061d":"\ud800"}"#, #"[1,{"x":[]},"y"] "#, "\u{FEFF}{}", #"{"a":"unclosed}"#, "{} {}", "[", "7", #""\t""#,
      #"{"resourceType":"Patient","id":"12","name":[{"family":"Größe \\"}]}"#,
    ]
    let text = Array((lines.joined(separator: "\n")).utf8) + [0x0A, 0xC0, 0x0A, 0x7B, 0x7D]
    let found = try together(text)
    #expect(found == alone(text))
    #expect(found.count == 14)
    // Without the lines whose strings or characters are broken, the text's structure is found at once and not line by line.
    let whole = Array(lines.filter { $0 != #"{"a":"unclosed}"# && $0 != #""\t""# }.joined(separator: "\n").utf8)
    #expect(try together(whole) == alone(whole))
  }

  /// A text of more than a block's size, as a file that came whole, is not listed at once.
  @Test func aLargeTextIsReadLineByLine() throws {
    let lines = [
      #"{"resourceType":"Patient","id":"é\n"}"#, "", " \r", #"{"a":[1,tru]}"#, "[[[[1]]]]", #"{"b":"\#u{1}"}"#,
    ]
    let long = "[" + String(repeating: "1, ", count: 40_000) + "2]"
    let text = Array((lines + [long] + (0..<20_000).flatMap { _ in lines }).joined(separator: "\n").utf8)
    #expect(text.count > 1 << 20)
    let found = try together(text)
    #expect(found == alone(text))
    #expect(found.count == 1 + 4 * 20_001)
  }

  /// Texts of anything that JSON is made of: lines are never taken for more than a line.
  @Test(arguments: 0..<20) func anyLinesAreReadAsByThemselves(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let pieces = [
      "{", "}", "[", "]", ":", ",", "\"a\"", "\"é\\n\"", "\"", "\\", "1", "-0.5e3", "true", "null", " ", "\r", "\n",
      "\n", "\u{FEFF}",
      #"{"a":1}"#, #"{"b":[{"c":"d"}]}"#, #"["x\"y"]"#,
    ]
    for _ in 0..<200 {
      let text = Array(
        (0..<Int.random(in: 1...40, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
          .utf8)
      #expect(try together(text) == alone(text), "\(String(decoding: text, as: UTF8.self))")
    }
  }
}
