// SPDX-License-Identifier: Apache-2.0

/// What codes mean: the value sets that say which codes carry a signal, and the concept maps that lead a hospital's own
/// codes to them. Free text never means anything here.
package struct Terminology: Sendable {
  /// A code of a value set.
  package struct Concept: Sendable, Hashable {
    /// The code system's URI.
    package let system: String
    /// The code.
    package let code: String
    /// The text for people.
    package let display: String
  }

  /// A list of codes that mean one thing.
  package struct ValueSet: Sendable {
    /// Identifier, such as `creatinine`; profiles refer to it.
    package let id: String
    /// What a person reads.
    package let title: String
    /// Its codes, in the order of the file.
    package let concepts: [Concept]
    /// Code systems of which every code belongs to it.
    package let systems: [String]
  }

  /// What one code of one system stands for.
  private struct Entry {
    var system: String
    var valueSets: [String]
  }

  /// The value sets, by id.
  package private(set) var valueSets: [ValueSet] = []
  /// The targets of the concept maps, by source: what `translation(of:code:)` answers.
  private var translations: [Concept.Key: Concept] = [:]
  private var entries: [String: [Entry]] = [:]
  private var wholeSystems: [Entry] = []
  /// The same as `entries`, to be asked with a document's bytes.
  private var table = CodeTable()
  /// The names and bytes of the files read, in the order of their names: what a digest of the terminology covers.
  package let content: [UInt8]

  /// Reads every `.json` file of a directory: R4 ValueSets and ConceptMaps, strictly.
  package init(directory: String) throws(TerminologyError) {
    let files = try TerminologyFile.all(in: directory)
    content = files.flatMap { Array($0.name.utf8) + [0] + $0.bytes + [0] }
    for file in files {
      for valueSet in try file.valueSets() { try add(valueSet, file: file.name) }
    }
    guard !valueSets.isEmpty else { throw TerminologyError(.directory, file: "") }
    valueSets.sort { $0.id < $1.id }
    for file in files {
      for (source, target, path) in try file.mappings() { try map(source, to: target, file: file.name, path: path) }
    }
    for (code, meanings) in entries {
      for meaning in meanings {
        table.append(system: meaning.system, code: code, valueSets: meaning.valueSets.compactMap(position))
      }
    }
    for meaning in wholeSystems {
      table.append(system: meaning.system, code: nil, valueSets: meaning.valueSets.compactMap(position))
    }
  }

  /// The position in `valueSets` of the value set with that id.
  package func position(ofValueSet id: String) -> Int? {
    var (low, high) = (0, valueSets.count)  // they are sorted
    while low < high {
      let middle = (low + high) / 2
      if valueSets[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < valueSets.count && valueSets[low].id == id ? low : nil
  }

  /// The ids of the value sets that contain the code, directly or through a concept map, sorted; empty when none does.
  package func valueSets(containing system: String, code: String) -> [String] {
    if let found = entries[code]?.first(where: { $0.system == system }) { return found.valueSets }
    return wholeSystems.first { $0.system == system }?.valueSets ?? []
  }

  /// The same of a Coding, or of an Identifier (whose `value` a value set may list, or its system whole). System and
  /// code must both be given.
  package func valueSets(of coding: Node) -> [String] { positions(of: coding).map { valueSets[$0].id } }

  /// The same by the positions in `valueSets`, ascending. Does not allocate.
  package func positions(of coding: Node) -> [Int] {
    meaning(of: coding.index, coding.tape.view).map { table.valueSets[$0] } ?? []
  }

  /// For each meaning a code may have, as `ObservationTable` names it, the positions of the value sets it is in.
  package var meanings: [[Int]] { table.valueSets }

  /// What a Coding or an Identifier means: a place in `meanings`; nil when no value set has it.
  func meaning(of coding: UInt32, _ tape: TapeView) -> Int? {
    guard tape.kind(coding) == .object else { return nil }
    var (system, code, value): (UInt32, UInt32, UInt32) = (0, 0, 0)
    let end = tape.next(coding)
    var child = coding + 1
    while child < end {
      switch tape.nameCount(child) {
      case 4: if tape.isNamed(child, "code") { code = child }
      case 5: if tape.isNamed(child, "value") { value = child }
      case 6: if tape.isNamed(child, "system") { system = child }
      default: break
      }
      child = tape.next(child)
    }
    if code == 0 { code = value }
    guard system != 0, code != 0, !tape.isContainer(system), tape.kind(system) != .null, tape.kind(code) == .string
    else { return nil }
    return table.find(system: TextSlice(text: tape, system), code: TextSlice(text: tape, code))
  }

  /// `system|code` of a Coding or an Identifier.
  package static func text(of coding: Node) -> String {
    "\(coding["system"]?.text ?? "")|\((coding["code"] ?? coding["value"])?.text ?? "")"
  }

  /// What a concept map says the code stands for; nil when none does.
  package func translation(of system: String, code: String) -> Concept? {
    translations[Concept.Key(system: system, code: code)]
  }

  /// Names that one code system goes by: the OIDs come from documents converted from HL7 V2 and CDA.
  static let aliases: [String: String] = [
    "http://loinc.org": "urn:oid:2.16.840.1.113883.6.1",
    "http://snomed.info/sct": "urn:oid:2.16.840.1.113883.6.96",
    "urn:iso:std:iso:11073:10101": "urn:oid:2.16.840.1.113883.6.24",
    "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html": "urn:oid:2.16.840.1.113883.6.259",
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode": "http://hl7.org/fhir/v3/RoleCode",
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": "http://hl7.org/fhir/v3/ActCode",
  ]

  private mutating func add(_ valueSet: ValueSet, file: String) throws(TerminologyError) {
    guard !valueSets.contains(where: { $0.id == valueSet.id }) else { throw TerminologyError(.duplicate, file: file) }
    valueSets.append(valueSet)
    for concept in valueSet.concepts {
      guard insert(valueSet.id, system: concept.system, code: concept.code) else {
        throw TerminologyError(.duplicate, file: file)
      }
      if let alias = Terminology.aliases[concept.system] { _ = insert(valueSet.id, system: alias, code: concept.code) }
    }
    for system in valueSet.systems {
      if let index = wholeSystems.firstIndex(where: { $0.system == system }) {
        wholeSystems[index].valueSets = (wholeSystems[index].valueSets + [valueSet.id]).sorted()
      } else {
        wholeSystems.append(Entry(system: system, valueSets: [valueSet.id]))
      }
    }
  }

  private mutating func map(
    _ source: Concept.Key, to target: Concept, file: String, path: String
  ) throws(TerminologyError) {
    if let other = translations[source] {
      guard other.system == target.system, other.code == target.code else {
        throw TerminologyError(.ambiguous, file: file, path: path)
      }
      return
    }
    translations[source] = target
    for id in valueSets(containing: target.system, code: target.code) {
      _ = insert(id, system: source.system, code: source.code)
    }
  }

  /// False when the value set has the code already.
  private mutating func insert(_ valueSet: String, system: String, code: String) -> Bool {
    guard let index = entries[code]?.firstIndex(where: { $0.system == system }) else {
      entries[code, default: []].append(Entry(system: system, valueSets: [valueSet]))
      return true
    }
    guard var found = entries[code]?[index].valueSets, !found.contains(valueSet) else { return false }
    found.append(valueSet)
    entries[code]?[index].valueSets = found.sorted()
    return true
  }
}

extension Terminology.Concept {
  /// A code and its system, without the text.
  struct Key: Hashable {
    var system: String
    var code: String
  }
}
