// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation
import Server

/// `vigil audit checkpoint`: the newest signed head, to keep elsewhere.
struct AuditCheckpoint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Print the newest signed checkpoint and, with --key, the log's public key.",
    discussion: """
      Example: vigil audit checkpoint > kept-elsewhere.txt
               vigil audit checkpoint --key > log.vkey
               vigil audit checkpoint --witnesses witnesses.txt
               vigil audit checkpoint --html checkpoint.html

      A checkpoint is five lines. Printed and filed, or sent to someone else, it commits the log to every record so far: with it
      `vigil audit verify --checkpoint` finds a trail that was cut, rewritten or replaced by an older one. With --witnesses each
      witness of the file is asked to cosign it, and what it says is kept in the trail; a running service does so every minute by
      itself (vigil serve --witnesses). --html writes a page to print, for a site without a network.

      Exit codes: 0 printed, 1 a witness did not cosign (the reason is said), 64 wrong usage, 66 the file of witnesses cannot be
      read, 73 the trail cannot be read or the page not written.
      """)

  @Option(help: "Folder of the trail.") var data = "var"
  @Flag(help: "Print the log's public key instead, as it was when the trail began.") var key = false
  @Option(help: "File of the witnesses to ask (docs/trail.md).") var witnesses: String?
  @Option(help: "Write a page to print instead.") var html: String?

  func run() async throws {
    let directory = DataDirectory(path: data)
    do {
      if key { return print(try directory.loadLogKey().vkey) }
      let reader = try AuditReader(directory: directory)
      let head = try reader.head()
      if let html {
        let page = CheckpointPage(note: head, key: try directory.loadLogKey()).html
        guard (try? Data(page.utf8).write(to: URL(filePath: html))) != nil else {
          throw Failure.trail("cannot write \(html)").exit()
        }
        return
      }
      guard let witnesses else { return print(head.description, terminator: "") }
      guard let text = try? String(contentsOfFile: witnesses, encoding: .utf8), let policy = WitnessPolicy(text: text)
      else { throw Failure.noInput("\(witnesses) is no file of witnesses").exit() }
      try await ask(policy, reader, directory)
    } catch let error as AuditError {
      throw Failure.trail("\(error)").exit()
    }
  }

  private func ask(_ policy: WitnessPolicy, _ reader: AuditReader, _ directory: DataDirectory) async throws {
    var refused = false
    for witness in policy.members {
      guard let client = witness.url.flatMap(WitnessClient.init) else { continue }
      do throws(AuditError) {
        let note = try await reader.cosigned(by: witness.key, post: client.post)
        print(note.description, terminator: "")
        let trail = try AuditTrail(directory: directory)
        try await trail.keep(note, of: witness.key)
        try trail.close()
      } catch {
        switch error.code {
        case .secondWriter:
          Failure.warn("a running service has the trail: the cosignature is printed and not kept in it")
        case .witnessSilent, .witnessRefused, .witnessContradicts:
          refused = true
          Failure.warn("\(witness.key.name): \(error)")
        default: throw error
        }
      }
    }
    if refused { throw ExitCode(1) }
  }
}
