// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR
package import Features

extension DiscoveryDocument {
  /// What services over these models publish: each under each of its ids and hooks, with templates that ask for what the
  /// models see and no more.
  ///
  /// - Throws: `ServiceDefinitionError.breaksRules`: such a document could not be sent.
  package init(
    _ definitions: [ServiceDefinition], profiles: [FeatureProfile], terminology: Terminology
  ) throws(ServiceDefinitionError) {
    let services = definitions.flatMap { definition in
      definition.endpoints.flatMap { endpoint in
        definition.hooks.map { hook in
          definition.service(endpoint, hook: hook.name, profiles: profiles, terminology: terminology)
        }
      }
    }
    self.init(services: services)
    if let violation = Violation.inDiscovery(json).first {
      throw ServiceDefinitionError(.breaksRules, detail: "\(violation.rule.rawValue), \(violation.path)")
    }
  }
}

extension DiscoveryDocument {
  /// All that its services answer by, also what is not published, for a digest.
  var content: [UInt8] {
    let templates = services.flatMap { service in
      service.prefetch.map { "\(service.id)|\(service.hook)|\($0.key)|\($0.query)|\($0.isRequired)|\($0.isPublished)" }
    }
    return json.encoded() + Array(templates.joined(separator: "\n").utf8)
  }
}

extension ServiceDefinition {
  fileprivate func service(
    _ endpoint: Endpoint, hook: String, profiles: [FeatureProfile], terminology: Terminology
  ) -> Service {
    Service(
      hook: hook, id: endpoint.id, title: title, description: description,
      prefetch: prefetch.compactMap { template in
        if let versions = template.fhirVersions, !versions.contains(where: endpoint.fhirVersion.hasPrefix) {
          return nil
        }
        return template.published(for: endpoint, profiles: profiles, terminology: terminology)
      },
      usageRequirements: ["FHIR \(endpoint.fhirVersion).", usageRequirements].compactMap { $0 }.joined(separator: " "),
      version: endpoint.specification, hookVersion: HookDefinition.named(hook)?.hookVersion,
      extensions: JSONObject(["vigil.fhir-version": .string(endpoint.fhirVersion)]))
  }
}

extension ServiceDefinition.Template {
  fileprivate func published(
    for endpoint: ServiceDefinition.Endpoint, profiles: [FeatureProfile], terminology: Terminology
  ) -> Service.Template? {
    var query = query
    if categories != nil || valueSets != nil || statics != nil {
      let sets = profiles.flatMap { asked(of: $0) }
      let codes = Self.codes(of: sets, terminology)
      guard !codes.isEmpty else { return nil }
      query = query.replacing("{codes}", with: codes.joined(separator: ","))
    }
    let hasFHIRPath = !endpoint.specification.hasPrefix("1.") && !endpoint.specification.hasPrefix("2.")
    let window = hasFHIRPath ? "&date=ge{{today() - \(Self.daysBack(profiles)) days}}" : ""
    query = query.replacing("{window}", with: window)
    return Service.Template(
      key: key, query: query, isRequired: isRequired ?? true,
      isPublished: hasFHIRPath || PrefetchTemplate(query)?.usesFHIRPath == false)
  }

  /// The value sets of a profile that this template asks for.
  private func asked(of profile: FeatureProfile) -> [String] {
    var sets: [String] = []
    for signal in profile.signals
    where categories?.contains(signal.category) == true || signal.valueSets.contains(where: isNamed) {
      sets += signal.valueSets
    }
    if statics == true { sets += profile.statics.flatMap { $0.valueSets ?? [] } }
    return sets
  }

  private func isNamed(_ valueSet: String) -> Bool { valueSets?.contains(valueSet) == true }

  /// The codes of value sets, in their order, each once. Without their systems: that keeps the query short enough for
  /// any server, and what a code of another system brings is not used anyway.
  private static func codes(of sets: [String], _ terminology: Terminology) -> [String] {
    var codes: [String] = []
    for set in sets {
      guard let place = terminology.position(ofValueSet: set) else { continue }
      codes += terminology.valueSets[place].concepts.map(\.code).filter { !codes.contains($0) }
    }
    return codes
  }

  /// Whole days from the first hour that a model may look at to the last at which it is asked, and one for the zone of the
  /// client, whose day is not the server's.
  private static func daysBack(_ profiles: [FeatureProfile]) -> Int {
    Int((profiles.map(\.eligibility.toHour).max() ?? 0) / 24) + 2
  }
}
