// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Hummingbird
import Logging

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
    let (assessor, stopped) = try state(of: id)
    let bytes = try await body(of: request, context)
    try await follow(assessor)
    let (call, needs, whole) = try await compute(context, bytes: bytes.count) {
      () throws(CDSHooksError) -> (HookCall, [HookCall.Need], Answer?) in
      let call = try HookCall(
        bytes, service: id, in: assessor.services, from: context.client ?? "",
        reading: context.reading ?? configuration.reading)
      // Most calls bring all they need, or nothing by which to fetch the rest, and are answered in the same turn.
      let instant = now()
      let needs = call.needs(at: instant)
      let isWhole = needs.isEmpty || (!call.handsOverAccess && required(needs) == nil)
      return (call, needs, isWhole ? try assess(call, by: assessor, stopped: stopped, at: instant) : nil)
    }
    let user = Self.clinician(call.request.context.userID)
    if let whole {
      return try await commit(whole, of: assessor, to: bytes, mediaType: "application/json", by: user, context)
    }
    let fetched = try await fetch(needs, for: call, context)
    try await follow(assessor)
    let answer = try await compute(context, bytes: bytes.count + (fetched?.count ?? 0)) { () throws(CDSHooksError) in
      try assess(call, fetched: fetched, by: assessor, stopped: stopped, at: now())
    }
    return try await commit(answer, of: assessor, to: bytes, mediaType: "application/json", by: user, context)
  }

  /// Who asked, as far as it is a clinician and named by an id (R4 datatypes.html#id): a patient's own would stand in the leaf for ever.
  private static func clinician(_ userID: String?) -> String? {
    userID?.wholeMatch(of: #/(Practitioner|PractitionerRole)\/[A-Za-z0-9.\-]{1,64}/#) == nil ? nil : userID
  }

  /// Takes in what other processes have shown.
  private func follow(_ assessor: Assessor) async throws(CDSHooksError) {
    do {
      try await memory.follow(trail, hours: assessor.services.memoryHours, at: now())
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    }
  }

  /// The answer to a call in the light of what was shown before.
  private func assess(
    _ call: HookCall, fetched: [UInt8]? = nil, by assessor: Assessor, stopped: Set<String>, at instant: Instant
  ) throws(CDSHooksError) -> Answer {
    let patient = trail.pseudonyms.patient(call.request.context.patientID, of: call.client)
    let completed = try call.completed(with: fetched)
    let history = memory.history(
      of: patient, client: call.client, unit: completed.unit(at: instant), hours: assessor.services.memoryHours,
      at: instant)
    return try assessor.answer(
      completed, state: AnswerState(stoppedModels: stopped, history: history), at: instant,
      page: pages(for: call.client, at: instant))
  }

  /// `POST /fhir/$assess`: RiskAssessments.
  func answerBundle(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard let syntax = BodyType.syntax(of: request.headers[.contentType], in: BodyType.fhir) else {
      throw CDSHooksError(.unsupportedMediaType)
    }
    guard let wanted = BodyType.accepted(request.headers[.accept], like: syntax) else {
      throw CDSHooksError(.notAcceptable)
    }
    let (assessor, stopped) = try state(of: Answer.bundleService)
    let bytes = try await body(of: request, context)
    let answer = try await compute(context, bytes: bytes.count) { () throws(CDSHooksError) in
      try assessor.answer(
        bundle: bytes, syntax: syntax, in: wanted, state: AnswerState(stoppedModels: stopped), at: now())
    }
    return try await commit(answer, of: assessor, to: bytes, mediaType: syntax.mediaType, context)
  }

  /// What answers a service now.
  ///
  /// - Throws: `CDSHooksError.stopped`.
  func state(of service: String) throws(CDSHooksError) -> (assessor: Assessor, stoppedModels: Set<String>) {
    let current = inForce.current
    if current.control.stopsService(service) { throw CDSHooksError(.stopped) }
    return (current.assessor, current.control.stoppedModels)
  }

  /// The model packages that answers depend on, as they stand in records.
  func models(of assessor: Assessor) -> [AuditEntry.Model] {
    assessor.packages.map { .init(id: $0.manifest.id, version: $0.manifest.version, hexadecimal: $0.digest) }
  }

  /// Commits the answer to the trail and only then makes it a response: what is not on record is not said.
  func commit(
    _ answer: Answer, of assessor: Assessor, to request: [UInt8], mediaType: String, by user: String? = nil,
    _ context: ServiceContext
  ) async throws(CDSHooksError) -> Response {
    guard isRecorded else { return Response(mediaType: answer.mediaType, bytes: answer.response) }
    var entry = AuditEntry(time: now(), kind: .answer)
    let client = context.client ?? ""
    entry.client = context.client
    entry.token = context.token
    entry.user = user
    entry.service = answer.service
    entry.hook = answer.hook
    entry.hookInstance = answer.hookInstance.map(trail.pseudonyms.hookInstance)
    entry.patient = answer.patientID.map { trail.pseudonyms.patient($0, of: client) }
    entry.status = 200
    entry.duration = context.elapsed
    entry.instant = answer.instant
    entry.configuration = AuditRecord.bytes(hexadecimal: assessor.digest)
    entry.models = models(of: assessor)
    entry.unit = answer.unit
    entry.cards = answer.findings.map { card in
      AuditEntry.Card(
        key: trail.pseudonyms.card(card.uuid, of: client), model: card.model, outcome: card.outcome,
        indicator: card.indicator, heldBack: card.heldBack?.rawValue)
    }
    entry.abstentions = answer.abstentions.map {
      AuditEntry.Abstention(model: $0.model, code: $0.code, outcomes: $0.outcomes)
    }
    entry.payload = AuditPayload(
      request: answer.request, requestMediaType: mediaType, features: answer.features, outputs: answer.outputs,
      response: answer.response, responseMediaType: answer.mediaType, fetched: answer.fetched,
      state: answer.state, thresholds: answer.thresholds)
    entry.note = Self.note(of: answer.deviations)
    do {
      let sequence = try await trail.append(entry)
      // As many hours as are asked for now: another model may have been activated meanwhile.
      memory.add(entry, as: sequence, hours: self.assessor.services.memoryHours, at: entry.time)
      context.logger.info(
        "answered",
        metadata: [
          "sequence": .stringConvertible(sequence), "service": "\(answer.service)",
          "bytes": .stringConvertible(request.count), "fetched": .stringConvertible(answer.fetched?.count ?? 0),
          "deviations": .stringConvertible(answer.deviations.count),
          "microseconds": .stringConvertible(context.elapsed),
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
