// SPDX-License-Identifier: Apache-2.0
import FHIR
package import Foundation
import Glibc

/// How another process of the same user gets something done to a trail that a running service writes: it lays a request into the
/// folder's `inbox`, and the service does it and answers beside it. A file takes its name only when it is whole and on the disk.
package struct TrailInbox: Sendable {
  /// Seconds that an answer waits to be collected, many times what an asker waits.
  private static let answerIsKept = 600.0
  /// Patients whom one request names: few, so that what others ask comes between and an answer comes in time on a slow disk.
  private static let patientsInRequest = 256

  private let directory: DataDirectory
  private var folder: String { directory.path + "/inbox" }

  /// The inbox of a folder.
  package init(_ directory: DataDirectory) {
    self.directory = directory
  }

  /// What was done.
  package struct Done: Sendable, Equatable {
    /// The number of the record that says so.
    package let sequence: Int64
    /// Whether what was destroyed is nowhere in the store's files any more (`AuditTrail.isWiped`).
    package let isWiped: Bool

    init(sequence: Int64, isWiped: Bool) {
      self.sequence = sequence
      self.isWiped = isWiped
    }

    /// As it stands in an answer; nil for what is none.
    init?(_ text: String) {
      let words = text.split(separator: " ")
      guard let number = words.first.flatMap({ Int64($0) }) else { return nil }
      self.init(sequence: number, isWiped: words.count == 1)
    }

    var text: String { isWiped ? "\(sequence)" : "\(sequence) unwiped" }
  }

  /// Has an entry recorded, and what it says done: by this process when the trail is free, else by the service.
  ///
  /// - Parameters:
  ///   - patients: those of whom a reading shows something, or on whom a case puts a hold. Whose holds end with their case is looked for.
  ///   - patience: how often a running service is looked at for its answer, 50 ms apart.
  /// - Throws: what the doing of it throws; `secondWriter` when the service does not answer.
  package func submit(
    _ entry: AuditEntry, showing patients: ShownPatients = ShownPatients(), patience: Int = 200
  ) async throws(AuditError) -> Done {
    let trail: AuditTrail
    do throws(AuditError) {
      trail = try AuditTrail(directory: directory)
    } catch {
      guard error.code == .secondWriter else { throw error }
      return try await ask(entry, patients, patience)
    }
    let sequence = try await trail.perform(entry, showing: patients)
    try trail.close()
    return Done(sequence: sequence, isWiped: trail.isWiped)
  }

  /// Removes answers whose asker went away before they came, and what was left half written: each by its own age. One that seems to come
  /// from as long ahead was made before the clock was set back, and would never be old.
  private func forgetOldAnswers(_ names: [String], at now: Date) {
    for name in names where name.hasSuffix(".done") || name.hasSuffix(".new") {
      let path = "\(folder)/\(name)"
      // What is gone meanwhile has its name, or was collected.
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        let made = attributes[.modificationDate] as? Date, abs(now.timeIntervalSince(made)) > Self.answerIsKept
      else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// Asks a running service, of many patients piece by piece. Whose holds the release of a case ends is looked for here, once.
  private func ask(
    _ entry: AuditEntry, _ patients: ShownPatients, _ patience: Int
  ) async throws(AuditError) -> Done {
    var named = patients
    if entry.kind == .approval, entry.legalCase != nil {
      named = try AuditReader(directory: directory).patientsToRelease(by: entry)
    }
    let payload = try sealed(entry)
    var rest = named.pseudonyms[...]
    var last: Done?
    repeat {
      let piece = ShownPatients(pseudonyms: rest.prefix(Self.patientsInRequest))
      rest = rest.dropFirst(Self.patientsInRequest)
      do throws(AuditError) {
        last = try await ask(InboxRequest(entry: entry, patients: piece, payload: payload), patience)
      } catch  where error.code == .notFound && !piece.pseudonyms.isEmpty {
        // Others went ahead of it with all of these. The rest is done all the same.
      }
    } while !rest.isEmpty
    guard let last else { throw AuditError(.notFound) }
    return last
  }

  /// The text of an amendment, sealed as it will lie in the trail. What there is no key for is the service's to refuse, on record.
  ///
  /// - Throws: what keeps it from being sealed though there is a key: the service would find no text and no reason why.
  private func sealed(_ entry: AuditEntry) throws(AuditError) -> SealedPayload? {
    guard let payload = entry.payload, let number = entry.amends,
      let key = try AuditReader(directory: directory).key(of: number)
    else { return nil }
    return try SealedPayload(payload, under: key)
  }

  private func ask(_ asked: InboxRequest, _ patience: Int) async throws(AuditError) -> Done {
    // Names sort by time, so that what was asked first is done first.
    let time = String(asked.entry.time.milliseconds)
    let request = "\(folder)/\(String(repeating: "0", count: max(0, 16 - time.count)) + time)-\(UUID().uuidString)"
    try create()
    do throws(AuditError) {
      // Nothing fails once the service can see it: who is told that it was refused has it done by nobody.
      try directory.place(asked.bytes, at: request + ".entry")
    } catch {
      try? FileManager.default.removeItem(atPath: request + ".entry.new")
      throw error
    }
    for _ in 0..<patience {
      try? await Task.sleep(for: .milliseconds(50))
      guard let answer = FileManager.default.contents(atPath: request + ".done") else { continue }
      try? FileManager.default.removeItem(atPath: request + ".done")
      let text = String(decoding: answer, as: UTF8.self)
      if let done = Done(text) { return done }
      throw AuditError(AuditError.Code(rawValue: text) ?? .readFailed)
    }
    // What nobody took is taken back, so that it is not done hours later.
    guard (try? FileManager.default.removeItem(atPath: request + ".entry")) == nil else {
      throw AuditError(.secondWriter)
    }
    throw AuditError(.overloaded)
  }

  /// Makes the folder where there is none. A service does so at its start: it is to belong to the service's user, whoever asks first.
  ///
  /// - Throws: `directoryUnusable`.
  package func create() throws(AuditError) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw AuditError(.directoryUnusable)
    }
  }

  /// Does what lies in the inbox, oldest request first.
  ///
  /// - Parameter now: by the clock that files are dated by; the system's when absent.
  package func serve(_ trail: AuditTrail, at now: Date = Date()) async {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    forgetOldAnswers(names, at: now)
    for name in names.sorted() where name.hasSuffix(".entry") {
      let path = "\(folder)/\(name)"
      // Taken before it is done, on the disk as well: a crash between, or a loss of power after it, leaves it undone and unanswered, or done
      // and unanswered, never done twice.
      guard let bytes = FileManager.default.contents(atPath: path),
        (try? FileManager.default.removeItem(atPath: path)) != nil
      else { continue }
      var answer: String
      do throws(AuditError) {
        try directory.synchronize(folder)
        guard let asked = InboxRequest(bytes: Array(bytes)) else { throw AuditError(.damaged) }
        let sequence = try await trail.perform(trail.opened(asked), showing: asked.patients)
        answer = Done(sequence: sequence, isWiped: trail.isWiped).text
      } catch {
        answer = error.code.rawValue
      }
      try? directory.place(Array(answer.utf8), at: path.dropLast(".entry".count) + ".done")
    }
  }
}

extension AuditTrail {
  /// Records what a person did or asks to have done, and does it. A hold by criteria has in `count` how many records were looked at for it.
  ///
  /// - Parameter patients: those of whom a reading shows something, or on whom a case puts a hold; or whose holds end with their case, all
  ///   for nobody.
  /// - Throws: `damaged` for an entry that is nothing a person does, or says more than goes on record.
  package func perform(
    _ entry: AuditEntry, showing patients: ShownPatients = ShownPatients()
  ) async throws(AuditError) -> Int64 {
    guard RecordedText.isBounded(entry), entry.amends == nil || entry.kind == .amendment else {
      throw AuditError(.damaged)
    }
    switch (entry.kind, entry.patient) {
    case (.read, _):
      // Who reads alone says who they are and why.
      let isExplained = PersonName.isName(entry.origin ?? "") && entry.reason?.contains { !$0.isWhitespace } == true
      guard !entry.isEmergencyReading || isExplained else { throw AuditError(.damaged) }
      return try await append(entry, showing: patients)
    case (.review, _): return try await sign(entry)
    case (.proposal, _): return try await propose(entry)
    case (.approval, _): return try await approve(entry, of: patients)
    case (.amendment, _): return try await amend(entry)
    case (.rootKey, nil):
      guard let user = entry.origin, let reason = entry.reason, RecordedText.isName(user), RecordedText.isText(reason)
      else { throw AuditError(.damaged) }
      return try await replaceRootKey(Deed(user: user, reason: reason, time: entry.time))
    case (.hold, let patient):
      let deed = Deed(
        user: entry.origin ?? "", reason: entry.reason ?? "", time: entry.time, legalCase: entry.legalCase)
      if let patient { return try await hold(patient, deed, isAhead: entry.outcome == AuditEntry.ahead) }
      // Who is held by criteria is held for a case, by which it is found again and ended.
      guard deed.legalCase != nil, RecordedText.isName(deed.user), RecordedText.isText(deed.reason) else {
        throw AuditError(.damaged)
      }
      return try await hold(patients, deed, note: entry.note, behind: entry.count ?? 0)
    default: throw AuditError(.damaged)
    }
  }
}
