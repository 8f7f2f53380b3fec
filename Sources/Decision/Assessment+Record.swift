// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Features
import Networks

extension Assessment {
  /// The outputs in canonical form, for the record and for comparison bit for bit: numbers are shortest literals that
  /// read back the same, members stand in a fixed order.
  package var record: JSON {
    [
      "configuration": .string(configurationDigest), "instant": .string(instant.description),
      "models": .array(models.map(\.record)),
      "leftOut": leftOut.isEmpty
        ? nil : .array(leftOut.map { ["code": .string($0.code), "count": .number($0.count)] }),
    ]
  }
}

extension ModelAssessment {
  fileprivate var record: JSON {
    [
      "model": .string(model.id), "version": .string(model.version), "package": .string(packageDigest),
      "hour": hour.map(JSON.number), "origin": origin.map { .string($0.description) },
      "groups": .array(groups.map(JSON.string)),
      "unlikeness": unlikeness.map { found in
        [
          "score": .number(found.score), "alarm": .number(found.alarm),
          "signals": .array(found.signals.map(JSON.string)),
        ]
      },
      "findings": .array(findings.map(\.record)), "missing": .array(missing.map(JSON.string)),
      "stale": staleRecord,
      "ignored": .array(
        ignored.map {
          ["reason": .string($0.reason.rawValue), "signal": $0.signal.map(JSON.string), "count": .number($0.count)]
        }),
    ]
  }

  /// The signals whose last value is old.
  var staleRecord: JSON {
    .array(
      stale.map {
        [
          "signal": .string($0.title), "instant": $0.instant.map { .string($0.description) },
          "ageHours": .number($0.ageHours),
        ]
      })
  }
}

extension Finding {
  fileprivate var record: JSON {
    var members: JSON = ["outcome": .string(outcome.head)]
    switch conclusion {
    case .assessed(let risk):
      members["probability"] = .number(risk.probability)
      members["low"] = .number(risk.low)
      members["high"] = .number(risk.high)
      members["band"] = .string(risk.band)
      let set = risk.predictionSet
      members["predictionSet"] = [
        "coverage": .number(set.coverage), "yes": .boolean(set.yes), "no": .boolean(set.no),
      ]
    case .notAssessed(let reasons):
      members["notAssessed"] = .array(
        reasons.map { ["code": .string($0.code), "text": .string($0.text)] })
    }
    // Also of what was not stated: a review must be able to tell whether holding back was right.
    if !memberLogits.isEmpty { members["memberLogits"] = .array(memberLogits.map(JSON.number)) }
    members["survival"] = survival.map { curve in
      ["days": .array(curve.ends.map(JSON.number)), "alive": .array(curve.survival.map(JSON.number))]
    }
    members["explanation"] = explanation?.record
    members["recommendation"] = recommendation.map { .string("\($0.definition)#\($0.title)") }
    return members
  }
}

extension Explanation {
  fileprivate var record: JSON {
    [
      "typicalProbability": .number(typicalProbability), "drivers": .array(drivers.map(\.record)),
      "completenessGap": .number(completenessGap), "plausibleRanges": .array(plausibleRanges.map(\.record)),
    ]
  }
}

extension PlausibleRange {
  fileprivate var record: JSON {
    [
      "signal": .string(title), "unit": .string(unit), "low": .number(low.value), "high": .number(high.value),
      "probabilityIfLow": .number(low.probability), "probabilityIfHigh": .number(high.probability),
    ]
  }
}

extension Driver {
  fileprivate var record: JSON {
    [
      "signal": .string(title), "value": value.map(JSON.number), "words": words.map(JSON.string),
      "unit": unit.map(JSON.string),
      "typical": typical.map(JSON.number), "instant": instant.map { .string($0.description) },
      "contribution": .number(contribution),
      "resource": source.map { .string($0.resource) },
    ]
  }
}
