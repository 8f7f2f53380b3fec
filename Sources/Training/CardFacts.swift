// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Networks

/// The sentences of a model card that are made of the package's files.
struct CardFacts {
  let configuration: ExperimentConfiguration
  let manifest: ModelManifest
  let evaluation: Evaluation

  init(_ configuration: ExperimentConfiguration, _ manifest: ModelManifest, _ evaluation: Evaluation) {
    self.configuration = configuration
    self.manifest = manifest
    self.evaluation = evaluation
  }

  /// The text of a computed attribute.
  func text(_ attribute: SourceAttribute) -> String? {
    switch attribute {
    case .output:
      manifest.outcomes.map { "\($0.summary): a probability with its interval and a band. \($0.definition)" }
        .joined(separator: " ")
    case .outputKind: "Prediction."
    case .intendedUse: manifest.intendedUse
    case .outOfScope: configuration.model.limits.joined(separator: " ")
    case .validityInternal:
      ([evaluation.method, evaluation.dataSet + "."] + evaluation.outcomes.map(validity)).joined(separator: " ")
    case .fairnessInternal: evaluation.outcomes.map(fairness).joined(separator: " ")
    default: nil
    }
  }

  private func name(_ head: String) -> String { manifest.outcomes.first { $0.head == head }?.summary ?? head }

  /// `0.876 (0.866 to 0.886)`.
  private func number(_ value: Double?, _ key: String, _ outcome: Evaluation.Outcome) -> String {
    guard let value else { return "not known" }
    let interval = outcome.intervals[key].map { " (\(HTML.fixed($0.low, 3)) to \(HTML.fixed($0.high, 3)))" }
    return HTML.fixed(value, 3) + (interval ?? "")
  }

  private func validity(_ outcome: Evaluation.Outcome) -> String {
    let scores = outcome.scores
    var parts = [
      "AUROC \(number(scores.auroc, "auroc", outcome))", "AUPRC \(number(scores.auprc, "auprc", outcome))",
      "Brier score \(number(scores.brier, "brier", outcome))",
      "calibration error \(number(scores.ece, "ece", outcome))",
      "sensitivity of the alarm \(number(scores.sensitivity, "sensitivity", outcome))",
      "precision \(number(scores.precision, "precision", outcome))",
    ]
    if let utility = scores.utility { parts.append("utility \(number(utility, "utility", outcome))") }
    if let alarms = scores.alarmsPerPatientDay {
      parts.append("alarms a patient-day \(number(alarms, "alarmsPerPatientDay", outcome))")
    }
    return "\(name(outcome.head)), \(HTML.grouped(scores.positives)) of \(HTML.grouped(scores.rows)) rows: "
      + parts.joined(separator: ", ") + "."
  }

  private func fairness(_ outcome: Evaluation.Outcome) -> String {
    let groups = outcome.groups.filter { $0.stays ?? $0.rows >= 200 }
    guard !groups.isEmpty else { return "\(name(outcome.head)): no group has the 200 stays that are asked for." }
    let parts = groups.map { group in
      "\(group.name) AUROC \(group.auroc.map { HTML.fixed($0, 3) } ?? "not known"), predicted "
        + "\(HTML.percent(group.meanProbability)), observed \(HTML.percent(group.observed))"
        + (group.flags.map { $0.isEmpty ? "" : " [\($0.joined(separator: ", "))]" } ?? "")
    }
    return "\(name(outcome.head)): " + parts.joined(separator: "; ") + "."
  }

  /// The 27 items of TRIPOD+AI.
  func tripod(_ own: [String: String]) -> [ModelCard.Item] {
    let (model, folds) = (configuration.model, configuration.validation.folds)
    let sets = configuration.dataSets.map(\.title).joined(separator: "; ")
    let outcomes = manifest.outcomes.map { "\($0.display): \($0.definition)" }.joined(separator: " ")
    let items: [(String, String, String, [String])] = [
      ("1", "Title", model.title, ["manifest.json"]),
      ("2", "Abstract", model.intendedUse, ["manifest.json", "evaluation.json"]),
      ("3", "Background", "Where the model stands in care and what is known of alike ones.", ["docs/model-owners.md"]),
      ("4", "Objectives", "To develop and internally validate: \(model.title).", ["training.json"]),
      ("5", "Data", "\(sets).", ["training.json"]),
      ("6", "Participants", model.limits.first ?? "", ["training.json", "feature-profile.json"]),
      (
        "7", "Data preparation",
        "Values are converted, held to plausible ranges and repaired by listed faults of the data set alone.",
        ["feature-profile.json", "encoding.json"]
      ), ("8", "Outcome", outcomes, ["manifest.json"]),
      ("9", "Predictors", "Listed with codes, units, windows and statistics.", ["feature-profile.json"]),
      (
        "10", "Sample size", "All \(HTML.grouped(evaluation.stays)) stays of the data sets; none was chosen.",
        ["evaluation.json"]
      ),
      (
        "11", "Missing data",
        "A missing value stands at the training mean with a flag; training removes whole variables at random where the configuration says so.",
        ["encoding.json", "training.json"]
      ),
      (
        "12", "Analytical methods",
        "An ensemble of \(configuration.members) networks, Platt scaling, class-conditional conformal sets; \(folds)-fold cross-validation by stay.",
        ["training.json", "calibration.json"]
      ),
      (
        "13", "Class imbalance", "No resampling without weights: sampled rows count for those they stand for.",
        ["training.json"]
      ),
      ("14", "Fairness", "Scores, calibration and coverage by sex, age band and unit type.", ["evaluation.json"]),
      (
        "15", "Model output", "A calibrated probability, the ensemble's interval, a band and a conformal set.",
        ["manifest.json"]
      ),
      (
        "16", "Training and evaluation", "Calibration, threshold and set of a fold come from the other folds.",
        ["evaluation.json"]
      ),
      ("17", "Ethical approval", "Public research data, de-identified by those who published them.", ["training.json"]),
      (
        "18", "Open science", "Code, configuration, weights and this card are open; the data are at the places named.",
        ["training.json"]
      ),
      ("19", "Patient and public involvement", "None.", []),
      (
        "20", "Participants in the results",
        "\(HTML.grouped(evaluation.stays)) stays; positives by outcome are in the evaluation.", ["evaluation.json"]
      ),
      ("21", "Model development", "\(HTML.grouped(evaluation.stays)) stays in \(folds) folds.", ["evaluation.json"]),
      (
        "22", "Model specification", "Weights in an open format, with the encoding that makes their inputs.",
        ["weights.safetensors", "encoding.json"]
      ),
      ("23", "Model performance", text(.validityInternal) ?? "", ["evaluation.json"]),
      ("24", "Model updating", "A package is never changed; a new version takes its place.", ["manifest.json"]),
      ("25", "Interpretation", "Research software; no evidence of clinical benefit.", ["evaluation.json"]),
      ("26", "Limitations", model.limits.joined(separator: " "), ["training.json"]),
      (
        "27", "Usability", "What is needed, what is missing and why nothing is stated are on every card.",
        ["docs/integrators.md"]
      ),
    ]
    return items.map { number, title, text, evidence in
      ModelCard.Item(number: number, title: title, text: own[number] ?? text, evidence: evidence)
    }
  }
}
