// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Hummingbird
import Logging

extension VigilService {
  /// `POST /cds-services/{id}/feedback`: what became of cards, each entry a record of its own.
  ///
  /// A card that the trail does not know is no error: records may be gone before a client tells of them. A comment is
  /// kept with the payload, as a chart is, and stands nowhere else.
  func receiveFeedback(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let id = serviceID(in: request.uri.path) else { throw CDSHooksError(.unknownService) }
    guard BodyType.syntax(of: request.headers[.contentType], in: BodyType.hook) != nil else {
      throw CDSHooksError(.unsupportedMediaType)
    }
    let feedback = try FeedbackRequest(try await body(of: request, context))
    try await withThrowingTaskGroup(of: Void.self) { group in
      // Side by side, so that they share their commits.
      for entry in feedback.entries { group.addTask { try await record(entry, service: id, context) } }
      try await group.waitForAll()
    }
    context.logger.info(
      "feedback", metadata: ["service": "\(id)", "entries": .stringConvertible(feedback.entries.count)])
    return Response(status: .ok)
  }

  private func record(
    _ feedback: FeedbackRequest.Entry, service: String, _ context: ServiceContext
  ) async throws(CDSHooksError) {
    // The key is of the client that tells: another's card is to it as one that never was.
    let key = trail.pseudonyms.card(feedback.card, of: context.client ?? "")
    do {
      let answer = try await trail.lastAnswer(showing: key)?.entry
      var entry = AuditEntry(time: now(), kind: .feedback)
      entry.client = context.client
      entry.token = context.token
      entry.service = service
      entry.hook = answer?.hook
      entry.hookInstance = answer?.hookInstance
      entry.patient = answer?.patient
      entry.models = answer?.models ?? []
      entry.status = 200
      entry.instant = DateTime(feedback.outcomeTimestamp.uppercased())?.earliest
      entry.cards = [answer?.cards.first { $0.key == key } ?? AuditEntry.Card(key: key)]
      switch feedback.outcome {
      case .accepted: entry.outcome = "accepted"
      case .overridden(let reason, _):
        entry.outcome = "overridden"
        entry.reason = reason.map(OverrideReason.recorded)
      }
      entry.payload = AuditPayload(
        request: feedback.json.encoded(), requestMediaType: "application/json", features: [], outputs: [], response: [],
        responseMediaType: "")
      let sequence = try await trail.append(entry)
      memory.add(entry, as: sequence, hours: assessor.services.memoryHours, at: entry.time)
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    }
  }
}
