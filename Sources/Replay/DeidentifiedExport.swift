// SPDX-License-Identifier: Apache-2.0
package import Audit
import CDSHooks
package import Decision
package import Deidentification
package import FHIR
import Features

/// Decisions of a trail as requests in which nobody is named, each with what the models say of it: for people who study the
/// models and must not know the patients.
package struct DeidentifiedExport: Sendable {
  /// Name of the member of a request's `extension` that holds what the record says beside the request.
  package static let member = "vigil-deidentified"

  /// One decision.
  package struct Line: Sendable {
    /// A CDS Hooks request with the record's part in its `extension`.
    package let json: JSON
    /// The record's name in the export.
    package let name: String
    /// What the models say otherwise than on record; nothing where the bits are the same.
    package let differences: [Difference]
    /// Whether the age was over 89 and is 90 in the copy.
    package let isCapped: Bool
  }

  /// Why a record is not in an export.
  package enum Omission: String, Error, Sendable, CaseIterable {
    /// It holds no chart: an answer to bare numbers, or none at all.
    case noChart = "no-chart"
    /// The patient was erased.
    case erased
    /// The models that answered are not those at hand.
    case otherModels = "other-models"
    /// The request is refused now.
    case refused
  }

  private let key: DeidentificationKey
  private let assessor: Assessor
  private let vocabulary: Vocabulary

  /// - Parameters:
  ///   - key: of the purpose.
  ///   - assessor: the models that answered, by which the copies are tried.
  package init(_ key: DeidentificationKey, assessor: Assessor) {
    self.key = key
    self.assessor = assessor
    vocabulary = Vocabulary(assessor.terminology)
  }

  /// One record's line.
  package func line(of record: AuditRecord) throws(Omission) -> Line {
    let entry = record.entry
    guard let payload = entry.payload, let instant = entry.instant, let service = entry.service else {
      throw .noChart
    }
    let models = assessor.packages.map {
      AuditEntry.Model(id: $0.manifest.id, version: $0.manifest.version, hexadecimal: $0.digest)
    }
    guard models == entry.models else { throw .otherModels }
    guard let state = AnswerState(record: payload.state) else { throw .refused }
    let call = try DeidentifiedCall(payload, service: service, hook: entry.hook)
    var copy = Deidentifier(
      key, vocabulary, patient: call.patient, client: entry.client ?? "", at: instant)
    copy.prepare(call.contents)
    var json = call.copied(&copy, keys: assessor.templateKeys)
    let moved = copy.moved(instant)
    // What else may have been stopped at the time says nothing of these models, and is any text.
    let stopped = state.stoppedModels.intersection(models.map(\.id))
    let said = try Self.assessment(of: json, assessor, stopped: stopped, at: moved)
    let was = ModelAnswer.all(features: payload.features, outputs: payload.outputs)
    let name = copy.record(record.sequence)
    json["extension"] = [
      Self.member: Self.note(name, service, moved, stopped.sorted(), models, said)
    ]
    return Line(json: json, name: name, differences: differences(was, said), isCapped: copy.capsAge)
  }

  /// Whether a line holds what these models say of its request, and nothing else beside it.
  ///
  /// - Returns: nil for what is no line of an export.
  package static func holds(_ line: Node, _ assessor: Assessor) -> Bool? {
    guard let own = line["extension"]?.member(member), let name = own["record"]?.string,
      let instant = own["instant"]?.string.flatMap({ Instant($0) }), let service = own["service"]?.string
    else { return nil }
    let stopped = own.elements("stopped").compactMap(\.string)
    let hook = line["hook"]?.string
    let isKnown =
      service == Answer.bundleService
      ? hook == "patient-view"
      : assessor.services.discovery.services.contains { $0.id == service && $0.hook == hook }
    // The two members that no model says anything of: a name that a key gave, and models that there are.
    guard isKnown, Name.isName(name), Set(stopped).isSubset(of: assessor.packages.map(\.manifest.id)),
      let said = try? assessment(of: JSON(line), assessor, stopped: Set(stopped), at: instant)
    else { return false }
    let models = assessor.packages.map {
      AuditEntry.Model(id: $0.manifest.id, version: $0.manifest.version, hexadecimal: $0.digest)
    }
    return JSON(own) == note(name, service, instant, stopped, models, said)
  }

  /// The versions of the models by their ids that a line names.
  static func versions(in line: Node) -> [String: String] {
    let models = line["extension"]?.member(member)?.elements("models").map { ($0["id"]?.string, $0["version"]?.string) }
    var versions: [String: String] = [:]
    for case (let id?, let version?) in models ?? [] { versions[id] = version }
    return versions
  }

  /// What stands in a line's `extension`.
  private static func note(
    _ name: String, _ service: String, _ instant: Instant, _ stopped: [String], _ models: [AuditEntry.Model],
    _ said: [ModelAnswer]
  ) -> JSON {
    [
      "record": .string(name), "service": .string(service), "instant": .string(instant.description),
      "stopped": stopped.isEmpty ? nil : .array(stopped.map(JSON.string)),
      "models": .array(
        models.map {
          [
            "id": .string($0.id), "version": .string($0.version), "digest": .string(AuditRecord.hexadecimal($0.digest)),
          ]
        }), "answers": .array(said.map(\.json)),
    ]
  }

  private static func assessment(
    of json: JSON, _ assessor: Assessor, stopped: Set<String>, at instant: Instant
  ) throws(Omission) -> [ModelAnswer] {
    guard let document = try? Document(json.encoded(), syntax: .json, limits: .fetched),
      let request = try? HookRequest(document)
    else { throw .refused }
    let chart = Chart(resources: request.prefetch.flatMap(\.contents), patientID: request.context.patientID)
    let assessment = assessor.predict(
      chart, at: instant, encounterID: request.context.encounterID, stopped: stopped)
    return ModelAnswer.all(features: assessment.vectors, outputs: assessment.record.encoded())
  }

  /// What each model says otherwise; one that answers on one side alone says otherwise.
  private func differences(_ before: [ModelAnswer], _ after: [ModelAnswer]) -> [Difference] {
    var models: [String] = []
    for answer in before + after where !models.contains(answer.model) { models.append(answer.model) }
    return models.compactMap { model in
      let columns = assessor.packages.first { $0.manifest.id == model }?.profile.columns ?? []
      return Difference(
        of: model, before.filter { $0.model == model }, after.filter { $0.model == model }, columns.map(\.series))
    }
  }
}

extension Assessor {
  /// The keys of its services' prefetch templates.
  var templateKeys: Set<String> { Set(services.discovery.services.flatMap { $0.prefetch.map(\.key) }) }
}
