// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Replay

/// `vigil feedback what-if`: what another alert policy would have shown.
struct FeedbackWhatIf: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "what-if", abstract: "Try an alert policy on what the trail holds, before it is put in force.",
    discussion: """
      Example: echo '{"coolDownHours": 4, "thresholds": {"sepsis": 0.15}}' > policy.json
               vigil feedback what-if --policy policy.json --service patient-risk --hook order-sign --data var

      The policy is what stands under "alerting" in a file of Profiles/services. The stored answers are judged again in order,
      with the feedback that was given. What clinicians would have done with other cards nobody can say.

      Works beside a running service, and is itself a record. Exit codes: 0 done, 64 wrong usage, 65 the policy cannot be read, 73 the
      trail cannot be read.
      """)

  @Option(help: "File of the policy.") var policy: String
  @Option(help: "Id of the service whose answers are judged.") var service = "patient-risk"
  @Option(help: "Only answers at this hook.") var hook: String?
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Only records made at or after this moment, such as 2026-03-01T00:00:00Z.") var since: Instant?
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Flag(help: "As JSON.") var json = false

  func run() async throws {
    let policy = try AlertPolicy(file: policy)
    let trial: AlertTrial
    do {
      let directory = DataDirectory(path: data)
      trial = try AlertTrial(
        policy, on: try AuditReader(directory: directory), service: service, hook: hook,
        since: since ?? Instant(milliseconds: 0))
      try await ReadRecord.append("feedback what-if", user: user, in: directory)
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    if json { return print(trial.json.text(pretty: true), terminator: "") }
    print("\(trial.answers) answers judged again\(trial.notJudged > 0 ? ", \(trial.notJudged) too old to be" : "").")
    for row in trial.rows {
      print("\(row.model), \(row.outcome)")
      print("  shown           \(row.shown)")
      print("  would be shown  \(row.wouldBeShown)")
      for (reason, count) in row.reasons { print("  held back       \(count) × \(reason.rawValue)") }
      print("  lost            \(row.acceptedLost) cards whose suggestion was accepted")
      print("  spared          \(row.overriddenSpared) cards that were set aside")
    }
  }
}

extension AlertPolicy {
  /// The policy in a file; says what is wrong and exits with 65 when there is none.
  init(file path: String) throws(ExitCode) {
    guard let bytes = FileManager.default.contents(atPath: path),
      let policy = try? JSONDecoder().decode(AlertPolicy.self, from: bytes), policy.fault == nil
    else {
      Failure.warn("\(path): not an alert policy")
      throw ExitCode(65)
    }
    self = policy
  }
}
