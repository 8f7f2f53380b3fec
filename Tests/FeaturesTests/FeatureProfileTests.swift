// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Testing

@Suite struct FeatureProfileTests {
  @Test(arguments: [("icu-prognosis", 1345), ("icu-diagnosis", 279)])
  func shippedProfilesHaveTheirColumns(id: String, count: Int) throws {
    let profile = try Profiles.shipped(id)
    #expect(profile.id == id)
    #expect(profile.columns.count == count)
    #expect(Set(profile.columns.map(\.id)).count == count)
    #expect(profile.vector(Timeline(profile), atHour: 48).values.count == count)
    for column in profile.columns {
      #expect(
        profile.title(of: column.group) != column.group || column.group.count < 5
          || ["observations", "laboratory"].contains(column.group), "\(column.group) has no title")
    }
  }

  @Test(arguments: ["icu-prognosis", "icu-diagnosis"]) func encodingAndDecodingKeepsAProfile(id: String) throws {
    let profile = try Profiles.shipped(id)
    let again = try Profiles.decode(JSONEncoder().encode(profile))
    #expect(again == profile)
    #expect(again.columns == profile.columns)
  }

  @Test(arguments: [
    (#""of": ["a", "b", "either", "ratio", "difference"]"#, #""of": ["nobody"]"#),
    (#"{"of": ["age", "hour"]}"#, #"{"of": ["weather"]}"#),
    (#""from": ["a", "b"], "maximumAgeHours": 2"#, #""from": ["a"], "maximumAgeHours": 2"#),
    (#""id": "either""#, #""id": "a""#),
    (#""range": [0.1, 100]"#, #""range": [0, 100]"#),
    (#""windows": [[12, 0]]"#, #""windows": [[0, 12]]"#),
    (#""power": 2"#, #""power": 9"#),
    (#""equals": [40, 50]"#, #""equals": [40, 40]"#),
    (#""statistics": ["count", "log-count"]"#, #""statistics": ["mean"]"#),
    (#""range": [0, 100]"#, #""range": [100, 0]"#),
  ])
  func refusesWhatDoesNotHoldTogether(good: String, bad: String) throws {
    let profile = try Profiles.everything()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(throws: Never.self) { try Profiles.decode(encoder.encode(profile)) }
    let text = Profiles.text()
    #expect(text.contains(good))
    #expect(throws: DecodingError.self) {
      try Profiles.decode(Data(text.replacingOccurrences(of: good, with: bad).utf8))
    }
  }
}
