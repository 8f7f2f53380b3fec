// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR

/// Re-derives the trail from its leaf bytes: order, search columns, tree, signed checkpoints, cosignatures, payloads, keys. It has
/// SQL and readers of its own and shares nothing with the writing side but the hash and the signature check.
package struct TrailVerification: Sendable {
  /// What the trail is held against.
  package struct Anchors: Sendable {
    /// The log's key when its trail began.
    package var log: NoteKey
    /// Keys of witnesses whose signatures must hold.
    package var witnesses: [NoteKey] = []
    /// Checkpoints that were kept elsewhere: the trail must still contain what they say.
    package var checkpoints: [SignedNote] = []
    /// Opens payloads; without it only their seals are compared.
    package var root: RootKeyring?
    /// Whether a root key lies there that cannot be used: that nothing can be opened is a fault then, and no choice.
    package var isRootUnusable = false

    /// The log's own signatures alone.
    package init(log: NoteKey) {
      self.log = log
    }

    /// With the root key of a folder, if one lies there.
    package init(log: NoteKey, rootOf directory: DataDirectory) {
      self.log = log
      do throws(AuditError) {
        root = try directory.loadRootKeyIfPresent()
      } catch {
        isRootUnusable = true
      }
    }
  }

  /// Faults in the order of the records, at most `mostFaults` and as many clocks that went back; the first is where to begin.
  package private(set) var faults: [TrailFault] = []
  /// Records read.
  package private(set) var records: Int64 = 0
  /// Root over them.
  package private(set) var root = MerkleHash.empty
  /// Signed checkpoints that hold.
  package private(set) var checkpoints = 0
  /// Witnesses' signatures that hold.
  package private(set) var cosignatures = 0
  /// Payloads whose bytes are those the leaves speak of.
  package private(set) var payloads: Int64 = 0
  /// Payloads that were opened with the root key and are what the leaves commit to.
  package private(set) var opened: Int64 = 0
  /// Payloads whose data key was destroyed, as a record says.
  package private(set) var erased: Int64 = 0

  /// Data keys that are what was stored, of the patient beside whose pseudonym they lie; none without the root key.
  package private(set) var boundKeys = 0

  /// Whether a root key was at hand by which data keys and payloads were opened.
  package let hasRoot: Bool

  /// More would say nothing new.
  package static let mostFaults = 1000

  /// Whether nothing is wrong.
  package var isIntact: Bool { !faults.contains { $0.code.isFault } }

  /// Verifies the trail of `directory`, in one snapshot: a service may go on writing.
  ///
  /// - Parameter progress: told now and then how many records are done, of how many.
  /// - Throws: `AuditError` when it cannot be read at all.
  package init(
    _ directory: DataDirectory, against anchors: Anchors, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(AuditError) {
    hasRoot = anchors.root != nil
    do {
      let store = try directory.openForReading(isListBelieved: false)
      // On a connection of its own, meanwhile.
      let soundness = Pending { Result { try directory.openForReading(isListBelieved: false).isSound() } }
      try store.read { database in
        var pass = try Pass(database, anchors)
        // What was found before it could not be read further is found.
        let walk = Result { try pass.run(database, progress: progress) }
        records = pass.tree.frontier.size
        root = pass.tree.frontier.root
        faults += pass.faults.all
        checkpoints = pass.checkpoints
        cosignatures = pass.cosignatures
        payloads = pass.payloads
        opened = pass.opened
        erased = pass.erased
        boundKeys = pass.boundKeys
        try walk.get()
      }
      if try soundness.value()?.get() == false { add(.databaseDamaged) }
      if try !store.isAsMade() { add(.tablesChanged) }
    } catch let error as AuditError where isIntact {
      throw error
    } catch {
      // SQLite's own words for a torn file are a finding, not a failure to look; and so is what was found before any failure.
      let isDamage = SQLiteStore.isDamage(error)
      guard isDamage || !isIntact else { throw AuditTrail.failure(error, .readFailed) }
      add(isDamage ? .databaseDamaged : .unreadable)
    }
    if anchors.isRootUnusable { add(.rootKeyUnusable) }
    faults.sort { ($0.sequence ?? .max, $0.code.rawValue) < ($1.sequence ?? .max, $1.code.rawValue) }
  }

  private mutating func add(_ code: TrailFault.Code) { faults.append(TrailFault(code)) }

  /// The result for programs.
  package var json: JSON {
    [
      "intact": .boolean(isIntact), "records": .number(Int(records)),
      "root": .string(AuditRecord.hexadecimal(root.bytes)), "checkpoints": .number(checkpoints),
      "cosignatures": .number(cosignatures), "payloads": .number(Int(payloads)), "opened": .number(Int(opened)),
      "erased": .number(Int(erased)), "dataKeys": .number(boundKeys), "rootKey": .boolean(hasRoot),
      "faults": .array(
        faults.map { fault in
          [
            "code": .string(fault.code.rawValue), "record": fault.sequence.map { .number(Int($0)) },
            "title": .string(fault.code.title),
          ]
        }),
    ]
  }
}
