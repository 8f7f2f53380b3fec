// SPDX-License-Identifier: Apache-2.0
import Decision
package import FHIR
import Foundation
import Networks
import Replay
import Training

extension ReplayPage {
  /// All numbers of the page and those for which it has no room, for a program: what was read, the scores as `vigil evaluate` has
  /// them, the pair, every feature's drift, every policy tried.
  ///
  /// - Throws: when a part cannot be encoded, so that none is missing without a word.
  package func numbers() throws -> JSON {
    [
      "made": made, "read": summary.json, "patients": .number(patients.all),
      "inSeveralInputs": .number(patients.repeated),
      "evaluations": try evaluation.map { found in
        .array(
          try found.evaluations.enumerated().map { model, evaluation in
            [
              "model": .string(name(model)), "evaluation": try Self.json(evaluation),
              "notAssessed": try Self.json(found.unjudged[model]),
            ]
          })
      },
      "pair": try pair.map {
        ["first": .string(name(0)), "second": .string(name(1)), "outcomes": try Self.json($0.outcomes)]
      },
      "differences": packages.count == 2 ? try Self.json(differences.farthest) : nil,
      "drift": .array(try drift.enumerated().map { try drifted($0, $1) }),
      "alarms": alarms?.json,
    ]
  }

  private var made: JSON {
    [
      "command": .string(facts.command), "commit": facts.commit.map(JSON.string), "program": .string(facts.program),
      "configuration": .string(facts.configuration), "input": .string(facts.input), "moments": .string(facts.moments),
      "labels": facts.labels.map(JSON.string),
      "models": .array(
        packages.enumerated().map { ["model": .string(name($0)), "digest": .string($1.digest)] }),
    ]
  }

  private func drifted(_ model: Int, _ drift: ModelDrift) throws -> JSON {
    [
      "model": .string(name(model)), "findings": try Self.json(drift.findings),
      "features": ["columns": try Self.json(drift.features.columns), "months": try Self.json(drift.features.months)],
      "units": try Self.json(drift.features.units), "outputs": try Self.json(drift.outputs.months),
    ]
  }

  /// What is encoded elsewhere too, as it is there.
  ///
  /// - Throws: `EncodingError`; `FHIRError` for more text than a file may have.
  package static func json(_ value: some Encodable) throws -> JSON {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "infinite", negativeInfinity: "-infinite", nan: "unknown")
    return JSON(try Document([UInt8](try encoder.encode(value)), syntax: .json, limits: .files).root)
  }
}

extension AlarmCurves {
  fileprivate var json: JSON {
    [
      "patientDays": .number(patientDays), "hasUnits": .boolean(hasUnits),
      "outcomes": .array(
        outcomes.map { outcome in
          [
            "model": .number(outcome.model), "outcome": .string(outcome.outcome.head),
            "alarm": .number(outcome.outcome.alarm),
            "curves": .array(
              zip(Self.coolDowns, outcome.curves).map { hours, points in
                [
                  "coolDownHours": .number(hours),
                  "points": .array(points.map { ["threshold": .number($0.threshold), "result": $0.result.json] }),
                ]
              }),
          ]
        }),
      "policies": .array(
        policies.map { policy in
          [
            "name": .string(policy.name),
            "outcomes": .array(policy.trial.outcomes.map { .array($0.map(\.json)) }),
          ]
        }),
    ]
  }
}

extension AlarmTrial.Outcome {
  fileprivate var json: JSON {
    [
      "cards": .number(cards), "perPatientDay": .number(perPatientDay), "precision": precision.map(\.json),
      "found": found.map(\.json), "medianLeadHours": medianLeadHours.map(JSON.number),
      "heldBack": .object(
        heldBack.sorted { $0.key.rawValue < $1.key.rawValue }.map { .init($0.key.rawValue, .number($0.value)) }),
    ]
  }
}

extension BinomialInterval {
  fileprivate var json: JSON { ["share": .number(share), "low": .number(low), "high": .number(high)] }
}
