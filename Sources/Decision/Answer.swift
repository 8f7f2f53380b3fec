// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR

/// A request answered: what is said, and what the record needs to say it again. Service and replay make it the same way, so
/// that a stored request gives the bytes that were sent.
package struct Answer: Sendable, Equatable {
  /// `bundleService`, or the id of a service of the discovery document.
  package var service: String
  /// The hook, where one fired.
  package var hook: String?
  /// The client's id of the firing.
  package var hookInstance: String?
  /// The patient, as a bare id.
  package var patientID: String?
  /// The instant of the assessment.
  package var instant: Instant
  /// The request as it may be recorded: without `fhirAuthorization`, every other byte as it came.
  package var request: [UInt8]
  /// What was fetched from the client's FHIR server to complete the request.
  package var fetched: [UInt8]?
  /// What it was answered by besides (`AnswerState.record`); nil in the usual state.
  package var state: [UInt8]?
  /// How the request departs from CDS Hooks.
  package var deviations: [Deviation] = []
  /// What the networks saw, with the source of every number, as JSON.
  package var features: [UInt8]
  /// The findings that may become cards, in their order, shown or held back.
  package var findings: [Shown] = []
  /// What is not stated, and why.
  package var abstentions: [Abstention] = []
  /// The unit on which the patient lies, `Location/id`; nil where the chart does not say.
  package var unit: String?
  /// What the networks gave and what was made of it, as JSON.
  package var outputs: [UInt8]
  /// The calibration and the thresholds by which it was made (`Assessor.thresholds`), as JSON.
  package var thresholds: [UInt8]
  /// The body of the answer.
  package var response: [UInt8]
  /// Media type of the body.
  package var mediaType: String

  /// Those that are shown.
  package var shown: [Shown] { findings.filter { $0.heldBack == nil } }

  /// A card by what it says.
  package struct Shown: Sendable, Equatable {
    /// Its uuid.
    package var uuid: String
    /// Id of the model.
    package var model: String
    /// The head of the model's outcome.
    package var outcome: String
    /// How urgent it was said to be.
    package var indicator: String
    /// Why it is not shown; nil where it is.
    package var heldBack: AlertSuppression?
  }

  /// The name under which `/fhir/$assess` stands in the record.
  package static let bundleService = "$assess"
}

extension Assessor {
  /// RiskAssessments for the chart in a Bundle of one patient, as a Bundle of type collection.
  ///
  /// - Parameters:
  ///   - answerSyntax: the syntax of the answer.
  ///   - state: which models are stopped.
  /// - Throws: `CDSHooksError` with status and place.
  package func answer(
    bundle bytes: [UInt8], syntax: Syntax, in answerSyntax: Syntax, state: AnswerState = AnswerState(),
    at instant: Instant
  ) throws(CDSHooksError) -> Answer {
    let document: Document
    do {
      document = try Document(bytes, syntax: syntax)
    } catch {
      throw CDSHooksError(error, syntax: syntax)
    }
    guard document.root.isResource("Bundle") else { throw CDSHooksError(.notABundle, offset: document.root.offset) }
    if syntax == .json, let entries = document.root["entry"], entries.kind != .array {
      throw CDSHooksError(.mistypedMember, path: "Bundle.entry", offset: entries.offset)
    }
    if let type = document.root["type"], type.kind != .string {
      throw CDSHooksError(.mistypedMember, path: "Bundle.type", offset: type.offset)
    }
    for (index, entry) in document.root.elements("entry").enumerated() where entry.kind != .object {
      throw CDSHooksError(.mistypedMember, path: "Bundle.entry[\(index)]", offset: entry.offset)
    }
    let chart = Chart(resources: [document.root], patientID: nil)
    if let other = chart.issues.first(where: { $0.code == "other-patient" }) {
      throw CDSHooksError(.wrongPatient, path: other.path, offset: other.offset)
    }
    guard chart.patient != nil || chart.patientID != nil else {
      throw CDSHooksError(.missingData, path: "Bundle.entry", detail: "Patient")
    }
    let assessment = assess(chart, at: instant, stopped: state.stoppedModels)
    let entries = assessment.riskAssessments.map { ["resource": $0] as JSON }
    let answer: JSON = [
      "resourceType": "Bundle", "type": "collection", "timestamp": .string(instant.description),
      "entry": entries.isEmpty ? nil : .array(entries),
    ]
    let response: [UInt8]
    do {
      response = answerSyntax == .json ? answer.encoded() : try answer.encodedXML()
    } catch {
      throw CDSHooksError(.internalError, detail: error.code.rawValue)
    }
    return Answer(
      service: Answer.bundleService, patientID: chart.patientID, instant: instant, request: bytes,
      state: state.record, features: assessment.vectors, abstentions: assessment.abstentions,
      outputs: assessment.record.encoded(), thresholds: thresholds(groups: assessment.groups).encoded(),
      response: response,
      mediaType: answerSyntax == .json ? "application/fhir+json" : "application/fhir+xml")
  }
}
