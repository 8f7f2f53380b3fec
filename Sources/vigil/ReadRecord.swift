// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation

/// Reading the trail is itself on record (45 CFR 170.315(d)(2), IHE BALP): who looked, at whom, by which command.
enum ReadRecord {
  /// Records a reading before anything of it is shown, once for each patient whom it shows.
  ///
  /// - Parameters:
  ///   - patients: those of whom something is shown.
  ///   - asked: pseudonym of the one who was asked for, whether anything is shown or not.
  ///   - outcome: what it was besides a reading, as `AuditEntry.deidentified`.
  ///   - reason: the code of a refusal.
  /// - Throws: `AuditError` when it cannot be recorded; a copy in a folder that nobody can write to is read without.
  static func append(
    _ note: String, showing patients: ShownPatients = ShownPatients(), asked: [UInt8]? = nil, outcome: String? = nil,
    reason: String? = nil, user: String?, in directory: DataDirectory
  ) async throws(AuditError) {
    guard FileManager.default.isWritableFile(atPath: directory.path) else {
      return Failure.warn("\(directory.path) cannot be written: this reading is not on record")
    }
    var entry = AuditEntry(time: Instant(Date()), kind: .read)
    entry.patient = asked
    entry.outcome = outcome
    entry.reason = reason
    entry.note = note
    entry.origin = user ?? NSUserName()
    _ = try await TrailInbox(directory).submit(entry, showing: patients)
  }

  /// Makes sure that the trail knows the patient who is asked for. Of one whom it does not know nothing is shown; that somebody asked is on
  /// record as refused.
  ///
  /// - Throws: `unknownPatient`.
  static func requireKnown(
    _ patient: [UInt8]?, to reader: AuditReader, _ note: String, user: String?, in directory: DataDirectory
  ) async throws(AuditError) {
    guard let patient else { return }
    do throws(AuditError) {
      try reader.requireKnown(patient)
    } catch  where error.code == .unknownPatient {
      try await append(note, outcome: AuditEntry.refused, reason: error.code.rawValue, user: user, in: directory)
      throw error
    }
  }
}
