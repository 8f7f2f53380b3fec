// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension Control {
  /// A change of the version of a model that answers: one person proposes it, another puts it in force.
  package struct Activation: Sendable, Equatable, Codable {
    /// Id of the model.
    package var model: String
    /// The version; nil for the newest there is.
    package var version: String?
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
    package init(_ model: String, version: String?, by: String, reason: String, at instant: Instant) {
      self.model = model
      self.version = version
      proposedBy = by
      self.reason = reason
      proposedAt = instant.description
    }

    /// `icu-prognosis 2.0.0`.
    package var target: String { "\(model) \(version ?? "newest")" }

    /// Whether two people stand behind it.
    var isApproved: Bool { approvedBy.map { !Self.isSame($0, proposedBy) } ?? false }

    /// Names are the site's; case and spaces around them make nobody another person.
    static func isSame(_ one: String, _ other: String) -> Bool { folded(one) == folded(other) }

    private static func folded(_ name: String) -> String {
      name.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ").lowercased()
    }
  }

  /// Why an activation is not put in force.
  package enum ApprovalRefusal: Error, Sendable, Equatable {
    case nothingWaits
    case ownProposal
  }

  /// The activation of a model that waits for a second person.
  package func waiting(_ model: String) -> Activation? {
    activations.first { $0.model == model && $0.approvedBy == nil }
  }

  /// Takes a proposal, in place of one of the same model that still waits.
  package mutating func propose(_ activation: Activation) {
    activations.removeAll { $0.model == activation.model && $0.approvedBy == nil }
    activations.append(activation)
  }

  /// Puts in force what waits for a model.
  ///
  /// - Throws: `ownProposal` where the person proposed it: nobody approves what is his own.
  package mutating func approve(_ model: String, by person: String, at instant: Instant) throws(ApprovalRefusal) {
    guard var activation = waiting(model) else { throw .nothingWaits }
    guard !Activation.isSame(person, activation.proposedBy) else { throw .ownProposal }
    activation.approvedBy = person
    activation.approvedAt = instant.description
    activations.removeAll { $0.model == model }
    activations.append(activation)
    versions[model] = activation.version
  }

  /// The models whose version is not that of before, and for which no two people stand.
  func unapproved(since before: [String: String]) -> [String] {
    Set(versions.keys).union(before.keys).sorted().filter { model in
      versions[model] != before[model]
        && !activations.contains { $0.model == model && $0.version == versions[model] && $0.isApproved }
    }
  }
}
