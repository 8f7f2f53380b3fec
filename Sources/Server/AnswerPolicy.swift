// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import Hummingbird
import Logging
import NIOCore

/// What holds for every answer: errors are OperationOutcomes and on record, browsers of this machine may call, nothing is cached,
/// and the log has identifiers, counts and durations only.
struct AnswerPolicy: RouterMiddleware {
  let service: VigilService

  func handle(
    _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    if request.method == .options, let methods = service.methods(of: request.uri.path) {
      // Preflight carries no credentials and needs none (cds-hooks 2.0, CORS).
      response = Response(status: .noContent, headers: [.allow: Self.list(methods)])
      response.headers[.accessControlAllowMethods] = Self.list(methods)
      response.headers[.accessControlAllowHeaders] = "authorization, content-type"
    } else {
      do {
        response = try await next(request, context)
      } catch {
        response = await refuse(request, context, Self.error(error, allowed: service.methods(of: request.uri.path)))
      }
    }
    response.headers[.cacheControl] = "no-store"
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.vary] = "Origin"
    if let origin = request.headers[.origin], Self.isLoopback(origin) {
      response.headers[.accessControlAllowOrigin] = origin
    }
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
  private func refuse(_ request: Request, _ context: ServiceContext, _ error: CDSHooksError) async -> Response {
    var error = error
    let path = request.uri.path
    let rejection = Rejection(
      origin: context.origin, service: path == "/fhir/$assess" ? Answer.bundleService : service.serviceID(in: path),
      status: error.status, reason: error.code.rawValue)
    do {
      try await service.trail.append(rejection, at: service.now())
    } catch let failure {
      error = CDSHooksError(.trailUnavailable, detail: failure.code.rawValue)
    }
    context.logger.notice(
      "refused",
      metadata: [
        "code": "\(error.code.rawValue)", "status": "\(error.status)", "microseconds": "\(context.elapsed)",
      ])
    var response = Response(error)
    // RFC 9110 section 15.5.6: a 405 says what is allowed.
    if error.code == .methodNotAllowed, let methods = service.methods(of: path) {
      response.headers[.allow] = Self.list(methods)
    }
    return response
  }

  private static func list(_ methods: [HTTPRequest.Method]) -> String {
    methods.map(\.rawValue).joined(separator: ", ")
  }

  /// Pages served from this machine may call from a browser; the service itself listens nowhere else.
  static func isLoopback(_ origin: String) -> Bool {
    guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { return false }
    let authority = origin.dropFirst(scheme.count)
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    let port = authority.dropFirst(host.count)
    guard port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()) != nil) else { return false }
    return ["localhost", "127.0.0.1", "[::1]"].contains(host)
  }
}
