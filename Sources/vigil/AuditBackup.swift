// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit backup`: a verified copy of the trail, while the service goes on.
struct AuditBackup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the trail while the service goes on, and verify the copy.",
    discussion: """
      Example: vigil audit backup --output /backup/2026-11-27 --user j.doe
               vigil audit verify --data /backup/2026-11-27 --key log.vkey

      The folder holds trail.sqlite alone: keep copies of the keys elsewhere, or an erasure does not reach the copy. To restore, put
      trail.sqlite and the keys into an empty folder, verify it with a checkpoint that was kept elsewhere, and start the service on
      it. A copy that was cut short has another name (.part). That it was made is a record, and the last one in it.

      Exit codes: 0 copied and intact, 1 the trail is not intact (nothing is kept), 64 wrong usage, 73 the trail cannot be read or
      the folder exists or cannot be written.
      """)

  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Folder to make.") var output: String
  @Option(help: "File with the log's public key, or the key itself; that of the folder when absent.") var key: String?
  @Option(help: "Who does it; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() async throws {
    let backup: TrailBackup
    do throws(AuditError) {
      let directory = DataDirectory(path: data)
      let log: NoteKey
      if let key { log = try AuditVerify.key(key) } else { log = try directory.loadLogKey() }
      let anchors = TrailVerification.Anchors(log: log, rootOf: directory)
      try await ReadRecord.append("backup", user: user, in: directory)
      backup = try TrailBackup(of: directory, to: output, against: anchors)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    print(json ? backup.verification.json.text() : AuditVerify.text(backup.verification))
    if !backup.verification.isIntact { throw ExitCode(1) }
  }
}
