// SPDX-License-Identifier: Apache-2.0
import FHIR

extension DecisionPage {
  /// What each model said, by what it said so, and what it did not say.
  var models: String {
    guard let outputs = payload["outputs"] else { return "" }
    let models = outputs.list("models")
    guard !models.isEmpty else {
      // Answers to bare numbers, and those of packages of before, are of another form.
      return section("What the models gave", "<pre>\(HTML.escaped(outputs.text(pretty: true)))</pre>")
        + basis(of: nil, [])
    }
    let leftOut = outputs.list("leftOut")
    let withheld = outputs.list("withheld")
    return models.map(model).joined(separator: "\n")
      + (leftOut.isEmpty
        ? "" : section("Left out of the chart", HTML.table([("Why", "code"), ("Resources", "count")], leftOut)))
      + (withheld.isEmpty
        ? ""
        : section(
          "Not shown or not suggested",
          HTML.table([("Model", "model"), ("Outcome", "outcome"), ("Order", "order"), ("Why", "reason")], withheld)))
  }

  private func model(_ model: JSON) -> String {
    let findings = model.list("findings")
    let unlikeness = model["unlikeness"].map { found in
      let signals = found.list("signals").map { HTML.text($0) }.joined(separator: "; ")
      return "\(HTML.number(found["score"])); nothing is stated above \(HTML.number(found["alarm"]))"
        + (signals.isEmpty ? "" : "; unusual: \(signals)")
    }
    let stale = model.list("stale").map { stale in
      [
        HTML.text(stale["signal"]), stale["instant"].map { "last measured at \(HTML.text($0))" } ?? "",
        stale["ageHours"].map { "\(HTML.number($0, digits: 3)) h before" } ?? "",
      ].filter { !$0.isEmpty }.joined(separator: ", ")
    }
    let facts = [
      ("Hour of the stay", HTML.number(model["hour"], digits: 5)), ("The stay begins", HTML.text(model["origin"])),
      ("Groups of the patient", HTML.text(model["groups"])), ("Unlike the training patients", unlikeness ?? ""),
      ("Missing", model.list("missing").map { HTML.text($0) }.joined(separator: "; ")),
      ("Too old to be current", stale.joined(separator: "; ")),
    ]
    let ignored = model.list("ignored")
    return section("\(HTML.text(model["model"])) \(HTML.text(model["version"]))", HTML.facts(facts))
      + "<h3>Read and not used</h3>"
      + HTML.table([("Signal", "signal"), ("Why", "reason"), ("Values", "count")], ignored)
      + "<h3>What it said</h3>" + said(findings) + basis(of: model["model"], findings)
      + findings.map(explanation).joined(separator: "\n")
  }

  // MARK: Findings

  private func said(_ findings: [JSON]) -> String {
    HTML.filledTable(
      [
        "Outcome", "Probability", "Networks agree within", "Band", "Left open by the conformal set",
        "Not stated, because", "Recommended",
      ],
      findings.map { finding in
        let reasons = finding.list("notAssessed").map { HTML.text($0["text"] ?? $0["code"]) }
        let isStated = finding["probability"] != nil
        return [
          HTML.text(finding["outcome"]), HTML.percent(finding["probability"]),
          isStated ? "\(HTML.percent(finding["low"])) to \(HTML.percent(finding["high"]))" : "",
          HTML.text(finding["band"]), finding["predictionSet"].map(predictionSet) ?? "",
          reasons.joined(separator: "; "), HTML.text(finding["recommendation"]),
        ]
      })
  }

  private func predictionSet(_ set: JSON) -> String {
    let labels =
      switch (set["yes"], set["no"]) {
      case (.boolean(true)?, .boolean(true)?): "yes and no"
      case (.boolean(true)?, _): "yes alone"
      case (_, .boolean(true)?): "no alone"
      default: "neither"
      }
    return "\(labels), at \(HTML.percent(set["coverage"]))"
  }

  // MARK: Calibration and thresholds

  /// By which calibration and thresholds findings were made of the networks' logits.
  ///
  /// - Parameter model: nil: of all models, where the outputs do not tell them apart.
  private func basis(of model: JSON?, _ findings: [JSON]) -> String {
    let recorded = payload["thresholds"]
    let title = "<h3>Calibration and thresholds in force</h3>"
    guard case .array(let models)? = recorded ?? packageThresholds else {
      return title
        + "<p>Not in this record, and the packages of the digests above are not at hand (vigil audit show --profiles).</p>"
    }
    let origin =
      recorded == nil
      ? "<p>Not in this record: these are what the packages of the digests above have.</p>"
      : "<p>As recorded with the answer.</p>"
    let outcomes = models.filter { model == nil || $0["model"] == model }.flatMap { $0.list("outcomes") }
    let rows = outcomes.map { outcome -> [String] in
      let logits = findings.first { $0["outcome"] == outcome["outcome"] }?.list("memberLogits") ?? []
      let bands = outcome.list("bands").map { "\(HTML.text($0["band"])) \(HTML.percent($0["from"]))" }
      let (calibration, conformal) = (outcome["calibration"], outcome["conformal"])
      return [
        HTML.text(outcome["outcome"]), method(calibration?["method"]), HTML.number(calibration?["slope"]),
        HTML.number(calibration?["intercept"]), HTML.percent(calibration?["floor"]), bands.joined(separator: ", "),
        bound(conformal, "yesFromLogOdds", "from"), bound(conformal, "noUpToLogOdds", "up to"),
        HTML.percent(conformal?["coverage"]), logits.map { HTML.number($0) }.joined(separator: ", "),
      ]
    }
    return title + origin
      + HTML.filledTable(
        [
          "Outcome", "Calibration", "Slope", "Intercept", "Floor", "Bands begin at", "“Yes” left open",
          "“No” left open",
          "Coverage", "The networks’ logits",
        ], rows)
      + "<p>The probability is floor + (1 − floor) · sigmoid(slope · mean logit + intercept); an alarm begins with the band “high”.</p>"
  }

  private func method(_ name: JSON?) -> String {
    name == "platt-scaling-with-floor" ? "Platt scaling with a floor" : HTML.text(name)
  }

  private func bound(_ conformal: JSON?, _ name: String, _ word: String) -> String {
    guard let conformal else { return "" }
    return conformal[name] == nil ? "always" : "\(word) \(HTML.percent(logOdds: conformal[name]))"
  }

  // MARK: Why

  private func explanation(_ finding: JSON) -> String {
    var text = ""
    if let survival = finding["survival"] {
      let days = zip(survival.list("days"), survival.list("alive")).map { day, alive in
        "\(HTML.number(day)) days: \(HTML.percent(alive))"
      }
      text += "<p>Alive after \(days.joined(separator: ", ")).</p>"
    }
    if let explanation = finding["explanation"] {
      text +=
        "<p>A typical patient has \(HTML.percent(explanation["typicalProbability"])); the contributions add up but for "
        + "\(HTML.number(explanation["completenessGap"], digits: 2)) of the log-odds.</p>"
      text += HTML.table(
        ["Driver", "Value", "Unit", "Typical", "When", "Adds to the log-odds", "Resource"],
        explanation.list("drivers").map { driver in
          [
            HTML.text(driver["signal"]), driver["words"].map { HTML.text($0) } ?? HTML.number(driver["value"]),
            HTML.text(driver["unit"]), HTML.number(driver["typical"]), HTML.text(driver["instant"]),
            HTML.number(driver["contribution"], digits: 3), HTML.text(driver["resource"]),
          ]
        })
      let ranges = explanation.list("plausibleRanges")
      if !ranges.isEmpty {
        text += HTML.table(
          ["Not known", "Unit", "Low", "High", "Probability if low", "Probability if high"],
          ranges.map { range in
            [
              HTML.text(range["signal"]), HTML.text(range["unit"]), HTML.number(range["low"]),
              HTML.number(range["high"]),
              HTML.percent(range["probabilityIfLow"]), HTML.percent(range["probabilityIfHigh"]),
            ]
          })
      }
    }
    return text.isEmpty ? "" : "<h3>Why: \(HTML.text(finding["outcome"]))</h3>\(text)"
  }
}
