// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Sends a trail to an audit record repository as AuditEvents, in the order of the records, each until it is there (IHE ITI-20, FHIR
/// feed; docs/decisions/0050), or in another form to another receiver (0058).
///
/// The trail itself is what waits to be sent, however long the repository is away; beside it lies how far it was sent. Only what is
/// under the signed head is sent, proven by the tree.
package struct AuditEventFeed: Sendable {
  /// What the repository answered; `body` where the status is 200.
  package struct Answer: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// How long it asks to be left alone (RFC 9110 section 10.2.3).
    package var retryAfter: Duration?

    /// An answer of its parts.
    package init(status: Int, body: [UInt8] = [], retryAfter: Duration? = nil) {
      self.status = status
      self.body = body
      self.retryAfter = retryAfter
    }

    /// Of a syslog receiver, which has no answers: that it read all, or that it did not say so.
    package static let confirmed = Answer(status: 200), unconfirmed = Answer(status: 0)
  }

  /// Sends what some records are to the repository; nil when there is no answer.
  package typealias Post = @Sendable (_ request: [UInt8]) async -> Answer?

  /// What one turn came to.
  package struct Turn: Sendable, Equatable {
    /// Records up to this number were sent.
    package var sent: Int64 = 0
    /// Records that there are.
    package var recorded: Int64 = 0
    /// Whether another process sends.
    package var isElsewhere = false
    /// Records of this turn that the repository does not take.
    package var refused: [Int64] = []
    /// Records of this turn that it does not take without saying which they are.
    package var unnamed = 0
    /// Why it went no further.
    package var failure: AuditError?
    /// How long the repository asks to be left alone.
    package var retryAfter: Duration?

    /// Nothing known.
    package init() {}
  }

  /// Events in one Bundle at most: some 200 KB.
  package static let mostInBundle = 100
  /// Turns after which an event that alone has no answer is taken for refused: with what is waited between, some minutes.
  package static let mostSilences = 10

  let trail: AuditTrail
  let repository: String
  let form: FeedForm
  private let host: String
  private let now: @Sendable () -> Instant
  private let post: Post
  private var lease: FeedLease
  /// What this process knows to be there, by its own doing or by a seal.
  private var known: Checkpoint?
  /// When it last put on record that a position is not to be believed.
  private var complained: ContinuousClock.Instant?
  /// How events get there: as the repository was found to take them.
  private var entries = AuditEventBundle.Form.put
  /// Turns in which the repository had no answer for a record, and one for a later record.
  private var silences: [Int64: Int] = [:]
  /// Refused records of which no record says so yet: those that say so of others.
  private var unsaid: [String] = []
  /// How long the repository asked to be left alone in this turn.
  private var retryAfter: Duration?
  /// What was refused before this process was started and is to be tried again; nil before it was looked for.
  var refusedBefore: [Int64]?
  /// Turns in which there was an answer for some of those, and none that lasts.
  var silencesOfRefused = 0

  /// - Parameters:
  ///   - repository: its name, which its position is kept under: another one is sent the trail from its beginning.
  ///   - form: as what it takes records.
  ///   - host: this machine's name, which syslog names; `-` where it has none.
  ///   - now: the time of what is recorded of the sending.
  /// - Throws: `writeFailed` when the system gives no random bytes.
  package init(
    of trail: AuditTrail, to repository: String, as form: FeedForm = .fhir, from host: String = "-",
    now: @escaping @Sendable () -> Instant, post: @escaping Post
  ) throws(AuditError) {
    self.trail = trail
    self.repository = repository
    self.form = form
    self.host = host
    self.now = now
    self.post = post
    lease = FeedLease(sender: try RandomBytes.draw(16))
  }

  /// Sends the next records; where there are none, what was refused before the start.
  ///
  /// - Parameter instant: by this process's own clock, for which process it is that sends.
  package mutating func ship(at instant: ContinuousClock.Instant) async -> Turn {
    var turn = Turn()
    retryAfter = nil
    do throws(AuditError) {
      let outlook = try await trail.reading { [repository] in try FeedOutlook(of: $0, for: repository) }
      (turn.sent, turn.recorded) = (outlook.isKnown ? outlook.sent.size : 0, outlook.head.size)
      // Before it is asked whose turn it is: what nobody sealed says nothing of that either. One that is gone or older was put back.
      guard outlook.isKnown, known?.size ?? 0 <= outlook.sent.size else {
        throw try await startOver(outlook, at: instant)
      }
      known = outlook.sent
      turn.isElsewhere = !lease.isOurs(outlook.position, isShared: trail.isShared, at: instant)
      if !turn.isElsewhere {
        let position = try await claim(outlook, at: instant)
        if outlook.records.isEmpty {
          try await shipRefused(upTo: turn.sent)
        } else {
          try await send(outlook, from: position, &turn)
        }
      }
    } catch  where error.code == .sentElsewhere && trail.isShared {
      turn.isElsewhere = true
    } catch {
      turn.failure = error
    }
    if lease.isStalled(turn, at: instant) { turn.failure = AuditError(.sentElsewhere, sequence: turn.sent + 1) }
    turn.retryAfter = retryAfter
    return turn
  }

  /// Sends what a turn found, and moves the position behind what is there or refused for good.
  private mutating func send(
    _ outlook: FeedOutlook, from position: FeedPosition, _ turn: inout Turn
  ) async throws(AuditError) {
    var outcomes = await outcomes(of: outlook.records[...])
    if form == .fhir, entries == .put, outcomes.allSatisfy(\.isDenied) {
      // As ITI-20 has it.
      entries = .create
      let created = await self.outcomes(of: outlook.records[...])
      if created.contains(.stored) { outcomes = created } else { entries = .put }
    }
    giveUp(&outcomes, of: outlook.records)
    let done = outcomes.prefix { !$0.isUnknown }
    // Where nothing at all is taken it is not the events' fault: a wrong address, a repository that lets nobody put under an id.
    guard !done.isEmpty, try await isAnyTaken(outcomes, outlook) else {
      throw Self.failure(outcomes[0], outlook.records[0].sequence)
    }
    let remarks = Self.remarks(on: done, of: outlook.records, &turn)
    var next = position
    next.sent = outlook.checkpoint(after: done.count)
    next.turn = lease.turn(after: position)
    // What says that others were refused, and is refused itself, is said of with the next: else each would bring another.
    let texts = remarks.map { $0.text }
    var said: Int64?
    if remarks.allSatisfy({ $0.isOfNote }) {
      try await move(position, to: next)
      unsaid += texts
    } else {
      let note = Self.notePrefix(of: form) + " " + (unsaid + texts).joined(separator: ", ")
      said = try await move(position, to: next, saying: (.repositoryRefuses, note))
      unsaid = []
    }
    known = next.sent
    silences = silences.filter { $0.key > next.sent.size }
    (turn.sent, turn.recorded) = (next.sent.size, max(turn.recorded, said ?? 0))
    if done.count < outcomes.count {
      turn.failure = Self.failure(outcomes[done.count], outlook.records[done.count].sequence)
    }
  }

  /// Takes an event for refused for which the repository had no lasting answer again and again, while it stored later ones of the same
  /// Bundle: it is then something about this event, which must not keep the others back.
  private mutating func giveUp(_ outcomes: inout [FeedOutcome], of records: [AuditRecord]) {
    guard let last = outcomes.lastIndex(of: .stored) else { return }
    for place in outcomes.indices where place < last {
      guard case .unknown(let status) = outcomes[place] else { continue }
      silences[records[place].sequence, default: 0] += 1
      if silences[records[place].sequence, default: 0] >= Self.mostSilences { outcomes[place] = .refused(status ?? 0) }
    }
  }

  /// Whether the repository takes any event: one of these or, where a whole Bundle was refused, the newest of the trail.
  private mutating func isAnyTaken(
    _ outcomes: [FeedOutcome], _ outlook: FeedOutlook
  ) async throws(AuditError) -> Bool {
    if outcomes.contains(where: \.isTaken) { return true }
    guard outcomes.count == Self.mostInBundle, !outcomes.contains(where: \.isUnknown) else { return false }
    let newest = try await trail.reading { [newest = outlook.head.size] in try $0.proven([newest]) }
    return await self.outcomes(of: newest[...]) == [.stored]
  }

  /// What became of each record. A repository that cannot read one of them may refuse the whole request: then its halves are sent, so
  /// that one alone stands in nobody's way.
  mutating func outcomes(of records: ArraySlice<AuditRecord>) async -> [FeedOutcome] {
    // A collector does not say which it rejects: notes go by themselves, so that no other record passes for one of them.
    if form == .otlp, let isNote = records.first.map({ Self.isNote($0) }),
      let other = records.firstIndex(where: { Self.isNote($0) != isNote })
    {
      return await outcomes(of: records, partedAt: other)
    }
    guard let answer = await post(request(of: records)) else { return records.map { _ in .unknown(nil) } }
    if let asked = answer.retryAfter { retryAfter = asked }
    switch form {
    case .fhir:
      if answer.status == 200 {
        guard let outcomes = AuditEventBundle.outcomes(in: answer.body, of: records.count) else {
          return records.map { _ in .unknown(200) }
        }
        return await confirmed(outcomes, of: records)
      }
    case .otlp:
      if (200..<300).contains(answer.status) { return LogExport.outcomes(in: answer, of: records) }
    case .syslog: return records.map { _ in answer.status == 200 ? .stored : .unconfirmed }
    }
    guard [400, 413, 422].contains(answer.status) else { return records.map { _ in .unknown(answer.status) } }
    guard records.count > 1 else { return [.refused(answer.status)] }
    return await outcomes(of: records, partedAt: records.startIndex + records.count / 2)
  }

  /// What became of records that are sent in two requests: later ones are not sent before earlier ones are known to be there.
  private mutating func outcomes(of records: ArraySlice<AuditRecord>, partedAt place: Int) async -> [FeedOutcome] {
    let first = await outcomes(of: records[..<place])
    if first.contains(where: \.isUnknown) { return first + records[place...].map { _ in .unknown(nil) } }
    return first + (await outcomes(of: records[place...]))
  }

  /// What is sent of records.
  private func request(of records: ArraySlice<AuditRecord>) -> [UInt8] {
    let log = trail.logKey.name
    switch form {
    case .fhir: return AuditEventBundle.bytes(records.map { $0.auditEvent(log: log) }, as: entries)
    case .otlp: return LogExport.bytes(records, log: log)
    case .syslog: return records.flatMap { $0.syslogFrame(log: log, host: host) }
    }
  }

  /// A repository that lets nobody change an event refuses one that is there already: those are asked for. Of one that is created it says
  /// so itself (412: there is more than one).
  private func confirmed(_ outcomes: [FeedOutcome], of records: ArraySlice<AuditRecord>) async -> [FeedOutcome] {
    if entries == .create { return outcomes.map { $0 == .refused(412) ? .stored : $0 } }
    let doubtful = outcomes.indices.filter { outcomes[$0].mayBeThere }
    let log = trail.logKey.name
    guard !doubtful.isEmpty,
      let answer = await post(
        AuditEventBundle.question(doubtful.map { records[records.startIndex + $0].auditEvent(log: log) })),
      answer.status == 200, let found = AuditEventBundle.outcomes(in: answer.body, of: doubtful.count)
    else { return outcomes }
    var outcomes = outcomes
    for (place, there) in zip(doubtful, found) where there == .stored { outcomes[place] = .stored }
    return outcomes
  }

  // MARK: - The position

  /// Makes this process the one that sends, or says that it still is.
  private mutating func claim(
    _ outlook: FeedOutlook, at instant: ContinuousClock.Instant
  ) async throws(AuditError) -> FeedPosition {
    var position = outlook.position ?? FeedPosition(log: outlook.head.origin, sender: lease.sender)
    if outlook.position?.sender == lease.sender {
      // Who has something to send says so by sending it: one who cannot is to make way for another.
      guard trail.isShared, outlook.records.isEmpty, lease.isDue(at: instant) else { return position }
    }
    position.sender = lease.sender
    position.turn = lease.turn(after: outlook.position)
    try await move(outlook.position, to: position)
    return position
  }

  /// Goes on from what this process knows to be there, or with the first record again, on record, since the position is not to be believed or
  /// is not the beginning of this trail. Ids are made of the records, so what is there already is there once.
  private mutating func startOver(
    _ outlook: FeedOutlook, at instant: ContinuousClock.Instant
  ) async throws(AuditError) -> AuditError {
    var position = FeedPosition(log: outlook.head.origin, sender: lease.sender)
    // Where the row is genuine and no older it is the trail that is another.
    if let known, outlook.position?.isGenuine != true || outlook.sent.size < known.size { position.sent = known }
    known = nil
    position.turn = lease.turn(after: outlook.position)
    // Whoever edits it again and again is not to fill the trail with it.
    if let complained, instant - complained < .seconds(60) {
      try await move(outlook.position, to: position)
    } else {
      complained = instant
      let note = "goes on behind record \(position.sent.size)"
      try await move(outlook.position, to: position, saying: (.positionUnknown, note))
    }
    return AuditError(.positionUnknown, sequence: position.sent.size)
  }

  /// Puts a position in the place of another, together with the record that says why.
  ///
  /// - Returns: the number of that record; nil without one.
  @discardableResult
  private func move(
    _ old: FeedPosition?, to new: FeedPosition, saying what: (code: AuditError.Code, note: String)? = nil
  ) async throws(AuditError) -> Int64? {
    let (repository, key) = (repository, trail.pseudonyms)
    guard let what else {
      try await trail.write { try new.replace(old, of: repository, key, in: $0) }
      return nil
    }
    var entry = AuditEntry(time: now(), kind: .rejection)
    entry.reason = what.code.rawValue
    entry.note = what.note
    return try await trail.append(entry) { database, _ in try new.replace(old, of: repository, key, in: database) }
  }

  // MARK: - What is said

  /// How each note begins that says what was not taken.
  private static let noteBeginning = "not taken by the audit repository"

  /// How those begin that say it of what takes this form.
  private static func notePrefix(of form: FeedForm) -> String {
    form == .fhir ? "\(noteBeginning):" : "\(noteBeginning) (\(form.rawValue)):"
  }

  /// Whether a record says that others were refused, by whomever: of several receivers each may refuse what is said of another.
  private static func isNote(_ record: AuditRecord) -> Bool {
    record.entry.kind == .rejection && record.entry.reason == AuditError.Code.repositoryRefuses.rawValue
      && record.entry.note?.hasPrefix(noteBeginning) == true
  }

  /// What a record is to say of those that were not taken, `17 (422)` or `101-200 (3 of 100)`, and whether that can be said of notes alone.
  private static func remarks(
    on done: ArraySlice<FeedOutcome>, of records: [AuditRecord], _ turn: inout Turn
  ) -> [(text: String, isOfNote: Bool)] {
    var remarks: [(text: String, isOfNote: Bool)] = []
    for (record, outcome) in zip(records, done) {
      switch outcome {
      case .refused(let status):
        turn.refused.append(record.sequence)
        remarks.append((text: "\(record.sequence) (\(status))", isOfNote: isNote(record)))
      case .partly(let count, of: let range) where range.upperBound == record.sequence:
        turn.unnamed += count
        let notes = records.filter { range.contains($0.sequence) && isNote($0) }
        let text = "\(range.lowerBound)-\(range.upperBound) (\(count) of \(range.count))"
        // Beside one other record it may be that one.
        remarks.append((text: text, isOfNote: notes.count == range.count))
      case .partly, .stored, .unknown, .unconfirmed: break
      }
    }
    return remarks
  }

  /// The numbers of the records that a record says were refused by what takes this form; none for one that says something else.
  static func refused(in record: AuditRecord, as form: FeedForm) -> [Int64] {
    let prefix = notePrefix(of: form)
    guard isNote(record), let note = record.entry.note, note.hasPrefix(prefix) else { return [] }
    return note.dropFirst(prefix.count).split(separator: ",").compactMap { part in
      part.split(separator: " ").first.flatMap { Int64($0) }
    }
  }

  static func failure(_ outcome: FeedOutcome, _ sequence: Int64) -> AuditError {
    switch outcome {
    case .refused(let status): AuditError(.repositoryRefuses, sequence: sequence, systemCode: Int32(status))
    case .unknown(let status?) where (400..<500).contains(status):
      AuditError(.repositoryRefuses, sequence: sequence, systemCode: Int32(status))
    case .unknown(let status):
      AuditError(.repositorySilent, sequence: sequence, systemCode: status.map { Int32(truncatingIfNeeded: $0) })
    case .unconfirmed: AuditError(.syslogUnconfirmed, sequence: sequence)
    case .stored, .partly: AuditError(.repositorySilent, sequence: sequence)
    }
  }
}
