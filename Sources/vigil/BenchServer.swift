// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Hummingbird
import Logging
import Server

/// What `vigil bench service` loads: each in a process of its own, so that its processor time can be told.
enum BenchServer: String, CaseIterable, ExpressibleByArgument {
  /// The service as `vigil serve` runs it, every answer on record.
  case audited
  /// The same without the trail. `vigil serve` has no such switch, and it is on loopback only.
  case unaudited
  /// A bare Hummingbird that sends the body back: what HTTP itself costs.
  case echo

  /// Serves until it is told to stop.
  ///
  /// - Parameter data: the folder of the trail.
  func run(port: Int, profiles: String, data: String) async throws {
    var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .critical
    if self == .echo {
      let router = Router()
      router.post("/cds-services/patient-risk") { request, _ in
        Response(
          status: .ok, headers: [.contentType: "application/json"],
          body: ResponseBody(byteBuffer: try await request.body.collect(upTo: 10 << 20)))
      }
      router.get("/readyz") { _, _ in "ready" }
      let application = Application(
        router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
        logger: logger)
      return try await application.runService()
    }
    let service = VigilService(
      inForce: InForce(try Assessor.load(profiles)), trail: try AuditTrail(directory: DataDirectory(path: data)),
      configuration: try ServerConfiguration(port: port), isRecorded: self == .audited, now: { Instant(Date()) })
    try await service.run(logger: logger) { _ in }
  }
}
