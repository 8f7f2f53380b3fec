// SPDX-License-Identifier: Apache-2.0
import Deidentification
import FHIR
import Testing

@Suite struct DeidentifierTests {
  /// Identifiers of 18 kinds in every text of every chart, and in elements that nobody reads: none is left.
  @Test(arguments: Samples.charts) func nothingPlantedIsLeft(_ name: String) throws {
    let chart = JSON(try Samples.chart(name).root)
    for (kind, identifier) in Planted.identifiers {
      var count = 0
      let planted = Planted.chart(chart) {
        count += 1
        return "\(identifier) \(count)"
      }
      #expect(count > 100)
      #expect(try !Samples.holds(Samples.copy(planted), identifier), "\(kind)")
      // Also without the number, which might be what keeps it from being taken for a code.
      #expect(try !Samples.holds(Samples.copy(Planted.chart(chart) { identifier }), identifier), "\(kind)")
    }
  }

  /// One text at a time, so that what is true beside it cannot hide it.
  @Test func nothingPlantedAloneIsLeft() throws {
    let chart = JSON(try Samples.chart("sparse").root)
    var places = 0
    _ = Planted.chart(chart) {
      places += 1
      return ""
    }
    let texts = Samples.texts(chart)
    for place in 1...places {
      var count = 0
      let planted = Planted.chart(chart) {
        count += 1
        return count == place ? "QUILLFEATHER" : texts[(count - 1) % texts.count]
      }
      #expect(try !Samples.holds(Samples.copy(planted), "QUILLFEATHER"))
    }
  }

  @Test(arguments: Samples.charts) func everyTextOfACopyIsExplained(_ name: String) throws {
    let copy = try Samples.copy(try Samples.chart(name).root)
    let document = try Document(copy.encoded(), syntax: .json)
    let findings = SafeHarborCheck(try Samples.vocabulary.get()).findings(in: document.root, at: Samples.instant)
    #expect(findings == [])
    #expect(Samples.texts(copy).count > 20)
  }

  @Test func valuesUnitsAndCodesStay() throws {
    let chart = try Samples.chart("septic-deterioration").root
    let copy = try Document(try Samples.copy(chart).encoded(), syntax: .json).root
    let before = Chart(resources: [chart], patientID: nil)
    let after = Chart(resources: [copy], patientID: nil)
    #expect(before.observations.count > 100)
    #expect(before.observations.count == after.observations.count)
    for (one, other) in zip(before.observations, after.observations) {
      #expect(one.codings.map(\.code) == other.codings.map(\.code))
      guard case .quantity(let value)? = one.value, case .quantity(let kept)? = other.value else { continue }
      #expect(value.valueText == kept.valueText && value.system == kept.system)
      // Words in braces mean one and may be anything.
      #expect(value.code == kept.code || value.code?.contains("{") == true)
    }
    let times = before.observations.compactMap { $0.effective?.known?.earliest.milliseconds }
    let moved = after.observations.compactMap { $0.effective?.known?.earliest.milliseconds }
    let shifts = Set(zip(times, moved).map { $1 - $0 })
    #expect(times.count == moved.count && shifts.count == 1)
    #expect(shifts.allSatisfy { $0 < 0 && $0 % 86_400_000 == 0 && $0 >= -365 * 86_400_000 })
  }

  /// Two exports for one purpose name alike, those for two do not; neither do two clients' patients of one id.
  @Test func namesAreOfAPurposeAndAClient() throws {
    let chart = try Samples.chart("sparse").root
    let other = DeidentificationKey(bytes: [UInt8](repeating: 8, count: 32))
    #expect(try Samples.copy(chart) == Samples.copy(chart))
    // The last of each is its name; URIs of systems are alike for all clients.
    func names(_ json: JSON) -> Set<Substring> {
      let texts = Samples.texts(json).filter { !$0.hasPrefix("urn:deidentified:") && !$0.hasPrefix("http://") }
      return Set(texts.filter { $0.utf8.count >= 32 }.map { $0.suffix(32) })
    }
    let own = names(try Samples.copy(chart))
    #expect(own.count > 3)
    #expect(own.intersection(names(try Samples.copy(chart, key: other))).isEmpty)
    #expect(own.intersection(names(try Samples.copy(chart, client: "north"))).isEmpty)
    #expect(Set((0..<64).map { Samples.key.shift(of: "\($0)", client: "") }).count > 32)
  }

  @Test func aZIPCodeIsItsAreaAndAStateAState() throws {
    func address(_ code: JSON, _ state: JSON) throws -> JSON? {
      let patient: JSON = [
        "resourceType": "Patient",
        "address": [["line": ["4711 Wombat Street"], "city": "Boston", "postalCode": code, "state": state]],
      ]
      guard case .array(let entries)? = try Samples.copy(patient)["address"] else { return nil }
      return entries.first
    }
    #expect(try address("02139", "MA") == ["state": "MA", "postalCode": "021", "country": "US"])
    #expect(try address("02139-4307", "MA") == ["state": "MA", "postalCode": "021", "country": "US"])
    #expect(try address("03601", "NH") == ["state": "NH", "postalCode": "000", "country": "US"])
    #expect(try address("Quillfeather", "MA") == ["state": "MA", "country": "US"])
    // A code of another country may name one house.
    #expect(try address("SW1A 1AA", "London") == [:])
  }

  @Test func aStateOfAnotherCountryIsNone() throws {
    func address(_ country: JSON) throws -> JSON? {
      let patient: JSON = [
        "resourceType": "Patient", "address": [["state": "MA", "postalCode": "02139", "country": country]],
      ]
      guard case .array(let entries)? = try Samples.copy(patient)["address"] else { return nil }
      return entries.first
    }
    #expect(try address("USA") == ["state": "MA", "postalCode": "021", "country": "US"])
    #expect(try address("") == ["state": "MA", "postalCode": "021", "country": "US"])
    for country in ["MA", "Morocco", "DE", "Canada"] as [JSON] { #expect(try address(country) == [:]) }
  }

  /// Digits that are no measurement: units, texts and numbers as long as a telephone's, a year, a ZIP code.
  @Test func digitsThatNameSomebodyGo() throws {
    func value(_ name: String, _ value: JSON) throws -> JSON? {
      try Samples.copy(["resourceType": "Observation", name: value] as JSON)[name]
    }
    let (ucum, system): (String, JSON) = (UCUM.system, .string(UCUM.system))
    for code in ["6175550199", "4711", "617", "02139.m", "1951.a", "12.345.678.m", "617{x}", "617.555"] {
      let copied = try value("valueQuantity", ["value": 1, "system": system, "code": .string(code)])
      #expect(copied?["code"] == "?", "\(code)")
    }
    for code in ["10*3/uL", "10*9/L", "mL/min/1.73.m2", "/min", "mm[Hg]", "1", "10*-6.m", "%"] {
      let copied = try value("valueQuantity", ["value": 1, "system": .string(ucum), "code": .string(code)])
      #expect(copied?["code"] == .string(code))
    }
    for text in ["4711", "1951", "02139", "0139", "617-1"] { #expect(try value("valueString", .string(text)) == "?") }
    for text in ["7.35", "15", "98.65", "-3.5", "138"] {
      #expect(try value("valueString", .string(text)) == .string(text))
    }
    #expect(try value("valueInteger", 6_175_550_199) == .null && value("valueInteger", 19_510_713) == .null)
    #expect(try value("valueInteger", 250_000) == 250_000 && value("valueInteger", 7_200_000_000) == 7_200_000_000)
  }

  /// Ages and dates of birth that are Observations: the age is told by the birth date alone, which is capped.
  @Test func agesAreToldByTheBirthDateAlone() throws {
    func observation(_ system: String, _ code: String, _ value: JSON) throws -> JSON {
      try Samples.copy([
        "resourceType": "Observation", "code": ["coding": [["system": .string(system), "code": .string(code)]]],
        "valueQuantity": value, "component": [["valueString": "19"]],
      ])
    }
    let years: JSON = ["value": 95, "unit": "a", "system": .string(UCUM.system), "code": "a"]
    for code in ["30525-0", "21611-9", "21612-7", "29553-5", "30972-4", "35659-2", "63900-5", "21112-8"] {
      let copy = try observation("http://loinc.org", code, years)
      #expect(copy["valueString"] == "?" && copy["valueQuantity"] == nil && copy["component"] == nil)
    }
    for code in ["424144002", "397669002", "184099003"] {
      #expect(try observation("http://snomed.info/sct", code, years)["valueQuantity"] == nil)
    }
    // Whatever it is called, and in whatever unit.
    for (value, unit, isKept) in [
      (95, "a", false), (90, "a", false), (89, "a", true), (1_140, "mo", false), (48, "h", true),
    ] {
      let copy = try observation(
        "http://loinc.org", "8867-4", ["value": .number(value), "system": .string(UCUM.system), "code": .string(unit)])
      #expect((copy["valueQuantity"]?["value"] == .number(value)) == isKept, "\(value) \(unit)")
    }
  }

  /// What changes the meaning of a resource is not silently dropped with its content.
  @Test func modifiersStayAsModifiers() throws {
    let copy = try Samples.copy([
      "resourceType": "Observation", "status": "final", "implicitRules": "http://quill.example/rules",
      "modifierExtension": [["url": "http://quill.example", "valueString": "Quillfeather"]],
      "component": [["modifierExtension": [["url": "http://quill.example"]], "valueString": "Quillfeather"]],
    ])
    let node = try Document(copy.encoded(), syntax: .json).root
    #expect(node.isModified)
    #expect(Observation(node: node).components.map(\.isExcluded) == [true])
    #expect(!copy.text().lowercased().contains("quill"))
  }

  @Test func codesAreKeptByListOrCheckDigit() throws {
    func code(_ system: String, _ code: String) throws -> JSON? {
      let copy = try Samples.copy([
        "resourceType": "Observation", "code": ["coding": [["system": .string(system), "code": .string(code)]]],
      ])
      guard case .array(let codings)? = copy["code"]?["coding"] else { return nil }
      return codings.first?["code"]
    }
    #expect(try code("http://loinc.org", "8867-4") == "8867-4")
    #expect(try code("http://loinc.org", "55417-0") == "55417-0")
    #expect(try code("http://loinc.org", "55417-1") != "55417-1")
    #expect(try code("http://snomed.info/sct", "404684003") == "404684003")
    #expect(try code("http://snomed.info/sct", "404684004") != "404684004")
    #expect(try code("http://hospital.example/local", "404684003") != "404684003")
    // Of this system every code is in a value set; none of them is known.
    let stay = "http://mimic.mit.edu/fhir/mimic/identifier/encounter-icu"
    #expect(try code(stay, "39553978") != "39553978")
  }
}
