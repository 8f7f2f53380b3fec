// SPDX-License-Identifier: Apache-2.0
package import Decision
import Networks

/// What a fine-tuning changed: every outcome as the parent had it, and as it is fitted, on the same local stays.
package struct FineTuningReport: Codable, Sendable, Equatable {
  /// One outcome.
  package struct Outcome: Codable, Sendable, Equatable {
    package var head: String
    /// The parent on the local stays, nothing fitted to them; nil without a label.
    package var before: Evaluation.Outcome?
    /// By cross-validation over the local stays; nil where too few of them are known.
    package var after: Evaluation.Outcome?
    /// The alarm's threshold.
    package var thresholdBefore: Double
    package var thresholdAfter: Double?

    package init(
      head: String, before: Evaluation.Outcome?, after: Evaluation.Outcome?, thresholdBefore: Double,
      thresholdAfter: Double?
    ) {
      self.head = head
      self.before = before
      self.after = after
      self.thresholdBefore = thresholdBefore
      self.thresholdAfter = thresholdAfter
    }
  }

  /// One number before and after, with its interval where there is one.
  package struct Change: Sendable, Equatable {
    package var name: String
    package var before: Number?
    package var after: Number?
  }

  /// A number with its 95 % interval.
  package struct Number: Sendable, Equatable {
    package var value: Double
    package var interval: ClosedRange<Double>?
  }

  package var parent: ModelManifest.Parent
  package var id: String
  package var version: String
  package var stays: Int
  package var folds: Int
  /// In the package's order.
  package var outcomes: [Outcome]

  package init(
    parent: ModelManifest.Parent, id: String, version: String, stays: Int, folds: Int, outcomes: [Outcome]
  ) {
    self.parent = parent
    self.id = id
    self.version = version
    self.stays = stays
    self.folds = folds
    self.outcomes = outcomes
  }
}

extension FineTuningReport.Outcome {
  /// Every number that either side has, in a fixed order.
  package var changes: [FineTuningReport.Change] {
    let (old, new) = (before.map(Self.numbers) ?? [], after.map(Self.numbers) ?? [])
    var changes: [FineTuningReport.Change] = []
    for (name, number) in old {
      changes.append(.init(name: name, before: number, after: new.first { $0.name == name }?.number))
    }
    changes += new.filter { entry in !old.contains { $0.name == entry.name } }.map {
      .init(name: $0.name, before: nil, after: $0.number)
    }
    let threshold = FineTuningReport.Number(value: thresholdBefore, interval: nil)
    return changes + [
      .init(
        name: "Alarm from a risk of", before: threshold,
        after: thresholdAfter.map { FineTuningReport.Number(value: $0, interval: nil) })
    ]
  }

  private static func numbers(_ outcome: Evaluation.Outcome) -> [(name: String, number: FineTuningReport.Number)] {
    typealias Number = FineTuningReport.Number
    let scores = outcome.scores
    func scored(_ key: String, _ value: Double?) -> Number? {
      value.map { Number(value: $0, interval: outcome.intervals[key].map { $0.low...max($0.low, $0.high) }) }
    }
    func share(_ interval: BinomialInterval?) -> Number? {
      interval.map { Number(value: $0.share, interval: $0.low...max($0.low, $0.high)) }
    }
    func covered(_ coverage: Evaluation.Conformal.Coverage?) -> Number? {
      coverage.map { Number(value: $0.covered, interval: $0.low...max($0.low, $0.high)) }
    }
    func line(_ estimate: CalibrationLine.Estimate?) -> Number? {
      estimate.map { Number(value: $0.value, interval: $0.low...max($0.low, $0.high)) }
    }
    let rows: [(String, Number?)] = [
      ("AUROC", scored("auroc", scores.auroc)), ("AUPRC", scored("auprc", scores.auprc)),
      ("Brier score", scored("brier", scores.brier)), ("Calibration error", scored("ece", scores.ece)),
      ("Calibration slope", line(outcome.report?.calibrationLine?.slope)),
      ("Calibration intercept", line(outcome.report?.calibrationLine?.intercept)),
      ("Found by the alarm", scored("sensitivity", scores.sensitivity)),
      ("Alarms that are right", scored("precision", scores.precision)),
      ("Stays without the outcome that are alarmed", share(outcome.report?.alarms.alarmedWithoutOutcome)),
      ("Alarms a patient-day", scored("alarmsPerPatientDay", scores.alarmsPerPatientDay)),
      ("Utility (2019)", scored("utility", scores.utility)),
      ("Conformal sets hold it, with the outcome", covered(outcome.conformal?.yes)),
      ("Conformal sets hold it, without it", covered(outcome.conformal?.no)),
    ]
    return rows.compactMap { name, number in number.map { (name, $0) } }
  }
}
