// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation
import Training

/// `vigil models show`: what a package says of itself and how it scored.
struct ModelsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "What a package answers, how it scored, and the report of its cross-validation.",
    discussion: """
      Example: vigil models show Profiles/models/icu-prognosis/2.0.1
               vigil models show Profiles/models/icu-diagnosis/2.0.1 --report report.html

      Exit codes: 0 shown, 1 the package is not sound, 64 wrong usage, 78 a file of it is missing.
      """)

  @Argument(help: "Folder of the package.") var package: String
  @Option(help: "File to write the report of the cross-validation to, as HTML.") var report: String?
  @Flag(help: "Print manifest and evaluation as one JSON object.") var json = false

  private struct Shown: Encodable {
    var manifest: ModelManifest
    var digest: String
    var evaluation: Evaluation
  }

  func run() throws {
    let loaded = try ModelPackage.load(package)
    let evaluation = try PackageFiles(package).evaluation()
    if let report {
      let page = ReportPage(loaded.manifest, digest: loaded.digest, evaluation: evaluation)
      try Data(page.html.utf8).write(to: URL(fileURLWithPath: report))
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let shown = Shown(manifest: loaded.manifest, digest: loaded.digest, evaluation: evaluation)
      return print(String(decoding: try encoder.encode(shown), as: UTF8.self))
    }
    let manifest = loaded.manifest
    print("\(manifest.title)\n\(manifest.id) \(manifest.version), \(manifest.publisher), digest \(loaded.digest)")
    print("\(manifest.intendedUse)\n")
    for outcome in manifest.outcomes {
      let bands = outcome.bands.map { "\($0.name) from \(String(format: "%.3f", $0.from))" }.joined(separator: ", ")
      print("\(outcome.head): \(outcome.summary); \(bands)\n  \(outcome.definition)")
    }
    print("\n\(EvaluationText(evaluation).text)")
  }
}
