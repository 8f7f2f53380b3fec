// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Networks

extension Assessor {
  /// What made statements of the networks' logits: of each model and outcome the calibration and its parameters, the bands and their
  /// thresholds, and the bounds of the conformal set. It is kept with the answer, so that years later the page of a decision says by
  /// what it was decided, whether the package is at hand or not.
  ///
  /// - Parameter groups: by a model's id the groups of patients this one belongs to, on which the bounds of the conformal set depend;
  ///   these are left out of models that are not named.
  /// - Returns: an array of `{model, version, package, unlikenessAlarm, outcomes: [{outcome, calibration, bands, conformal}]}`, models
  ///   and outcomes in the order of the outputs.
  package func thresholds(groups: [String: [String]]) -> JSON {
    .array(packages.map { $0.thresholds(groups: groups[$0.manifest.id]) })
  }

  /// The same for an answer that does not hold it, of the models that gave its outputs (`Answer.outputs`).
  package func thresholds(outputs: [UInt8]) -> JSON {
    let root = (try? Document(outputs, syntax: .json, limits: .fetched))?.root
    // An answer to bare numbers is one model's.
    if let id = root?["model"]?.string {
      return .array(packages.filter { $0.manifest.id == id }.map { $0.thresholds(groups: nil) })
    }
    let groups = root?.elements("models").compactMap { model in
      model["model"]?.string.map { ($0, model.elements("groups").compactMap(\.string)) }
    }
    return thresholds(groups: Dictionary(groups ?? [], uniquingKeysWith: { first, _ in first }))
  }
}

extension Assessment {
  /// The groups of the patient, by the models' ids.
  var groups: [String: [String]] {
    Dictionary(models.map { ($0.model.id, $0.groups) }, uniquingKeysWith: { first, _ in first })
  }
}

extension ModelPackage {
  /// - Parameter groups: nil where no conformal set was asked for.
  func thresholds(groups: [String]?) -> JSON {
    [
      "model": .string(manifest.id), "version": .string(manifest.version), "package": .string(digest),
      "unlikenessAlarm": .number(distribution.alarm),
      "outcomes": .array(predictors.map { $0.thresholds(groups: groups) }),
    ]
  }
}

extension OutcomePredictor {
  /// Odds are natural logarithms: `yes` belongs to the conformal set from `yesFromLogOdds` on, `no` up to `noUpToLogOdds`; where a bound
  /// is absent the label always does.
  fileprivate func thresholds(groups: [String]?) -> JSON {
    [
      "outcome": .string(outcome.head),
      "calibration": [
        "method": "platt-scaling-with-floor", "slope": .number(calibration.slope),
        "intercept": .number(calibration.intercept), "floor": .number(calibration.floor),
      ],
      "bands": .array(outcome.bands.map { ["band": .string($0.name), "from": .number($0.from)] }),
      "conformal": groups.map { groups in
        [
          "coverage": .number(conformal.coverage),
          "yesFromLogOdds": conformal.yes.bound(of: groups).map(JSON.number),
          "noUpToLogOdds": conformal.no.bound(of: groups).map { .number(-$0) },
        ]
      },
    ]
  }
}
