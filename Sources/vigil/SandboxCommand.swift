// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Foundation
import Logging
import Sandbox

/// `vigil sandbox`: a small FHIR server over a folder, to try the service's fetching against.
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Serve a folder of FHIR as a read and search API on loopback.",
    discussion: """
      Example: vigil sandbox FixturesFHIR --port 9090 --token secret --ending-now
               vigil serve --fhir-server http://127.0.0.1:9090/fhir
               curl -H 'Authorization: Bearer secret' 'http://127.0.0.1:9090/fhir/Observation?patient=syn-septic&_count=2'

      Reads and type-level searches by patient, code, category, date, status and _id, with _sort, _count, _include of an
      encounter's locations and next links. Every request must carry the token. Failures on demand, by type or for all:
      --fault Observation=503, --fault Encounter=delay:3, drip:0.5, --fault '*=outcome', garbage, endless, redirect:URL, next:URL.

      Exit codes: 0 stopped as told, 64 wrong usage, 66 the folder holds no resources, 69 the address is taken.
      """)

  @Argument(help: "Folder of FHIR in JSON or XML.") var folder: String
  @Option(help: "TCP port; 0 lets the system choose.") var port = 9090
  @Option(help: "The token that requests must carry; made up and printed when none is given.") var token: String?
  @Option(help: "Resources a page at most.") var pageSize = 100
  @Option(help: "TYPE=FAILURE, shown for every request of the type; may be repeated.") var fault: [String] = []
  @Flag(help: "Move the times of each file so that its last measurement is now.") var endingNow = false

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be between 0 and 65535") }
    guard (1...10_000).contains(pageSize) else { throw ValidationError("--page-size must be between 1 and 10000") }
    _ = try faults()
  }

  func run() async throws {
    let store: ResourceStore
    do {
      store = try ResourceStore(folder: folder, endingAt: endingNow ? Instant(Date()) : nil)
    } catch {
      throw Failure.noInput("\(folder): \(error)").exit()
    }
    guard store.files > 0 else { throw Failure.noInput("\(folder): no FHIR resources").exit() }
    let token = token ?? UUID().uuidString.lowercased()
    let sandbox = Sandbox(store, token: token, port: port, pageSize: pageSize, faults: try faults())
    var logger = Logger(label: "sandbox") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    do {
      try await sandbox.run(logger: logger) { port in
        print("Sandbox of \(store.files) files at http://127.0.0.1:\(port)\(Sandbox.basePath), token \(token).")
        fflush(nil)
      }
    } catch {
      throw Failure.address("cannot listen on 127.0.0.1:\(port)").exit()
    }
  }

  private func faults() throws -> [String: SandboxFault] {
    var faults: [String: SandboxFault] = [:]
    for text in fault {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let fault = SandboxFault(parts[1]) else {
        throw ValidationError("--fault \(text) is not understood; see --help")
      }
      faults[parts[0]] = fault
    }
    return faults
  }
}
