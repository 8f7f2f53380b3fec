// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Hummingbird
import Logging
import NIOSSL

/// What went wrong with the request of a client that is known: the record of it names the client.
struct ErrorOfClient: Error {
  var error: any Error
  var client: String
}

/// Lets nobody through to a route but who may go there.
///
/// A path that is none of ours goes nowhere: the router is more forgiving about slashes than a rule about paths may be.
struct AccessPolicy: RouterMiddleware {
  let service: VigilService

  func handle(
    _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
  ) async throws -> Response {
    guard let operation = service.operation(of: request.uri.path) else { throw CDSHooksError(.unknownService) }
    guard let access = service.gate.access, operation.roles != nil else { return try await next(request, context) }
    let credentials = Authenticator.Credentials(
      authorization: request.headers[values: .authorization], certificateNames: await certificateNames(context))
    var context = context
    let logger = context.logger
    let caller = try await access.client(
      with: credentials, calling: request.uri.path, for: operation, from: context.origin, now: service.now()
    ) { refusal in
      service.gate.metrics.count(refusal)
      logger.notice("not let in", metadata: ["reason": "\(refusal.rawValue)"])
    }
    let client = caller.client
    context.client = client.id
    context.token = caller.token
    context.reading = client.reading
    context.logger[metadataKey: "client"] = "\(client.id)"
    do {
      return try await next(request, context)
    } catch {
      throw ErrorOfClient(error: error, client: client.id)
    }
  }

  /// The names on the connection's certificate, which the handshake has verified.
  private func certificateNames(_ context: ServiceContext) async -> Set<String> {
    guard service.gate.certificates?.takesClientCertificates == true,
      let certificate = try? await context.channel.nioSSL_peerCertificate().get()
    else { return [] }
    return ServerCertificates.names(of: certificate)
  }
}
