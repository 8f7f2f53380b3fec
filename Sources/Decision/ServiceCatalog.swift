// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR
package import Features

/// The services there are: what is published, and what each of them says at which hook.
package struct ServiceCatalog: Sendable {
  /// Their definitions.
  package let definitions: [ServiceDefinition]
  /// What is published.
  package let discovery: DiscoveryDocument

  /// No services.
  package init() {
    definitions = []
    discovery = DiscoveryDocument(services: [])
  }

  /// Services over models of these profiles.
  ///
  /// - Throws: `ServiceDefinitionError.breaksRules` when what would be published breaks a rule of CDS Hooks.
  package init(
    _ definitions: [ServiceDefinition], profiles: [FeatureProfile], terminology: Terminology
  ) throws(ServiceDefinitionError) {
    self.definitions = definitions
    discovery = try DiscoveryDocument(definitions, profiles: profiles, terminology: terminology)
  }

  /// What answers a hook under an id.
  struct Match {
    /// What is published.
    var service: Service
    /// What it is made of.
    var definition: ServiceDefinition
    /// Which cards it shows at the hook.
    var shows: ServiceDefinition.Shows
    /// What holds findings back at the hook.
    var alerting: AlertPolicy
    /// The FHIR version of the client's resources, as the endpoint promises it.
    var fhirVersion: String
  }

  /// The service that answers a hook under an id; nil when none does.
  func match(id: String, hook: String) -> Match? {
    guard let service = discovery.service(id: id, hook: hook) else { return nil }
    for definition in definitions {
      guard let endpoint = definition.endpoints.first(where: { $0.id == id }),
        let rule = definition.hooks.first(where: { $0.name == hook })
      else { continue }
      return Match(
        service: service, definition: definition, shows: rule.shows,
        alerting: rule.alerting ?? definition.alerting ?? AlertPolicy(), fhirVersion: endpoint.fhirVersion)
    }
    return nil
  }

  /// Hours of the past that any of its policies asks about; 0 where none does.
  package var memoryHours: Double {
    definitions.flatMap(\.alertPolicies).map(\.memoryHours).max() ?? 0
  }

  /// Everything that decides what its services say, for a digest.
  var content: [UInt8] {
    var rules: [String] = []
    for definition in definitions {
      rules += definition.hooks.map { "\(definition.title)|\($0.name)|\($0.shows.rawValue)" }
      rules += (definition.cautions ?? []).map {
        "\($0.outcome)|\($0.valueSet)|\($0.text)|\($0.source.label)|\($0.source.url)"
      }
      let policies = [definition.alerting] + definition.hooks.map(\.alerting)
      rules += policies.map { $0?.content ?? "" }
    }
    return discovery.content + Array(rules.joined(separator: "\n").utf8)
  }
}
