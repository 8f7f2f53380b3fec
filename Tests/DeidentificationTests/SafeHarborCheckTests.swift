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

  /// A finding names the place and never what stands there.
  @Test func findingsHoldNoText() throws {
    let found = try findings(["resourceType": "Patient", "quillfeather": "Quillfeather"])
    #expect(found.map(\.path) == ["Patient.?"])
    // The name of a member may be a person's as well.
    #expect(try findings(["resourceType": "Patient", "Zacharias Quillfeather": 1]).map(\.kind) == [.name])
  }
}
