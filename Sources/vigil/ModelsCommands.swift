// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `vigil models`: packages as a model owner sees them.
struct ModelsCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List, show, sign and verify model packages.",
    subcommands: [ModelsList.self, ModelsShow.self, ModelsCard.self, ModelsSign.self, ModelsVerify.self])
}
