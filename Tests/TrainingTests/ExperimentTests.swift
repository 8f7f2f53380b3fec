// SPDX-License-Identifier: Apache-2.0
import Features
import Networks
import Testing
import Training

@Suite struct ExperimentTests {
  @Test func foldsAreStratifiedAndComplete() {
    let labels = (0..<103).map { $0 % 9 == 0 }
    let folds = Folds(labels: labels, count: 5, seed: 3)
    #expect((0..<5).flatMap { folds.held($0) }.sorted() == Array(0..<103))
    for number in 0..<5 {
      #expect(Set(folds.held(number)).isDisjoint(with: folds.kept(number)))
      #expect((20...21).contains(folds.held(number).count))
      #expect((2...3).contains(folds.held(number).count { labels[$0] }))
    }
    #expect(Folds(labels: labels, count: 5, seed: 3).fold == folds.fold)
    #expect(Folds(labels: labels, count: 5, seed: 4).fold != folds.fold)
  }

  /// Stays whose creatinine says who dies.
  private func prognosis(seed: UInt64, jobs: Int) throws -> PrognosisExperiment {
    let profile = try shippedProfile("icu-prognosis")
    let creatinine = try #require(profile.signals.firstIndex { $0.id == "creatinine" })
    var random = RandomSource(seed: 5)
    var (vectors, outcomes) = ([FeatureVector](), [HospitalOutcome]())
    for _ in 0..<120 {
      let died = random.uniform() < 0.3
      var timeline = Timeline(profile)
      for hour in 0..<4 {
        let value = (died ? 3 : 1) + random.uniform()
        timeline.samples[creatinine].append(Sample(hours: Double(hour * 10), value: value))
      }
      vectors.append(profile.vector(timeline, atHour: 48))
      outcomes.append(HospitalOutcome(died: died, survivalDays: died ? 6 : nil, isSurvivalValid: true))
    }
    var experiment = PrognosisExperiment(profile: profile, vectors: vectors, outcomes: outcomes)
    experiment.seed = seed
    experiment.jobs = jobs
    experiment.members = 2
    return experiment
  }

  @Test func sameSeedSameWeightsWhateverTheThreads() async throws {
    let rows = Array(0..<120)
    let one = try await prognosis(seed: 1, jobs: 1).fit(rows: rows)
    let two = try await prognosis(seed: 1, jobs: 2).fit(rows: rows)
    let other = try await prognosis(seed: 2, jobs: 2).fit(rows: rows)
    #expect(one.encoder.encoding == two.encoder.encoding)
    #expect(try one.ensemble.safeTensors().encoded() == two.ensemble.safeTensors().encoded())
    #expect(try one.ensemble.safeTensors().encoded() != other.ensemble.safeTensors().encoded())
  }

  @Test func prognosisLearnsWhatIsThere() async throws {
    var experiment = try prognosis(seed: 1, jobs: 2)
    experiment.epochs = 30
    let folds = Folds(labels: experiment.labels, count: 3, seed: 1)
    let (outOfFold, evaluation) = try await experiment.crossValidate(folds: folds)
    #expect(try #require(evaluation.crossValidation.auroc) > 0.95)
    #expect(try #require(evaluation.crossValidation.concordance) > 0.9)
    #expect(evaluation.aurocByFold.count == 3)
    #expect(try outOfFold.calibration().slope > 0)
  }

  @Test func diagnosisLearnsWhatIsThere() async throws {
    let profile = try shippedProfile("icu-diagnosis")
    let heartRate = try #require(profile.signals.firstIndex { $0.id == "heart-rate" })
    var random = RandomSource(seed: 6)
    var stays: [(vectors: [Float], labels: [Bool])] = []
    for _ in 0..<90 {
      let isSeptic = random.uniform() < 0.4
      var timeline = Timeline(profile)
      for hour in 1...24 {
        let value = (isSeptic && hour > 10 ? 130 : 80) + 5 * random.uniform()
        timeline.samples[heartRate].append(Sample(hours: Double(hour), value: value))
      }
      let vectors = profile.trajectory(timeline, atHours: (1...24).map(Double.init))
      stays.append((vectors.flatMap(\.values), (1...24).map { isSeptic && $0 > 10 }))
    }
    var experiment = DiagnosisExperiment(profile: profile, stays: stays)
    experiment.members = 2
    experiment.epochs = 40
    let folds = Folds(labels: experiment.isSeptic, count: 3, seed: 1)
    let (outOfFold, evaluation) = try await experiment.crossValidate(folds: folds)
    #expect(try #require(evaluation.crossValidation.auroc) > 0.95)
    #expect(try #require(evaluation.crossValidation.utility) > 0.3)
    #expect(outOfFold.logits.count == 90 * 24)
  }

  @Test func thresholdEarnsTheMostUtility() throws {
    let profile = try shippedProfile("icu-diagnosis")
    var random = RandomSource(seed: 7)
    let stays = (0..<20).map { stay in
      (vectors: [Float](repeating: 0, count: 206 * 20), labels: (0..<20).map { stay < 8 && $0 >= 9 })
    }
    let experiment = DiagnosisExperiment(profile: profile, stays: stays)
    // Few distinct values, so that ties matter.
    let probabilities = experiment.labels.map { ($0 ? 0.2 : 0) + Double(random.index(below: 8)) / 10 }
    let all = Array(experiment.stays.indices)
    let labels = experiment.stays.map { Array(experiment.labels[$0]) }
    func utility(_ threshold: Double) -> Double {
      let alarms = experiment.stays.map { stay in stay.map { probabilities[$0] >= threshold } }
      return SepsisUtility.normalised(labels: labels, alarms: alarms) ?? -.infinity
    }
    let best = Set(probabilities).map(utility).max()
    #expect(utility(experiment.threshold(probabilities, stays: all)) == best)
  }

  @Test func encodingDropsRareAndConstantColumns() throws {
    let columns = try Array(shippedProfile("icu-diagnosis").columns.prefix(4))
    var table = FeatureTable(columns: columns)
    for row in 0..<1000 {
      table.append(
        FeatureVector(
          hour: 0, values: [Float(row), row < 10 ? 1 + Float(row) : .nan, 5, row % 2 == 0 ? .nan : Float(row)]))
    }
    let encoding = InputEncoding(fitting: table, rows: Array(0..<1000), leastObserved: 0.02, clip: 4) { _ in true }
    #expect(encoding.inputs.map(\.column) == [columns[0].id, columns[3].id])
    // The second is missing in 99 %, the first and third never: only the fourth needs a flag.
    #expect(encoding.flagged == [columns[3].id])
    #expect(encoding.inputs[0].lower == 5)
    #expect(encoding.inputs[0].upper == 994)
    #expect(abs(encoding.inputs[0].mean - 499.5) < 0.01)
  }
}
