// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import Decision
import FHIR
import Foundation
import Logging
import Server

/// `vigil serve`: the service, until it is told to stop.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer CDS Hooks and /fhir/$assess, every answer on record before it is sent.",
    discussion: """
      Example: vigil serve --port 8080 --data var
               curl http://127.0.0.1:8080/cds-services

      Until clients are configured it listens on loopback only and needs no token. SIGTERM or Ctrl-C ends it: requests under
      way are answered, the trail is closed.

      What a client does not prefetch is fetched from its FHIR server with the token it hands over, from servers named by
      --fhir-server only. A server's name must lead to a public address; --internal-fhir-server names one inside your network.

      Exit codes: 0 stopped as told, 64 wrong usage, 69 the address is taken, 73 the data directory or the trail cannot be
      written or belongs to a running service, 78 the address is not loopback, the profiles cannot be read or a model is not
      signed by a trusted key.
      """)

  @Option(help: "Loopback address to listen on.") var host = "127.0.0.1"
  @Option(help: "TCP port; 0 lets the system choose.") var port = 8080
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Option(help: "File of a public key of which one must have signed each model; may be given several times.")
  var trustedKey: [String] = []
  @Option(help: "Base URL of a FHIR server that may be called; may be repeated.") var fhirServer: [String] = []
  @Option(help: "The same for a server whose address is not of the public internet.") var internalFhirServer: [String] =
    []
  @Flag(help: "Refuse requests that break CDS Hooks instead of reading them as they are meant.") var strict = false
  @Option(help: "Hook request to fire once at the start, moved in time to end now; its cards are printed.")
  var openChart: String?

  func run() async throws {
    let configuration: ServerConfiguration
    do {
      let servers = fhirServer.map { ($0, false) } + internalFhirServer.map { ($0, true) }
      configuration = try ServerConfiguration(
        host: host, port: port,
        outbound: OutboundPolicy(try servers.map { try OutboundPolicy.Entry($0, isInternal: $1) }),
        reading: strict ? .strict : .tolerant)
    } catch let error as ServerConfiguration.Refusal {
      throw Failure.configuration("\(error.rawValue): \(error.title)").exit()
    }
    let assessor: Assessor
    do {
      let keys = try trustedKey.map { path throws(ModelPackageError) in try PackagePublicKey.read(path) }
      assessor = try Assessor.load(profiles, trusting: keys.isEmpty ? nil : keys)
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
    let trail: AuditTrail
    do {
      trail = try AuditTrail(directory: DataDirectory(path: data))
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    if !trail.createdKeys.isEmpty {
      for path in trail.createdKeys { print("Made the key \(path) (mode 0600).") }
      print("Keep copies of them apart from the trail: without the keys no patient is found and nothing opened.")
    }
    let service = VigilService(
      assessor: assessor, trail: trail, configuration: configuration, now: { Instant(Date()) })
    var logger = Logger(label: "vigil") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    do {
      try await service.run(logger: logger) { port in
        announce(port, trail)
        // Not awaited here: the service accepts calls only after this returns.
        Task { await open(port) }
      }
    } catch let error as AuditError {
      throw Failure.trail("\(error)").exit()
    } catch {
      throw Failure.address("cannot listen on \(host):\(port)").exit()
    }
  }

  private func announce(_ port: Int, _ trail: AuditTrail) {
    print("Vigil serves \(address(port))/cds-services, trail in \(trail.directory.trail).")
    print("No clients are configured: only this machine can call, and no token is needed.")
    fflush(nil)
  }

  private func address(_ port: Int) -> String {
    "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }

  /// Opens the chart that was asked for; a service whose demonstration fails still serves.
  private func open(_ port: Int) async {
    if let openChart {
      do {
        let chart = OpenChart(file: openChart, address: address(port), copy: "\(data)/open-chart.json")
        try await chart.fire(at: Instant(Date()))
      } catch {
        Failure.warn("\(error)")
      }
    }
    print("Serving until Ctrl-C.")
    fflush(nil)
  }
}

extension Instant {
  /// The wall clock's reading, to the millisecond.
  init(_ date: Date) {
    self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded(.down)))
  }
}
