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
  /// The profiles of the models, each bound to the terminology.
  private let readers: [ChartReader]
  /// The services through which the models are asked.
  package let services: ServiceCatalog
  /// SHA-256 over the digests of the packages in order, of the terminology and of the services: everything that decides an
  /// answer but the chart and the instant.
  package let digest: String

  /// An assessor of models that share a terminology.
  ///
  /// - Parameter services: the services through which they are asked.
  package init(packages: [ModelPackage], terminology: Terminology, services: ServiceCatalog = ServiceCatalog()) {
    self.packages = packages
    self.terminology = terminology
    readers = packages.map { ChartReader($0.profile, terminology) }
    self.services = services
    let models = packages.map { "\($0.manifest.id)|\($0.manifest.version)|\($0.digest)" }
    let rest = [terminology.content, services.content].map { PackageSeal.hexadecimal(SHA256.hash(data: $0)) }
    digest = PackageSeal.hexadecimal(SHA256.hash(data: Array((models + rest).joined(separator: "\n").utf8)))
  }

  /// Loads the models, the terminology and the services under `profiles`.
  ///
  /// - Parameters:
  ///   - versions: the version of each model by its id; the newest of those that are not named.
  ///   - held: the packages of a running service that stay as they are, besides which only models that are named are loaded.
  ///   - keys: the keys of which one must have signed each model; nil: they need not be signed.
  package static func load(
    _ profiles: String, versions: [String: String] = [:], keeping held: [ModelPackage]? = nil,
    trusting keys: [PackagePublicKey]? = nil
  ) throws -> Assessor {
    let packages = try ModelPackage.loadAll("\(profiles)/models", versions: versions, keeping: held, trusting: keys)
    let terminology = try Terminology(directory: "\(profiles)/terminology")
    let services = try ServiceCatalog(
      try ServiceDefinition.load("\(profiles)/services"), profiles: packages.map(\.profile), terminology: terminology)
    return Assessor(packages: packages, terminology: terminology, services: services)
  }

  /// What every model says about the patient of a chart at an instant, with the reasons for what becomes a card.
  ///
  /// - Parameter stopped: ids of models that are not asked; their findings say so.
  package func assess(
    _ chart: Chart, at instant: Instant, encounterID: String? = nil, stopped: Set<String> = []
  ) -> Assessment {
    var assessment = predict(chart, at: instant, encounterID: encounterID, stopped: stopped)
    explain(&assessment)
    return assessment
  }

  /// What every model says about the patient of a chart at an instant, not explained: what a table of many charts needs.
  package func predict(
    _ chart: Chart, at instant: Instant, encounterID: String? = nil, stopped: Set<String> = []
  ) -> Assessment {
    predict(chart, ObservationTable(chart, terminology), at: instant, encounterID, stopped)
  }

  /// The same at several instants.
  package func predict(_ chart: Chart, at instants: [Instant]) -> [Assessment] {
    let observations = ObservationTable(chart, terminology)
    return instants.map { predict(chart, observations, at: $0, nil, []) }
  }

  private func predict(
    _ chart: Chart, _ observations: ObservationTable, at instant: Instant, _ encounterID: String?,
    _ stopped: Set<String>
  ) -> Assessment {
    Assessment(
      patientID: chart.patientID, encounterID: encounterID, instant: instant,
      models: zip(packages, readers).map { package, reader in
        package.assess(
          reader.timeline(of: chart, observations, at: instant), at: instant,
          isStopped: stopped.contains(package.manifest.id))
      }, configurationDigest: digest, leftOut: chart.leftOut)
  }

  /// Adds the explanation to the findings that become cards.
  package func explain(_ assessment: inout Assessment) {
    explain(&assessment, assessment.cardPlaces)
  }

  /// Adds the explanation to the findings about one outcome, of every model that has it, whether they become cards or not.
  package func explain(_ assessment: inout Assessment, outcome head: String) {
    explain(
      &assessment,
      assessment.models.indices.flatMap { model in
        assessment.models[model].findings.indices.filter { assessment.models[model].findings[$0].outcome.head == head }
          .map { Assessment.FindingPlace(model: model, finding: $0) }
      })
  }

  /// Adds the explanation to some of the findings.
  func explain(_ assessment: inout Assessment, _ places: [Assessment.FindingPlace]) {
    for index in assessment.models.indices {
      packages[index].explain(
        &assessment.models[index], places.filter { $0.model == index }.map(\.finding))
    }
  }
}
