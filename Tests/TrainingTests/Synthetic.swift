// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Networks
import Training

/// Experiments by the shipped configurations on made-up stays whose outcome can be seen, small enough for a test.
enum Synthetic {
  static func configuration(_ id: String) throws -> ExperimentConfiguration {
    try ExperimentConfiguration(
      [UInt8](Data(contentsOf: URL(fileURLWithPath: repository("Profiles/training/\(id).json")))))
  }

  /// 120 stays whose creatinine says who dies; unless configured otherwise, one row a stay, at hour 48.
  static func prognosis(
    _ given: ExperimentConfiguration? = nil, seed: UInt64, jobs: Int, epochs: Int = 10,
    changing labels: (inout [LabelDefinition.Labels]) -> Void = { _ in }
  ) throws -> Experiment {
    let profile = try shippedProfile("icu-prognosis")
    var configuration = try given ?? Self.configuration("icu-prognosis")
    configuration.seed = seed
    if given == nil {
      configuration.dataSets[0].rows = try decoded(#"{"at": [48]}"#)
      configuration.sampling = nil
      configuration.networks = [configuration.networks[0]]
    }
    for index in configuration.networks.indices {
      configuration.networks[index].members = 2
      configuration.networks[index].epochs = epochs
    }
    configuration.validation.folds = 3
    let stays = prognosisStays(profile)
    var rows = stays.map {
      StayTable.rows(of: $0, dataSet: configuration.dataSets[0], configuration: configuration, profile: profile)
    }
    var all = configuration.heads.indices.map { head in
      LabelDefinition.Labels(
        values: rows.flatMap { $0.labels[head].values }, weights: rows.flatMap { $0.labels[head].weights })
    }
    labels(&all)
    var start = configuration.heads.map { _ in 0 }
    for stay in rows.indices {
      for head in configuration.heads.indices {
        let range = start[head]..<start[head] + rows[stay].labels[head].values.count
        rows[stay].labels[head] = .init(
          values: Array(all[head].values[range]), weights: Array(all[head].weights[range]))
        start[head] = range.upperBound
      }
    }
    return try experiment(configuration, profile, rows, jobs)
  }

  static func prognosisStays(_ profile: FeatureProfile) -> [Stay] {
    let creatinine = profile.signals.firstIndex { $0.id == "creatinine" } ?? 0
    var random = RandomSource(seed: 5)
    return (0..<120).map { number in
      let died = random.uniform() < 0.3
      var timeline = Timeline(profile)
      for hour in 0..<4 {
        let value = (died ? 3 : 1) + random.uniform()
        timeline.samples[creatinine].append(Sample(hours: Double(hour * 10), value: value))
      }
      let hospital = HospitalOutcome(died: died, survivalDays: died ? 6 : nil, isSurvivalValid: true)
      return Stay(
        id: "\(number)", site: "here", timeline: timeline,
        outcome: StayOutcome(hours: (1...48).map { Double($0) }, hospital: hospital))
    }
  }

  /// 90 stays of 24 hours; from hour 11 on the heart races in those with sepsis.
  static func diagnosis(epochs: Int = 2) throws -> Experiment {
    let profile = try shippedProfile("icu-diagnosis")
    var configuration = try configuration("icu-diagnosis")
    // The stays say nothing of the organs.
    configuration.heads = configuration.heads.filter { ["sepsis", "alarm-pays"].contains($0.name) }
    configuration.model.outcomes = [configuration.model.outcomes[0]]
    configuration.networks = [configuration.networks[0]]
    configuration.networks[0].architecture = .perceptron(hidden: [128, 64], inputDropout: 0.1, hiddenDropout: 0.3)
    configuration.networks[0].members = 2
    configuration.networks[0].epochs = epochs
    configuration.validation.folds = 3
    configuration.validation.acrossSites = "physionet2019"
    let rows = diagnosisStays(profile).map {
      StayTable.rows(of: $0, dataSet: configuration.dataSets[0], configuration: configuration, profile: profile)
    }
    return try experiment(configuration, profile, rows, 2)
  }

  static func diagnosisStays(_ profile: FeatureProfile) -> [Stay] {
    let heartRate = profile.signals.firstIndex { $0.id == "heart-rate" } ?? 0
    var random = RandomSource(seed: 6)
    return (0..<90).map { number in
      let isSeptic = random.uniform() < 0.4
      var timeline = Timeline(profile)
      for hour in 1...24 {
        let value = (isSeptic && hour > 10 ? 130 : 80) + 5 * random.uniform()
        timeline.samples[heartRate].append(Sample(hours: Double(hour), value: value))
      }
      let hours = (1...24).map { Double($0) }
      return Stay(
        id: "p\(number % 2)\(number)", site: number % 2 == 0 ? "A" : "B", timeline: timeline,
        outcome: StayOutcome(hours: hours, sepsis: hours.map { isSeptic && $0 > 10 }))
    }
  }

  private static func experiment(
    _ configuration: ExperimentConfiguration, _ profile: FeatureProfile, _ rows: [StayTable.Rows], _ jobs: Int
  ) throws -> Experiment {
    var table = StayTable(configuration, profile: profile)
    for stay in rows { table.append(stay) }
    var experiment = try Experiment(configuration, profile: profile, table: table)
    experiment.jobs = jobs
    return experiment
  }
}
