// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// `vigil audit migrate`: a trail of an earlier version is made one of this.
struct AuditMigrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring a trail of an earlier version up to this one.",
    discussion: """
      Example: vigil audit migrate --data var

      Starting the service does the same. Records stay byte for byte as they are; the tree is built over them, and what they were
      made of is sealed and its plain text wiped from the file. Take a copy first. Exit codes: 0 done, 64 wrong usage, 73 the
      trail cannot be written.
      """)

  @Option(help: "Folder of the trail and its keys.") var data = "var"

  func run() throws {
    do throws(AuditError) {
      let trail = try AuditTrail(directory: DataDirectory(path: data))
      for path in trail.createdKeys { print("Made the key \(path) (mode 0600).") }
      if trail.forbiddenKeys > 0 {
        Failure.warn("\(trail.forbiddenKeys) data keys lie in a form that was given up: vigil audit verify names them")
      }
      try trail.close()
    } catch {
      throw Failure.trail("\(error)").exit()
    }
  }
}
