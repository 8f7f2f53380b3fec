// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Server

/// `vigil serve`: the service, until it is told to stop.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer CDS Hooks and /fhir/$assess, every answer on record before it is sent.",
    discussion: """
      Example: vigil serve --port 8080 --data var
               curl http://127.0.0.1:8080/cds-services
               vigil serve --config vigil.yaml --check

      Until clients are configured it listens on loopback only and needs no token; docs/operations.md says how to serve a
      hospital. SIGTERM or Ctrl-C ends it: requests under way are answered, the trail is closed.

      What a client does not prefetch is fetched from its FHIR server with the token it hands over, from servers named by
      --fhir-server only. A server's name must lead to a public address; --internal-fhir-server names one inside your network.

      Every option may stand in a file (--config) and in the environment as VIGIL_SERVE_PORT and the like; the command line goes before
      the environment, and that before the file. docs/configuration.md lists them.

      Exit codes: 0 stopped as told, or checked and in order, 64 wrong usage, 69 the address is taken, 73 the data directory or the trail cannot be
      written or belongs to a running service, 78 the address is not loopback and there are no TLS and clients, the
      configuration, the certificates, the clients, the profiles or what vigil control wrote cannot be read, a chosen version of
      a model cannot be used, or a model is not signed by a trusted key.
      """)

  @Option(help: "File of the configuration, YAML: any of the options by its long name.") var config: String?
  @Flag(help: "Say what holds and why, open everything that is configured, and end without serving.") var check = false
  @Flag(help: "Print the page that describes the configuration.") var describe = false
  @OptionGroup var options: ServeOptions
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Option(help: "File of a public key of which one must have signed each model; may be given several times.")
  var trustedKey: [String] = []
  @Option(help: "Hook request to fire once at the start, moved in time to end now; its cards are printed.")
  var openChart: String?

  func run() async throws {
    let keys: [ConfigurationKey]
    let file: ConfigurationFile
    do {
      keys = try ConfigurationKey.all(Self._dumpHelp())
      if describe { return print(ConfigurationKey.page(keys), terminator: "") }
      file = try await ConfigurationFile(config, environment: ProcessInfo.processInfo.environment, keys: keys)
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
    let given = Array(CommandLine.arguments.drop { $0 != "serve" }.dropFirst())
    let more = file.arguments(beside: given)
    if check { ServeCheck(keys: keys, file: file, given: given).explain() }
    // Parsed as one line, so that what stands in a file is held to what holds for an option.
    try await more.isEmpty ? serve() : Self.parse(more + given).serve()
  }

  /// Serves with what the options say, wherever they stood.
  private func serve() async throws {
    let logger = try options.logger()
    let configuration: ServerConfiguration
    let certificates: ServerCertificates?
    do {
      configuration = try options.configuration()
      certificates = try options.certificates(configuration)
    } catch let error as ServerConfiguration.Refusal {
      throw Failure.configuration("\(error.rawValue): \(error.title)").exit()
    }
    let inForce: InForce
    do {
      let keys = try trustedKey.map { path throws(ModelPackageError) in try PackagePublicKey.read(path) }
      let load: InForce.Loading = { [profiles] versions, held in
        try Assessor.load(profiles, versions: versions, keeping: held, trusting: keys.isEmpty ? nil : keys)
      }
      // What was stopped stays stopped and what was chosen answers, or nothing does.
      inForce = try InForce(Control(in: DataDirectory(path: data)), load: load)
    } catch let fault as Control.Fault {
      throw Failure.configuration("\(fault.rawValue): \(fault.title)").exit()
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
    if check { return try await ServeCheck.open(options, configuration, inForce, data: data) }
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
    let outbound = OutboundClients()
    let access: AccessControl?
    do {
      access = try await options.access(configuration, data: data, outbound: outbound)
    } catch let error as ClientRegisterError {
      throw Failure.configuration("\(error)").exit()
    } catch {
      throw Failure.trail("the tokens that were shown cannot be kept in \(data)").exit()
    }
    let service = VigilService(
      inForce: inForce, trail: trail, configuration: configuration, clients: outbound, access: access,
      certificates: certificates, now: { Instant(Date()) }, clock: { .ofKernel })
    do {
      try await service.run(logger: logger) { port in
        announce(port, trail)
        // Not awaited here: the service accepts calls only after this returns.
        Task { await open(port) }
      }
    } catch let error as AuditError {
      throw Failure.trail("\(error)").exit()
    } catch {
      throw Failure.address("cannot listen on \(options.host):\(options.port)").exit()
    }
  }

  private func announce(_ port: Int, _ trail: AuditTrail) {
    print(
      "Vigil serves \(address(port))/cds-services, trail in \(trail.isShared ? "PostgreSQL" : trail.directory.trail).")
    if options.clients == nil {
      print("No clients are configured: only this machine can call, and no token is needed.")
    } else {
      print("Clients know it as \(options.externalUrl ?? ""); others are not let in.")
    }
    fflush(nil)
  }

  private func address(_ port: Int) -> String {
    let host = options.host.contains(":") ? "[\(options.host)]" : options.host
    return "\(options.tlsCertificate == nil ? "http" : "https")://\(host):\(port)"
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
