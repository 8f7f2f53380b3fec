// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditReader {
  /// What a reviewer looks for beyond what has an index; an absent member does not restrict.
  package struct Search: Sendable, Equatable {
    /// What has an index: kind, service, hook instance, patient, time from, page.
    package var filter = Filter()
    /// Only records before this moment.
    package var until: Instant?
    /// The person who did or read something, or the address a rejection came from.
    package var origin: String?
    /// The unit on which the patient lay.
    package var unit: String?
    /// Id of a model that the answer depended on.
    package var model: String?
    /// Version of that model; of any where no id is given.
    package var version: String?
    /// What a finding was about, or what became of a card or was done by an operator.
    package var outcome: String?
    /// Code of an error, reason of an override or of what a person did, or why a card was held back.
    package var reason: String?
    /// Only answers of which a card was held back.
    package var isHeldBack = false
    /// Only refusals and answers with an error's status.
    package var isError = false

    /// A search that finds every record.
    package init() {}

    /// Whether a record is wanted, as far as its own bytes say.
    func matches(_ record: AuditRecord) -> Bool {
      let entry = record.entry
      if let until, entry.time >= until { return false }
      if let origin, entry.origin != origin { return false }
      if let unit, entry.unit != unit { return false }
      if model != nil || version != nil {
        guard entry.models.contains(where: { $0.id == model ?? $0.id && $0.version == version ?? $0.version }) else {
          return false
        }
      }
      if let outcome, entry.outcome != outcome, !entry.cards.contains(where: { $0.outcome == outcome }) { return false }
      if let reason, entry.reason != reason, !entry.cards.contains(where: { $0.heldBack == reason }) { return false }
      if isHeldBack, !entry.cards.contains(where: { $0.heldBack != nil }) { return false }
      if isError, entry.kind != .rejection, entry.status ?? 0 < 400 { return false }
      return true
    }
  }

  /// Records looked at in one read, so that a long search keeps no snapshot open while others write.
  private static let searchPage = 4096

  /// The newest records that a search finds, without payloads.
  ///
  /// What has no index is looked for by reading the leaves; a patient or a time bounds it. The last
  /// sequence number of a page as `filter.before` gives the next one, whatever is written meanwhile.
  package func find(_ search: Search, limit: Int) throws(AuditError) -> [AuditRecord] {
    var found: [AuditRecord] = []
    var filter = search.filter
    while found.count < limit {
      let page = try list(filter, limit: Self.searchPage)
      for record in page where found.count < limit && search.matches(record) { found.append(record) }
      guard page.count == Self.searchPage else { break }
      filter.before = page.last?.sequence
    }
    return found
  }

  /// What clinicians did with the cards of an answer, oldest first.
  package func feedback(on answer: AuditRecord) throws(AuditError) -> [AuditRecord] {
    let keys = Set(answer.entry.cards.map(\.key))
    guard !keys.isEmpty else { return [] }
    var found: [AuditRecord] = []
    var last = answer.sequence
    while true {
      let page = try records([.feedback], since: Instant(milliseconds: .min), after: last, limit: Self.searchPage)
      found += page.filter { record in record.entry.cards.contains { keys.contains($0.key) } }
      guard page.count == Self.searchPage, let end = page.last?.sequence else { return found }
      last = end
    }
  }
}
