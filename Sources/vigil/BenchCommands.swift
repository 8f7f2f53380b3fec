// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `vigil bench`: speed as ratios to what others do on the same bytes in the same run.
struct BenchCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure against the fastest known on this machine.",
    subcommands: [
      BenchFHIR.self, BenchNetworks.self, BenchAssessment.self, BenchService.self, BenchAudit.self,
      BenchReplay.self, BenchExtraction.self,
    ])
}
