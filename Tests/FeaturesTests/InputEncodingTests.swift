// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Testing

@Suite struct InputEncodingTests {
  private func encoder(flagged: [String] = []) throws -> InputEncoder {
    let encoding = InputEncoding(
      inputs: [.init(column: "a.last", scale: .init(lower: 0, upper: 10, mean: 4, standardDeviation: 2))],
      flagged: flagged, clip: 2.5)
    return try #require(InputEncoder(encoding, columns: Profiles.everything().columns))
  }

  private func vector(_ value: Float) throws -> FeatureVector {
    let columns = try Profiles.everything().columns
    return FeatureVector(hour: 1, values: columns.map { $0.id == "a.last" ? value : .nan })
  }

  @Test(arguments: [
    (Float(4), Float(0)), (6, 1), (0, -2), (-100, -2), (10, 2.5), (1000, 2.5), (.nan, 0), (.infinity, 0),
    (-.infinity, 0),
  ])
  func standardisesWinsorisesAndClips(value: Float, expected: Float) throws {
    #expect(try encoder().encode(vector(value)) == [expected])
  }

  @Test func flagsFollowTheInputs() throws {
    let encoder = try encoder(flagged: ["a.last", "b.mean"])
    #expect(encoder.encoding.width == 3)
    #expect(try encoder.encode(vector(6)) == [1, -0.5, 0.5])
    #expect(encoder.series == ["a", "a", "b"])
    #expect(encoder.groups == ["a", "a", "b"])
  }

  @Test func refusesColumnsTheProfileLacks() throws {
    let unknown = InputEncoding(inputs: [], flagged: ["nobody"], clip: 4)
    #expect(try InputEncoder(unknown, columns: Profiles.everything().columns) == nil)
  }

  /// Series `a` and `b` in four steps of two hours.
  private func sequenceProfile() throws -> FeatureProfile {
    let text = Profiles.text().replacing(
      "\"products\":", with: "\"sequence\": {\"of\": [\"a\", \"b\"], \"steps\": 4, \"hours\": 2}, \"products\":")
    return try Profiles.decode(Data(text.utf8))
  }

  private func sequenceEncoder(_ profile: FeatureProfile) throws -> InputEncoder {
    let scale = InputEncoding.Scale(lower: 0, upper: 100, mean: 10, standardDeviation: 5)
    let windows = ["8-6", "6-4", "4-2", "2-0"]
    let sequence = InputSequence(
      series: ["a", "b"].map { id in .init(columns: windows.map { "\(id).mean.\($0)" }, scale: scale) })
    let encoding = InputEncoding(
      inputs: [.init(column: "a.last", scale: scale)], flagged: ["a.mean"], clip: 3, sequence: sequence)
    return try #require(InputEncoder(encoding, columns: profile.columns))
  }

  @Test func stepsCarryValuesForwardWithTheirAge() throws {
    let profile = try sequenceProfile()
    #expect(
      profile.columns.suffix(8).map(\.id)
        == ["a", "b"].flatMap { id in
          ["8-6", "6-4", "4-2", "2-0"].map { "\(id).mean.\($0)" }
        })
    let encoder = try sequenceEncoder(profile)
    #expect(encoder.encoding.vectorWidth == 2 && encoder.encoding.width == 26)
    var timeline = Timeline(profile)
    // At hour 10 the steps end at 4, 6, 8 and 10: two values in the second, whose mean counts, and one in the last.
    timeline.samples[0] = [(5, 10), (6, 20), (9, 40)].map { Sample(hours: $0, value: $1) }
    let input = encoder.encode(profile.vector(timeline, atHour: 10))
    let steps = (0..<4).map { Array(input[2 + 6 * $0..<8 + 6 * $0]) }
    #expect(
      steps == [
        [0, 0, 0, 0, 1, 1], [1, 0, 1, 0, 0, 1], [1, 0, 0, 0, 0.25, 1], [3, 0, 1, 0, 0, 1],
      ])
    #expect(Array(encoder.series[2..<8]) == ["a", "b", "a", "b", "a", "b"])
  }

  @Test func stepsOfAnEmptyStayAreTheirBaseline() throws {
    let profile = try sequenceProfile()
    let input = try sequenceEncoder(profile).encode(profile.vector(Timeline(profile), atHour: 10))
    #expect(Array(input[2...]) == (0..<4).flatMap { _ in [Float](arrayLiteral: 0, 0, 0, 0, 1, 1) })
  }

  @Test func refusesSeriesOfUnequalLength() throws {
    let scale = InputEncoding.Scale(lower: 0, upper: 1, mean: 0, standardDeviation: 1)
    let sequence = InputSequence(series: [
      .init(columns: ["a.mean.8-6", "a.mean.6-4"], scale: scale), .init(columns: ["b.mean.8-6"], scale: scale),
    ])
    let encoding = InputEncoding(inputs: [], flagged: [], clip: 3, sequence: sequence)
    #expect(try InputEncoder(encoding, columns: sequenceProfile().columns) == nil)
  }
}
