// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit rotate-root-key`: patients' data keys are wrapped under another `root.key`.
struct AuditRotateRootKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-root-key", abstract: "Replace root.key, under which patients' data keys are wrapped.",
    discussion: """
      Example: vigil audit rotate-root-key --user j.doe --reason "yearly"

      The running service does it while it answers; without one this command does. Data keys are wrapped anew, no payload is
      touched. Until it is done root.key holds both keys, and no backup is made; what is cut short goes on at the next start of
      the service or of this command. Both steps are on record (vigil audit list --kind root-key). Keep the copy of before for as
      long as backups of before: they open with it alone. What takes a service longer than ten minutes is not waited for.

      So that no moment has a single copy of the new key,
               vigil audit rotate-root-key --prepare
      lays it into root.key before: copy that, and then replace. Where several processes write one trail in PostgreSQL each needs
      it first, copied into its folder; until it is replaced nothing else changes.

      Exit codes: 0 done, or begun and a service goes on with it, 64 wrong usage, 73 the trail or its keys cannot be written; what was
      begun goes on.
      """)

  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Who does it, as the site names people; stands in the record.", transform: RecordedText.name)
  var user: String?
  @Option(help: "Why; stands in the record, so without a patient's data.", transform: RecordedText.text)
  var reason: String?
  @Flag(help: "Only make the new key, to be copied to every process on a trail in PostgreSQL.") var prepare = false

  /// Between two looks at how far a running service is.
  private static let pause = Duration.milliseconds(200)
  /// Looks until its end is not waited for any more: ten minutes. Beside callers it may last hours.
  private static let mostLooks = 3000

  func validate() throws {
    guard prepare || user != nil && reason != nil else {
      throw ValidationError("--user and --reason say who does it and why")
    }
  }

  func run() async throws {
    let directory = DataDirectory(path: data)
    do throws(AuditError) {
      if prepare {
        let isNew = try directory.prepareRootKey()
        print(
          isNew
            ? "\(directory.rootKey) holds the next key too. Copy it, into the folder of each process on this trail as well."
            : "\(directory.rootKey) held two keys already: the next, or the one before of a replacement that goes on.")
      } else {
        let isDone = try await replace(in: directory)
        print(
          isDone
            ? "\(directory.rootKey) holds the new key alone. Copy it, apart from copies of the trail."
            : """
            The service goes on with it. It is done when vigil audit list --kind root-key says so and
            \(directory.rootKey) has 32 bytes; where it cannot go on, the service's log says why.
            """)
      }
    } catch {
      throw Failure.trail("\(error)").exit()
    }
  }

  /// - Returns: whether it is done; else it is begun, and a service goes on with it.
  private func replace(in directory: DataDirectory) async throws(AuditError) -> Bool {
    var begun: Int64?
    for _ in 0..<Self.mostLooks {
      do throws(AuditError) {
        let trail = try AuditTrail(directory: directory)
        let isUnderWay = try await trail.isReplacingRootKey()
        try await finish(trail)
        // One that was cut short is what was asked for: no other is begun.
        if begun == nil, !isUnderWay {
          begun = said(try await trail.replaceRootKey(deed))
          try await finish(trail)
        }
        try trail.close()
        return true
      } catch {
        // Of several processes another one ended what this one began.
        let isOthers = error.code == .rootKeyUnfinished && begun != nil
        guard error.code == .secondWriter || isOthers else { throw error }
        if isOthers { continue }
      }
      // A service has it.
      if begun == nil {
        var entry = AuditEntry(time: deed.time, kind: .rootKey)
        (entry.origin, entry.reason) = (deed.user, deed.reason)
        begun = said(try await TrailInbox(directory).submit(entry).sequence)
        Failure.say("the service goes on with it")
      } else if try AuditReader(directory: directory).isRootKeyReplaced(), try directory.hasOneRootKey() {
        return true
      }
      try? await Task.sleep(for: Self.pause)
    }
    return false
  }

  private func finish(_ trail: AuditTrail) async throws(AuditError) {
    let progress = Progress()
    try await trail.finishRootKey(now: { Instant(Date()) }) {
      progress.report("data keys", Int($0), of: Int($1))
    }
    progress.finish()
  }

  private var deed: AuditTrail.Deed {
    AuditTrail.Deed(user: user ?? "", reason: reason ?? "", time: Instant(Date()))
  }

  private func said(_ sequence: Int64) -> Int64 {
    Failure.say("on record as \(sequence)")
    return sequence
  }
}
