// SPDX-License-Identifier: Apache-2.0
import Features
import Networks

/// One row of raw features, as another application computed them, and what of the patient cannot be told from them.
package struct FeatureRow: Sendable, Equatable {
  /// One value a column of the model's profile; not a number where it was not measured.
  package var values: [Float]
  /// Hour of the intensive care stay.
  package var hour: Double
  /// By outcome, in the manifest's order, whether the state whose onset is asked for is known to be absent; nil where nothing
  /// is known.
  package var isAbsent: [Bool]?

  /// A row.
  package init(values: [Float], hour: Double, isAbsent: [Bool]? = nil) {
    self.values = values
    self.hour = hour
    self.isAbsent = isAbsent
  }
}

extension ModelPackage {
  /// A finding for each outcome of a row of raw features, held back for the same reasons as that of a chart, as far as a row
  /// tells them. Whether the patient is an adult in intensive care is the caller's to know.
  ///
  /// - Parameter row: has `profile.columns.count` values.
  package func findings(of row: FeatureRow) -> [Finding] {
    let logits = ensemble.logits(Matrix(row: encoder.encode(FeatureVector(hour: row.hour, values: row.values))))
    let hours = profile.eligibility.hours
    var hourly: [Finding.Reason] = []
    if row.hour < hours.lowerBound {
      hourly.append(Finding.Reason(Ineligibility.tooEarly(hour: row.hour, trained: hours)))
    }
    if row.hour > hours.upperBound {
      hourly.append(Finding.Reason(Ineligibility.tooLate(hour: row.hour, trained: hours)))
    }
    let unlikeness = unlikeness(of: row.values)
    return predictors.enumerated().map { position, predictor in
      let outcome = predictor.outcome
      var finding = Finding(
        outcome: outcome, conclusion: .notAssessed([]), memberLogits: predictor.memberLogits(logits))
      let risk = predictor.risk(finding.memberLogits)
      // What was not said to be absent may be there: of such the networks learned nothing.
      let isUnknown = outcome.excludes != nil && row.isAbsent?[position] != true
      let reasons =
        hourly
        + reasons(
          toHold: risk, of: outcome, hour: row.hour, excluding: isUnknown ? .stateUnknown : nil, unlikeness: unlikeness
        ) { isCurrent($0, row) }
      finding.conclusion = reasons.isEmpty ? .assessed(risk) : .notAssessed(reasons)
      return finding
    }
  }

  /// Whether a signal or derived series has a value that is not stale, as far as the columns tell: any of its columns has a
  /// number, and the hours since it was measured, where they are a column, are not too many.
  private func isCurrent(_ id: String, _ row: FeatureRow) -> Bool {
    var hasValue = false
    for (column, value) in zip(profile.columns, row.values) where column.series == id && value.isFinite {
      if column.id == "\(id).hours-since-last" {
        if Double(value) > staleAfter(id) { return false }
      } else {
        hasValue = true
      }
    }
    return hasValue
  }
}
