// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// What an operator says to a running service: what is stopped, and which version of a model answers.
///
/// It is a file in the data directory (`control.json`), so that it survives a restart, and reaches every process that serves
/// from the directory, whatever becomes of the network. `vigil control` writes it; the service reads it ten times a second.
package struct Control: Sendable, Equatable, Codable {
  /// Something that is stopped.
  package struct Stop: Sendable, Equatable, Codable {
    /// What the stop is of.
    package enum Scope: String, Sendable, Codable, CaseIterable {
      /// Everything that answers.
      case all
      /// One service: its id, `$assess` or `$infer`.
      case service
      /// One model, wherever it is asked.
      case model
    }

    /// What it is of.
    package var scope: Scope
    /// Id of the service or the model; nil for all.
    package var id: String?
    /// Who said so.
    package var by: String
    /// Why.
    package var reason: String
    /// When, as FHIR writes an instant.
    package var since: String

    /// A stop.
    package init(_ scope: Scope, id: String?, by: String, reason: String, since: Instant) {
      self.scope = scope
      self.id = id
      self.by = by
      self.reason = reason
      self.since = since.description
    }

    /// `model icu-prognosis`, `everything`.
    package var target: String { id.map { "\(scope.rawValue) \($0)" } ?? "everything" }

    /// Whether it is of the same as another.
    package func isOfSame(as other: Stop) -> Bool { scope == other.scope && id == other.id }
  }

  /// What is stopped.
  package var stops: [Stop]
  /// The version of each model that answers; of those that are not named the newest that there is when the service starts.
  package var versions: [String: String]
  /// Of each model at most one activation that waits for a second person, and the last that got one.
  package var activations: [Activation]

  /// Nothing stopped, the newest models.
  package init(stops: [Stop] = [], versions: [String: String] = [:], activations: [Activation] = []) {
    self.stops = stops
    self.versions = versions
    self.activations = activations
  }

  /// Reads a file, also of a time when one person's word was enough.
  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    stops = try members.decode([Stop].self, forKey: .stops)
    versions = try members.decode([String: String].self, forKey: .versions)
    activations = try members.decodeIfPresent([Activation].self, forKey: .activations) ?? []
  }

  /// Whether a service does not answer.
  package func stopsService(_ id: String) -> Bool {
    stops.contains { $0.scope == .all || ($0.scope == .service && $0.id == id) }
  }

  /// Ids of the models that are not asked.
  package var stoppedModels: Set<String> { Set(stops.filter { $0.scope == .model }.compactMap(\.id)) }
}
