// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Testing
import Training

@Suite struct ModelCardTests {
  private func text(_ id: String = "icu-prognosis") throws -> ModelCard.Text {
    try JSONDecoder().decode(
      ModelCard.Text.self, from: Data(contentsOf: URL(fileURLWithPath: repository("Profiles/cards/\(id).json"))))
  }

  @Test func thereAre31AttributesOfWhich11MayBeMissing() {
    #expect(SourceAttribute.allCases.count == 31)
    #expect(SourceAttribute.allCases.count { $0.mayBeUnavailable } == 11)
    #expect(Set(SourceAttribute.allCases.map(\.title)).count == 31)
    #expect(!SourceAttribute.allCases.contains { $0.mayBeUnavailable && $0.isComputed })
  }

  @Test(arguments: ["icu-prognosis", "icu-prognosis-without-habits", "icu-diagnosis"])
  func shippedTextsAreComplete(_ id: String) throws {
    try text(id).check()
  }

  @Test(arguments: SourceAttribute.allCases.filter { !$0.isComputed })
  func attributesThatMayNotBeMissingAreAskedFor(_ attribute: SourceAttribute) throws {
    for words in [nil, "", SourceAttribute.notAvailable] {
      var text = try text()
      text.attributes[attribute.rawValue] = words
      if attribute.mayBeUnavailable {
        try text.check()
      } else {
        #expect(throws: ExperimentError(.incompleteCard, detail: attribute.rawValue)) { try text.check() }
      }
    }
  }

  @Test func slipsAndComputedAttributesAreRefused() throws {
    for name in ["intendedUser", "validityInternal"] {
      var text = try text()
      text.attributes[name] = "Something."
      #expect(throws: ExperimentError(.incompleteCard, detail: name)) { try text.check() }
    }
  }

  /// The card of a shipped package is what its other files say: a changed number anywhere makes this fail.
  @Test func shippedCardsSayWhatTheFilesSay() throws {
    let models = repository("Profiles/models")
    var count = 0
    for id in try FileManager.default.contentsOfDirectory(atPath: models) {
      for version in try FileManager.default.contentsOfDirectory(atPath: "\(models)/\(id)") {
        func file(_ name: String) throws -> Data {
          try Data(contentsOf: URL(fileURLWithPath: "\(models)/\(id)/\(version)/\(name)"))
        }
        let card = try JSONDecoder().decode(ModelCard.self, from: try file("model-card.json"))
        let made = try ModelCard(
          card.text, configuration: try ExperimentConfiguration([UInt8](try file("training.json"))),
          manifest: try JSONDecoder().decode(ModelManifest.self, from: try file("manifest.json")),
          evaluation: try JSONDecoder().decode(Evaluation.self, from: try file("evaluation.json")))
        #expect(made == card, "\(id) \(version)")
        #expect(card.text == (try text(id)), "\(id) \(version)")
        for evidence in card.tripod.flatMap(\.evidence) {
          let place = evidence.contains("/") ? repository(evidence) : "\(models)/\(id)/\(version)/\(evidence)"
          #expect(FileManager.default.fileExists(atPath: place), "\(id) \(version) \(evidence)")
        }
        count += 1
      }
    }
    #expect(count >= 2)
  }

  @Test func numbersComeFromTheEvaluation() async throws {
    let experiment = try Synthetic.prognosis(seed: 1, jobs: 2)
    let configuration = experiment.configuration
    let validation = try await experiment.crossValidate()
    var evaluation = try await experiment.evaluation(validation, replicates: 20)
    let thresholds = experiment.decisions(validation).compactMapValues(\.threshold)
    let manifest = try configuration.manifest(thresholds: thresholds)
    let card = try ModelCard(
      try text(), configuration: configuration, manifest: manifest, evaluation: evaluation)
    #expect(card.attributes.map(\.id) == SourceAttribute.allCases)
    #expect(card.tripod.map(\.number) == (1...27).map { "\($0)" })
    let again = try JSONDecoder().decode(ModelCard.self, from: try JSONEncoder().encode(card))
    #expect(again == card)
    evaluation.outcomes[0].scores.auroc = 0.123
    let other = try ModelCard(
      card.text, configuration: configuration, manifest: manifest, evaluation: evaluation)
    #expect(other != card)
    #expect(try #require(other.attributes.first { $0.id == .validityInternal }).text.contains("0.123"))
    for form in [card.markdown, card.plainText, card.html] {
      for attribute in SourceAttribute.allCases { #expect(form.contains(attribute.title)) }
    }
  }
}
