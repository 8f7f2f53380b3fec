// SPDX-License-Identifier: Apache-2.0

/// What a verification found wrong, and at which record.
package struct TrailFault: Sendable, Equatable {
  /// What kind of fault; the raw value is permanent.
  package enum Code: String, Sendable, CaseIterable {
    case recordMissing = "VER001"
    case leafUnreadable = "VER002"
    case columnsDiffer = "VER003"
    case leafChanged = "VER004"
    case tileChanged = "VER005"
    case checkpointUnsigned = "VER006"
    case checkpointDiffers = "VER007"
    case headDiffers = "VER008"
    case payloadMissing = "VER009"
    case payloadChanged = "VER010"
    case payloadUnexpected = "VER011"
    case cosignatureInvalid = "VER012"
    case indexDiffers = "VER013"
    case keyLost = "VER014"
    case keyReturned = "VER015"
    case anchorAhead = "VER016"
    case anchorDiffers = "VER017"
    case databaseDamaged = "VER018"
    case timeWentBack = "VER019"
    case holdDiffers = "VER020"
    case keyUsedAfterErasure = "VER021"
    case keyChanged = "VER022"
    case unreadable = "VER023"
    case tablesChanged = "VER024"
    case checkpointMissing = "VER025"
    case cosignatureMissing = "VER026"
    case rootKeyUnusable = "VER027"
    case amendmentDiffers = "VER028"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .recordMissing: "a record is missing"
      case .leafUnreadable: "the leaf is not a record in its place"
      case .columnsDiffer: "the columns for searching do not say what the leaf says"
      case .leafChanged: "the leaf is not the one the tree was built of"
      case .tileChanged: "a stored hash of the tree is missing or not that of the leaves below it"
      case .checkpointUnsigned: "a checkpoint is not signed by the log's key"
      case .checkpointDiffers: "a checkpoint is signed over other records"
      case .headDiffers: "the newest signed head is not of these records"
      case .payloadMissing: "what the record was made of is missing"
      case .payloadChanged: "what the record was made of has been changed"
      case .payloadUnexpected: "there is content that no record commits to"
      case .cosignatureInvalid: "a witness's signature does not hold"
      case .indexDiffers: "what records are found by does not say what the leaves say"
      case .keyLost: "a patient's data key is gone, and no record says that it was destroyed"
      case .keyReturned: "a patient's data key is back that a record says was destroyed"
      case .anchorAhead:
        "a saved checkpoint is of more records than there are: the trail was cut or replaced by an older one"
      case .anchorDiffers: "a saved checkpoint is of other records: the trail was rewritten"
      case .databaseDamaged: "SQLite finds its file damaged"
      case .holdDiffers: "the list of legal holds does not say what the records say"
      case .keyUsedAfterErasure: "something was sealed under a data key after a record said that it was destroyed"
      case .keyChanged: "a patient's data key, or the pseudonym beside it, is not what was stored under the root key"
      case .tablesChanged: "tables, indexes, triggers or the list of migrations are not those that this program makes"
      case .checkpointMissing: "a signed checkpoint that is kept for good is missing"
      case .cosignatureMissing: "no kept checkpoint bears the signature of a witness whose key was given"
      case .rootKeyUnusable:
        "the root key is there and cannot be used (its mode, its length, the file, or it is not the trail's or not the one in force): verify again where the right one is, as data keys that were changed are not told apart"
      case .amendmentDiffers: "an amendment is of no earlier record of its patient, or of an amendment"
      case .unreadable: "the trail could not be read to its end"
      case .timeWentBack: "the clock was earlier than at the record before, by a second or more"
      }
    }

    /// Whether it speaks of tampering or damage. A clock that was set back is said, and is no fault of the trail.
    package var isFault: Bool { self != .timeWentBack }
  }

  /// What is wrong.
  package var code: Code
  /// The first record concerned, where there is one.
  package var sequence: Int64?

  /// A fault in its place.
  package init(_ code: Code, _ sequence: Int64? = nil) {
    self.code = code
    self.sequence = sequence
  }
}

extension TrailFault: CustomStringConvertible {
  /// `record 17: VER004: the leaf is not the one the tree was built of`.
  package var description: String {
    (sequence.map { "record \($0): " } ?? "") + "\(code.rawValue): \(code.title)"
  }
}
