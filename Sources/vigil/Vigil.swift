// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The one executable: every subcommand has a file of its own in this folder.
@main
struct Vigil: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vigil",
    abstract: "Clinical decision support for FHIR: cards with a risk, its reasons and a record that holds.",
    subcommands: [
      Serve.self, Assess.self, ReplayCommand.self, FeaturesCommand.self, Codes.self, FHIRCommands.self, Import.self,
      Train.self, Tune.self, FineTune.self, Evaluate.self, ModelsCommands.self, AuditCommands.self,
      FeedbackCommands.self, ControlCommands.self, SandboxCommand.self, WitnessCommand.self, ConformanceCommand.self,
      BenchCommands.self,
    ])
}
