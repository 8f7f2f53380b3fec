// SPDX-License-Identifier: Apache-2.0

import FHIR
import Foundation
import Testing

/// The codes themselves: what must be there, what must never be, and that no digit was mistyped.
@Suite("Codes of the value sets")
struct TerminologyCodeTests {
  private static let terminology = TerminologyTests.shipped
  private static let loinc = "http://loinc.org"

  @Test("Every signal has its value set")
  func signals() throws {
    let expected: Set<String> = [
      "albumin", "alp", "alt", "ast", "bilirubin-total", "bilirubin-direct", "bun", "cholesterol", "creatinine", "sbp",
      "dbp",
      "map", "sbp-invasive", "dbp-invasive", "map-invasive", "sbp-cuff", "dbp-cuff", "map-cuff", "fio2", "gcs",
      "gcs-eye",
      "gcs-verbal", "gcs-motor", "glucose", "hco3", "hematocrit", "hemoglobin", "heart-rate", "potassium", "lactate",
      "magnesium", "calcium-total", "calcium-ionized", "phosphate", "chloride", "mechanical-ventilation", "sodium",
      "paco2",
      "pao2", "ph", "base-excess", "platelets", "respiratory-rate", "sao2", "spo2", "temperature", "troponin-i",
      "troponin-t",
      "urine-output", "wbc", "ptt", "fibrinogen", "etco2", "body-weight", "body-height", "icu-location", "icu-coronary",
      "icu-cardiac-surgery", "icu-medical", "icu-surgical", "inpatient-encounter",
      "nephrotoxic-drug", "negative-answer",
    ]
    #expect(Set(try Self.terminology.get().valueSets.map(\.id)) == expected)
  }

  /// Near neighbours of what is wanted: another specimen, another analyte, another quantity.
  static let forbidden: [(String, String)] = [
    ("2350-7", "glucose, urine"), ("2342-4", "glucose, cerebrospinal fluid"), ("5792-7", "glucose, urine test strip"),
    ("99504-3", "glucose, interstitial"), ("1558-6", "glucose, fasting"), ("4548-4", "hemoglobin A1c"),
    ("27353-2", "estimated average glucose"),
    ("2161-8", "creatinine, urine"), ("14683-7", "creatinine, urine"), ("33914-3", "filtration rate"),
    ("12190-5", "creatinine, body fluid"),
    ("3091-6", "urea, a mass"), ("22664-7", "urea, not its nitrogen"), ("3095-7", "urea nitrogen, urine"),
    ("11064-3", "urea nitrogen after dialysis"),
    ("2746-6", "pH, venous"), ("2745-8", "pH, capillary"), ("11558-4", "pH, blood not specified"),
    ("2756-5", "pH, urine"), ("5803-2", "pH, urine"),
    ("2021-4", "carbon dioxide tension, venous"), ("2020-6", "carbon dioxide tension, capillary"),
    ("11557-6", "carbon dioxide tension, unspecified"),
    ("2705-2", "oxygen tension, venous"), ("2704-5", "oxygen tension, capillary"),
    ("11556-8", "oxygen tension, unspecified"),
    ("19214-6", "oxygen tension at half saturation"), ("2711-0", "oxygen saturation, venous"),
    ("3151-8", "oxygen flow"), ("2955-3", "sodium, urine"), ("2828-2", "potassium, urine"),
    ("2078-4", "chloride, urine"),
    ("2520-5", "lactate, cerebrospinal fluid"), ("2532-0", "lactate dehydrogenase"), ("1971-1", "bilirubin, indirect"),
    ("5770-3", "bilirubin, urine"),
    ("2085-9", "HDL cholesterol"), ("18262-6", "LDL cholesterol"), ("13457-7", "LDL cholesterol"),
    ("1754-1", "albumin, urine"),
    ("14957-5", "albumin, urine"), ("17862-4", "calcium, urine"), ("29265-6", "calcium corrected for albumin"),
    ("2778-9", "phosphate, urine"), ("19124-7", "magnesium, urine"), ("3167-4", "urine volume, 24 hours"),
    ("9192-6", "urine output, 24 hours"),
    ("26499-4", "neutrophils"), ("751-8", "neutrophils"), ("5821-4", "leukocytes, urine sediment"),
    ("26465-5", "leukocytes, cerebrospinal fluid"),
    ("32623-1", "platelet volume"), ("789-8", "erythrocytes"), ("786-4", "mean corpuscular hemoglobin concentration"),
    ("785-6", "mean corpuscular hemoglobin"), ("721-1", "free hemoglobin"), ("5902-2", "prothrombin time"),
    ("6301-6", "INR"),
    ("39156-5", "body mass index"), ("8339-4", "birth weight"), ("8287-5", "head circumference"),
    ("8440-0", "pulmonary artery systolic"),
    ("8414-5", "pulmonary artery mean"), ("60985-9", "central venous pressure"), ("8884-9", "heart rhythm"),
    ("55283-6", "fetal heart rate"),
    ("39106-0", "skin temperature"), ("35088-4", "coma scale panel"), ("85354-9", "blood pressure panel"),
    ("55284-4", "blood pressure"),
    ("33762-6", "natriuretic peptide"), ("13969-1", "creatine kinase MB"), ("16631-4", "aPTT mixing study"),
    ("28640-1", "bicarbonate, cord blood"),
  ]

  @Test("No value set holds what only resembles its signal", arguments: forbidden)
  func forbids(code: String, meaning: String) throws {
    #expect(try Self.terminology.get().valueSets(containing: Self.loinc, code: code).isEmpty, "\(meaning)")
  }

  @Test(
    "An unlabelled pressure channel of a monitor may lie in any vessel, and is no arterial pressure",
    arguments: [
      "150016", "150017", "150018", "150019", "150045", "150047", "150087", "150344", "150388", "150332",
    ])
  func forbidsDevice(code: String) throws {
    #expect(try Self.terminology.get().valueSets(containing: "urn:iso:std:iso:11073:10101", code: code).isEmpty)
  }

  @Test("A code belongs to one signal alone; only kinds of intensive care lie within intensive care")
  func disjoint() throws {
    var owner: [String: String] = [:]
    for valueSet in try Self.terminology.get().valueSets where !valueSet.id.hasPrefix("icu-") {
      for concept in valueSet.concepts {
        let key = concept.system + "|" + concept.code
        #expect(owner[key] == nil, "\(key) in \(valueSet.id) and \(owner[key] ?? "")")
        owner[key] = valueSet.id
      }
    }
    let terminology = try Self.terminology.get()
    for valueSet in terminology.valueSets where valueSet.id.hasPrefix("icu-") {
      for concept in valueSet.concepts {
        let sets = terminology.valueSets(containing: concept.system, code: concept.code)
        #expect(sets.contains("icu-location") && sets.count <= 2, "\(concept)")
      }
    }
  }

  @Test("Every arterial value set says so in every display, and none mentions another specimen")
  func arterial() throws {
    for id in ["ph", "paco2", "pao2"] {
      let valueSet = try #require(try Self.terminology.get().valueSets.first { $0.id == id })
      for concept in valueSet.concepts { #expect(concept.display.contains("Arterial blood"), "\(concept)") }
    }
    let words = [
      "urine", "cerebral spinal", "pleural", "peritoneal", "stool", "cord", "sweat", "fasting", "post ", "24 hour",
    ]
    for valueSet in try Self.terminology.get().valueSets where valueSet.id != "urine-output" {
      for concept in valueSet.concepts {
        let display = concept.display.lowercased()
        #expect(!words.contains { display.contains($0) }, "\(concept)")
      }
    }
  }

  @Test("The check digits hold: LOINC and HSLOC by modulus 10, SNOMED CT by Verhoeff's scheme")
  func checkDigits() throws {
    var counted = 0
    for valueSet in try Self.terminology.get().valueSets {
      for concept in valueSet.concepts {
        switch concept.system {
        case Self.loinc where concept.code == "3150-6": continue  // published so, against the scheme
        case Self.loinc, "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html":
          #expect(hasLuhnDigit(concept.code), "\(concept)")
        case "http://snomed.info/sct": #expect(hasVerhoeffDigit(concept.code), "\(concept)")
        default: continue
        }
        counted += 1
      }
    }
    #expect(counted > 230)
  }

  @Test("Every file is a valid R4 resource by HL7's schema")
  func schema() throws {
    guard let root = SharedData.folder("fhir-r4-examples") else { return }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("terminology-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var files: [String] = []
    for file in try SharedData.files(in: URL(fileURLWithPath: "Profiles/terminology"), extension: "json") {
      let xml = folder.appendingPathComponent(file.deletingPathExtension().lastPathComponent + ".xml")
      try Data(try Document(try SharedData.bytes(file), syntax: .json).converted(to: .xml)).write(to: xml)
      files.append(xml.path)
    }
    let schema = root.appendingPathComponent("hl7-r4-schema/fhir-single.xsd")
    guard let isValid = SharedData.validates(files, by: schema) else { return }
    #expect(files.count > 60 && isValid)
  }

  @Test("Displays agree with those of real charts: LOINC codes of the Synthea and HL7 examples")
  func displays() throws {
    let terminology = try Self.terminology.get()
    var known: [String: Terminology.Concept] = [:]
    for concept in terminology.valueSets.flatMap(\.concepts) where concept.system == Self.loinc {
      known[concept.code] = concept
    }
    guard let root = SharedData.folder("fhir-r4-examples") else { return }
    let folder = root.appendingPathComponent("hl7-r4-examples/json")
    var compared = 0
    for file in try SharedData.files(in: folder, extension: "json")
    where file.lastPathComponent.hasPrefix("observation-") {
      guard let document = try? Document(try SharedData.bytes(file), syntax: .json) else { continue }
      for coding in document.root["code"]?.elements("coding").map({ $0 }) ?? [] {
        guard coding["system"]?.string == Self.loinc, let code = coding["code"]?.string, let concept = known[code],
          let display = coding["display"]?.string
        else { continue }
        // The examples abbreviate and the names were revised since, so one word in common is asked for.
        let words = Set(concept.display.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }))
        let theirs = Set(display.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }))
        #expect(!words.isDisjoint(with: theirs), "\(code): \(concept.display) / \(display)")
        compared += 1
      }
    }
    #expect(compared > 10)
  }
}

private func hasLuhnDigit(_ code: String) -> Bool {
  let parts = code.split(separator: "-")
  guard parts.count == 2, let check = parts[1].first?.wholeNumberValue, parts[1].count == 1 else { return false }
  var sum = code.hasPrefix("LA") ? 5 : 0  // the letters of LOINC's answers count five
  for (index, digit) in parts[0].reversed().compactMap(\.wholeNumberValue).enumerated() {
    let value = index.isMultiple(of: 2) ? digit * 2 : digit
    sum += value / 10 + value % 10
  }
  return (10 - sum % 10) % 10 == check
}

private func hasVerhoeffDigit(_ code: String) -> Bool {
  func multiply(_ a: Int, _ b: Int) -> Int {  // the dihedral group of order 10
    switch (a < 5, b < 5) {
    case (true, true): (a + b) % 5
    case (true, false): (a + b - 5) % 5 + 5
    case (false, true): (a - b) % 5 + 5
    case (false, false): (a - b + 5) % 5
    }
  }
  let permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
  var check = 0
  for (index, digit) in code.reversed().enumerated() {
    guard var value = digit.wholeNumberValue else { return false }
    for _ in 0..<index % 8 { value = permutation[value] }
    check = multiply(check, value)
  }
  return check == 0
}
