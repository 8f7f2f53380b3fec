// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Training

@Suite struct ExperimentConfigurationTests {
  private func shipped(_ change: (String) -> String = { $0 }) throws -> [UInt8] {
    let text = try String(contentsOfFile: repository("Profiles/training/icu-diagnosis.json"), encoding: .utf8)
    let changed = change(text)
    return [UInt8](changed.utf8)
  }

  private func refusal(_ old: String, _ new: String) throws -> ExperimentError? {
    let bytes = try shipped { text in
      #expect(text.contains(old))
      return text.replacing(old, with: new, maxReplacements: 1)
    }
    do throws(ExperimentError) {
      _ = try ExperimentConfiguration(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["icu-prognosis", "icu-prognosis-without-habits", "icu-diagnosis"])
  func shippedConfigurationsNameWhatExists(_ id: String) throws {
    let configuration = try Synthetic.configuration(id)
    #expect(configuration.model.id == id)
    #expect(FileManager.default.fileExists(atPath: repository("Profiles/features/\(configuration.profile).json")))
    let plan = "Profiles/recommendations/\(configuration.recommendations).json"
    #expect(FileManager.default.fileExists(atPath: repository(plan)))
  }

  @Test func slipsAreRefused() throws {
    #expect(
      try refusal("\"gradientClip\"", "\"gradientClips\"") == .init(.unknownKey, detail: "networks[0].gradientClips"))
    #expect(try refusal("\"licence\"", "\"license\"")?.code == .unreadable)
    #expect(try refusal("\"label\": \"sepsis\"", "\"label\": \"sepsi\"") == .init(.unknownLabel, detail: "sepsi"))
    #expect(try refusal("\"stratifiedBy\": \"sepsis\"", "\"stratifiedBy\": \"x\"") == .init(.unknownHead, detail: "x"))
    #expect(try refusal("\"share\": 0.35", "\"share\": 0") == .init(.invalidNumber, detail: "sampling.share"))
    #expect(try refusal("\"folds\": 5", "\"folds\": 1") == .init(.invalidNumber, detail: "validation.folds"))
    #expect(try refusal("\"members\": 3", "\"members\": 0")?.code == .invalidNumber)
    // An outcome whose head has no alarm says nothing.
    #expect(try refusal("\"threshold\": \"utility\"", "\"weight\": 1") == .init(.unknownHead, detail: "sepsis"))
    // Every head reads one branch.
    let (one, two) = ("[\"sepsis\", \"alarm-pays\"]", "[\"sepsis\", \"aki\", \"alarm-pays\"]")
    #expect(try refusal(one, "[\"sepsis\"]") == .init(.unknownHead, detail: "alarm-pays"))
    #expect(try refusal(one, two) == .init(.unknownHead, detail: "aki"))
    #expect(try refusal("{", "")?.code == .unreadable)
  }

  @Test func whatIsNotThereIsLeftOutWithTheHeadsItTeaches() throws {
    let whole = try Synthetic.configuration("icu-diagnosis")
    let sepsisOnly = try #require(whole.without(dataSets: ["physionet2012"]))
    #expect(sepsisOnly.dataSets.map(\.reader) == ["physionet2019"])
    #expect(sepsisOnly.heads.map(\.name) == whole.heads.map(\.name).filter { $0 != "respiratory-failure" })
    #expect(
      sepsisOnly.model.outcomes.map(\.head) == whole.model.outcomes.map(\.head).filter { $0 != "respiratory-failure" })
    // What is left is a configuration like any other.
    #expect(try ExperimentConfiguration([UInt8](JSONEncoder().encode(sepsisOnly))) == sepsisOnly)
    // Without the data of the first outcome there is nothing to train.
    #expect(whole.without(dataSets: ["physionet2019"]) == nil)
    #expect(whole.without(dataSets: ["physionet2012", "physionet2019"]) == nil)
    #expect(whole.without(dataSets: []) == whole)
  }

  @Test func errorsSayWhere() throws {
    #expect("\(try #require(try refusal("\"epochs\": 2", "\"epochs\": \"2\"")))".contains("networks[0].epochs"))
  }
}
