// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A search for AuditEvents by the parameters of IHE ITI-81 (Retrieve ATNA Audit Event), as R4 search.html defines them: a
/// parameter that is repeated must hold each time, values between commas are alternatives.
package struct AuditEventSearch: Sendable {
  /// A parameter that is not one of ITI-81's, or a value that it does not take; the parameter's place in the query.
  package struct Fault: Error, Sendable, Equatable {
    /// Its place, from 0.
    package let place: Int
  }

  /// ITI-81's parameters with their types, each once.
  package static let parameters: [(name: String, type: String)] = [
    ("_id", "token"), ("_lastUpdated", "date"), ("address", "string"), ("agent.identifier", "token"),
    ("date", "date"), ("entity-role", "token"), ("entity-type", "token"), ("entity.identifier", "token"),
    ("outcome", "token"), ("patient.identifier", "token"), ("source.identifier", "token"), ("subtype", "token"),
    ("type", "token"),
  ]

  /// System under which a real identifier is given, with a colon and the client's id behind it where there are clients. The
  /// identifier becomes a pseudonym before anything is looked for, so finding a patient needs nobody's name in the trail.
  package static let patientSystem = "urn:vigil:patient"

  private enum Criterion: Sendable {
    /// Tokens under an element, any of which may hold; and what the trail's index finds of them, nil where it does not.
    case tokens([Token], @Sendable (JSON) -> [JSON], terms: [SearchTerm]?)
    case texts([String], isExact: Bool)
    case dates([DateCriterion])
    case ids([String])
    case patients([[UInt8]], tokens: [Token])
  }

  private var criteria: [Criterion] = []
  /// Whether records are looked for by their patient, as an identifier or a token: then a reading that is found shows of whom it was.
  private(set) var isByPatient = false

  /// Reads a query.
  ///
  /// - Parameters:
  ///   - parameters: names and values, unescaped, in order; those of paging and form are not among them.
  ///   - key: turns real identifiers into pseudonyms.
  package init(_ parameters: [(name: String, value: String)], _ key: PseudonymKey) throws(Fault) {
    for (place, parameter) in parameters.enumerated() {
      guard let criterion = Self.criterion(parameter.name, parameter.value, key) else { throw Fault(place: place) }
      criteria.append(criterion)
      if Self.isOfPatient(parameter.name, parameter.value) { isByPatient = true }
    }
  }

  /// All patients who are searched for.
  var patients: ShownPatients {
    ShownPatients(
      pseudonyms: criteria.flatMap { criterion -> [[UInt8]] in
        guard case .patients(let pseudonyms, _) = criterion else { return [] }
        return pseudonyms
      })
  }

  /// Whether all parameters hold for a record and its AuditEvent.
  package func matches(_ record: AuditRecord, _ event: JSON) -> Bool {
    criteria.allSatisfy { criterion in
      switch criterion {
      case .tokens(let tokens, let elements, _):
        let found = elements(event)
        return tokens.contains { token in found.contains(where: token.matches) }
      case .texts(let texts, let isExact):
        let found = event.list("agent").compactMap { $0["network"]?["address"]?.text }.map { $0.lowercased() }
        return texts.contains { text in found.contains { isExact ? $0 == text : $0.hasPrefix(text) } }
      case .dates(let dates): return dates.contains { $0.matches(record.entry.time) }
      case .ids(let ids): return ids.contains { event["id"] == .string($0) }
      case .patients(let pseudonyms, let tokens):
        if let patient = record.entry.patient, pseudonyms.contains(patient) { return true }
        let found = Self.identifiers(of: event.list("entity").filter { $0["role"]?["code"] == "1" })
        return tokens.contains { token in found.contains(where: token.matches) }
      }
    }
  }

  /// What the trail's index finds of a search: at least all that match, which are looked at one by one.
  ///
  /// - Parameter destroyed: numbers of the data keys that records say were destroyed.
  func narrowed(_ database: any TrailDatabase, _ root: RootKeyring?, destroyed: Set<Int64>) throws -> BlockSearch {
    var blocks = BlockSearch()
    var patients: [[StoredKeys]] = []
    for criterion in criteria {
      switch criterion {
      case .tokens(_, _, let terms?): blocks.groups.append(terms)
      case .tokens, .texts: break
      case .dates(let dates):
        blocks.since = max(blocks.since, dates.map(\.since).min() ?? .min)
        blocks.until = min(blocks.until, dates.map(\.until).max() ?? .max)
      case .ids(let ids):
        let numbers = ids.compactMap { Int64($0.prefix { $0 != "-" }) }.filter { $0 > 0 && $0 < .max }
        guard let low = numbers.min(), let high = numbers.max() else {
          blocks.sequences = 1..<1
          continue
        }
        let range = low..<(high + 1)
        blocks.sequences = blocks.sequences.clamped(to: range)
      case .patients(let pseudonyms, let tokens) where pseudonyms.count == tokens.count:
        // What is rare first: the first group is the one that each block is asked for.
        var terms = pseudonyms.map { SearchTerm(.patient, $0) }
        let keys = try pseudonyms.map { try StoredKeys(of: $0, database, root, destroyed: destroyed) }
        terms += keys.flatMap(\.numbers).map(SearchTerm.init(subject:))
        blocks.groups.insert(terms, at: 0)
        patients.append(keys)
      case .patients: break
      }
    }
    if !patients.isEmpty {
      blocks.isWanted = { record in patients.allSatisfy { keys in keys.contains { $0.cover(record) } } }
    }
    return blocks
  }

  private static func isOfPatient(_ name: String, _ value: String) -> Bool {
    if name == "patient.identifier" { return true }
    let systems = split(value, at: ",").map { Token($0).system }
    return name == "entity.identifier" && systems.contains { $0 == nil || $0 == AuditRecord.subjectSystem }
  }

  private static func criterion(_ name: String, _ value: String, _ key: PseudonymKey) -> Criterion? {
    let escaped = split(value, at: ",")
    guard escaped.allSatisfy({ !$0.isEmpty }) else { return nil }
    let values = escaped.map(unescaped)
    func tokens(
      _ terms: ([Token]) -> [SearchTerm]? = { _ in nil }, _ elements: @escaping @Sendable (JSON) -> [JSON]
    ) -> Criterion {
      let tokens = escaped.map(Token.init).flatMap { token in
        name == "entity.identifier" ? [token, token.hookInstance(key)].compactMap(\.self) : [token]
      }
      return .tokens(tokens, elements, terms: terms(tokens))
    }
    /// The kinds of records whose AuditEvents have one of the tokens.
    func kinds(_ elements: (AuditEventCoding) -> [JSON]) -> ([Token]) -> [SearchTerm]? {
      let all = AuditEntry.Kind.allCases.map { ($0, elements(AuditEventCoding($0))) }
      return { tokens in
        all.filter { kind in tokens.contains { token in kind.1.contains(where: token.matches) } }.map {
          SearchTerm(.kind, $0.0.rawValue)
        }
      }
    }
    switch name {
    case "_id": return .ids(values)
    case "_lastUpdated", "date":
      let dates = values.compactMap(DateCriterion.init)
      return dates.count == values.count ? .dates(dates) : nil
    case "address": return .texts(values.map { $0.lowercased() }, isExact: false)
    case "address:exact": return .texts(values.map { $0.lowercased() }, isExact: true)
    case "agent.identifier":
      return tokens(Self.agents) { $0.list("agent").compactMap { $0["who"]?["identifier"] } }
    case "patient.identifier":
      let all = escaped.map(Token.init)
      return .patients(all.compactMap { $0.pseudonym(key) }, tokens: all)
    case "entity.identifier": return tokens(Self.entities) { Self.identifiers(of: $0.list("entity")) }
    case "entity-type": return tokens { $0.list("entity").compactMap { $0["type"] } }
    case "entity-role": return tokens { $0.list("entity").compactMap { $0["role"] } }
    case "source.identifier":
      return tokens { [$0["source"]?["observer"]?["identifier"]].compactMap(\.self) }
    case "type": return tokens(kinds { [$0.type] }) { [$0["type"]].compactMap(\.self) }
    case "subtype": return tokens(kinds { $0.subtype.map { [$0] } ?? [] }) { $0.list("subtype") }
    case "outcome":
      return tokens { event in
        [["system": "http://terminology.hl7.org/CodeSystem/audit-event-outcome", "code": event["outcome"]]]
      }
    default: return nil
    }
  }

  /// Of clients and of people; nil when a token may mean somebody else, such as the log itself.
  private static func agents(_ tokens: [Token]) -> [SearchTerm]? {
    var terms: [SearchTerm] = []
    for token in tokens {
      guard let code = token.code else { return nil }
      switch token.system {
      case AuditRecord.clientSystem: terms.append(SearchTerm(.client, code))
      case AuditRecord.userSystem: terms.append(SearchTerm(.origin, code))
      case let system? where system.hasPrefix(AuditRecord.clinicianSystem): terms.append(SearchTerm(.user, code))
      default: return nil
      }
    }
    return terms
  }

  /// Of firings of hooks, of cases and of models; nil when a token may mean another entity.
  private static func entities(_ tokens: [Token]) -> [SearchTerm]? {
    var terms: [SearchTerm] = []
    for token in tokens {
      guard let code = token.code else { return nil }
      switch token.system {
      case AuditRecord.instanceSystem: terms.append(SearchTerm(.hookInstance, code))
      case AuditRecord.caseSystem: terms.append(SearchTerm(.legalCase, code))
      case AuditRecord.modelSystem:
        guard let bar = code.lastIndex(of: "|") else { return nil }
        terms.append(SearchTerm(model: code[..<bar].utf8, version: code[code.index(after: bar)...].utf8))
      default: return nil
      }
    }
    return terms
  }

  private static func identifiers(of entities: [JSON]) -> [JSON] {
    entities.compactMap { $0["what"]?["identifier"] }
  }
}

extension AuditEventSearch {
  /// A moment or span with a prefix (R4 search.html#date).
  struct DateCriterion: Sendable {
    private enum Prefix: String, CaseIterable { case eq, ne, gt, lt, ge, le }
    private let prefix: Prefix
    private let span: ClosedRange<Instant>

    init?(_ text: String) {
      let named = Prefix(rawValue: String(text.prefix(2)))
      guard let date = DateTime(named == nil ? text : String(text.dropFirst(2))) else { return nil }
      prefix = named ?? .eq
      span = date.earliest...date.latest
    }

    /// Milliseconds of the first moment that may lie so, and of the first after the last.
    var since: Int64 { [.eq, .gt, .ge].contains(prefix) ? span.lowerBound.milliseconds : .min }
    var until: Int64 {
      guard [.eq, .lt, .le].contains(prefix), span.upperBound.milliseconds < .max else { return .max }
      return span.upperBound.milliseconds + 1
    }

    /// Whether a moment lies as the prefix says to the span.
    func matches(_ instant: Instant) -> Bool {
      switch prefix {
      case .eq: span.contains(instant)
      case .ne: !span.contains(instant)
      case .gt: instant > span.upperBound
      case .lt: instant < span.lowerBound
      case .ge: instant >= span.lowerBound
      case .le: instant <= span.upperBound
      }
    }
  }
}
