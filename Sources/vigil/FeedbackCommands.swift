// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `vigil feedback`: what clinicians did with the cards.
struct FeedbackCommands: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback", abstract: "What became of the cards.",
    subcommands: [FeedbackReportCommand.self, FeedbackWhatIf.self])
}
