// SPDX-License-Identifier: Apache-2.0

extension AuditTrail {
  /// Patients whose keys are asked for at once, and whose records go into one commit where nothing else waits.
  private static let patientsTogether = 128

  /// Puts a reading on record, once for each patient of whom something is shown (IHE BALP: an AuditEvent a patient), before it is.
  ///
  /// Where the trail knows none of them, or no longer, one record says that somebody read.
  ///
  /// - Parameter entry: the reading; its `patient` is the one who was asked for, whether anything was found or not.
  /// - Returns: the number of the last record.
  package func append(_ entry: AuditEntry, showing shown: ShownPatients) async throws(AuditError) -> Int64 {
    var rest = ShownPatients(pseudonyms: [entry.patient].compactMap(\.self) + shown.pseudonyms).pseudonyms[...]
    var last: Int64?
    while !rest.isEmpty {
      last = try await append(entry, of: Array(rest.prefix(Self.patientsTogether))) ?? last
      rest = rest.dropFirst(Self.patientsTogether)
    }
    if let last { return last }
    var nameless = entry
    nameless.patient = nil
    return try await append(nameless)
  }

  /// The records of some of the patients, handed to the writer together.
  ///
  /// - Returns: the number of the last; nil where the trail knows none of the patients.
  private func append(_ entry: AuditEntry, of patients: [[UInt8]]) async throws(AuditError) -> Int64? {
    let deadline = isShared ? ContinuousClock.now + directory.patience : nil
    var ready = try await reading { trail in
      try patients.compactMap { patient in
        var named = entry
        named.patient = patient
        return try trail.subjects.existingKey(of: patient).map { Waiting(named, subject: $0, deadline: deadline) }
      }
    }
    let (answers, tell) = AsyncStream.makeStream(of: Result<Int64, AuditError>.self)
    for place in ready.indices { ready[place].done = { tell.yield($0) } }
    enqueue(ready)
    var last: Int64?
    for await answer in answers.prefix(ready.count) {
      do throws(AuditError) {
        last = max(last ?? 0, try answer.get())
      } catch  where error.code == .erased {
        // Between the asking and the commit: there is nobody to name any more.
      }
    }
    return last
  }
}
