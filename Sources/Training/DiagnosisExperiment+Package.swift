// SPDX-License-Identifier: Apache-2.0
package import Decision

extension DiagnosisExperiment {
  /// The manifest of the package; the band `high` begins at the alarm's threshold.
  package static func manifest(threshold: Double) -> ModelManifest {
    ModelManifest(
      id: "icu-diagnosis", version: "2.0.0", title: "Sepsis, each hour of a stay in intensive care", kind: .diagnosis,
      outcomes: [
        .init(
          head: "sepsis", code: "91302008", system: "http://snomed.info/sct", display: "Sepsis",
          summary: "Risk of sepsis within 6 h", horizonHours: 6,
          definition: "Suspected infection (antimicrobials and cultures ordered together) with a rise of SOFA by two "
            + "points, Sepsis-3 as in the PhysioNet challenge of 2019; counted from six hours before its onset on.",
          bands: [
            .init(name: "low", from: 0), .init(name: "moderate", from: threshold / 2),
            .init(name: "high", from: threshold),
          ],
          requires: [["heart-rate"], ["respiratory-rate"], ["temperature"], ["sbp", "map"]])
      ],
      intendedUse: "For ICU clinicians: the risk, each hour, that an adult is within six hours of the onset of sepsis "
        + "or past it, to prompt a look at the patient; never the sole ground of a decision.",
      publisher: "Vigil project")
  }

  /// What a person should know of the model.
  package static func card(_ evaluation: Evaluation) -> ModelCard {
    let manifest = manifest(threshold: 0.5)
    return ModelCard(
      title: manifest.title, intendedUse: manifest.intendedUse,
      limits: [
        "Adults in intensive care, from hour 4 to hour 336 of the stay.",
        "Two hospitals in Boston and Atlanta; at a hospital that was not trained on, expect a markedly lower utility.",
        "Counts and times of measurements are inputs, so charting habits of a site move the risk.",
        "The threshold favours early alarms: most are raised long before onset or for patients who stay free of sepsis.",
        "Research data; no evidence of clinical benefit.",
      ],
      assumptions: ["Onset is the challenge's: suspected infection with a rise of SOFA by two points (Sepsis-3)."],
      trainingData: [
        .init(
          name: "PhysioNet/CinC Challenge 2019, training sets A and B", licence: "CC BY 4.0",
          citation: "Reyna MA, Josef CS, Jeter R, et al. Early prediction of sepsis from clinical data: the "
            + "PhysioNet/Computing in Cardiology Challenge 2019. Crit Care Med 2020;48:210-217. "
            + "doi:10.13026/v64v-d857.",
          url: "https://physionet.org/content/challenge-2019/1.0.0/")
      ], evaluation: evaluation)
  }
}
