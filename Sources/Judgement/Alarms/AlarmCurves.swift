// SPDX-License-Identifier: Apache-2.0
package import Decision

/// Thresholds, cool-downs and ceilings tried on the past: what each would have cost, and found.
package struct AlarmCurves: Sendable {
  /// One policy and what it makes of an outcome.
  package struct Point: Sendable {
    package var threshold: Double
    package var result: AlarmTrial.Outcome
  }

  /// One outcome.
  package struct Outcome: Sendable {
    package var model: Int
    package var outcome: ModelManifest.Outcome
    /// By cool-down in hours, in the order of `coolDowns`: by descending threshold.
    package var curves: [[Point]]
  }

  /// A whole policy for all outcomes together, as a service has it.
  package struct Policy: Sendable {
    package var name: String
    package var policy: AlertPolicy
    package var trial: AlarmTrial
  }

  /// Hours within which a card is not shown again; 0: it is shown whenever it is due.
  package static let coolDowns: [Double] = [0, 8, 24]
  /// Cards an hour on one unit.
  package static let ceilings = [1, 2, 4]
  private static let thresholds = 16

  package private(set) var outcomes: [Outcome] = []
  package private(set) var policies: [Policy] = []
  package let patientDays: Double
  /// Whether any chart says where its patient lay.
  package let hasUnits: Bool

  /// Tries the policies on rows that are hours.
  ///
  /// - Parameter named: policies to try besides, by name.
  package init(_ table: EvidenceTable, _ packages: [ModelPackage], named: [(String, AlertPolicy)] = []) {
    let calls = AlarmTrial.Calls(table)
    patientDays = calls.days
    hasUnits = !table.unitNames.isEmpty
    for (model, package) in packages.enumerated() {
      for (place, predictor) in package.predictors.enumerated() {
        let said = table.models[model].outcomes[place]
        let probabilities = said.candidates.indices.filter { said.candidates[$0] != nil }
          .map { said.probabilities[$0] }.sorted(by: >)
        guard !probabilities.isEmpty else { continue }
        // Thresholds that let through shares of the candidates that grow by as much again each time.
        var steps = (0..<Self.thresholds).map { step in
          let share = Double(1 << step) / Double(1 << (Self.thresholds - 1))
          return probabilities[max(0, min(probabilities.count, Int(share * Double(probabilities.count))) - 1)]
        }
        if predictor.outcome.alarm.isFinite { steps.append(predictor.outcome.alarm) }
        steps = Set(steps).sorted(by: >)
        outcomes.append(
          Outcome(
            model: model, outcome: predictor.outcome,
            curves: Self.coolDowns.map { hours in
              steps.map { threshold in
                let policy = AlertPolicy(
                  thresholds: [predictor.outcome.head: threshold], coolDownHours: hours == 0 ? nil : hours)
                let trial = AlarmTrial(policy, calls, table, packages, only: (model, place))
                return Point(threshold: threshold, result: trial.outcomes[model][place])
              }
            }))
      }
    }
    // Two versions of one model are two services: neither takes the other's room.
    let heads = packages.map { Set($0.predictors.map(\.outcome.head)) }
    let isShared = heads.count == 2 && !heads[0].isDisjoint(with: heads[1])
    for model in isShared ? packages.indices.map(Optional.some) : [nil] {
      tryPolicies(model, calls, table, packages, named)
    }
  }

  private mutating func tryPolicies(
    _ model: Int?, _ calls: AlarmTrial.Calls, _ table: EvidenceTable, _ packages: [ModelPackage],
    _ named: [(String, AlertPolicy)]
  ) {
    var alarms: [String: Double] = [:]
    for package in model.map({ [packages[$0]] }) ?? packages {
      for predictor in package.predictors where predictor.outcome.alarm.isFinite {
        alarms[predictor.outcome.head] = predictor.outcome.alarm
      }
    }
    var tried: [(String, AlertPolicy)] = [("at the alarms' thresholds", AlertPolicy(thresholds: alarms))]
    tried.append(("with a cool-down of 8 h", AlertPolicy(thresholds: alarms, coolDownHours: 8)))
    tried += Self.ceilings.map {
      ("and at most \($0) an hour on a unit", AlertPolicy(thresholds: alarms, coolDownHours: 8, unitCeiling: $0))
    }
    let name = model.map { "\(packages[$0].manifest.id) \(packages[$0].manifest.version): " } ?? ""
    policies += (tried + named).map { policy in
      Policy(
        name: name + policy.0, policy: policy.1,
        trial: AlarmTrial(policy.1, calls, table, packages, only: model.map { ($0, nil) }))
    }
  }
}
