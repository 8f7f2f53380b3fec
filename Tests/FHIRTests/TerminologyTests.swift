// SPDX-License-Identifier: Apache-2.0

import FHIR
import Foundation
import Testing

@Suite("Terminology")
struct TerminologyTests {
  static let shipped = Result { try Terminology(directory: "Profiles/terminology") }

  static let lookups: [(String, String, [String])] = [
    ("http://loinc.org", "2160-0", ["creatinine"]), ("http://loinc.org", "38483-4", ["creatinine"]),
    ("http://loinc.org", "6299-2", ["bun"]), ("http://loinc.org", "3094-0", ["bun"]),
    ("http://loinc.org", "8480-6", ["sbp"]), ("http://loinc.org", "76215-3", ["sbp-invasive"]),
    ("http://loinc.org", "76534-7", ["sbp-cuff"]), ("http://loinc.org", "8478-0", ["map"]),
    ("http://loinc.org", "59408-5", ["spo2"]), ("http://loinc.org", "2708-6", ["spo2"]),
    ("http://loinc.org", "2744-1", ["ph"]), ("http://loinc.org", "9187-6", ["urine-output"]),
    ("http://snomed.info/sct", "364075005", ["heart-rate"]), ("urn:iso:std:iso:11073:10101", "150456", ["spo2"]),
    ("urn:oid:2.16.840.1.113883.6.1", "2160-0", ["creatinine"]),
    ("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "ICU", ["icu-location"]),
    ("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "CCU", ["icu-coronary", "icu-location"]),
    ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP", ["inpatient-encounter"]),
    ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "EMER", []),
    ("http://mimic.mit.edu/fhir/mimic/identifier/encounter-icu", "31269608", ["icu-location"]),
    ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-d-items", "226559", ["urine-output"]),
    ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-chartevents-d-items", "220045", ["heart-rate"]),
    ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-d-labitems", "50912", ["creatinine"]),
    ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-d-labitems", "50820", []),
    ("http://loinc.org", "8867-4 ", []), ("http://loinc.org/", "8867-4", []), ("", "8867-4", []),
    ("http://loinc.org", "", []),
    ("http://snomed.info/sct", "8867-4", []),
  ]

  @Test(
    "Codes are found by system and code, directly, by OID, through a concept map, or as a whole system",
    arguments: lookups)
  func lookup(system: String, code: String, expected: [String]) throws {
    let terminology = try Self.shipped.get()
    #expect(terminology.valueSets(containing: system, code: code) == expected)
    let json = Array(#"{"system":"\#(system)","code":"\#(code)"}"#.utf8)
    #expect(terminology.valueSets(of: try Document(json, syntax: .json).root) == expected)
  }

  @Test("A coding without system or code means nothing")
  func incomplete() throws {
    let terminology = try Self.shipped.get()
    for text in [
      #"{"code":"8867-4"}"#, #"{"system":"http://loinc.org"}"#, #"{"system":"http://loinc.org","code":1}"#, "{}", "[]",
    ] {
      #expect(terminology.valueSets(of: try Document(Array(text.utf8), syntax: .json).root).isEmpty)
    }
  }

  @Test("A concept map is asked for what a local code stands for")
  func translation() throws {
    let terminology = try Self.shipped.get()
    let target = try #require(
      terminology.translation(of: "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-d-items", code: "220050"))
    #expect(target.code == "76215-3" && target.system == "http://loinc.org")
    #expect(terminology.translation(of: "http://loinc.org", code: "8867-4") == nil)
  }

  static let refusals: [(String, TerminologyError.Code)] = [
    ("{", .syntax), (#"{"resourceType":"CodeSystem"}"#, .resourceType),
    (#"{"resourceType":"ValueSet","id":"a"}"#, .element),
    (
      #"{"resourceType":"ValueSet","id":"a","title":"A","compose":{"include":[{"system":"s","filter":[{}]}]}}"#,
      .unsupported
    ),
    (#"{"resourceType":"ValueSet","id":"a","title":"A","compose":{"include":[{"valueSet":["b"]}]}}"#, .unsupported),
    (
      #"{"resourceType":"ValueSet","id":"a","title":"A","compose":{"include":[{"system":"s"}],"exclude":[]}}"#,
      .unsupported
    ),
    (
      #"{"resourceType":"ValueSet","id":"a","title":"A","compose":{"include":[{"system":"s","concept":[{"code":"1"}]}]}}"#,
      .element
    ),
    (
      #"{"resourceType":"ValueSet","id":"a","title":"A","compose":{"include":[{"system":"s","concept":[{"code":"1","display":"x"},{"code":"1","display":"y"}]}]}}"#,
      .duplicate
    ),
    (#"{"resourceType":"ConceptMap","group":[{"source":"l","element":[{"code":"1"}]}]}"#, .element),
    (
      #"{"resourceType":"ConceptMap","group":[{"source":"l","target":"t","element":[{"code":"1","target":[{"code":"a","equivalence":"equal"},{"code":"b","equivalence":"equal"}]}]}]}"#,
      .ambiguous
    ),
  ]

  @Test("A file that cannot be understood whole refuses the directory", arguments: refusals)
  func refusal(text: String, code: TerminologyError.Code) throws {
    let good = #"{"resourceType":"ValueSet","id":"good","title":"G","compose":{"include":[{"system":"x"}]}}"#
    try withDirectory(["a.json": text, "good.json": good]) { directory in
      let error = #expect(throws: TerminologyError.self) { try Terminology(directory: directory) }
      #expect(error?.code == code)
      #expect(error?.file == "a.json")
    }
  }

  @Test(
    "Only mappings to the same or a wider concept carry the meaning over",
    arguments: [
      ("equal", true), ("equivalent", true), ("wider", true), ("subsumes", true), ("narrower", false),
      ("inexact", false),
      ("relatedto", false), ("specializes", false), ("disjoint", false),
    ])
  func equivalence(name: String, carries: Bool) throws {
    let set =
      #"{"resourceType":"ValueSet","id":"k","title":"K","compose":{"include":[{"system":"t","concept":[{"code":"a","display":"A"}]}]}}"#
    let map =
      #"{"resourceType":"ConceptMap","group":[{"source":"l","target":"t","element":[{"code":"1","target":[{"code":"a","equivalence":"\#(name)"}]}]}]}"#
    try withDirectory(["m.json": map, "v.json": set, "NOTICE.md": "not read"]) { directory in
      let terminology = try Terminology(directory: directory)
      #expect(terminology.valueSets(containing: "l", code: "1") == (carries ? ["k"] : []))
    }
  }

  @Test("An empty or absent directory is refused")
  func nothing() throws {
    #expect(throws: TerminologyError.self) { try Terminology(directory: "Profiles/no-such-directory") }
    try withDirectory([:]) { directory in
      #expect(throws: TerminologyError.self) { try Terminology(directory: directory) }
    }
  }

  static let texts: [(String, String?)] = [
    ("Serum creatinine", "creatinine"), ("KREATININ", "creatinine"), ("Potassium, plasma", "potassium"),
    ("Heart rate", "heart-rate"),
    ("Non-invasive systolic BP", "sbp-cuff"), ("Arterial line mean blood pressure", "map-invasive"),
    ("Lactate", "lactate"),
    ("Platelet count", "platelets"), ("Urea nitrogen", "bun"), ("Troponin T high sensitivity", "troponin-t"),
    ("Heart rate Alarm - High", nil), ("20 Gauge Insertion Date", nil), ("Arterial Line Dressing Change", nil),
    ("Heart rate rhythm", nil), ("Absent", nil),
    ("Glucose, urine", nil), ("CSF glucose", nil), ("Protein, pleural fluid", nil), ("zzz", nil), ("", nil),
  ]

  @Test("Suggestions lead a person to the right value set, and never to another specimen", arguments: texts)
  func suggestions(text: String, expected: String?) throws {
    let found = try Self.shipped.get().suggestions(for: text)
    #expect(found.first?.valueSet == expected, "\(found)")
    #expect(found.count <= 3)
    #expect(found == (try Self.shipped.get().suggestions(for: text)))
  }

  @Test("Unmapped codes are counted by frequency, components and text included")
  func unmapped() throws {
    let bundle = """
      {"resourceType":"Bundle","entry":[
      {"resource":{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"valueQuantity":{"value":80}}},
      {"resource":{"resourceType":"Observation","code":{"coding":[{"system":"urn:lab","code":"KREA","display":"Kreatinin"}]},"valueQuantity":{"value":1,"unit":"mg/dL"}}},
      {"resource":{"resourceType":"Observation","code":{"coding":[{"system":"urn:lab","code":"KREA"}]},"valueQuantity":{"value":1}}},
      {"resource":{"resourceType":"Observation","code":{"coding":[{"system":"urn:lab","code":"X"},{"system":"http://loinc.org","code":"2160-0"}]},"valueQuantity":{"value":1}}},
      {"resource":{"resourceType":"Observation","code":{"text":"Pain"},"valueString":"4"}},
      {"resource":{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"component":[
        {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120}},
        {"code":{"coding":[{"system":"urn:lab","code":"Y"}]},"valueQuantity":{"value":120}}]}},
      {"resource":{"resourceType":"Patient"}}]}
      """
    var codes = UnmappedCodes(terminology: try Self.shipped.get())
    codes.add(try Document(Array(bundle.utf8), syntax: .json).root)
    #expect(codes.total == 7)
    #expect(codes.mapped == 3)
    #expect(codes.sorted.map(\.code) == ["KREA", nil, "Y"])
    #expect(codes.sorted.map(\.count) == [2, 1, 1])
    #expect(codes.sorted.first?.display == "Kreatinin")
    #expect(codes.sorted.first?.unit == "mg/dL")
  }
}

/// Runs `body` on a fresh directory that holds the files.
private func withDirectory(_ files: [String: String], body: (String) throws -> Void) throws {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("terminology-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  for (name, text) in files { try Data(text.utf8).write(to: directory.appendingPathComponent(name)) }
  try body(directory.path)
}
