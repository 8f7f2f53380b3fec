// SPDX-License-Identifier: Apache-2.0

/// The 31 source attributes of a predictive decision support intervention: 45 CFR 170.315(b)(11)(iv)(B).
package enum SourceAttribute: String, Codable, Sendable, CaseIterable {
  case developer, funding, output, outputKind
  case intendedUse, intendedPopulation, intendedUsers, decisionRole
  case outOfScope, risks
  case trainingCriteria, demographicInputs, representativeness, relevance
  case fairnessApproach, biasManagement
  case externalData, externalTester, externalRepresentativeness, externalProcess
  case validityInternal, fairnessInternal, validityExternal, fairnessExternal, outcomeEvaluations
  case validityMonitoring, validityLocal, fairnessMonitoring, fairnessLocal
  case updateProcess, correctionFrequency

  /// What stands where nothing is known, if it may.
  package static let notAvailable = "Not available."

  /// The heading under which it stands.
  package var group: String {
    switch self {
    case .developer, .funding, .output, .outputKind: "Details and output"
    case .intendedUse, .intendedPopulation, .intendedUsers, .decisionRole: "Purpose"
    case .outOfScope, .risks: "Cautioned use"
    case .trainingCriteria, .demographicInputs, .representativeness, .relevance: "Development and inputs"
    case .fairnessApproach, .biasManagement: "Fairness in development"
    case .externalData, .externalTester, .externalRepresentativeness, .externalProcess: "External validation"
    case .validityInternal, .fairnessInternal, .validityExternal, .fairnessExternal, .outcomeEvaluations: "Performance"
    case .validityMonitoring, .validityLocal, .fairnessMonitoring, .fairnessLocal: "Maintenance"
    case .updateProcess, .correctionFrequency: "Updates"
    }
  }

  /// What a person reads.
  package var title: String {
    switch self {
    case .developer: "Developer and contact"
    case .funding: "Funding"
    case .output: "Value produced as output"
    case .outputKind: "Kind of output"
    case .intendedUse: "Intended use"
    case .intendedPopulation: "Intended patient population"
    case .intendedUsers: "Intended users"
    case .decisionRole: "Role in decisions"
    case .outOfScope: "Tasks, situations and populations to avoid"
    case .risks: "Known risks, unfit settings and limitations"
    case .trainingCriteria: "Inclusion and exclusion of training data"
    case .demographicInputs: "Demographic and health status inputs"
    case .representativeness: "Demographic representativeness"
    case .relevance: "Relevance of the training data to the deployed setting"
    case .fairnessApproach: "Approach to a fair output"
    case .biasManagement: "Management of bias"
    case .externalData: "Data of external validation"
    case .externalTester: "Who validated externally"
    case .externalRepresentativeness: "Representativeness of external data"
    case .externalProcess: "Process of external validation"
    case .validityInternal: "Validity on data like the training data"
    case .fairnessInternal: "Fairness on data like the training data"
    case .validityExternal: "Validity on external data"
    case .fairnessExternal: "Fairness on external data"
    case .outcomeEvaluations: "Evaluations of the use in care"
    case .validityMonitoring: "Monitoring of validity"
    case .validityLocal: "Validity on local data"
    case .fairnessMonitoring: "Monitoring of fairness"
    case .fairnessLocal: "Fairness on local data"
    case .updateProcess: "Process and frequency of updates"
    case .correctionFrequency: "How often performance is corrected"
    }
  }

  /// Whether it may be not available: 11 may, 20 may not.
  package var mayBeUnavailable: Bool {
    switch self {
    case .externalData, .externalTester, .externalRepresentativeness, .externalProcess, .validityExternal,
      .fairnessExternal, .outcomeEvaluations, .validityLocal, .fairnessLocal, .updateProcess, .correctionFrequency:
      true
    default: false
    }
  }

  /// Whether its text is made of the package's other files.
  package var isComputed: Bool {
    switch self {
    case .output, .outputKind, .intendedUse, .outOfScope, .validityInternal, .fairnessInternal: true
    default: false
    }
  }
}
