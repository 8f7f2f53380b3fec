// SPDX-License-Identifier: Apache-2.0
package import Decision

extension PrognosisExperiment {
  /// The manifest of the package; the band `high` begins at the alarm's threshold.
  package static func manifest(threshold: Double) -> ModelManifest {
    ModelManifest(
      id: "icu-prognosis", version: "2.0.0", title: "Death in hospital, from the first 48 hours in intensive care",
      kind: .prognosis,
      outcomes: [
        .init(
          head: "death", code: "419099009", system: "http://snomed.info/sct", display: "Dead",
          summary: "Risk of death in hospital",
          definition: "Death before discharge from the hospital to which the patient was admitted.",
          bands: [
            .init(name: "low", from: 0), .init(name: "moderate", from: min(0.1, threshold / 2)),
            .init(name: "high", from: threshold),
          ],
          requires: [
            ["heart-rate"], ["gcs"], ["sbp-invasive", "sbp-cuff", "map-invasive", "map-cuff"], ["bun", "creatinine"],
          ])
      ],
      survival: .init(head: "hazard", binEnds: binEnds, horizonDays: 365),
      intendedUse: "For ICU clinicians: the risk of death in hospital of an adult 48 hours after ICU admission, to "
        + "inform goals of care and review; never the sole ground of a decision.",
      publisher: "Vigil project")
  }

  /// What a person should know of the model.
  package static func card(_ evaluation: Evaluation) -> ModelCard {
    let manifest = manifest(threshold: 0.5)
    return ModelCard(
      title: manifest.title, intendedUse: manifest.intendedUse,
      limits: [
        "Valid at hour 48 of an ICU stay that lasts at least as long, of adults.",
        "One hospital in Boston, 2001 to 2008: practice and patients elsewhere differ.",
        "Counts and times of measurements are inputs, so charting habits of a site move the risk.",
        "Research data; no evidence of clinical benefit.",
      ],
      assumptions: [
        "Survival: no recorded death counts as alive a year after admission, so predicted survival is an upper bound."
      ],
      trainingData: [
        .init(
          name: "PhysioNet/CinC Challenge 2012, sets a and b", licence: "ODC-BY 1.0",
          citation: "Silva I, Moody G, Scott DJ, Celi LA, Mark RG. Predicting in-hospital mortality of ICU patients: "
            + "the PhysioNet/Computing in Cardiology Challenge 2012. Comput Cardiol 2012;39:245-248.",
          url: "https://physionet.org/content/challenge-2012/1.0.0/")
      ], evaluation: evaluation)
  }
}
