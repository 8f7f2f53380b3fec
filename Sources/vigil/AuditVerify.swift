// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit verify`: the whole trail, re-derived from its leaf bytes.
struct AuditVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the whole trail: records, tree, signatures, payloads, keys.",
    discussion: """
      Example: vigil audit verify
               vigil audit verify --key log.vkey --checkpoint kept-elsewhere.txt --json

      Without --key the log's key is taken from the folder itself, which whoever can rewrite the trail can rewrite too: keep the
      key and a checkpoint (vigil audit checkpoint) elsewhere, and give both here. Without root.key in the folder contents stay sealed, which
      is said; one that is there and cannot be used is a fault (VER027). Works beside a running service. Exit codes:
      0 intact, 1 a fault was found (the first one named first), 64 wrong usage, 73 the trail cannot be read.
      """)

  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "File with the log's public key, or the key itself.") var key: String?
  @Option(help: "File with a checkpoint that was kept elsewhere; may be repeated.") var checkpoint: [String] = []
  @Option(help: "File with a witness's public key, or the key itself; may be repeated.") var witness: [String] = []
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let directory = DataDirectory(path: data)
    let result: TrailVerification
    do throws(AuditError) {
      let log: NoteKey
      if let key { log = try Self.key(key) } else { log = try directory.loadLogKey() }
      var against = TrailVerification.Anchors(log: log, rootOf: directory)
      for argument in witness { against.witnesses.append(try Self.key(argument)) }
      for path in checkpoint {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let note = SignedNote(text) else {
          throw AuditError(.readFailed)
        }
        against.checkpoints.append(note)
      }
      let progress = Progress()
      result = try TrailVerification(directory, against: against) { progress.report("records", $0, of: $1) }
      progress.finish()
    } catch {
      throw Failure.trail("\(error)").exit()
    }
    print(json ? String(decoding: result.json.encoded(pretty: false), as: UTF8.self) : Self.text(result))
    if !result.isIntact { throw ExitCode(1) }
  }

  /// The key in a file, or itself.
  static func key(_ argument: String) throws(AuditError) -> NoteKey {
    let text = (try? String(contentsOfFile: argument, encoding: .utf8)) ?? argument
    guard let key = NoteKey(vkey: text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw AuditError(.keyUnusable)
    }
    return key
  }

  /// The result for people: the first faults, then one line.
  static func text(_ result: TrailVerification) -> String {
    var lines = result.faults.prefix(20).map(\.description)
    if result.faults.count > 20 { lines.append("and \(result.faults.count - 20) more") }
    lines.append(
      """
      \(result.isIntact ? "intact" : "NOT INTACT"): \(result.records) records, root \
      \(AuditRecord.hexadecimal(result.root.bytes)), \(result.checkpoints) signed checkpoints, \(result.cosignatures) \
      cosignatures, \(result.payloads) payloads (\(result.opened) opened, \(result.erased) erased), \(result.boundKeys) data keys
      """)
    if !result.hasRoot {
      lines.append(
        "Without root.key contents were not opened, and whose records are was not held against the data keys.")
    }
    return lines.joined(separator: "\n")
  }
}
