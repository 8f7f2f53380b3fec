// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation
import Server

/// `vigil control stop`: what must not answer any more.
struct ControlStop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop a service, a model or everything, within a second, on record.",
    discussion: """
      Example: vigil control stop --model icu-prognosis --reason "calibration drifted" --data var
               vigil control stop --all --reason "wrong units from the laboratory"

      A stopped service answers 503; a stopped model is not asked, and its card says so. A stop outlives restarts.

      Exit codes: 0 done, 64 wrong usage, 73 the data directory cannot be written.
      """)

  @OptionGroup var target: ControlTarget
  @Option(help: "Why; it stands in the trail.", transform: RecordedText.text)
  var reason: String
  @Option(help: "Who; the user of this shell where it is not said.", transform: RecordedText.name)
  var by: String?
  @Option(help: "Folder of the trail and its key.") var data = "var"

  func run() throws {
    let stop = target.stop(by: by ?? NSUserName(), reason: reason)
    try Control.change(data) { control in
      control.stops.removeAll { $0.isOfSame(as: stop) }
      control.stops.append(stop)
    }
    print("Stopped: \(stop.target).")
  }
}

/// `vigil control resume`: what may answer again.
struct ControlResume: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Let what was stopped answer again.",
    discussion: """
      Example: vigil control resume --model icu-prognosis --data var

      Exit codes: 0 done, 1 it was not stopped, 64 wrong usage, 73 the data directory cannot be written.
      """)

  @OptionGroup var target: ControlTarget
  @Option(help: "Folder of the trail and its key.") var data = "var"

  func run() throws {
    let meant = target.stop(by: "", reason: "")
    var wasStopped = false
    try Control.change(data) { control in
      wasStopped = control.stops.contains { $0.isOfSame(as: meant) }
      control.stops.removeAll { $0.isOfSame(as: meant) }
    }
    guard wasStopped else {
      Failure.warn("\(meant.target) was not stopped")
      throw ExitCode(1)
    }
    print("Resumed: \(meant.target).")
  }
}
