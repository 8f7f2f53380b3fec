// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation
import Logging
import Server

/// `vigil witness`: cosigns the checkpoints of logs, each only when it grows out of the one before.
struct WitnessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "witness",
    abstract: "Cosign the checkpoints of trails, each only when it grows out of the one before.",
    discussion: """
      Example: vigil witness --log log.vkey --data witness --port 7090
               echo "witness w $(cat witness/witness.vkey) http://127.0.0.1:7090" > witnesses.txt
               vigil serve --witnesses witnesses.txt

      Runs best on another machine, by other people: then nobody can cut, rewrite or replace the trail unseen, not even who has all
      its keys (C2SP tlog-witness). What it cosigned is on the disk before it says so. Answers this machine, and the addresses
      named by --allow.

      Exit codes: 0 stopped as told, 64 wrong usage, 66 a log's key cannot be read, 69 the address is taken, 73 the folder cannot
      be used or another witness uses it.
      """)

  @Option(help: "File with a log's public key, or the key itself; may be repeated.") var log: [String]
  @Option(help: "Folder of the witness's key and of what it cosigned.") var data = "witness"
  @Option(help: "Name of a new key, such as witness.example.org; made up when absent.") var name: String?
  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @Option(help: "TCP port; 0 lets the system choose.") var port = 7090
  @Option(help: "Address of a machine that may ask; may be repeated.") var allow: [String] = []

  func validate() throws {
    guard !log.isEmpty else { throw ValidationError("--log names whose checkpoints are cosigned") }
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be between 0 and 65535") }
  }

  func run() async throws {
    let logs: [NoteKey]
    do throws(AuditError) {
      logs = try log.map { argument throws(AuditError) in try AuditVerify.key(argument) }
    } catch {
      throw Failure.noInput("\(error)").exit()
    }
    let witness: Witness
    let key: NoteKey
    do throws(AuditError) {
      let directory = DataDirectory(path: data)
      let signer = try directory.loadOrCreateWitnessKey(named: name)
      key = signer.key
      witness = try Witness(signer: signer, logs: logs, directory: directory)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    guard (try? Data("\(key.vkey)\n".utf8).write(to: URL(filePath: "\(data)/witness.vkey"))) != nil else {
      throw Failure.trail("cannot write \(data)/witness.vkey").exit()
    }
    var logger = Logger(label: "witness") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    let server = WitnessServer(witness, host: host, port: port, allowed: Set(allow)) { Instant(Date()) }
    do {
      try await server.run(logger: logger) { [host] port in
        print("Witness \(key.vkey) at http://\(host):\(port).")
        fflush(nil)
      }
    } catch {
      throw Failure.address("cannot listen on \(host):\(port)").exit()
    }
  }
}
