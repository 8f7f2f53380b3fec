// SPDX-License-Identifier: Apache-2.0
import Audit
package import Decision
package import FHIR
import Foundation

extension Control {
  /// A change of the version of a model that answers: one person proposes it, another puts it in force.
  package struct Activation: Sendable, Equatable, Codable {
    /// Id of the model.
    package var model: String
    /// The version.
    package var version: String
    /// SHA-256 of the package that lay in that version's folder when it was proposed, in hexadecimal: what is approved is these
    /// bytes, not the folder's name.
    package var digest: String
    /// Who proposed it.
    package var proposedBy: String
    /// Why.
    package var reason: String
    /// When, as FHIR writes an instant.
    package var proposedAt: String
    /// Who put it in force; nil while it waits.
    package var approvedBy: String?
    /// When.
    package var approvedAt: String?

    /// A proposal.
    package init(
      _ model: String, version: String, digest: String, by: String, reason: String, at instant: Instant
    ) {
      self.model = model
      self.version = version
      self.digest = digest
      proposedBy = by
      self.reason = reason
      proposedAt = instant.description
    }

    /// `icu-prognosis 2.0.1`.
    package var target: String { "\(model) \(version)" }

    /// `icu-prognosis 2.0.1 proposed by A. Meyer, approved by B. Ndiaye: validated`.
    var people: String {
      "\(target) proposed by \(proposedBy), \(approvedBy.map { "approved by \($0)" } ?? "not approved"): \(reason)"
    }

    /// Whether two people stand behind it.
    var isApproved: Bool {
      PersonName.isName(proposedBy)
        && approvedBy.map { PersonName.isName($0) && !PersonName.isSame($0, proposedBy) } ?? false
    }

    /// Whether it was approved after another of the same model: an old file put back is no approval anew.
    func isLater(than other: Activation?) -> Bool {
      guard let other else { return true }
      guard let own = approvedAt.flatMap({ Instant($0) }) else { return false }
      return other.approvedAt.flatMap { Instant($0) }.map { own > $0 } ?? true
    }
  }

  /// Why an activation is not put in force.
  package enum ApprovalRefusal: Error, Sendable, Equatable {
    case nothingWaits
    /// Another version is proposed than the one that was named.
    case otherVersion
    /// The folder holds another package than when it was proposed.
    case otherPackage
    case ownProposal
    case nameless
  }

  /// The activation of a model that waits for a second person.
  package func waiting(_ model: String) -> Activation? {
    activations.first { $0.model == model && $0.approvedBy == nil }
  }

  /// What was last put in force of a model, or is said to have been.
  func approval(_ model: String) -> Activation? {
    activations.first { $0.model == model && $0.approvedBy != nil }
  }

  /// Takes a proposal, in place of one of the same model that still waits.
  package mutating func propose(_ activation: Activation) {
    activations.removeAll { $0.model == activation.model && $0.approvedBy == nil }
    activations.append(activation)
  }

  /// Puts in force what waits for a model, if it is what the second person looked at.
  ///
  /// - Parameter digest: of the package in the version's folder now.
  package mutating func approve(
    _ model: String, version: String, digest: String, by person: String, at instant: Instant
  ) throws(ApprovalRefusal) {
    guard var activation = waiting(model) else { throw .nothingWaits }
    guard activation.version == version else { throw .otherVersion }
    guard activation.digest == digest else { throw .otherPackage }
    guard PersonName.isName(person), PersonName.isName(activation.proposedBy) else { throw .nameless }
    guard !PersonName.isSame(person, activation.proposedBy) else { throw .ownProposal }
    activation.approvedBy = person
    // Later than the one before it, whatever became of the clock.
    let last = approval(model)?.approvedAt.flatMap { Instant($0) }.map { Instant(milliseconds: $0.milliseconds + 1) }
    activation.approvedAt = max(instant, last ?? instant).description
    activations.removeAll { $0.model == model }
    activations.append(activation)
    versions[model] = activation.version
  }

  /// The models of which it says something else than what held before.
  func changed(since before: Control) -> [String] {
    models.union(before.models).sorted().filter {
      versions[$0] != before.versions[$0] || approval($0) != before.approval($0)
    }
  }

  /// Those of them for which no two people stand, or did so only before what held.
  func unapproved(since before: Control) -> [String] {
    changed(since: before).filter { model in
      guard let approval = approval(model) else { return true }
      return !approval.isApproved || approval.version != versions[model]
        || !approval.isLater(than: before.approval(model))
    }
  }

  /// Models with a version, or with an approval.
  private var models: Set<String> {
    Set(versions.keys).union(activations.filter { $0.approvedBy != nil }.map(\.model))
  }

  /// Holds the packages that would answer against what two people approved. A version that the file names without any approval
  /// is of a time when one person's word was enough: its digest is not known.
  ///
  /// - Throws: `unapproved`, `otherPackage`.
  package func check(_ packages: [ModelPackage]) throws(Fault) {
    for model in models.sorted() {
      guard let approval = approval(model) else { continue }
      guard approval.isApproved, approval.version == versions[model] else { throw .unapproved }
      guard packages.first(where: { $0.manifest.id == model })?.digest == approval.digest else { throw .otherPackage }
    }
  }
}
