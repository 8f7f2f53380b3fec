// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Networks
import Testing

@Suite struct ModelPackageTests {
  @Test func whatWasSealedLoadsAndHasOneDigest() throws {
    try Samples.withPackageFolder { folder in
      let package = try ModelPackage.load(folder)
      let original = try Samples.package(.diagnosis)
      #expect(package.manifest == original.manifest)
      #expect(package.profile == original.profile)
      #expect(package.digest.count == 64)
      #expect(try ModelPackage.load(folder).digest == package.digest)
      #expect(try PackageSeal.seal(folder) == package.digest)
    }
  }

  @Test func anyFlippedByteIsRefused() throws {
    try Samples.withPackageFolder { folder in
      for file in ModelPackage.requiredFiles + [PackageSeal.file] {
        let url = URL(fileURLWithPath: "\(folder)/\(file)")
        let bytes = Array(try Data(contentsOf: url))
        // Every byte of the list; of the files every region: both ends and forty places between.
        let step = file == PackageSeal.file ? 1 : max(1, bytes.count / 40)
        for place in Array(stride(from: 0, to: bytes.count, by: step)) + [bytes.count - 1] {
          var changed = bytes
          changed[place] ^= place % 2 == 0 ? 0x01 : 0x80
          try Data(changed).write(to: url)
          let error = #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
          #expect([.digestMismatch, .missingFile, .extraFile].contains(error?.code))
        }
        try Data(bytes + [0x20]).write(to: url)
        #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
        try Data(bytes.dropLast()).write(to: url)
        #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
        try Data(bytes).write(to: url)
      }
      _ = try ModelPackage.load(folder)
    }
  }

  @Test(arguments: ModelPackage.requiredFiles + [PackageSeal.file])
  func aMissingFileIsNamed(_ file: String) throws {
    try Samples.withPackageFolder { folder in
      try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
      let error = #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
      #expect(error?.code == .missingFile && error?.file == file)
      guard file != PackageSeal.file else { return }
      // Sealed again without it: still not a package.
      try PackageSeal.seal(folder)
      #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
    }
  }

  @Test func anExtraFileIsNamed() throws {
    try Samples.withPackageFolder { folder in
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/extra.json"))
      let error = #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
      #expect(error?.code == .extraFile && error?.file == "extra.json")
    }
  }

  @Test func partsThatDoNotFitAreRefused() throws {
    let good = try Samples.package(.diagnosis)
    func make(
      _ change: (inout ModelManifest) -> Void = { _ in }, calibrations: [String: PlattScaling]? = nil,
      conformal: [String: ConformalSet]? = nil, distribution: FeatureDistribution? = nil, plan: PlanDefinition? = nil
    ) throws {
      var manifest = good.manifest
      change(&manifest)
      _ = try ModelPackage(
        manifest: manifest, profile: good.profile, encoding: good.encoder.encoding, ensemble: good.ensemble,
        calibrations: calibrations ?? Samples.calibrations(.diagnosis),
        conformal: try conformal ?? Samples.conformal(.diagnosis), distribution: distribution ?? good.distribution,
        plan: plan ?? good.plan, digest: "")
    }
    try make()
    for change: (inout ModelManifest) -> Void in [
      { $0.format = 1 }, { $0.outcomes = [] }, { $0.outcomes[1].head = "other" }, { $0.outcomes[1].head = "sepsis" },
      { $0.outcomes[0].bands = [] }, { $0.outcomes[0].bands.reverse() }, { $0.outcomes[0].bands[0].from = 0.1 },
      { $0.outcomes[0].bands[1].name = "some" }, { $0.outcomes[0].bands.removeLast() },
      { $0.outcomes[0].requires = [["heart-rate"], []] }, { $0.outcomes[0].requires = [["heart-rate", "none"]] },
      { $0.survival = .init(head: "sepsis", binEnds: [365], horizonDays: 365) },
      { $0.survival = .init(head: "none", binEnds: [365], horizonDays: 365) },
    ] {
      let error = #expect(throws: ModelPackageError.self) { try make(change) }
      #expect(error?.code == .inconsistent)
    }
    try make { $0.outcomes[0].requires = [["heart-rate", "shock-index"], ["lactate"]] }
    // Of an outcome that is not the first no alarm may be worth it: then no probability is high.
    try make { $0.outcomes[1].bands.removeLast() }
    var silent = good.manifest.outcomes[1]
    silent.bands.removeLast()
    #expect(silent.alarm == .infinity && silent.band(of: 1).name != "high")
    for slope in [-1, 0, Double.nan] {
      let calibration = PlattScaling(slope: slope, intercept: 0)
      #expect(throws: ModelPackageError.self) { try make(calibrations: ["sepsis": calibration, "aki": calibration]) }
    }
    for floor in [-0.1, 1, Double.nan] {
      let calibration = PlattScaling(slope: 1, intercept: 0, floor: floor)
      #expect(throws: ModelPackageError.self) { try make(calibrations: ["sepsis": calibration, "aki": calibration]) }
    }
    let calibration = PlattScaling(slope: 1, intercept: 0)
    #expect(throws: ModelPackageError.self) { try make(calibrations: ["sepsis": calibration]) }
    #expect(throws: ModelPackageError.self) {
      try make(calibrations: ["sepsis": calibration, "aki": calibration, "other": calibration])
    }
    let set = try ConformalSet(coverage: 0.9, probabilities: [0.1, 0.9], labels: [false, true])
    try make(conformal: ["sepsis": set, "aki": set])
    #expect(throws: ModelPackageError.self) { try make(conformal: ["aki": set]) }
    #expect(throws: ModelPackageError.self) { try make(conformal: ["sepsis": set, "aki": set, "other": set]) }
    let other = try Samples.package(.prognosis).distribution
    #expect(throws: ModelPackageError.self) { try make(distribution: other) }
    // Recommendations that do not say for which of two outcomes they are.
    let unbound = try PlanDefinition(
      try Document(try Samples.bytes("Profiles/recommendations/icu-prognosis.json"), syntax: .json))
    #expect(throws: ModelPackageError.self) { try make(plan: unbound) }
    var wider = good.encoder.encoding
    wider.flagged.append(good.profile.columns[5].id)
    #expect(throws: ModelPackageError.self) {
      try ModelPackage(
        manifest: good.manifest, profile: good.profile, encoding: wider, ensemble: good.ensemble,
        calibrations: Samples.calibrations(.diagnosis), conformal: Samples.conformal(.diagnosis),
        distribution: good.distribution, plan: good.plan, digest: "")
    }
  }

  @Test func aSurvivalHeadMustHaveItsIntervals() throws {
    let manifest = try Samples.package(.prognosis).manifest
    #expect(try Samples.package(.prognosis).survivalHead == 1)
    for survival: ModelManifest.Survival in [
      .init(head: "survival", binEnds: [30, 365], horizonDays: 365),
      .init(head: "survival", binEnds: [30, 365, 120], horizonDays: 365),
      .init(head: "survival", binEnds: [0, 30, 365], horizonDays: 365),
      .init(head: "survival", binEnds: [30, 120, 365], horizonDays: 366),
      .init(head: "death", binEnds: [30, 120, 365], horizonDays: 365),
    ] {
      #expect(throws: ModelPackageError.self) { try Samples.package(.prognosis) { $0.survival = survival } }
    }
    #expect(manifest.survival?.binEnds == Samples.survivalEnds)
  }

  @Test func aPackageOfTheOldFormatIsNamedAsSuch() throws {
    try Samples.withPackageFolder { folder in
      let old = #"{"id": "icu-diagnosis", "version": "1.0.0", "head": "sepsis"}"#
      try Data(old.utf8).write(to: URL(fileURLWithPath: "\(folder)/manifest.json"))
      try PackageSeal.seal(folder)
      let error = #expect(throws: ModelPackageError.self) { try ModelPackage.load(folder) }
      #expect(error?.file == "manifest.json" && error?.detail == "package format 1 where 2 is read")
    }
  }

  @Test func theIntervalHoldsTheProbabilityAndFollowsTheFormula() throws {
    let package = try Samples.package(.prognosis)
    let input = (0..<package.encoder.encoding.width).map { Float($0 % 7) / 7 }
    let logits = package.primary.memberLogits(package.ensemble.logits(Matrix(row: input)))
    let risk = package.primary.risk(logits)
    #expect(risk.low < risk.probability && risk.probability < risk.high && logits.count == 3)
    let mean = logits.reduce(0, +) / 3
    let spread = (logits.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 2).squareRoot()
    func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-(0.9 * z - 0.1))) }
    #expect(abs(risk.probability - sigmoid(mean)) < 1e-12)
    #expect(abs(risk.low - sigmoid(mean - 1.96 * spread)) < 1e-12)
    #expect(abs(risk.high - sigmoid(mean + 1.96 * spread)) < 1e-12)
  }
}
