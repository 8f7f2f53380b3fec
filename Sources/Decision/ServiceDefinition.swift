// SPDX-License-Identifier: Apache-2.0
package import Features
import Foundation

/// A service as data (`Profiles/services/NAME.json`): what it is called, which hooks it answers, under which ids it is
/// published, and what it reads of a chart.
package struct ServiceDefinition: Sendable, Equatable, Codable {
  /// An id under which it is published. The ids differ in what they promise, not in what they answer.
  package struct Endpoint: Sendable, Equatable, Codable {
    /// The last segment of the URL.
    package var id: String
    /// The CDS Hooks version, a semantic version. Before 3.0 templates hold plain tokens only.
    package var specification: String
    /// The FHIR version of the client's resources, such as `4.0.1`.
    package var fhirVersion: String
  }

  /// Which cards are shown at a hook. A later answer of a service replaces its earlier cards, so what is left out at a
  /// later hook disappears.
  package enum Shows: String, Sendable, Codable {
    /// Every finding, also why there is none.
    case all
    /// Findings with a probability.
    case assessed
    /// Findings with an urgent recommendation: what must not be missed while something else is being done.
    case urgent
  }

  /// A hook that it answers.
  package struct Hook: Sendable, Equatable, Codable {
    /// The hook's name.
    package var name: String
    /// Which cards are shown.
    package var shows: Shows
    /// What holds findings back at this hook, in place of the service's own.
    package var alerting: AlertPolicy?
  }

  /// Drafts that a finding speaks to: while the outcome's risk is high, a draft of a drug of the value set is named on its
  /// card, whatever the hook shows otherwise.
  package struct Caution: Sendable, Equatable, Codable {
    /// A work that the caution rests on.
    package struct Source: Sendable, Equatable, Codable {
      /// What a person reads.
      package var label: String
      /// Where it is.
      package var url: String
    }

    /// The head of the outcome.
    package var outcome: String
    /// The value set of the drugs.
    package var valueSet: String
    /// Why, in words.
    package var text: String
    /// The work it rests on.
    package var source: Source
  }

  /// A prefetch template, in which two places are filled in.
  ///
  /// `{window}` becomes the days that the models look back, as `&date=ge{{today() - N days}}`, where the endpoint's
  /// specification has `today()`, and nothing where it has not. `{codes}` becomes the codes of the signals that are asked
  /// for here. A template whose signals no model has is left out.
  package struct Template: Sendable, Equatable, Codable {
    /// The key.
    package var key: String
    /// The query.
    package var query: String
    /// Signals of these categories are asked for here.
    package var categories: [Signal.Category]?
    /// Signals of these value sets are asked for here, whatever their category.
    package var valueSets: [String]?
    /// Whether what is known once for a stay and comes from Observations is asked for here.
    package var statics: Bool?
    /// Whether the service cannot answer without it; true where it is not said.
    package var isRequired: Bool?
    /// The FHIR versions that have it, by how they begin; nil: all.
    package var fhirVersions: [String]?
  }

  /// A name for people.
  package var title: String
  /// What it does; Markdown.
  package var description: String
  /// What has to hold for it to be of use.
  package var usageRequirements: String?
  /// The hooks it answers. Cards of a later one replace those of an earlier one.
  package var hooks: [Hook]
  /// What holds findings back that a hook would show.
  package var alerting: AlertPolicy?
  /// The drafts that its findings speak to.
  package var cautions: [Caution]?
  /// The ids under which it is published.
  package var endpoints: [Endpoint]
  /// What it reads of a chart, in the order of the templates.
  package var prefetch: [Template]

  /// Every policy by which it holds findings back.
  package var alertPolicies: [AlertPolicy] { ([alerting] + hooks.map(\.alerting)).compactMap { $0 } }

  /// The definitions of a folder, in the order of their file names.
  ///
  /// - Throws: `ServiceDefinitionError`.
  package static func load(_ directory: String) throws(ServiceDefinitionError) -> [ServiceDefinition] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw ServiceDefinitionError(.unreadable)
    }
    var definitions: [ServiceDefinition] = []
    for name in names.sorted() where name.hasSuffix(".json") {
      guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
        throw ServiceDefinitionError(.unreadable, file: name)
      }
      do {
        definitions.append(try JSONDecoder().decode(ServiceDefinition.self, from: data))
      } catch {
        throw ServiceDefinitionError(.invalid, file: name, detail: "\(error)")
      }
      for policy in definitions.flatMap(\.alertPolicies) {
        if let fault = policy.fault { throw ServiceDefinitionError(.invalid, file: name, detail: fault) }
      }
    }
    return definitions
  }
}

/// Why the definitions of services are refused. It names files and rules, which are the operator's own.
package struct ServiceDefinitionError: Error, Sendable, Equatable {
  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case unreadable = "SVC001"
    case invalid = "SVC002"
    case breaksRules = "SVC003"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .unreadable: "the folder or a file of it cannot be read"
      case .invalid: "a file is not a service definition"
      case .breaksRules: "what would be published breaks a rule of CDS Hooks"
      }
    }
  }

  /// What is wrong.
  package let code: Code
  /// The file it concerns.
  package let file: String?
  /// What about it.
  package let detail: String?

  init(_ code: Code, file: String? = nil, detail: String? = nil) {
    self.code = code
    self.file = file
    self.detail = detail
  }
}

extension ServiceDefinitionError: CustomStringConvertible {
  /// One line, such as `SVC003 what would be published breaks a rule of CDS Hooks: prefetch-token, services[0].hook`.
  package var description: String {
    let about = [file, detail].compactMap { $0 }.joined(separator: ", ")
    return "\(code.rawValue) \(code.title)" + (about.isEmpty ? "" : ": \(about)")
  }
}
