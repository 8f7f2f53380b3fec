// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Networks
import Testing
import Training

@Suite struct ExperimentTests {
  @Test func foldsAreStratifiedAndComplete() {
    let strata = (0..<103).map { $0 % 9 == 0 ? 0 : 1 }
    let folds = Folds(strata: strata, count: 5, seed: 3)
    #expect((0..<5).flatMap { folds.held($0) }.sorted() == Array(0..<103))
    for number in 0..<5 {
      #expect(Set(folds.held(number)).isDisjoint(with: folds.kept(number)))
      #expect((20...21).contains(folds.held(number).count))
      #expect((2...3).contains(folds.held(number).count { strata[$0] == 0 }))
    }
    #expect(Folds(strata: strata, count: 5, seed: 3).fold == folds.fold)
    #expect(Folds(strata: strata, count: 5, seed: 4).fold != folds.fold)
  }

  @Test func sameSeedSameWeightsWhateverTheThreads() async throws {
    let one = try await Synthetic.prognosis(seed: 1, jobs: 1).fit(stays: Array(0..<120), stage: "all")
    let two = try await Synthetic.prognosis(seed: 1, jobs: 2).fit(stays: Array(0..<120), stage: "all")
    let other = try await Synthetic.prognosis(seed: 2, jobs: 2).fit(stays: Array(0..<120), stage: "all")
    #expect(one.encoder.encoding == two.encoder.encoding)
    #expect(try one.ensemble.safeTensors().encoded() == two.ensemble.safeTensors().encoded())
    #expect(try one.ensemble.safeTensors().encoded() != other.ensemble.safeTensors().encoded())
  }

  @Test func theDistributionIsOfAllHours() throws {
    // The shipped configuration makes ten rows of each stay.
    let experiment = try Synthetic.prognosis(try Synthetic.configuration("icu-prognosis"), seed: 1, jobs: 1)
    let profile = try shippedProfile("icu-prognosis")
    let hour = try #require(try experiment.distribution(profile).columns.first { $0.name == "hour" }?.values)
    #expect(hour.low < 8 && hour.high > 40 && Set(hour.deciles).count > 4)
  }

  @Test func prognosisLearnsWhatIsThere() async throws {
    let experiment = try Synthetic.prognosis(seed: 1, jobs: 2, epochs: 30)
    let validation = try await experiment.crossValidate()
    let evaluation = try await experiment.evaluation(validation, replicates: 20)
    let death = try #require(evaluation.outcomes.first)
    #expect(evaluation.outcomes.count == 1 && death.head == "death")
    #expect(death.scores.rows == 120)
    #expect(try #require(death.scores.auroc) > 0.95)
    #expect(death.scores.score1 != nil && death.scores.utility == nil)
    #expect(try #require(evaluation.survival?.concordance) > 0.9)
    #expect(death.aurocByFold?.count == 3)
    #expect(try #require(experiment.decisions(validation)["death"]).calibration.slope > 0)
  }

  @Test func diagnosisLearnsWhatIsThere() async throws {
    let experiment = try Synthetic.diagnosis(epochs: 40)
    let evaluation = try await experiment.evaluation(try await experiment.crossValidate(), replicates: 20)
    let sepsis = try #require(evaluation.outcomes.first)
    #expect(evaluation.outcomes.count == 1 && sepsis.scores.rows == 90 * 24)
    #expect(try #require(sepsis.scores.auroc) > 0.95)
    #expect(try #require(sepsis.scores.utility) > 0.3)
    // Every hour has a row, so the hours that are reported apart have one a stay.
    #expect(sepsis.byHour.map(\.hour) == [6, 12, 24])
    #expect(sepsis.byHour.allSatisfy { $0.rows == 90 })
    // Every hour of the table has a label, so the outcome ends with it.
    #expect(experiment.lastHours.isEmpty)
    // Hospitals A and B have half of the stays each.
    let sites = try #require(sepsis.bySite)
    #expect(Set(sites.map(\.site)) == ["A", "B"] && sites.allSatisfy { $0.stays == 45 })
    #expect(sites.reduce(0) { $0 + $1.scores.positives } == sepsis.scores.positives)
    let onsets = try #require(sepsis.onsets)
    #expect(onsets.stays == sites.reduce(0) { $0 + ($1.onsets?.stays ?? 0) })
    #expect(try #require(onsets.foundShare) > 0.8)
  }

  /// What holds in both hospitals is carried from one to the other.
  @Test func networksAreTriedAtTheOtherHospital() async throws {
    let transfers = try #require(try await Synthetic.diagnosis(epochs: 40).transfers())
    #expect(transfers.map { [$0.from, $0.to] } == [["A", "B"], ["B", "A"]])
    for transfer in transfers {
      let sepsis = try #require(transfer.outcomes.first)
      #expect(sepsis.asItIs.rows == 45 * 24 && sepsis.atHome.rows < 45 * 24)
      #expect(try #require(sepsis.asItIs.auroc) > 0.9 && #require(sepsis.meanOfBoth.auroc) > 0.9)
      #expect(sepsis.scaled.threshold == sepsis.atHome.threshold)
    }
  }

  /// A site whose every value is doubled and shifted looks, scaled by its own charts, as the home site does.
  @Test func scalesMoveToAnotherSite() throws {
    let columns = try Array(shippedProfile("icu-diagnosis").columns.prefix(2))
    var (home, away) = (FeatureTable(columns: columns), FeatureTable(columns: columns))
    for row in 0..<1000 {
      home.append(FeatureVector(hour: 0, values: [Float(row), Float(row % 7)]))
      away.append(FeatureVector(hour: 0, values: [2 * Float(row) + 50, .nan]))
    }
    let encoding = InputEncoding(
      fitting: home, rows: Array(0..<1000), leastObserved: 0.02, clip: 4, cuts: [0.5]
    ) { _ in false }
    let encoder = try #require(InputEncoder(encoding, columns: columns))
    var random = RandomSource(seed: 1)
    let architecture = NetworkArchitecture(
      inputs: encoding.width, hidden: [2], inputDropout: 0, hiddenDropout: 0,
      heads: [Head(name: "sepsis", kind: .sigmoid)])
    let model = TrainedModel(encoder: encoder, ensemble: Ensemble([Network(architecture, random: &random)]))
    let adapted = model.adapted(to: away, rows: Array(0..<1000), leastObserved: 0.02).encoder
    for row in stride(from: 0, to: 1000, by: 37) {
      let here = encoder.encode(FeatureVector(hour: 0, values: [Float(row), 3]))
      let there = adapted.encode(FeatureVector(hour: 0, values: [2 * Float(row) + 50, 3]))
      #expect(zip(here, there).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  /// Rows without a label neither train nor score: what they say changes nothing.
  @Test func maskedRowsTeachNothing() async throws {
    var weights: [[UInt8]] = []
    for noise in [Float(0), 1] {
      let experiment = try Synthetic.prognosis(seed: 1, jobs: 2) { labels in
        for row in stride(from: 0, to: 120, by: 3) {
          labels[0].weights[row] = 0
          labels[0].values[row] = noise
        }
      }
      let model = try await experiment.fit(stays: Array(0..<120), stage: "all")
      weights.append(try model.ensemble.safeTensors().encoded())
      let validation = try await experiment.crossValidate()
      let evaluation = try await experiment.evaluation(validation, replicates: 5)
      #expect(try #require(evaluation.outcomes.first).scores.rows == 80)
    }
    #expect(weights[0] == weights[1])
  }

  @Test func headWithoutLabelsIsRefused() throws {
    #expect(throws: ExperimentError(.noRows, detail: "death")) {
      try Synthetic.prognosis(seed: 1, jobs: 1) { labels in
        for row in 0..<120 { labels[0].weights[row] = 0 }
      }
    }
  }

  /// Random prefixes: drawn by id and seed, learned from and not scored.
  @Test func randomHoursAreLearnedFromAndNotScored() async throws {
    var configuration = try Synthetic.configuration("icu-prognosis")
    configuration.dataSets[0].rows = try decoded(#"{"at": [6, 48], "random": {"count": 3, "from": 4, "to": 48}}"#)
    configuration.sampling = try decoded(#"{"rowsPerStay": 2}"#)
    configuration.networks = [configuration.networks[0]]
    let experiment = try Synthetic.prognosis(configuration, seed: 1, jobs: 2)
    let records = experiment.table.records
    #expect(records.allSatisfy { $0.rows.count == 5 })
    let hours = records.map { record in record.rows.map { experiment.table.hours[$0] } }
    #expect(hours.allSatisfy { $0.prefix(2) == [6, 48] && $0.dropFirst(2).allSatisfy((4...48).contains) })
    #expect(Set(hours.map { $0[2] }).count == records.count)
    #expect(try Synthetic.prognosis(configuration, seed: 1, jobs: 1).table.hours == experiment.table.hours)
    let evaluation = try await experiment.evaluation(try await experiment.crossValidate(), replicates: 20)
    let death = try #require(evaluation.outcomes.first)
    #expect(death.scores.rows == 120)
    #expect(death.byHour.map(\.hour) == [6, 48])
  }

  /// Of each stay the rows of the given hours, and as many of the others, in every epoch.
  @Test func someHoursAreAlwaysSeen() throws {
    var configuration = try Synthetic.configuration("icu-prognosis")
    configuration.sampling = try decoded(#"{"rowsPerStay": 1, "always": [48]}"#)
    let experiment = try Synthetic.prognosis(configuration, seed: 1, jobs: 2)
    var random = RandomSource(seed: 9)
    let stays = Array(0..<120)
    let drawn = (0..<2).map { _ in experiment.sample(stays, [], &random).map { experiment.table.hours[$0] } }
    for hours in drawn {
      #expect(hours.count == 240)
      #expect(hours.enumerated().allSatisfy { ($0.offset % 2 == 0) == ($0.element == 48) })
    }
    #expect(drawn[0] != drawn[1])
  }

  /// Perceptrons that read the vector and recurrent networks that read the steps as well, in one ensemble.
  @Test func shippedPrognosisMixesNetworks() async throws {
    let configuration = try Synthetic.configuration("icu-prognosis")
    let experiment = try Synthetic.prognosis(configuration, seed: 1, jobs: 2, epochs: 2)
    let model = try await experiment.fit(stays: Array(0..<120), stage: "all")
    let encoding = model.encoder.encoding
    // Only creatinine was measured.
    let sequence = try #require(encoding.sequence)
    #expect(sequence.series.count == 1 && sequence.steps == 24)
    #expect(sequence.series[0].columns.first == "creatinine.mean.48-46")
    #expect(encoding.inputs.allSatisfy { !sequence.series[0].columns.contains($0.column) })
    let members = model.ensemble.members
    #expect(members.count == 4 && members.allSatisfy { $0.architecture.inputs == encoding.width })
    func reads(_ network: Network, _ input: Int) -> Bool {
      var row = model.encoder.encode(FeatureVector(hour: 48, values: experiment.table.features.row(3).map { $0 }))
      let before = network.logits(Matrix(row: row))[0].values
      row[input] += 1
      return network.logits(Matrix(row: row))[0].values != before
    }
    #expect(members.map { reads($0, encoding.width - 3) } == [false, false, true, true])
    #expect(members.allSatisfy { reads($0, 0) })
  }

  /// How often and when was measured is no input of the variant; what hour of the stay it is, is.
  @Test func variantLeavesHabitsOut() async throws {
    let configuration = try Synthetic.configuration("icu-prognosis-without-habits")
    let experiment = try Synthetic.prognosis(configuration, seed: 1, jobs: 2, epochs: 1)
    let encoding = try await experiment.fit(stays: Array(0..<120), stage: "all").encoder.encoding
    let profile = try shippedProfile("icu-prognosis")
    let kinds = Dictionary(uniqueKeysWithValues: zip(profile.columns.map(\.id), profile.columnKinds))
    #expect(encoding.inputs.contains { $0.column == "creatinine.mean" })
    #expect(encoding.inputs.filter { kinds[$0.column] == .habit }.map(\.column) == ["hour"])
    #expect(encoding.flagged.isEmpty && encoding.sequence == nil)
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
    #expect(encoding.inputs[0].scale.lower == 5)
    #expect(encoding.inputs[0].scale.upper == 994)
    #expect(abs(encoding.inputs[0].scale.mean - 499.5) < 0.01)
  }

  @Test func tableKeepsRowsAcrossBlocks() throws {
    let columns = try Array(shippedProfile("icu-diagnosis").columns.prefix(2))
    var table = FeatureTable(columns: columns)
    for row in 0..<9000 { table.append(FeatureVector(hour: 0, values: [Float(row), -Float(row)])) }
    #expect(table.rows == 9000)
    for row in [0, 4095, 4096, 8191, 8192, 8999] { #expect(Array(table.row(row)) == [Float(row), -Float(row)]) }
    #expect(table.observed(column: 1, rows: [4096, 1]) == [-4096, -1])
  }
}
