// SPDX-License-Identifier: Apache-2.0
import Crypto
package import FHIR
import Features
import Networks

/// The pure function at the centre: a chart and an instant in, an assessment out.
///
/// It reads no clock, file, network, locale or random source. The same chart, instant and assessor give the same
/// assessment bit for bit, which is what makes a stored decision replayable.
package struct Assessor: Sendable {
  /// The models, diagnosis before prognosis.
  package let packages: [ModelPackage]
  /// Which codes are which signal.
  package let terminology: Terminology
  /// SHA-256 over the digests of the packages in order and of the terminology: everything that decides an answer but the
  /// chart and the instant.
  package let digest: String

  /// An assessor of models that share a terminology.
  package init(packages: [ModelPackage], terminology: Terminology) {
    self.packages = packages
    self.terminology = terminology
    let models = packages.map { "\($0.manifest.id)|\($0.manifest.version)|\($0.digest)" }
    let codes = PackageSeal.hexadecimal(SHA256.hash(data: terminology.content))
    digest = PackageSeal.hexadecimal(SHA256.hash(data: Array((models + [codes]).joined(separator: "\n").utf8)))
  }

  /// Loads the models under `profiles/models` and the terminology under `profiles/terminology`.
  package static func load(_ profiles: String) throws -> Assessor {
    Assessor(
      packages: try ModelPackage.loadAll("\(profiles)/models"),
      terminology: try Terminology(directory: "\(profiles)/terminology"))
  }

  /// What every model says about the patient of a chart at an instant.
  package func assess(_ chart: Chart, at instant: Instant, encounterID: String? = nil) -> Assessment {
    Assessment(
      patientID: chart.patientID, encounterID: encounterID, instant: instant,
      findings: packages.map { finding($0, chart, instant) }, configurationDigest: digest, leftOut: chart.leftOut)
  }

  private func finding(_ package: ModelPackage, _ chart: Chart, _ instant: Instant) -> Finding {
    let profile = package.profile
    let timeline = profile.timeline(of: chart, at: instant, terminology: terminology)
    let asked = timeline.origin.map { instant.hours(since: $0) }
    var finding = Finding(
      model: package.manifest, packageDigest: package.digest, outcome: .notAssessed([]), hour: asked,
      origin: timeline.origin, drivers: [], completenessGap: 0, missing: [], stale: [],
      ignored: ignored(timeline, profile), columnSources: [], timeline: timeline)
    let reasons = timeline.ineligibility.map { Finding.Reason($0) }
    guard reasons.isEmpty, let asked else {
      let unknown = Finding.Reason(Ineligibility.startUnknown)
      finding.outcome = .notAssessed(reasons.isEmpty ? [unknown] : reasons)
      return finding
    }
    let hour = profile.eligibility.assessedAtHour ?? asked
    let vector = profile.vector(timeline, atHour: hour)
    let input = package.encoder.encode(vector)
    let risk = package.risk(input)
    guard risk.probability.isFinite, risk.low.isFinite, risk.high.isFinite else {
      finding.outcome = .notAssessed([Finding.Reason(code: "not-finite", text: "the model gave no number")])
      return finding
    }
    finding.outcome = .assessed(risk)
    finding.hour = hour
    finding.vector = vector
    finding.columnSources = profile.sources(of: timeline, atHour: hour)
    (finding.missing, finding.stale) = gaps(timeline, profile, usedUpTo: hour, asked: asked)
    (finding.drivers, finding.completenessGap) = explain(package, timeline, input, hour)
    finding.recommendation = recommend(package, timeline, risk, hour)
    return finding
  }

  /// Signals without any usable value up to the hour of the vector, and signals whose last value is older than the profile
  /// allows at the hour of the question: what is old is old when it is read.
  private func gaps(
    _ timeline: Timeline, _ profile: FeatureProfile, usedUpTo hour: Double, asked: Double
  ) -> ([String], [StaleReading]) {
    let missing = profile.signals.indices.filter { index in !timeline.samples[index].contains { $0.hours <= hour } }
    let stale = profile.staleSignals(in: timeline, atHour: asked).map { found in
      StaleReading(
        title: profile.signals[found.signal].title, instant: timeline.origin?.advanced(byHours: found.last.hours),
        ageHours: found.age)
    }
    return (missing.map { profile.signals[$0].title }, stale)
  }

  private func ignored(_ timeline: Timeline, _ profile: FeatureProfile) -> [IgnoredCount] {
    var counts: [IgnoredCount] = []
    for value in timeline.ignored {
      let signal = value.signal.map(profile.title(of:))
      if let place = counts.firstIndex(where: { $0.reason == value.reason && $0.signal == signal }) {
        counts[place].count += 1
      } else {
        counts.append(IgnoredCount(reason: value.reason, signal: signal, count: 1))
      }
    }
    return counts
  }

  /// Integrated gradients of the mean logit from a patient of whom nothing is known, summed by signal.
  ///
  /// Ties are broken by the order of the profile, so that the order never depends on hashing.
  private func explain(
    _ package: ModelPackage, _ timeline: Timeline, _ input: [Float], _ hour: Double
  ) -> ([Driver], Double) {
    let profile = package.profile
    let nothing = package.encoder.encode(profile.vector(Timeline(profile), atHour: hour))
    let logit = LogitIndex(head: package.head)
    let attribution = package.ensemble.integratedGradients(input, baseline: nothing, of: [logit])[0]
    var groups: [(id: String, sum: Double)] = []
    var places: [String: Int] = [:]
    for (group, contribution) in zip(package.encoder.groups, attribution.contributions) {
      if let place = places[group] {
        groups[place].sum += contribution
      } else {
        places[group] = groups.count
        groups.append((group, contribution))
      }
    }
    let ranked = groups.enumerated()
      .sorted { (abs($0.element.sum), $1.offset) > (abs($1.element.sum), $0.offset) }.map(\.element)
    let drivers = ranked.prefix(5).filter { $0.sum != 0 }.map { group in
      driver(group.id, group.sum * package.calibration.slope, profile, timeline, hour)
    }
    return (drivers, attribution.completenessGap)
  }

  private func driver(
    _ id: String, _ contribution: Double, _ profile: FeatureProfile, _ timeline: Timeline, _ hour: Double
  ) -> Driver {
    var driver = Driver(title: profile.title(of: id), contribution: contribution)
    func source(_ index: Int32) -> Features.Source? {
      timeline.sources.indices.contains(Int(index)) ? timeline.sources[Int(index)] : nil
    }
    if let last = profile.latest(id, timeline, atHour: hour) {
      driver.value = last.value
      driver.unit = profile.signals.first { $0.id == id }?.unit ?? profile.derived.first { $0.id == id }?.unit
      driver.instant = timeline.origin?.advanced(byHours: last.hours)
      driver.source = source(last.source)
    } else if let index = profile.statics.firstIndex(where: { $0.id == id }), timeline.statics[index].isFinite {
      driver.value = timeline.statics[index]
      driver.unit = profile.statics[index].unit
      driver.source = source(timeline.staticSources[index])
    }
    return driver
  }

  /// Hours for which a signal's value is current; of a derived series those of the strictest signal in it.
  private func staleAfter(_ id: String, _ profile: FeatureProfile) -> Double {
    if let signal = profile.signals.first(where: { $0.id == id }) { return signal.staleAfterHours }
    let sources = profile.derived.first { $0.id == id }?.from ?? []
    return sources.map { staleAfter($0, profile) }.min() ?? .infinity
  }

  private func recommend(
    _ package: ModelPackage, _ timeline: Timeline, _ risk: Finding.Risk, _ hour: Double
  ) -> Recommendation? {
    let profile = package.profile
    return package.plan.recommendation { name in
      switch name {
      case "band": return .text(risk.band)
      case "probability": return .number(risk.probability)
      case "hour": return .number(hour)
      default:
        guard let last = profile.latest(name, timeline, atHour: hour) else { return nil }
        // A stale value is no basis for a recommendation.
        return hour - last.hours <= staleAfter(name, profile) ? .number(last.value) : nil
      }
    }
  }
}
