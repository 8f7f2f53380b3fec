// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import Foundation
import Server

/// `vigil control show`: what is stopped, and which versions were chosen.
struct ControlShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is stopped and which versions of models were chosen.",
    discussion: """
      Example: vigil control show --data var --json

      Exit codes: 0 done, 64 wrong usage, 73 the file cannot be read.
      """)

  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Flag(help: "As JSON.") var json = false

  func run() throws {
    let control: Control
    do {
      control = try Control(in: DataDirectory(path: data))
    } catch {
      throw Failure.trail("\(error.rawValue): \(error.title)").exit()
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return print(String(decoding: try encoder.encode(control), as: UTF8.self))
    }
    if control.stops.isEmpty { print("Nothing is stopped.") }
    for stop in control.stops {
      print(
        "Stopped since \(stop.since): \(stop.target), by \(VisibleText.of(stop.by)): \(VisibleText.of(stop.reason))")
    }
    for (id, version) in control.versions.sorted(by: { $0.key < $1.key }) { print("Chosen: \(id) \(version)") }
    for activation in control.activations {
      let people =
        "proposed by \(activation.proposedBy) at \(activation.proposedAt), "
        + (activation.approvedBy.map { "approved by \($0) at \(activation.approvedAt ?? "")" } ?? "not approved yet")
      print("Activation: \(activation.target), \(VisibleText.of(people)): \(VisibleText.of(activation.reason))")
    }
  }
}
