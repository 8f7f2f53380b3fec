// SPDX-License-Identifier: Apache-2.0
import Synchronization

extension AuditTrail {
  /// Patients whose keys are asked for at once, and whose records are handed to the writer together: few, so that answers come between.
  private static let patientsTogether = 32

  /// Puts a reading on record, once for each patient of whom something is shown (IHE BALP: an AuditEvent a patient), before it is.
  ///
  /// Where the trail knows none of them, or no longer, one record says that somebody read.
  ///
  /// - Parameter entry: the reading; its `patient` is the one who was asked for, whether anything was found or not.
  /// - Returns: the number of the last record, when all are committed: also to a caller that was cancelled meanwhile.
  package func append(_ entry: AuditEntry, showing shown: ShownPatients) async throws(AuditError) -> Int64 {
    let patients = ShownPatients(pseudonyms: [entry.patient].compactMap(\.self) + shown.pseudonyms).pseudonyms
    if let last = try await append(entry, of: patients) { return last }
    var nameless = entry
    nameless.patient = nil
    return try await append(nameless)
  }

  /// What an entry says was done, in the entry's transaction; it is given the entry's sequence number.
  package typealias Doing = @Sendable (any TrailDatabase, Int64) throws -> Void

  /// What an entry says was done to its patient, in the entry's transaction. It refuses nothing, so that it goes with others.
  typealias DoingToPatient = @Sendable (any TrailDatabase, _ sequence: Int64, _ patient: [UInt8]) throws -> Void

  /// Whether an entry is still to be put on record for a patient, asked in the entry's transaction.
  typealias IsDueForPatient = @Sendable (any TrailDatabase, _ patient: [UInt8]) throws -> Bool

  /// Puts an entry on record for each of many patients whom the trail knows, and for whom it is due, some in a transaction.
  ///
  /// - Returns: the number of the last record, when all are committed; nil where there is none.
  func append(
    _ entry: AuditEntry, of patients: [[UInt8]], isDue: IsDueForPatient? = nil, deed: DoingToPatient? = nil
  ) async throws(AuditError) -> Int64? {
    var rest = patients[...]
    var last: Int64?
    while !rest.isEmpty {
      last = try await append(entry, ofFew: Array(rest.prefix(Self.patientsTogether)), isDue, deed).max() ?? last
      rest = rest.dropFirst(Self.patientsTogether)
    }
    return last
  }

  /// The records of some of the patients, handed to the writer together.
  ///
  /// - Returns: their numbers, one for each of the patients whom the trail knows and for whom it is due.
  private func append(
    _ entry: AuditEntry, ofFew patients: [[UInt8]], _ isDue: IsDueForPatient?, _ deed: DoingToPatient?
  ) async throws(AuditError) -> [Int64] {
    let deadline = isShared && deed == nil ? ContinuousClock.now + directory.patience : nil
    let keys = try await reading { try $0.subjects.existingKeys(of: patients) }
    let known = patients.compactMap { patient in keys[patient].map { (patient, $0) } }
    let given = await answers(of: known.count) { number, answer in
      let (patient, key) = known[number]
      var named = entry
      named.patient = patient
      var done: Doing?
      if let deed { done = { try deed($0, $1, patient) } }
      var due: IsDue?
      if let isDue { due = { try isDue($0, patient) } }
      return Waiting(
        named, subject: key, deed: done, isDue: due, isRefusable: false, deadline: deadline, answer: answer)
    }
    var numbers: [Int64] = []
    for answer in given {
      do throws(AuditError) {
        numbers.append(try answer.get())
      } catch  where error.code == .erased {
        // Between the asking and the commit: there is nobody to name any more, or nothing to be done.
      }
    }
    return numbers
  }

  /// Hands entries to the writer together and waits until each was answered. Nothing ends the wait before: who was cancelled, as by a
  /// service that stops, would show what is not on record.
  ///
  /// - Parameter waiting: makes one of them, by its number, with whom its answer is told to.
  private func answers(
    of count: Int, _ waiting: (_ number: Int, _ answer: @escaping Waiting.Answer) -> Waiting
  ) async -> [Result<Int64, AuditError>] {
    guard count > 0 else { return [] }
    return await withCheckedContinuation { done in
      let answers = Answers(count, done)
      enqueue((0..<count).map { waiting($0) { answers.add($0) } })
    }
  }

  /// The answers to entries that were handed over together, told when the last has come.
  private final class Answers: Sendable {
    private let given = Mutex<[Result<Int64, AuditError>]>([])
    private let count: Int
    private let done: CheckedContinuation<[Result<Int64, AuditError>], Never>

    init(_ count: Int, _ done: CheckedContinuation<[Result<Int64, AuditError>], Never>) {
      self.count = count
      self.done = done
    }

    func add(_ answer: Result<Int64, AuditError>) {
      let all = given.withLock { given in
        given.append(answer)
        return given
      }
      if all.count == count { done.resume(returning: all) }
    }
  }
}
