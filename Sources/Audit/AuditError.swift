// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Why the trail could not be opened, written or read. It names the store's own state and never what an entry holds.
package struct AuditError: Error, Sendable, Equatable {
  /// What went wrong; the raw value is permanent, so that a report of years ago still means the same.
  package enum Code: String, Sendable, CaseIterable {
    case directoryUnusable = "AUD001"
    case secondWriter = "AUD002"
    case keyUnusable = "AUD003"
    case writeFailed = "AUD004"
    case newerSchema = "AUD005"
    case notFound = "AUD006"
    case damaged = "AUD007"
    case overloaded = "AUD008"
    case closed = "AUD009"
    case readFailed = "AUD010"
    case treeDamaged = "AUD011"
    case held = "AUD012"
    case erased = "AUD013"
    case olderSchema = "AUD014"
    case witnessSilent = "AUD015"
    case witnessRefused = "AUD016"
    case witnessContradicts = "AUD017"
    case ownDeed = "AUD018"
    case notApproved = "AUD019"
    case inUse = "AUD020"
    case storeUnreachable = "AUD021"
    case keyChanged = "AUD022"
    case setBack = "AUD024"
    case repositorySilent = "AUD025"
    case repositoryRefuses = "AUD026"
    case positionUnknown = "AUD027"
    case sentElsewhere = "AUD028"
    case rootKeyUnfinished = "AUD029"
    case tablesChanged = "AUD030"
    case unknownPatient = "AUD031"
    case notAmendable = "AUD032"
    case rootKeyUnprepared = "AUD033"
    case recordsPassedOver = "AUD034"
    case syslogUnconfirmed = "AUD035"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .directoryUnusable: "the data directory cannot be created, read or written"
      case .secondWriter: "another process is writing this trail"
      case .keyUnusable:
        "a key file is missing, damaged, readable by others (mode 0600) or not the one the trail was written with"
      case .writeFailed: "the trail could not be written"
      case .newerSchema: "the trail was written by a newer version of this program"
      case .notFound: "the trail has no such record"
      case .damaged: "a stored record does not agree with itself"
      case .overloaded: "too many entries wait for the disk"
      case .closed: "the trail is closed"
      case .readFailed: "the trail could not be read"
      case .treeDamaged: "records, Merkle tree and signed head do not agree"
      case .witnessSilent: "the witness cannot be reached"
      case .witnessRefused: "the witness does not cosign: it does not know this log or its key"
      case .witnessContradicts:
        "the witness has cosigned another history of this log: the trail was cut, rewritten or replaced by an older one"
      case .storeUnreachable:
        "the PostgreSQL that the trail lies in cannot be reached, or this program was built without it (--traits PostgreSQL)"
      case .setBack:
        "the PostgreSQL that the trail lies in was set back, or holds another trail: verify it, then start the services anew"
      case .repositorySilent:
        "the audit repository cannot be reached or does not answer as its protocol has it: what it does not have is sent later"
      case .repositoryRefuses:
        "the audit repository does not take what it is sent (system code: its status)"
      case .positionUnknown:
        "what was kept of how far the trail was sent was edited, or is of another trail: verify the trail; nothing is passed over"
      case .sentElsewhere:
        "another service is to send to the audit repository, or how far this one has sent cannot be kept"
      case .tablesChanged:
        "the trail's tables, indexes and triggers are not those that this program makes: take away what somebody added, or restore"
      case .unknownPatient:
        "the trail has no data key of this patient: it never had, they are another client's (--client), or they were erased"
      case .notAmendable:
        "an amendment is of a record about a patient whose data key the trail has, and of no amendment: amend the record that that one corrects"
      case .rootKeyUnfinished:
        "root.key is being replaced: the running service, the next start or vigil audit rotate-root-key goes on with it"
      case .rootKeyUnprepared:
        "several processes write this trail: vigil audit rotate-root-key --prepare, and copy root.key to each of them, before it is replaced"
      case .recordsPassedOver:
        "records are damaged, so that nobody can say of whom they are: all others are held; vigil audit verify, restore them and say it again"
      case .syslogUnconfirmed:
        "the syslog receiver did not confirm by TLS close_notify that it read what it was sent (RFC 5425 section 4.4): it died, was too late, ended the connection by itself or does not take the service's certificate"
      case .held: "a legal hold forbids the erasure"
      case .notApproved:
        "what names the patient is shown to whom another person allowed it within a day: vigil audit unmask"
      case .inUse: "something was recorded meanwhile of a patient who was to be purged: propose it anew"
      case .ownDeed: "this is what the same person did or proposed: another person must do it"
      case .olderSchema:
        "the trail was written by an earlier version: run vigil audit migrate, or start the service on it"
      case .keyChanged:
        "a patient's data key, or the pseudonym beside it, is not what was stored under this root.key: vigil audit verify names it"
      case .erased: "the patient's data key was destroyed, and with it what the record was made of"
      }
    }
  }

  /// What went wrong.
  package var code: Code
  /// The record concerned, where there is one.
  package var sequence: Int64?
  /// SQLite's extended result code, PostgreSQL's SQLSTATE where it is a number, or the system's `errno`.
  package var systemCode: Int32?

  /// An error, with the place where there is one.
  package init(_ code: Code, sequence: Int64? = nil, systemCode: Int32? = nil) {
    self.code = code
    self.sequence = sequence
    self.systemCode = systemCode
  }
}

extension AuditError {
  /// For programs.
  package var json: JSON {
    ["code": .string(code.rawValue), "title": .string(code.title), "record": sequence.map { .number(Int($0)) }]
  }
}

extension AuditError: CustomStringConvertible {
  /// `AUD004: the trail could not be written, system code 13`.
  package var description: String {
    var text = "\(code.rawValue): \(code.title)"
    if let sequence { text += ", record \(sequence)" }
    if let systemCode { text += ", system code \(systemCode)" }
    return text
  }
}
