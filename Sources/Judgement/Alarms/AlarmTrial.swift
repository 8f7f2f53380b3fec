// SPDX-License-Identifier: Apache-2.0
package import Decision
import FHIR
package import Networks
import Replay
import Training

/// What an alert policy would have shown of what is past, had a service been asked at each moment of a replay: its cards a
/// patient-day, how many outcomes they would have found, how many were right, and how early they came.
///
/// The cards are decided by the service's own rules and ledger (`AlertSimulation`), the calls of all patients in order of time,
/// so that ceilings count what other patients' cards have used up. Nobody can say what clinicians would have done with cards
/// that they never saw: nothing is acknowledged.
package struct AlarmTrial: Sendable {
  /// What a policy makes of one outcome.
  package struct Outcome: Sendable, Equatable {
    package var cards: Int
    package var perPatientDay: Double
    /// Cards at rows of which it is known what happened, and how many were right.
    package var precision: BinomialInterval?
    /// Of the patients with the outcome, those with a card of it in time: in the 24 hours before the onset where it has one.
    package var found: BinomialInterval?
    /// Median hours from the first such card to the onset.
    package var medianLeadHours: Double?
    /// Why the others were held back.
    package var heldBack: [AlertSuppression: Int]
  }

  /// The calls of a replay in order of time.
  package struct Calls: Sendable {
    /// One call: the row, and the places of its candidates.
    struct Call: Sendable {
      var row: Int
      var patient: Int
      var candidates: [(model: Int, outcome: Int)]
    }

    let calls: [Call]
    /// Patient-days: one row stands for an hour.
    let days: Double

    /// The calls of a table whose rows are hours.
    package init(_ table: EvidenceTable) {
      var calls: [Call] = []
      for (patient, record) in zip(table.patients, table.records) {
        for row in record.rows {
          var candidates: [(model: Int, outcome: Int)] = []
          for (model, said) in table.models.enumerated() {
            for outcome in said.outcomes.indices where said.outcomes[outcome].candidates[row] != nil {
              candidates.append((model, outcome))
            }
          }
          calls.append(Call(row: row, patient: patient, candidates: candidates))
        }
      }
      // Calls of one instant in the order of the charts.
      self.calls = calls.enumerated().sorted {
        (table.instants[$0.element.row], $0.offset) < (table.instants[$1.element.row], $1.offset)
      }.map(\.element)
      days = Double(calls.count) / 24
    }
  }

  /// By model and outcome.
  package private(set) var outcomes: [[Outcome]]

  /// Tries a policy.
  ///
  /// - Parameter only: the one model, or outcome of it, whose findings are candidates; nil: all, as in a service.
  package init(
    _ policy: AlertPolicy, _ calls: Calls, _ table: EvidenceTable, _ packages: [ModelPackage],
    only: (model: Int, outcome: Int?)? = nil
  ) {
    var simulation = AlertSimulation(policy)
    var shown = table.models.map { $0.outcomes.map { _ in Set<Int>() } }
    var held = table.models.map { $0.outcomes.map { _ in [AlertSuppression: Int]() } }
    let heads = packages.map { package in package.predictors.map(\.outcome.head) }
    for call in calls.calls {
      let places = call.candidates.filter { place in
        only.map { $0.model == place.model && $0.outcome ?? place.outcome == place.outcome } ?? true
      }
      guard !places.isEmpty else { continue }
      let unit = table.units[call.row] < 0 ? nil : table.unitNames[Int(table.units[call.row])]
      let candidates = places.map { place in
        let said = table.models[place.model].outcomes[place.outcome]
        return AlertCandidate(
          model: packages[place.model].manifest.id, outcome: heads[place.model][place.outcome],
          probability: said.probabilities[call.row], indicator: said.candidates[call.row]?.urgency.rawValue ?? "info",
          isTreated: said.candidates[call.row]?.isTreated == true, unit: unit)
      }
      let reasons = simulation.answer(
        candidates, patient: "\(call.patient)", unit: unit, at: table.instants[call.row])
      for (place, reason) in zip(places, reasons) {
        if let reason {
          held[place.model][place.outcome][reason, default: 0] += 1
        } else {
          shown[place.model][place.outcome].insert(call.row)
        }
      }
    }
    outcomes = packages.indices.map { model in
      packages[model].predictors.indices.map { outcome in
        if let only, only.model != model || only.outcome ?? outcome != outcome {
          return Outcome(cards: 0, perPatientDay: 0, heldBack: [:])
        }
        return Outcome(
          shown[model][outcome], held[model][outcome], table, (model, outcome),
          packages[model].predictors[outcome].outcome, days: calls.days)
      }
    }
  }
}

extension ScoredRows {
  /// The stays of each patient.
  fileprivate var staysByPatient: [[Range<Int>]] {
    var byPatient: [[Range<Int>]] = []
    for (patient, stay) in zip(patients, stays) {
      if patient == byPatient.count { byPatient.append([]) }
      byPatient[patient].append(stay)
    }
    return byPatient
  }
}

extension AlarmTrial.Outcome {
  fileprivate init(
    _ shown: Set<Int>, _ heldBack: [AlertSuppression: Int], _ table: EvidenceTable, _ place: (model: Int, outcome: Int),
    _ definition: ModelManifest.Outcome, days: Double
  ) {
    var (rows, positions) = table.scored(model: place.model, outcome: place.outcome, definition, isHourly: true)
    rows.alarms = positions.map(shown.contains)
    // Cards of a patient are right or wrong together.
    let patients = rows.staysByPatient
    let cards = patients.map { stays in
      let given = stays.joined().filter { rows.alarms[$0] }
      return (count: given.count { rows.labels[$0] }, total: given.count)
    }.filter { $0.total > 0 }
    var found: [(count: Int, total: Int)]
    var lead: Double?
    if rows.hasOnset {
      func onsets(_ stays: [Range<Int>]) -> OnsetAlarms {
        OnsetAlarms(labels: rows.labels, alarms: rows.alarms, hours: rows.hours, stays: stays, lead: rows.leadHours)
      }
      found = patients.map(onsets).map { own in
        (count: Int(((own.foundShare ?? 0) * Double(own.stays)).rounded()), total: own.stays)
      }
      lead = onsets(rows.stays).medianLeadHours
    } else {
      found = patients.map { stays in
        let having = stays.filter { stay in stay.contains { rows.labels[$0] } }
        return (count: having.count { stay in stay.contains { rows.alarms[$0] } }, total: having.count)
      }
    }
    found = found.filter { $0.total > 0 }
    self.init(
      cards: shown.count, perPatientDay: days > 0 ? Double(shown.count) / days : 0,
      precision: BinomialInterval(clusters: cards),
      found: BinomialInterval(clusters: found), medianLeadHours: lead, heldBack: heldBack)
  }
}
