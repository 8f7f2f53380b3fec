// SPDX-License-Identifier: Apache-2.0
import Features
import Testing

@Suite struct InputEncodingTests {
  private func encoder(flagged: [String] = []) throws -> InputEncoder {
    let encoding = InputEncoding(
      inputs: [.init(column: "a.last", lower: 0, upper: 10, mean: 4, standardDeviation: 2)], flagged: flagged, clip: 2.5
    )
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
}
