// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `vigil audit`: the reviewer's work.
struct AuditCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read the trail.", subcommands: [AuditList.self, AuditShow.self])
}
