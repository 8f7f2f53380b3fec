// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks
import Testing
import Training

/// Training gives the same weights on any machine, today and tomorrow: a slice of what the shipped packages are trained by.
///
/// The goldens are digests of the weights that trainings of both shipped configurations come to on made-up stays after two
/// epochs, with two networks of each kind (of the diagnosis one perceptron for the sepsis heads). They change when a profile, a configuration, a kernel or an elementary
/// function changes a bit; then the shipped packages can no longer be reproduced either, and must be trained again before
/// the goldens are (`VIGIL_UPDATE_GOLDENS=1 swift test -c release --filter ReproductionTests`).
@Suite struct ReproductionTests {
  private func check(_ experiment: Experiment, _ name: String) async throws {
    let stays = Array(experiment.table.records.indices)
    let model = try await experiment.fit(stays: stays, stage: "all")
    // FNV-1a over the weight file.
    let hash: UInt64 = try model.ensemble.safeTensors().encoded()
      .reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let found = String(hash, radix: 16) + "\n"
    let path = repository("Tests/TrainingTests/Goldens/\(name).fnv1a")
    if ProcessInfo.processInfo.environment["VIGIL_UPDATE_GOLDENS"] != nil {
      try Data(found.utf8).write(to: URL(fileURLWithPath: path))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == found)
  }

  @Test func prognosisWeightsAreReproduced() async throws {
    let configuration = try Synthetic.configuration("icu-prognosis")
    #expect(Set(configuration.networks.map(\.architecture.readsSequence)) == [false, true])
    try await check(Synthetic.prognosis(configuration, seed: 1, jobs: 2, epochs: 2), "prognosis")
  }

  @Test func diagnosisWeightsAreReproduced() async throws {
    try await check(Synthetic.diagnosis(epochs: 2), "diagnosis")
  }
}
