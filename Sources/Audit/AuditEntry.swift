// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// One thing the service did, as it goes into the trail. The trail knows opaque bytes, never what FHIR means by them.
package struct AuditEntry: Sendable, Equatable {
  /// What was done. Raw values are stored and therefore permanent; new kinds are only added.
  package enum Kind: String, Sendable, CaseIterable {
    case answer, rejection, start, stop, read, feedback, key, erasure, hold, release, control, review
    /// What one person asks for, and what another allowed of it.
    case proposal, approval
    /// How far the clock may be off, where that is not as the start or the last of them said.
    case clock
    /// Another root key, under which patients' data keys are wrapped, is in force, or no data key needs the one before it any more.
    case rootKey = "root-key"
    /// What a person says is right instead of what a record says, which stays as it is.
    case amendment
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

    /// The same with the digest as model packages give it.
    package init(id: String, version: String, hexadecimal digest: String) {
      self.init(id: id, version: version, digest: AuditRecord.bytes(hexadecimal: digest) ?? [])
    }
  }

  /// A card that was shown or held back, or that a feedback is about.
  package struct Card: Sendable, Equatable {
    /// Keyed pseudonym of the card's uuid (`PseudonymKey`): a uuid is made of the patient's identifier.
    package var key: [UInt8]
    /// Id of the model behind it; nil for a card that the trail does not know.
    package var model: String?
    /// What it is about, in the model's words.
    package var outcome: String?
    /// How urgent it was said to be.
    package var indicator: String?
    /// Why it was held back; nil for one that was shown.
    package var heldBack: String?

    /// A card.
    package init(
      key: [UInt8], model: String? = nil, outcome: String? = nil, indicator: String? = nil, heldBack: String? = nil
    ) {
      self.key = key
      self.model = model
      self.outcome = outcome
      self.indicator = indicator
      self.heldBack = heldBack
    }
  }

  /// Why an answer stated nothing about outcomes of a model.
  package struct Abstention: Sendable, Equatable {
    /// Id of the model.
    package var model: String
    /// Permanent code of the reason, such as `too-young`.
    package var code: String
    /// The outcomes it was the reason for, in the model's words; a comma is in none.
    package var outcomes: [String]

    /// A reason for outcomes of a model.
    package init(model: String, code: String, outcomes: [String]) {
      self.model = model
      self.code = code
      self.outcomes = outcomes
    }
  }

  /// A signature under records.
  package struct Signature: Sendable, Equatable {
    /// The signer's name as it is printed.
    package var name: String
    /// The first and the last record that it stands for.
    package var records: ClosedRange<Int64>

    /// A signature of its parts.
    package init(name: String, records: ClosedRange<Int64>) {
      self.name = name
      self.records = records
    }
  }

  /// When the entry was made.
  package var time: Instant
  /// What was done.
  package var kind: Kind
  /// Id of the client that called; nil where no clients are configured.
  package var client: String?
  /// Id of the service asked, `$assess` for `/fhir/$assess`.
  package var service: String?
  /// The hook that fired.
  package var hook: String?
  /// The client's id of the firing.
  package var hookInstance: String?
  /// Keyed pseudonym of the client's patient (`PseudonymKey`). Neither it nor the identifier enters a leaf: there stands `AuditRecord.subject`.
  package var patient: [UInt8]?
  /// HTTP status of the answer.
  package var status: Int?
  /// From the request's last byte to the entry, in microseconds.
  package var duration: Int64?
  /// The instant of the assessment; in counted rejections the start of the minute that was counted; in a feedback when the
  /// user acted.
  package var instant: Instant?
  /// Digest of everything configured that an answer depends on.
  package var configuration: [UInt8]?
  /// The models an answer depended on, in the order they were asked.
  package var models: [Model] = []
  /// The cards of an answer in their order, those that were held back among them, or the one that a feedback is about.
  package var cards: [Card] = []
  /// What an answer left unstated, and why.
  package var abstentions: [Abstention] = []
  /// The unit on which the patient lay, as the client names the place.
  package var unit: String?
  /// What became of a card, in a feedback: `accepted` or `overridden`. Of a root key `begun` or `done`.
  package var outcome: String?
  /// The permanent code of the error behind a rejection; `system|code` of the reason behind an override.
  package var reason: String?
  /// How many alike events this record stands for; absent for one.
  package var count: Int64?
  /// Network address a rejection came from.
  package var origin: String?
  /// The clinician who asked, as the client names them: `Practitioner/id` or `PractitionerRole/id`. A patient or a relative who asks for
  /// themselves is not named: a leaf is for ever.
  package var user: String?
  /// The name of the token that the client bore, `jti`, by which its own log is found (cds-hooks 2.0, IHE BALP), or
  /// its SHA-256 where it might say more. The token is nowhere.
  package var token: String?
  /// Of a review the signer's printed name and the records that were looked at (21 CFR 11.50); who signed stands in `origin`, what the
  /// signature means in `reason`.
  package var signature: Signature?
  /// Number of the record in which somebody else proposed what this one says was done.
  package var proposal: Int64?
  /// Of an amendment the number of the record that it corrects; what it says stands in the payload.
  package var amends: Int64?
  /// Name of the case that a legal hold, its release or the proposal of that belongs to, as the site names cases; nil for one of no case.
  package var legalCase: String?
  /// Of a start the version of the form in which all patients' data keys lie from there on (`RootKey.wrapVersion`).
  package internal(set) var wrapVersion: Int64?
  /// What a person reads beside the kind: program version and address at start, what was looked at by a read.
  package var note: String?
  /// What the answer was made of; stored beside the leaf, which only commits to it.
  package var payload: AuditPayload?

  /// What the record of a hold says in `outcome` that was put on a patient of whom the trail may have had nothing; permanent.
  package static let ahead = "ahead"

  /// Of an amendment the record that it corrects, for people.
  package var amended: String? { amends.map { "record \($0)" } }
  /// Whether a card was held back.
  package var isHeldBack: Bool { cards.contains { $0.heldBack != nil } }
  /// Whether it is a refusal or has an error's status.
  package var isError: Bool { kind == .rejection || status ?? 0 >= 400 }

  /// An entry with nothing but its time and kind.
  package init(time: Instant, kind: Kind) {
    self.time = time
    self.kind = kind
  }
}

/// An entry in its place.
package struct AuditRecord: Sendable, Equatable {
  /// Answers that are given side by side are on record in another order than they were begun in. By less than this (ms) a time may lie
  /// before that of the record in front, and no clock was set back.
  static let sideBySide: Int64 = 1000

  /// 1 for the first record, without gaps.
  package var sequence: Int64
  /// What happened; its payload only where the reader was asked for it.
  package var entry: AuditEntry
  /// SHA-256 of the payload's canonical bytes, which begin with a random salt; absent when there was no payload.
  package var commitment: [UInt8]?
  /// SHA-256 of the payload as it is stored, sealed: shows a change of it to someone who has no key.
  package var sealedDigest: [UInt8]?
  /// What stands in the leaf for the patient: a token made with the patient's data key, which says nothing once the key is
  /// destroyed. Records of before data keys hold the pseudonym itself.
  package var subject: [UInt8]?
  /// Whether `subject` is the token under which lies what is about no patient.
  package internal(set) var isOfNobody = false
  /// Whether what it was made of is not what its leaf commits to.
  package internal(set) var isPayloadDamaged = false

  /// An entry in a place.
  package init(
    sequence: Int64, entry: AuditEntry, commitment: [UInt8]?, sealedDigest: [UInt8]? = nil, subject: [UInt8]? = nil
  ) {
    self.sequence = sequence
    self.entry = entry
    self.commitment = commitment
    self.sealedDigest = sealedDigest
    self.subject = subject
  }
}
