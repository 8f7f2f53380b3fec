// SPDX-License-Identifier: Apache-2.0

/// How much of what came for answers no value was taken from, by client and service, key of a prefetch template and type of resource: what
/// a site need not send (45 CFR 164.502(b)).
///
/// Sums alone, and none of few patients.
struct MinimumRows: ReportRows {
  let columns = [
    "client", "service", "came", "key", "type", "answers", "resources", "bytes", "read", "stay and orders", "of no use",
    "of no use (%)", "not asked", "note",
  ]

  private struct Caller: Hashable {
    let client: String
    let service: String
  }

  /// Answers of which nothing can be counted, and whose they are.
  private struct NotCounted {
    private var answers = 0
    private var patients = CellPatients()

    mutating func add(_ person: ProvenRecords.Person) {
      answers += 1
      patients.insert(person)
    }

    /// How many they are; of few patients only that there are some.
    var text: String {
      if answers == 0 { return "none" }
      return patients.isSmall ? "some" : "\(answers)"
    }
  }

  private var callers: [Caller: MinimumUse] = [:]
  private var ofNobody = 0
  /// Whose erased answers were is not known any more, so that how many patients they are is not either.
  private var isAnyErased = false
  private var changed = NotCounted()
  private var without = NotCounted()

  func kindsNeeded(pass: Int) -> Set<AuditEntry.Kind>? { [.answer] }

  func opens(_ shown: ReportRecord) -> Bool { shown.isWanted && shown.entry.kind == .answer && shown.person != nil }

  mutating func look(at shown: ReportRecord, pass: Int) -> [[String]] {
    guard shown.isWanted, shown.entry.kind == .answer else { return [] }
    guard let person = shown.person else {
      ofNobody += 1
      return []
    }
    switch shown.content {
    case .payload(let payload)?:
      // What the service writes can be read: else nobody knows what was.
      guard let read = ReadResources(features: payload.features) else {
        changed.add(person)
        break
      }
      let caller = Caller(client: shown.entry.client ?? "", service: shown.entry.service ?? "")
      callers[caller, default: MinimumUse()].add(payload, read, of: person)
    case .erased?: isAnyErased = true
    case .damaged?: changed.add(person)
    case nil: without.add(person)
    }
    return []
  }

  /// No count of all answers is told: with those of the rows it would tell the small ones.
  var facts: [(name: String, value: String)] {
    let bytes =
      "of texts as they are kept. read: of resources of which a model took a value, into a column or not; "
      + "stay and orders: of others of the types that tell age, death, stay, unit and orders in place besides (which of them is not on "
      + "record); of no use: of the rest where every model was asked, and its share of these three; not asked: of the rest where a "
      + "model abstained or was stopped before it read"
    let small =
      "what is of fewer than \(SmallCell.least) is left out, and all is the sum of what is told. Another report with other criteria, or "
      + "of before or after an erasure, may tell a difference that this one does not"
    return [
      ("bytes", bytes), ("few patients", small), ("answers about no patient", "\(ofNobody)"),
      ("answers about erased patients", isAnyErased ? "yes" : "no"),
      ("answers of which what is kept was changed", changed.text), ("answers of which nothing is kept", without.text),
    ]
  }

  func finished() -> [[String]] {
    let ordered = callers.sorted { ($0.key.client, $0.key.service) < ($1.key.client, $1.key.service) }
    return ordered.flatMap { caller, use in use.rows.map { [caller.client, caller.service] + $0 } }
  }
}
