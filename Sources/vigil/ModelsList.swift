// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation
import Training

/// `vigil models list`: every package under the profiles, sound or not.
struct ModelsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Every model package, with its outcomes and whether it is sound.",
    discussion: """
      Example: vigil models list
               vigil models list --json

      Exit codes: 0 all are sound, 1 one is not, 64 wrong usage.
      """)

  @Option(help: "Folder of the model packages.") var models = "Profiles/models"
  @Flag(help: "Print one JSON array.") var json = false

  /// A package in the list.
  private struct Entry: Encodable {
    var id = ""
    var version = ""
    var kind = ""
    var outcomes: [String] = []
    var auroc: Double?
    var digest: String?
    var signedBy: String?
    var fault: String?
    var folder: String
  }

  func run() throws {
    let entries = PackageFiles.all(models).map(entry)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(entries), as: UTF8.self))
    } else {
      for entry in entries {
        let auroc = entry.auroc.map { String(format: "AUROC %.3f", $0) } ?? ""
        let state = entry.fault ?? "sound, \(entry.signedBy.map { "signed by \($0)" } ?? "not signed")"
        print("\(entry.id) \(entry.version)  \(entry.outcomes.joined(separator: ", "))  \(auroc)  \(state)")
      }
    }
    if entries.contains(where: { $0.fault != nil }) { throw ExitCode(1) }
  }

  private func entry(_ folder: String) -> Entry {
    var entry = Entry(folder: folder)
    let files = PackageFiles(folder)
    if let manifest = try? files.manifest() {
      entry.id = manifest.id
      entry.version = manifest.version
      entry.kind = manifest.kind.rawValue
      entry.outcomes = manifest.outcomes.map(\.head)
    }
    entry.auroc = (try? files.evaluation())?.outcomes.first?.scores.auroc
    do throws(ModelPackageError) {
      entry.digest = try ModelPackage.load(folder).digest
      entry.signedBy = try PackageSeal.open(folder).signature?.publicKey.id
    } catch {
      entry.fault = "\(error)"
    }
    return entry
  }
}
