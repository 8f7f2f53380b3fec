// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditReader {
  /// What a reviewer looks for; an absent member does not restrict.
  package struct Search: Sendable, Equatable {
    /// Kind, service, hook instance, patient, time from, page.
    package var filter = Filter()
    /// Only records before this moment.
    package var until: Instant?
    /// The person who did, read or asked something, or the address a rejection came from.
    package var origin: String?
    /// Id of the client that called.
    package var client: String?
    /// The unit on which the patient lay.
    package var unit: String?
    /// Id of a model that the answer depended on.
    package var model: String?
    /// Version of that model; of any where no id is given.
    package var version: String?
    /// What a finding was about, stated or not, or what became of a card or was done by an operator.
    package var outcome: String?
    /// Code of an error, reason of an override or of what a person did, or why a card was held back.
    package var reason: String?
    /// Name of the case that a legal hold, its release or the proposal of that belongs to.
    package var legalCase: String?
    /// Code of a reason for which an answer left something unstated.
    package var abstention: String?
    /// Only answers that left something unstated.
    package var isAbstained = false
    /// Only answers of which a card was held back.
    package var isHeldBack = false
    /// Only refusals and answers with an error's status.
    package var isError = false

    /// A search that finds every record.
    package init() {}

    /// Whether a record is wanted.
    func matches(_ record: AuditRecord) -> Bool {
      let entry = record.entry
      if let kind = filter.kind, entry.kind != kind { return false }
      if let service = filter.service, entry.service != service { return false }
      if let instance = filter.hookInstance, entry.hookInstance != instance { return false }
      if let patient = filter.patient, entry.patient != patient { return false }
      if let origin, entry.origin != origin, entry.user != origin { return false }
      if let client, entry.client != client { return false }
      if let unit, entry.unit != unit { return false }
      if model != nil || version != nil {
        guard entry.models.contains(where: { $0.id == model ?? $0.id && $0.version == version ?? $0.version }) else {
          return false
        }
      }
      if let outcome, entry.outcome != outcome, !entry.cards.contains(where: { $0.outcome == outcome }),
        !entry.abstentions.contains(where: { $0.outcomes.contains(outcome) })
      {
        return false
      }
      if let reason, entry.reason != reason, !entry.cards.contains(where: { $0.heldBack == reason }) { return false }
      if let legalCase, entry.legalCase != legalCase { return false }
      if let abstention, !entry.abstentions.contains(where: { $0.code == abstention }) { return false }
      if isAbstained, entry.abstentions.isEmpty { return false }
      if isHeldBack, !entry.isHeldBack { return false }
      if isError, !entry.isError { return false }
      return true
    }

    /// What the record must have, what is rare first.
    ///
    /// - Parameter subjects: numbers of the data keys of `filter.patient`.
    func groups(subjects: [Int64]) -> [[SearchTerm]] {
      var groups: [[SearchTerm]] = []
      func require(_ field: SearchTerm.Field, _ text: String?) {
        if let text { groups.append([SearchTerm(field, text)]) }
      }
      require(.hookInstance, filter.hookInstance)
      if let patient = filter.patient {
        groups.append([SearchTerm(.patient, patient)] + subjects.map(SearchTerm.init(subject:)))
      }
      require(.unit, unit)
      if let origin { groups.append([SearchTerm(.origin, origin), SearchTerm(.user, origin)]) }
      require(.reason, reason)
      require(.legalCase, legalCase)
      require(.abstention, abstention)
      require(.outcome, outcome)
      if isError { groups.append([SearchTerm(.error)]) }
      if isHeldBack { groups.append([SearchTerm(.heldBack)]) }
      if isAbstained { groups.append([SearchTerm(.abstained)]) }
      switch (model, version) {
      case (let model?, let version?): groups.append([SearchTerm(model: model.utf8, version: version.utf8)])
      case (let model?, nil): require(.model, model)
      case (nil, let version): require(.version, version)
      }
      require(.client, client)
      require(.service, filter.service)
      require(.kind, filter.kind?.rawValue)
      return groups
    }
  }

  /// The newest records that a search finds, without payloads.
  ///
  /// Of a patient's records only those are found that bear the patient's own keys, where the root key is at hand; that none are found
  /// proves nothing, as only a report and a verification look at all.
  ///
  /// The last sequence number of a page as `filter.before` gives the next one, whatever is written meanwhile.
  package func find(_ search: Search, limit: Int) throws(AuditError) -> [AuditRecord] {
    var keys: StoredKeys?
    if let patient = search.filter.patient {
      let destroyed = try destroyedKeys()
      keys = try read { try StoredKeys(of: patient, $0, root, destroyed: destroyed) }
    }
    var blocks = BlockSearch()
    blocks.groups = search.groups(subjects: keys?.numbers ?? [])
    if let since = search.filter.since { blocks.since = since.milliseconds }
    if let until = search.until { blocks.until = until.milliseconds }
    if let before = search.filter.before { blocks.sequences = 1..<max(1, before) }
    blocks.isWanted = { search.matches($0) && keys?.cover($0) ?? true }
    return try blocks.first(limit) { work throws(AuditError) in try read(work) }
  }

  /// The answer of an instant that showed a card, with its payload where it can be opened; nil for one that the trail does not
  /// know.
  ///
  /// - Parameter instant: the instant of the assessment; answers are on record after it, unless the clock was stepped back in
  ///   between.
  package func answer(showing card: [UInt8], at instant: Instant) throws(AuditError) -> AuditRecord? {
    var blocks = BlockSearch()
    blocks.groups = [[SearchTerm(.card, card)], [SearchTerm(.kind, AuditEntry.Kind.answer.rawValue)]]
    blocks.since = instant.milliseconds - Self.steppedBack
    blocks.isAscending = true
    blocks.isWanted = { record in
      record.entry.kind == .answer && record.entry.instant == instant
        && record.entry.cards.contains { $0.key == card && $0.heldBack == nil }
    }
    guard let found = try blocks.first(1, read: { work throws(AuditError) in try read(work) }).first else { return nil }
    return try record(found.sequence)
  }

  /// Milliseconds by which a clock may be stepped back between an assessment and its record: ten minutes.
  private static let steppedBack: Int64 = 600_000

  /// What clinicians did with the cards of an answer, oldest first.
  package func feedback(on answer: AuditRecord) throws(AuditError) -> [AuditRecord] {
    let keys = Set(answer.entry.cards.map(\.key))
    guard !keys.isEmpty else { return [] }
    var blocks = BlockSearch()
    blocks.groups = [keys.map { SearchTerm(.card, $0) }, [SearchTerm(.kind, AuditEntry.Kind.feedback.rawValue)]]
    blocks.sequences = (answer.sequence + 1)..<Int64.max
    blocks.isAscending = true
    blocks.isWanted = { record in
      record.entry.kind == .feedback && record.entry.cards.contains { keys.contains($0.key) }
    }
    return try blocks.first(.max) { work throws(AuditError) in try read(work) }
  }
}
