// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation

/// `vigil audit checkpoint`: the newest signed head, to keep elsewhere.
struct AuditCheckpoint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Print the newest signed checkpoint and, with --key, the log's public key.",
    discussion: """
      Example: vigil audit checkpoint > kept-elsewhere.txt
               vigil audit checkpoint --key > log.vkey

      A checkpoint is five lines. Printed and filed, or sent to someone else, it commits the log to every record so far: with it
      `vigil audit verify --checkpoint` finds a trail that was cut, rewritten or replaced by an older one. Exit codes: 0 printed,
      64 wrong usage, 73 the trail cannot be read.
      """)

  @Option(help: "Folder of the trail.") var data = "var"
  @Flag(help: "Print the log's public key instead, as it was when the trail began.") var key = false

  func run() throws {
    let directory = DataDirectory(path: data)
    do throws(AuditError) {
      if key {
        print(try directory.loadLogKey().vkey)
      } else {
        print(try AuditReader(directory: directory).head().description, terminator: "")
      }
    } catch {
      throw Failure.trail("\(error)").exit()
    }
  }
}
