// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Hummingbird

/// A path of the Open Inference Protocol v2, below `/v2`.
enum InferencePath: Equatable {
  case server
  case live
  case ready
  case model(String, version: String?)
  case modelReady(String, version: String?)
  case infer(String, version: String?)

  /// Nil for a path that the protocol has not.
  init?(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    guard parts.first == "v2" else { return nil }
    switch Array(parts.dropFirst()) {
    // The protocol's text writes `v2`, its OpenAPI `/v2/`.
    case [], [""]: self = .server
    case ["health", "live"]: self = .live
    case ["health", "ready"]: self = .ready
    case let rest where rest.count >= 2 && rest[0] == "models" && !rest[1].isEmpty:
      var tail = rest.dropFirst(2)
      var version: String?
      if tail.first == "versions" {
        guard tail.count >= 2, let named = tail.dropFirst().first, !named.isEmpty else { return nil }
        version = named
        tail = tail.dropFirst(2)
      }
      switch Array(tail) {
      case []: self = .model(rest[1], version: version)
      case ["ready"]: self = .modelReady(rest[1], version: version)
      case ["infer"]: self = .infer(rest[1], version: version)
      default: return nil
      }
    default: return nil
    }
  }

  /// Whether it is asked for by POST.
  var isInference: Bool {
    if case .infer = self { true } else { false }
  }
}

extension VigilService {
  /// `GET` below `/v2`: what is there, and whether it answers.
  func describeInference(_ request: Request) throws(CDSHooksError) -> Response {
    let (assessor, control) = (inForce.current.assessor, inForce.current.control)
    switch InferencePath(request.uri.path) {
    case .server: return Response(status: .ok, json: ["name": "vigil", "version": "2", "extensions": []])
    case .live: return Response(status: .ok, json: ["live": true])
    case .ready:
      return Response(status: trail.isWritable ? .ok : .serviceUnavailable, json: ["ready": .boolean(trail.isWritable)])
    case .model(let id, let version):
      return Response(status: .ok, json: InferenceAnswer.metadata(of: try assessor.package(id, version: version)))
    case .modelReady(let id, let version):
      _ = try assessor.package(id, version: version)
      let isReady =
        trail.isWritable && !control.stoppedModels.contains(id) && !control.stopsService(Answer.inferenceService)
      return Response(
        status: isReady ? .ok : .serviceUnavailable, json: ["name": .string(id), "ready": .boolean(isReady)])
    case .infer: throw CDSHooksError(.methodNotAllowed)
    case nil: throw CDSHooksError(.unknownService)
    }
  }

  /// `POST /v2/models/{name}/infer`: probabilities for rows of raw features, on record as every answer.
  func infer(_ request: Request, _ context: ServiceContext) async throws -> Response {
    guard case .infer(let id, let version)? = InferencePath(request.uri.path) else {
      throw CDSHooksError(InferencePath(request.uri.path) == nil ? .unknownService : .methodNotAllowed)
    }
    let (assessor, stopped) = try state(of: Answer.inferenceService)
    _ = try assessor.package(id, version: version)
    guard BodyType.syntax(of: request.headers[.contentType], in: BodyType.hook) != nil else {
      throw CDSHooksError(.unsupportedMediaType)
    }
    let bytes = try await body(of: request, context)
    let answer = try await compute(context, bytes: bytes.count) { () throws(CDSHooksError) in
      try assessor.answer(
        inference: bytes, model: id, version: version, state: AnswerState(stoppedModels: stopped), at: now())
    }
    return try await commit(answer, of: assessor, to: bytes, mediaType: "application/json", context)
  }
}
