// SPDX-License-Identifier: Apache-2.0

/// Legal holds, each of a case or of none: nothing of a patient is erased or purged while one is in force (`docs/decisions/0054`).
extension AuditTrail {
  static func refuseHeld(_ pseudonym: [UInt8], in database: any TrailDatabase) throws {
    if try LegalHold.isInForce(on: pseudonym, in: database) { throw AuditError(.held) }
  }

  /// Puts a legal hold on a patient: nothing of theirs is erased until it is released.
  ///
  /// - Parameter isAhead: whether it may be a patient of whom the trail has nothing yet. Who holds by a slip in the identifier must not
  ///   believe that the one who was meant is held.
  /// - Throws: `unknownPatient` when it may not, which is on record.
  package func hold(_ pseudonym: [UInt8], _ deed: Deed, isAhead: Bool = false) async throws(AuditError) -> Int64 {
    var entry = deed.entry(.hold)
    entry.patient = pseudonym
    entry.outcome = isAhead ? AuditEntry.ahead : nil
    let asked = entry
    return try await recordingRefusal(of: .hold, pseudonym, deed) { () async throws(AuditError) in
      // Not looked for before: an erasure that goes ahead of it in the queue leaves nobody to hold.
      return try await append(asked, isOfKnown: !isAhead) { database, sequence in
        try LegalHold.put(on: pseudonym, by: sequence, in: database)
      }
    }
  }

  /// Puts a hold of a case on each of many patients, a record each. One whom the trail does not know, or no longer, or whom another
  /// command has held meanwhile, is passed over. What is cut short has held those whom its records name.
  ///
  /// - Parameters:
  ///   - note: by which criteria they were found.
  ///   - size: the records that were looked at for it: a hold of before does not keep whom it was not found to keep.
  /// - Returns: the number of the last record.
  /// - Throws: `notFound` where nobody is held by it, which is on record.
  func hold(
    _ patients: ShownPatients, _ deed: Deed, note: String?, behind size: Int64
  ) async throws(AuditError) -> Int64 {
    guard let legalCase = deed.legalCase else { throw AuditError(.damaged) }
    return try await recordingRefusal(of: .hold, nil, deed) { () async throws(AuditError) in
      let proposed = try newestProposal(of: legalCase)
      let isDue: IsDueForPatient = { [subjects] database, patient in
        do {
          // What is not proved keeps nobody: who is to be held was found so.
          return try !LegalHold.inForce(on: patient, of: legalCase, in: database).contains { hold in
            try hold.sequence > size && hold.sequence >= proposed && hold.isProven(in: database, subjects.root)
          }
        } catch is AuditError {
          // A hold that cannot be read keeps nobody, and is no reason to refuse what others wait for.
          return true
        }
      }
      let entry = deed.entry(.hold, note: note)
      let last = try await append(entry, of: patients.pseudonyms, isDue: isDue) { database, sequence, patient in
        try LegalHold.put(on: patient, by: sequence, in: database)
      }
      guard let last else { throw AuditError(.notFound) }
      return last
    }
  }

  /// Number of the newest proposal of ending holds of a case, of one patient or all: what was put on before may end at any time; 0 where
  /// there is none, and the largest number where it cannot be said.
  private func newestProposal(of legalCase: String) throws(AuditError) -> Int64 {
    var proposals = BlockSearch()
    proposals.groups = [
      [SearchTerm(.legalCase, legalCase)], [SearchTerm(.kind, AuditEntry.Kind.proposal.rawValue)],
    ]
    proposals.isWanted = { $0.proposesRelease(of: legalCase) }
    do throws(AuditError) {
      return try proposals.first(1) { work throws(AuditError) in try read(work) }.first?.sequence ?? 0
    } catch  where error.code == .damaged {
      // What cannot be read may propose it: who is to be held is, at worst twice.
      return .max
    }
  }

  /// - Throws: `unknownPatient` when the trail has no key of theirs.
  func requireKey(of pseudonym: [UInt8]) async throws(AuditError) {
    let key = try await reading { try $0.subjects.existingKey(of: pseudonym) }
    guard key != nil else { throw AuditError(.unknownPatient) }
  }

  /// Releases the legal holds of a case on a patient, those of no case where the deed names none.
  ///
  /// - Throws: `notFound` when there is none, which is on record.
  func release(_ pseudonym: [UInt8], _ deed: Deed) async throws(AuditError) -> Int64 {
    var entry = deed.entry(.release)
    entry.patient = pseudonym
    let asked = entry
    return try await recordingRefusal(of: .release, pseudonym, deed) { () async throws(AuditError) in
      try await append(asked) { database, sequence in
        let holds = try LegalHold.inForce(on: pseudonym, of: deed.legalCase, in: database)
        // Who proposed it knew nothing of a hold that came afterwards.
        guard let last = holds.last, last.sequence < deed.proposal ?? .max else { throw AuditError(.notFound) }
        for hold in holds { try hold.end(by: sequence, in: database) }
      }
    }
  }

  /// Releases all holds of a case that were put on before it was proposed, a record for each patient. What is cut short is gone on with when
  /// it is approved again.
  ///
  /// - Parameter named: those whose holds end; all for nobody. Who asks from elsewhere names some at a time, so that nothing is looked for
  ///   twice.
  /// - Returns: the number of the last record.
  /// - Throws: `notFound` when there are none, which is on record.
  func releaseCase(_ deed: Deed, of named: ShownPatients) async throws(AuditError) -> Int64 {
    guard let legalCase = deed.legalCase, let proposal = deed.proposal else { throw AuditError(.damaged) }
    return try await recordingRefusal(of: .release, nil, deed) { () async throws(AuditError) in
      var rest = named.pseudonyms[...]
      if rest.isEmpty {
        let found = try await reading { trail in
          try trail.read { database in
            try LegalHold.patients(of: legalCase, in: database) { $0.sequence < proposal }
          }
        }
        rest = found[...]
      }
      var last: Int64?
      while !rest.isEmpty {
        let patients = Array(rest.prefix(Self.patientsReleasedTogether))
        rest = rest.dropFirst(patients.count)
        last = try await release(patients, from: legalCase, before: proposal, deed) ?? last
      }
      guard let last else { throw AuditError(.notFound, sequence: proposal) }
      return last
    }
  }

  /// Patients whose holds are read at once: each is looked up by itself, so that many cost no more than as many times one.
  private static let patientsReleasedTogether = 256

  /// Releases the holds of a case on some patients that were put on before a proposal.
  ///
  /// - Returns: the number of the last record; nil where there were none.
  private func release(
    _ patients: [[UInt8]], from legalCase: String, before proposal: Int64, _ deed: Deed
  ) async throws(AuditError) -> Int64? {
    let ofPatient: [[UInt8]: [LegalHold]] = try await reading { trail in
      try trail.read { database in
        var ofPatient: [[UInt8]: [LegalHold]] = [:]
        for patient in patients {
          let holds = try LegalHold.inForce(on: patient, of: legalCase, in: database)
          ofPatient[patient] = holds.filter { $0.sequence < proposal }
        }
        return ofPatient
      }
    }
    // Where another approval went ahead nothing is left to end, and to say.
    let isDue: IsDueForPatient = { database, patient in
      try (ofPatient[patient] ?? []).contains { try $0.isInForce(in: database) }
    }
    return try await append(deed.entry(.release), of: patients, isDue: isDue) { database, sequence, patient in
      for hold in ofPatient[patient] ?? [] { try hold.end(by: sequence, in: database) }
    }
  }
}

extension AuditRecord {
  /// Whether it proposes to release holds of a case, of one patient or all.
  func proposesRelease(of legalCase: String) -> Bool {
    entry.kind == .proposal && entry.outcome == Proposal.release.rawValue && entry.legalCase == legalCase
  }

  /// Whether it proposes to release all holds of a case. That of one patient bears the patient's token also when they were erased since.
  package var proposesReleaseOfCase: Bool {
    entry.kind == .proposal && entry.outcome == Proposal.release.rawValue && entry.legalCase != nil && subject == nil
      && entry.patient == nil
  }
}
