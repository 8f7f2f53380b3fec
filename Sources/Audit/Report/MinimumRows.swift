// SPDX-License-Identifier: Apache-2.0

/// How much of what came for answers no value was taken from, by client and service, key of a prefetch template and type of resource: what
/// a site need not send (45 CFR 164.502(b)).
///
/// Sums alone, and none of few patients.
struct MinimumRows: ReportRows {
  let columns = [
    "client", "service", "came", "key", "type", "answers", "resources", "bytes", "read", "stay and orders", "of no use",
    "of no use (%)", "note",
  ]

  private struct Caller: Hashable {
    let client: String
    let service: String
  }

  private var callers: [Caller: MinimumUse] = [:]
  private var ofNobody = 0
  private var erased = 0
  private var changed = 0
  private var without = 0

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
      let caller = Caller(client: shown.entry.client ?? "", service: shown.entry.service ?? "")
      callers[caller, default: MinimumUse()].add(payload, of: person)
    case .erased?: erased += 1
    case .damaged?: changed += 1
    case nil: without += 1
    }
    return []
  }

  /// No count of all answers is told: with those of the rows it would tell the small ones.
  var facts: [(name: String, value: String)] {
    let bytes =
      "of texts as they are kept. read: of resources of which a value stands in a vector; stay and orders: of others "
      + "of the types that tell age, death, stay, unit and orders in place besides (which of them is not on record)"
    let small =
      "what is of fewer than \(SmallCell.least) is put together with others, or not told and not in the row of all"
    return [
      ("bytes", bytes), ("few patients", small), ("answers about no patient", "\(ofNobody)"),
      ("answers about erased patients", SmallCell.text(erased)),
      ("answers of which what is kept was changed", "\(changed)"), ("answers of which nothing is kept", "\(without)"),
    ]
  }

  func finished() -> [[String]] {
    let ordered = callers.sorted { ($0.key.client, $0.key.service) < ($1.key.client, $1.key.service) }
    return ordered.flatMap { caller, use in use.rows.map { [caller.client, caller.service] + $0 } }
  }
}
