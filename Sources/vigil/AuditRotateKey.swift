// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit rotate-key`: the log signs with a new key from now on.
struct AuditRotateKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-key", abstract: "Give the log a new key for its checkpoints.",
    discussion: """
      Example: vigil audit rotate-key --user j.doe --reason "yearly"

      A record introduces the new key and is itself covered by a checkpoint of the old one, so verification that begins with the
      first key goes on by itself. Prints the new public key: proofs made from now on are checked with it. Needs the trail to
      itself: stop the service first. Exit codes: 0 done, 64 wrong usage, 73 the trail or its keys cannot be written.
      """)

  @OptionGroup var deed: DeedArguments

  func run() async throws {
    let result: (key: NoteKey, sequence: Int64)
    do throws(AuditError) {
      let trail = try AuditTrail(directory: DataDirectory(path: deed.data))
      result = try await trail.rotateCheckpointKey(
        AuditTrail.Deed(user: deed.user, reason: deed.reason, time: Instant(Date())))
      try trail.close()
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    print(result.key.vkey)
    Failure.say("on record as \(result.sequence)")
  }
}
