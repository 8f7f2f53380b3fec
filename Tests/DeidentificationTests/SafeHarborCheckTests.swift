// SPDX-License-Identifier: Apache-2.0
import Deidentification
import FHIR
import Testing

@Suite struct SafeHarborCheckTests {
  private func findings(_ json: JSON) throws -> [SafeHarborCheck.Finding] {
    SafeHarborCheck(try Samples.vocabulary.get()).findings(
      in: try Document(json.encoded(), syntax: .json).root, at: Samples.instant)
  }

  /// Whatever is planted in a copy is found, in each of its texts, for each of the 18 kinds.
  @Test(arguments: Planted.identifiers.map(\.text)) func whatIsPlantedIsFound(_ identifier: String) throws {
    let copy = try Samples.copy(try Samples.chart("sparse").root)
    #expect(try findings(copy) == [])
    func plant(_ json: JSON, at place: Int, _ count: inout Int) -> JSON {
      switch json {
      case .string:
        count += 1
        return count == place ? .string(identifier) : json
      case .array(let entries): return .array(entries.map { plant($0, at: place, &count) })
      case .object(let members):
        return .object(members.map { JSON.Member($0.name, plant($0.value, at: place, &count)) })
      case .number, .boolean, .null: return json
      }
    }
    let texts = Samples.texts(copy).count
    #expect(texts > 40)
    for place in 1...texts {
      var count = 0
      #expect(try findings(plant(copy, at: place, &count)).count >= 1)
    }
  }

  /// Each kind is named: by what a text looks like where it stands for a code, by the element where that says it.
  @Test func kindsAreNamed() throws {
    for (kind, identifier) in Planted.identifiers {
      let found = try findings(["resourceType": "Observation", "code": ["coding": [["code": .string(identifier)]]]])
      #expect(found.map(\.kind.rawValue) == [kind])
    }
    #expect(Set(Planted.identifiers.map(\.kind)) == Set(SafeHarborKind.allCases.map(\.rawValue)))
    let patient: JSON = [
      "resourceType": "Patient", "name": [["family": "x"]], "telecom": [["value": "x"]],
      "address": [["city": "x", "state": "MA", "postalCode": "02139"]], "birthDate": "1901-01-01",
      "text": ["div": "x"], "photo": [["data": "x"]],
    ]
    #expect(
      try findings(patient).map(\.kind) == [.name, .telephone, .place, .place, .date, .other, .photograph])
  }

  /// A number stands where something was measured, and nowhere else.
  @Test func numbersInPlacesOfNamesAreFound() throws {
    let patient: JSON = [
      "resourceType": "Patient", "id": 8_842_917, "identifier": [["value": 8_842_917]],
      "telecom": [["value": 6_175_550_199]],
      "address": [["postalCode": 2_139, "state": 5, "line": [4_711]]], "quantity": 1,
    ]
    #expect(try findings(patient).count == 7)
    let observation: JSON = [
      "resourceType": "Observation", "valueInteger": 6_175_550_199,
      "valueQuantity": ["value": 6_175_550_199, "system": .string(UCUM.system), "code": "6175550199"],
      "code": ["coding": [["system": "http://loinc.org", "code": 4_711]]],
    ]
    #expect(try findings(observation).map(\.kind) == [.telephone, .telephone, .telephone, .other])
    let measured: JSON = [
      "resourceType": "Observation", "valueInteger": 15, "component": [["valueQuantity": ["value": 1.5]]],
      "valueRatio": ["numerator": ["value": 1], "denominator": ["value": 128]],
    ]
    #expect(try findings(measured) == [])
  }

  /// All who are older than 89 are 90, in birth dates, in Observations and by what happened in their lives.
  @Test func agesOverEightyNineAreFound() throws {
    // The day of the assessment is 2026-03-12.
    func isFound(_ resource: JSON) throws -> Bool { try !findings(resource).isEmpty }
    for (born, found) in [
      ("1936-03-12", false), ("1936-03-13", false), ("1936-03-11", true), ("1935-03-12", true), ("1935-08-01", true),
      ("1936-03", false), ("1936-02", true), ("1936", false), ("1935", true), ("1960-02-29", false),
      ("2027-01-01", true),
    ] {
      #expect(try isFound(["resourceType": "Patient", "birthDate": .string(born)]) == found, "\(born)")
    }
    #expect(try isFound(["resourceType": "Condition", "onsetDateTime": "1935-01-01"]))
    #expect(try !isFound(["resourceType": "Condition", "onsetDateTime": "1937-01-01"]))
    func age(_ code: String, _ value: JSON) -> JSON {
      [
        "resourceType": "Observation", "code": ["coding": [["system": "http://loinc.org", "code": .string(code)]]],
        "valueQuantity": value,
      ]
    }
    let years: JSON = ["value": 95, "unit": "a", "system": .string(UCUM.system), "code": "a"]
    #expect(try isFound(age("8867-4", years)) && isFound(age("30525-0", ["value": 40])))
  }

  @Test func placesAreFound() throws {
    func count(_ address: JSON) throws -> Int { try findings(["resourceType": "Patient", "address": [address]]).count }
    #expect(try count(["state": "MA", "postalCode": "021", "country": "US"]) == 0)
    #expect(try count(["state": "NH", "postalCode": "000", "country": "US"]) == 0)
    #expect(try count(["state": "NH", "postalCode": "036"]) == 1)
    #expect(try count(["state": "MA", "postalCode": "021", "country": "Morocco"]) == 3)
  }

  /// The member that somebody else checks is the one of the request's own extension.
  @Test func nothingIsSkippedElsewhere() throws {
    let hidden: JSON = ["vigil-deidentified": ["name": "Zacharias Quillfeather"]]
    func count(_ json: JSON) throws -> Int {
      SafeHarborCheck(try Samples.vocabulary.get()).findings(
        in: try Document(json.encoded(), syntax: .json).root, at: Samples.instant, skipping: "vigil-deidentified"
      ).count
    }
    #expect(try count(["hook": "patient-view", "extension": hidden]) == 0)
    #expect(try count(["hook": "patient-view", "extension": [hidden]]) == 1)
    #expect(try count(["context": ["extension": hidden]]) == 1)
    #expect(try count(["prefetch": ["resource": ["resourceType": "Patient", "extension": [hidden]]]]) == 1)
  }

  /// A finding names the place and never what stands there.
  @Test func findingsHoldNoText() throws {
    let found = try findings(["resourceType": "Patient", "quillfeather": "Quillfeather"])
    #expect(found.map(\.path) == ["Patient.?"])
    // The name of a member may be a person's as well.
    #expect(try findings(["resourceType": "Patient", "Zacharias Quillfeather": 1]).map(\.kind) == [.name])
  }
}
