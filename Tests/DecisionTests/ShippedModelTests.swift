// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Networks
import Testing

/// Properties that every shipped package must have, whatever its weights.
@Suite struct ShippedModelTests {
  static let assessor: Assessor? = GoldenCardTests.assessor

  /// Assessments of the charts that are long and full enough to be assessed by some model.
  static func assessments(_ assessor: Assessor) throws -> [Assessment] {
    try ["septic-deterioration", "stable-postoperative"].map { name in
      let chart = try Samples.chart(name)
      return assessor.predict(chart, at: Samples.instant(chart, assessor))
    }
  }

  /// The same assessment with every measured value times 0.99 to 1.01, explained again.
  static func noisy(_ assessment: Assessment, _ assessor: Assessor, seed: UInt64) -> Assessment {
    var random = RandomSource(seed: seed)
    var noisy = assessment
    for (index, package) in assessor.packages.enumerated() {
      var model = noisy.models[index]
      guard let hour = model.vector?.hour else { continue }
      for signal in model.timeline.samples.indices where package.profile.signals[signal].presence != true {
        for place in model.timeline.samples[signal].indices {
          model.timeline.samples[signal][place].value *= 0.99 + 0.02 * random.uniform()
        }
      }
      model.vector = package.profile.vector(model.timeline, atHour: hour)
      noisy.models[index] = model
    }
    assessor.explain(&noisy)
    return noisy
  }

  static func drivers(_ assessment: Assessment) -> [[String]] {
    assessment.findings.compactMap { $0.explanation?.drivers.map(\.title) }
  }

  /// assurance.md G-07: one per cent of noise on the values keeps four of the five drivers.
  @Test func onePercentOfNoiseKeepsFourOfFiveDrivers() throws {
    guard let assessor = Self.assessor else { return }
    var compared = 0
    for assessment in try Self.assessments(assessor) {
      var explained = assessment
      assessor.explain(&explained)
      for seed in 1...10 {
        let changed = Self.drivers(Self.noisy(assessment, assessor, seed: UInt64(seed)))
        for (before, after) in zip(Self.drivers(explained), changed) {
          #expect(Set(before).intersection(after).count >= min(4, before.count), "\(before) \(after)")
          compared += 1
        }
      }
    }
    #expect(compared >= 20)
  }

  /// An explanation that did not change with the weights would explain the chart, not the networks (Adebayo et al. 2018).
  @Test func randomWeightsChangeTheOrder() throws {
    guard let assessor = Self.assessor else { return }
    var random = RandomSource(seed: 5)
    let packages = try assessor.packages.map { package in
      try ModelPackage(
        manifest: package.manifest, profile: package.profile, encoding: package.encoder.encoding,
        ensemble: Ensemble(package.ensemble.members.map { Network($0.architecture, random: &random) }),
        calibrations: Dictionary(uniqueKeysWithValues: package.predictors.map { ($0.outcome.head, $0.calibration) }),
        conformal: Dictionary(uniqueKeysWithValues: package.predictors.map { ($0.outcome.head, $0.conformal) }),
        distribution: package.distribution, plan: package.plan, digest: package.digest)
    }
    let shuffled = Assessor(packages: packages, terminology: assessor.terminology)
    for assessment in try Self.assessments(assessor) {
      var (trained, untrained) = (assessment, assessment)
      assessor.explain(&trained)
      shuffled.explain(&untrained)
      for (one, other) in zip(Self.drivers(trained), Self.drivers(untrained)) { #expect(one != other) }
    }
  }

  @Test func explanationsAreComplete() throws {
    guard let assessor = Self.assessor else { return }
    for assessment in try Self.assessments(assessor) {
      for seed in 1...5 {
        let findings = Self.noisy(assessment, assessor, seed: UInt64(seed)).findings
        #expect(findings.compactMap(\.explanation).allSatisfy { $0.completenessGap < 1e-4 })
      }
    }
  }

  /// assurance.md G-17: whatever vectors the machine has, and however many threads share a pass.
  @Test func everyKernelGivesTheSameBits() throws {
    guard let assessor = Self.assessor, let reference = Kernels(.reference) else { return }
    let forms = Kernels.Path.allCases.compactMap { Kernels($0) } + [.fastest.on(threads: 3)]
    for (index, package) in assessor.packages.enumerated() {
      let vectors = try Self.assessments(assessor).compactMap { $0.models[index].vector }
      let inputs = vectors.flatMap(package.encoder.encode)
      let batch = Matrix(rows: vectors.count, columns: package.encoder.encoding.width, values: inputs)
      func bits(_ kernels: Kernels) -> [UInt32] {
        package.ensemble.members.flatMap { $0.logits(batch, kernels: kernels) }.flatMap { $0.values.map(\.bitPattern) }
      }
      let expected = bits(reference)
      for kernels in forms { #expect(bits(kernels) == expected, "\(kernels.path)") }
    }
  }

  /// assurance.md G-17: a patient's logits have the same bits alone and in a batch with others, and on any thread.
  @Test func aBatchGivesTheBitsOfOne() async throws {
    guard let assessor = Self.assessor else { return }
    for (index, package) in assessor.packages.enumerated() {
      let vectors = try Self.assessments(assessor).flatMap { assessment -> [FeatureVector] in
        let model = assessment.models[index]
        return package.profile.trajectory(model.timeline, atHours: stride(from: 4, through: 48, by: 4).map { $0 })
      }
      let inputs = vectors.map(package.encoder.encode)
      let batch = package.ensemble.logits(
        Matrix(rows: inputs.count, columns: package.encoder.encoding.width, values: inputs.flatMap { $0 }))
      await withTaskGroup(of: (Int, [UInt64]).self) { group in
        for (row, input) in inputs.enumerated() {
          group.addTask {
            let alone = package.ensemble.logits(Matrix(row: input))
            return (row, package.predictors.flatMap { $0.memberLogits(alone).map(\.bitPattern) })
          }
        }
        for await (row, bits) in group {
          #expect(bits == package.predictors.flatMap { $0.memberLogits(batch, row: row).map(\.bitPattern) })
        }
      }
    }
  }
}
