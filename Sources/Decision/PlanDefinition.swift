// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The recommendations of a model package: an R4 PlanDefinition (`plan-definition.json`).
///
/// Read by the CDS-on-FHIR mapping: an action's condition says when it applies, its priority becomes the card's
/// indicator (routine, urgent or asap, stat: info, warning, critical), its description the recommendation, its related
/// artifacts the links. Actions inside it are the options that are offered.
package struct PlanDefinition: Sendable, Equatable {
  /// One action.
  package struct Action: Sendable, Equatable {
    /// What a person reads first.
    package let title: String
    /// The recommendation in words.
    package let description: String?
    /// `routine`, `urgent`, `asap` or `stat`.
    package let priority: String?
    /// Conditions of kind applicability; all must hold.
    package let conditions: [Applicability]
    /// The works that this action rests on; empty: those of the whole definition.
    package let documentation: [Artifact]
    /// The options.
    package let actions: [Action]
    /// The order that it offers.
    package let order: OrderDefinition?
  }

  /// A work the recommendations rest on.
  package struct Artifact: Sendable, Equatable {
    /// What a person reads.
    package let label: String
    /// Where it is.
    package let url: String
  }

  /// Canonical URL.
  package let url: String
  /// Version.
  package let version: String
  /// Title.
  package let title: String
  /// The works it rests on.
  package let artifacts: [Artifact]
  /// The actions, in order; the first that applies is the recommendation.
  package let actions: [Action]

  /// Reads a PlanDefinition of a package.
  ///
  /// - Throws: `ModelPackageError.invalidFile` when it is not one, or has a condition that cannot be evaluated.
  package init(_ document: Document) throws(ModelPackageError) {
    let root = document.root
    guard root.resourceType == "PlanDefinition", let url = root["url"]?.string, let version = root["version"]?.string,
      let title = root["title"]?.string
    else { throw Self.invalid("not a PlanDefinition with url, version and title") }
    self.url = url
    self.version = version
    self.title = title
    artifacts = Self.works(root.elements("relatedArtifact"))
    let orders = root.elements("contained").compactMap { OrderDefinition($0) }
    actions = try Self.actions(root, orders)
  }

  /// Those of RelatedArtifacts that a card can link to.
  private static func works(_ nodes: Nodes) -> [Artifact] {
    nodes.compactMap { node in
      guard let url = node["url"]?.string, let label = (node["label"] ?? node["display"])?.string else { return nil }
      return Artifact(label: label, url: url)
    }
  }

  private static func actions(
    _ parent: Node, _ orders: [OrderDefinition]
  ) throws(ModelPackageError) -> [Action] {
    var actions: [Action] = []
    for node in parent.elements("action") {
      guard let title = node["title"]?.string else { throw invalid("an action without a title") }
      var conditions: [Applicability] = []
      for condition in node.elements("condition") {
        guard condition["kind"]?.equals("applicability") == true,
          condition["expression"]?["language"]?.equals("text/fhirpath") == true,
          let text = condition["expression"]?["expression"]?.string, let parsed = Applicability(text)
        else { throw invalid("a condition that cannot be evaluated") }
        conditions.append(parsed)
      }
      var order: OrderDefinition?
      if let canonical = node["definitionCanonical"]?.string {
        order = orders.first { "#\($0.id)" == canonical }
        guard order != nil else { throw invalid("an order that is not contained, or of no ServiceRequest") }
      }
      actions.append(
        Action(
          title: title, description: node["description"]?.string, priority: node["priority"]?.string,
          conditions: conditions, documentation: works(node.elements("documentation")),
          actions: try Self.actions(node, orders), order: order))
    }
    return actions
  }

  /// The variables that conditions of any action read.
  package var variables: [String] {
    func read(_ actions: [Action]) -> [String] {
      actions.flatMap { $0.conditions.flatMap(\.variables) + read($0.actions) }
    }
    return read(actions)
  }

  /// What is recommended: the first action all of whose conditions hold, with those of its options that apply.
  package func recommendation(_ value: (String) -> Applicability.Value?) -> Recommendation? {
    guard let action = actions.first(where: { $0.conditions.allSatisfy { $0.holds(value) } }) else { return nil }
    let options = action.actions.filter { $0.conditions.allSatisfy { $0.holds(value) } }
    return Recommendation(
      title: action.title, text: action.description, priority: action.priority,
      options: options.map { option in option.description.map { "\(option.title): \($0)" } ?? option.title },
      orders: options.map(\.order), definition: "\(url)|\(version)",
      artifacts: action.documentation.isEmpty ? artifacts : action.documentation)
  }

  private static func invalid(_ detail: String) -> ModelPackageError {
    ModelPackageError(.invalidFile, file: "plan-definition.json", detail: detail)
  }
}
