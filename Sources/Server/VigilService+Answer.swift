// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Hummingbird
import Logging
import NIOCore

extension VigilService {
  /// `GET /cds-services`.
  func discovery() throws(CDSHooksError) -> Response {
    Response(mediaType: "application/json", bytes: try assessor.services.discovery.encoded())
  }

  /// `POST /cds-services/{id}`: cards.
  func answerHook(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let id = serviceID(in: request.uri.path) else { throw CDSHooksError(.unknownService) }
    guard BodyType.syntax(of: request.headers[.contentType], in: BodyType.hook) != nil else {
      throw CDSHooksError(.unsupportedMediaType)
    }
    let bytes = try await body(of: request)
    let call = try HookCall(bytes, service: id, in: assessor.services, reading: configuration.reading)
    let fetched = try await fetch(for: call)
    let answer = try assessor.answer(call, fetched: fetched, at: now())
    return try await commit(answer, to: bytes, mediaType: "application/json", context)
  }

  /// `POST /fhir/$assess`: RiskAssessments.
  func answerBundle(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let syntax = BodyType.syntax(of: request.headers[.contentType], in: BodyType.fhir) else {
      throw CDSHooksError(.unsupportedMediaType)
    }
    guard let wanted = BodyType.accepted(request.headers[.accept], like: syntax) else {
      throw CDSHooksError(.notAcceptable)
    }
    let bytes = try await body(of: request)
    let answer = try assessor.answer(bundle: bytes, syntax: syntax, in: wanted, at: now())
    return try await commit(answer, to: bytes, mediaType: syntax.mediaType, context)
  }

  /// The model packages that answers depend on, as they stand in records.
  var models: [AuditEntry.Model] {
    assessor.packages.map { package in
      AuditEntry.Model(
        id: package.manifest.id, version: package.manifest.version,
        digest: AuditRecord.bytes(hexadecimal: package.digest) ?? [])
    }
  }

  /// The whole body, before anything is parsed.
  func body(of request: Request) async throws -> [UInt8] {
    // A declared length is believed at once, so that nobody has to send what will be refused.
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > configuration.bodyLimit {
      throw CDSHooksError(.tooLarge)
    }
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: configuration.bodyLimit)
    } catch is NIOTooManyBytesError {
      throw CDSHooksError(.tooLarge)
    }
    return Array(buffer.readableBytesView)
  }

  /// Commits the answer to the trail and only then makes it a response: what is not on record is not said.
  private func commit(
    _ answer: Answer, to request: [UInt8], mediaType: String, _ context: ServiceContext
  ) async throws(CDSHooksError) -> Response {
    var entry = AuditEntry(time: now(), kind: .answer)
    entry.service = answer.service
    entry.hook = answer.hook
    entry.hookInstance = answer.hookInstance
    entry.patient = answer.patientID.map(trail.pseudonyms.patient)
    entry.status = 200
    entry.duration = context.elapsed
    entry.instant = answer.instant
    entry.configuration = AuditRecord.bytes(hexadecimal: assessor.digest)
    entry.models = models
    entry.cards = answer.shown.map { card in
      AuditEntry.Card(
        key: trail.pseudonyms.card(card.uuid), model: card.model, outcome: card.outcome, indicator: card.indicator)
    }
    entry.payload = AuditPayload(
      request: answer.request, requestMediaType: mediaType, features: answer.features, outputs: answer.outputs,
      response: answer.response, responseMediaType: answer.mediaType, fetched: answer.fetched)
    entry.note = Self.note(of: answer.deviations)
    do {
      let sequence = try await trail.append(entry)
      context.logger.info(
        "answered",
        metadata: [
          "sequence": "\(sequence)", "service": "\(answer.service)", "bytes": "\(request.count)",
          "fetched": "\(answer.fetched?.count ?? 0)", "deviations": "\(answer.deviations.count)",
          "microseconds": "\(context.elapsed)",
        ])
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    }
    return Response(mediaType: answer.mediaType, bytes: answer.response)
  }

  /// How a request departed from CDS Hooks, counted by kind, for the record: `null-member 2, typed-identifier 1`.
  private static func note(of deviations: [Deviation]) -> String? {
    guard !deviations.isEmpty else { return nil }
    let counts = Deviation.Kind.allCases.map { kind in (kind, deviations.count { $0.kind == kind }) }
    return counts.filter { $0.1 > 0 }.map { "\($0.0.rawValue) \($0.1)" }.joined(separator: ", ")
  }
}

extension Syntax {
  /// The media type FHIR gives it.
  var mediaType: String {
    switch self {
    case .json: "application/fhir+json"
    case .xml: "application/fhir+xml"
    }
  }
}
