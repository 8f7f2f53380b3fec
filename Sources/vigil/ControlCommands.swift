// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation
import Server

/// `vigil control`: the operator's word to a running service.
struct ControlCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control", abstract: "Stop and resume services and models, choose a model's version, while it runs.",
    subcommands: [
      ControlShow.self, ControlStop.self, ControlResume.self, ControlActivate.self, ControlApprove.self,
    ])
}

/// What a stop is of, on the command line.
struct ControlTarget: ParsableArguments {
  @Flag(help: "Everything that answers.") var all = false
  @Option(help: "One service by its id; $assess and $infer are services too.") var service: String?
  @Option(help: "One model by its id: its findings say that it is stopped, the others go on.") var model: String?

  func validate() throws {
    guard [all, service != nil, model != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("say one of --all, --service ID and --model ID")
    }
  }

  /// The stop it means.
  func stop(by: String, reason: String) -> Control.Stop {
    let (scope, id): (Control.Stop.Scope, String?) =
      if let service { (.service, service) } else if let model { (.model, model) } else { (.all, nil) }
    return Control.Stop(scope, id: id, by: by, reason: reason, since: Instant(Date()))
  }
}

extension Control {
  /// Changes the file of a data directory.
  static func change(_ data: String, _ change: (inout Control) -> Void) throws {
    guard FileManager.default.fileExists(atPath: data) else {
      throw Failure.trail("\(data): there is no data directory").exit()
    }
    do {
      try Control.change(in: DataDirectory(path: data), change)
    } catch {
      throw Failure.trail("\(error.rawValue): \(error.title)").exit()
    }
  }
}
