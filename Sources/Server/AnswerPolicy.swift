// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What holds for every answer: errors are OperationOutcomes and on record, pages of the origins that may call, nothing is cached,
/// and the log has identifiers, counts and durations only.
struct AnswerPolicy: RouterMiddleware {
  let service: VigilService

  func handle(
    _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    let name = identify(request, &context)
    context.share = BodyShare(of: service.gate.bodies)
    service.gate.metrics.begin()
    var response: Response
    if request.method == .options, let methods = service.methods(of: request.uri.path) {
      response = Self.preflight(methods)
    } else {
      do {
        response = try await next(request, context)
      } catch {
        let (cause, client) = (error as? ErrorOfClient).map { ($0.error, $0.client) } ?? (error, nil)
        let refusal = Self.error(cause, allowed: service.methods(of: request.uri.path))
        response = await refuse(request, context, refusal, of: client)
      }
    }
    response.headers[.cacheControl] = "no-store"
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.vary] = "Origin"
    if let field = Self.requestID { response.headers[field] = name }
    if let origin = request.headers[.origin], isAllowed(origin) { response.headers[.accessControlAllowOrigin] = origin }
    // RFC 6797: two years.
    if service.gate.certificates != nil { response.headers[.strictTransportSecurity] = "max-age=63072000" }
    service.gate.metrics.end(
      service.operation(of: request.uri.path), status: response.status.code, microseconds: context.elapsed)
    return response
  }

  /// Gives the request its name, and the log its trace.
  private func identify(_ request: Request, _ context: inout ServiceContext) -> String {
    let name = RequestName.choose(Self.requestID.flatMap { request.headers[$0] }, else: RequestName.random())
    // Instead of the number that the server has given it.
    context.logger[metadataKey: "hb.request.id"] = nil
    context.logger[metadataKey: "request"] = "\(name)"
    context.trace = Self.traceparent.flatMap { request.headers[$0] }.flatMap { TraceContext($0) }
    if let trace = context.trace { context.logger[metadataKey: "trace"] = "\(trace.traceID)" }
    return name
  }

  private static let requestID = HTTPField.Name("X-Request-Id")
  private static let traceparent = HTTPField.Name("traceparent")

  /// The answer to a browser that asks whether it may call; it carries no credentials and needs none (cds-hooks 2.0, CORS).
  private static func preflight(_ methods: [HTTPRequest.Method]) -> Response {
    var response = Response(status: .noContent, headers: [.allow: list(methods)])
    response.headers[.accessControlAllowMethods] = list(methods)
    response.headers[.accessControlAllowHeaders] = "authorization, content-type, traceparent, x-request-id"
    response.headers[.accessControlMaxAge] = "600"
    return response
  }

  /// Whatever was thrown as an error with a code and a status.
  private static func error(_ error: any Error, allowed: [HTTPRequest.Method]?) -> CDSHooksError {
    if let error = error as? CDSHooksError { return error }
    if error is NIOTooManyBytesError { return CDSHooksError(.tooLarge) }
    if let error = error as? HTTPError, error.status == .notFound {
      return CDSHooksError(allowed == nil ? .unknownService : .methodNotAllowed)
    }
    return CDSHooksError(.internalError)
  }

  /// The refusal, once it is on record.
  private func refuse(
    _ request: Request, _ context: ServiceContext, _ error: CDSHooksError, of client: String?
  ) async -> Response {
    var error = error
    let path = request.uri.path
    let rejection = Rejection(
      origin: context.origin, client: client, service: service.name(of: path), status: Self.status(of: error, at: path),
      reason: error.code.rawValue)
    service.gate.metrics.count(error.code)
    do {
      try await service.trail.append(rejection, at: service.now())
    } catch let failure {
      error = CDSHooksError(.trailUnavailable, detail: failure.code.rawValue)
    }
    let status = Self.status(of: error, at: path)
    context.logger.notice(
      "refused",
      metadata: [
        "code": "\(error.code.rawValue)", "status": .stringConvertible(status),
        "microseconds": .stringConvertible(context.elapsed),
      ])
    var response =
      if VigilService.isExplanation(path) {
        Response(page: error)
      } else {
        path.hasPrefix("/v2") ? Response(inference: error, status: status) : Response(error)
      }
    // RFC 9110 section 11.6.1: a 401 says how to do better, and here nothing of what was wrong.
    if error.code == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
    // RFC 9110 section 15.5.6: a 405 says what is allowed.
    if error.code == .methodNotAllowed, let methods = service.methods(of: path) {
      response.headers[.allow] = Self.list(methods)
    }
    return response
  }

  /// The status of a refusal. Below `/v2` a request that is not as it must be is 400, as KServe's OpenAPI has it.
  private static func status(of error: CDSHooksError, at path: String) -> Int {
    path.hasPrefix("/v2") && error.status == 422 ? 400 : error.status
  }

  private static func list(_ methods: [HTTPRequest.Method]) -> String {
    methods.map(\.rawValue).joined(separator: ", ")
  }

  /// The origins that are configured; while no clients are, pages served from this machine as well: nobody else reaches us.
  private func isAllowed(_ origin: String) -> Bool {
    service.configuration.origins.contains(origin) || (service.gate.access == nil && Self.isLoopback(origin))
  }

  /// Whether an origin is this machine.
  static func isLoopback(_ origin: String) -> Bool {
    guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { return false }
    let authority = origin.dropFirst(scheme.count)
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    let port = authority.dropFirst(host.count)
    guard port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()) != nil) else { return false }
    return ["localhost", "127.0.0.1", "[::1]"].contains(host)
  }
}
