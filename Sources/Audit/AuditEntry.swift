// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// One thing the service did, as it goes into the trail. The trail knows opaque bytes, never what FHIR means by them.
package struct AuditEntry: Sendable, Equatable {
  /// What was done. Raw values are stored and therefore permanent; new kinds are only added.
  package enum Kind: String, Sendable, CaseIterable {
    case answer, rejection, start, stop, read
  }

  /// A model package that an answer depended on.
  package struct Model: Sendable, Equatable {
    /// Identifier, such as `icu-prognosis`.
    package var id: String
    /// Semantic version.
    package var version: String
    /// Digest of the whole package.
    package var digest: [UInt8]

    /// A model package by name and content.
    package init(id: String, version: String, digest: [UInt8]) {
      self.id = id
      self.version = version
      self.digest = digest
    }
  }

  /// When the entry was made.
  package var time: Instant
  /// What was done.
  package var kind: Kind
  /// Id of the service asked, `$assess` for `/fhir/$assess`.
  package var service: String?
  /// The hook that fired.
  package var hook: String?
  /// The client's id of the firing.
  package var hookInstance: String?
  /// Keyed pseudonym of the patient (`PseudonymKey`); the identifier itself never enters a leaf.
  package var patient: [UInt8]?
  /// HTTP status of the answer.
  package var status: Int?
  /// From the request's last byte to the entry, in microseconds.
  package var duration: Int64?
  /// The instant of the assessment; in counted rejections the start of the minute that was counted.
  package var instant: Instant?
  /// Digest of everything configured that an answer depends on.
  package var configuration: [UInt8]?
  /// The models an answer depended on, in the order they were asked.
  package var models: [Model] = []
  /// The permanent code of the error behind a rejection.
  package var reason: String?
  /// How many alike events this record stands for; absent for one.
  package var count: Int64?
  /// Network address a rejection came from.
  package var origin: String?
  /// What a person reads beside the kind: program version and address at start, what was looked at by a read.
  package var note: String?
  /// What the answer was made of; stored beside the leaf, which only commits to it.
  package var payload: AuditPayload?

  /// An entry with nothing but its time and kind.
  package init(time: Instant, kind: Kind) {
    self.time = time
    self.kind = kind
  }
}

/// An entry in its place.
package struct AuditRecord: Sendable, Equatable {
  /// 1 for the first record, without gaps.
  package var sequence: Int64
  /// What happened; its payload only where the reader was asked for it.
  package var entry: AuditEntry
  /// SHA-256 of the payload's canonical bytes, which begin with a random salt; absent when there was no payload.
  package var commitment: [UInt8]?

  /// An entry in a place.
  package init(sequence: Int64, entry: AuditEntry, commitment: [UInt8]?) {
    self.sequence = sequence
    self.entry = entry
    self.commitment = commitment
  }
}
