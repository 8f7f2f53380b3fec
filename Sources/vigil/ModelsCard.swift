// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation
import Training

/// `vigil models card`: the model card in the form that is asked for.
struct ModelsCard: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "The model card: 31 source attributes and TRIPOD+AI.",
    discussion: """
      Example: vigil models card Profiles/models/icu-prognosis/2.0.1
               vigil models card Profiles/models/icu-diagnosis/2.0.1 --format html >card.html

      The numbers are made of the package's evaluation; a card that says anything else is refused.

      With --rewrite the card is made anew from Profiles/cards/<id>.json and the package's files, and the package is sealed:
      its digest changes, its weights do not, and a signature is to be given again.

      Exit codes: 0 shown or written, 1 the card differs from the package's other files, 64 wrong usage, 78 a file is missing.
      """)

  /// The forms of a card.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, markdown, json, html
  }

  @Argument(help: "Folder of the package.") var package: String
  @Option(help: "text, markdown, json or html.") var format = Format.text
  @Flag(help: "Make the card anew and seal the package.") var rewrite = false
  @Option(help: "Folder of the cards' texts and configurations.") var profiles = "Profiles"

  func run() throws {
    let files = PackageFiles(package)
    if rewrite {
      let id = try files.manifest().id
      let text = try decoded(ModelCard.Text.self, try PackageFiles("\(profiles)/cards").bytes("\(id).json"))
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let json = try encoder.encode(try card(text, files)) + Data("\n".utf8)
      try json.write(to: URL(fileURLWithPath: "\(package)/model-card.json"))
      return print("\(package) digest \(try PackageSeal.seal(package))")
    }
    let json = try files.bytes("model-card.json")
    let found = try decoded(ModelCard.self, json)
    guard try card(found.text, files) == found else {
      Failure.warn("\(package): the card is not what the package's other files say")
      throw ExitCode(1)
    }
    switch format {
    case .text: print(found.plainText, terminator: "")
    case .markdown: print(found.markdown, terminator: "")
    case .html: print(found.html, terminator: "")
    case .json: print(String(decoding: json, as: UTF8.self), terminator: "")
    }
  }

  private func card(_ text: ModelCard.Text, _ files: PackageFiles) throws -> ModelCard {
    try ModelCard(
      text, configuration: try files.configuration(), manifest: try files.manifest(),
      evaluation: try files.evaluation())
  }

  private func decoded<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes))
  }
}
