// SPDX-License-Identifier: Apache-2.0
package import Features

/// One ICU stay of a data set.
package struct Stay: Sendable {
  /// The data set's record id.
  package var id: String
  /// Whose stay it is: stays of one patient must never stand on both sides of a division into folds.
  package var patient: String
  /// The hospital or database it comes from, such as `A`; stays of one data set may come from several.
  package var site: String
  /// What was measured.
  package var timeline: Timeline
  /// What became of the patient.
  package var outcome: StayOutcome

  /// A stay; without a patient that of a patient of its own.
  package init(id: String, patient: String? = nil, site: String, timeline: Timeline, outcome: StayOutcome) {
    self.id = id
    self.patient = patient ?? id
    self.site = site
    self.timeline = timeline
    self.outcome = outcome
  }
}

/// What a data set says of the course of a stay; a part is nil where the data set does not carry it.
package struct StayOutcome: Sendable, Equatable {
  /// The hours after ICU admission at which the stay was on record, ascending; what comes after the last is not known.
  package var hours: [Double]
  /// Death in hospital and survival.
  package var hospital: HospitalOutcome?
  /// For each of `hours` whether sepsis begins within six hours or has begun (the label of PhysioNet 2019).
  package var sepsis: [Bool]?

  /// An outcome.
  package init(hours: [Double], hospital: HospitalOutcome? = nil, sepsis: [Bool]? = nil) {
    self.hours = hours
    self.hospital = hospital
    self.sepsis = sepsis
  }
}

/// Whether and when a patient died.
package struct HospitalOutcome: Sendable, Equatable {
  /// Whether the patient died in hospital.
  package var died: Bool
  /// Days from ICU admission to a recorded death; nil: none recorded, or an invalid number.
  package var survivalDays: Double?
  /// False when the recorded survival is impossible, so that the stay teaches nothing about survival.
  package var isSurvivalValid: Bool

  /// An outcome.
  package init(died: Bool, survivalDays: Double?, isSurvivalValid: Bool) {
    self.died = died
    self.survivalDays = survivalDays
    self.isSurvivalValid = isSurvivalValid
  }
}
