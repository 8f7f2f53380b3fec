// SPDX-License-Identifier: Apache-2.0
import Features
import Testing

@Suite struct TrajectoryTests {
  private static func bits(_ vector: FeatureVector) -> [UInt32] { vector.values.map(\.bitPattern) }

  @Test(arguments: ["icu-diagnosis", "icu-prognosis"], 0..<12)
  func trajectoryHasTheBitsOfSingleHours(id: String, seed: UInt64) throws {
    let profile = try Profiles.shipped(id)
    var random = TestRandom(seed: seed + 100)
    let timeline = random.timeline(profile)
    // Whole hours, then hours that share no phase of the grid.
    let hours = (0..<50).map(Double.init) + (0..<20).map { _ in Double(Int.random(in: 0...3000, using: &random)) / 60 }
    for (hour, vector) in zip(hours, profile.trajectory(timeline, atHours: hours)) {
      #expect(Self.bits(vector) == Self.bits(profile.vector(timeline, atHour: hour)), "hour \(hour)")
    }
  }

  @Test(arguments: ["icu-diagnosis", "icu-prognosis"], 0..<12)
  func laterValuesNeverChangeAnHour(id: String, seed: UInt64) throws {
    let profile = try Profiles.shipped(id)
    var random = TestRandom(seed: seed + 200)
    let timeline = random.timeline(profile)
    let hour = Double(Int.random(in: 0...3000, using: &random)) / 60
    var known = timeline
    for signal in known.samples.indices { known.samples[signal].removeAll { $0.hours > hour } }
    var changed = timeline
    for signal in changed.samples.indices {
      for index in changed.samples[signal].indices where changed.samples[signal][index].hours > hour {
        changed.samples[signal][index].value = Double.random(in: profile.signals[signal].range, using: &random)
      }
    }
    let expected = Self.bits(profile.vector(timeline, atHour: hour))
    #expect(Self.bits(profile.vector(known, atHour: hour)) == expected)
    #expect(Self.bits(profile.vector(changed, atHour: hour)) == expected)
  }

  @Test func sourcesAreTheSamplesOfTheWindow() throws {
    let profile = try Profiles.everything()
    var timeline = Timeline(profile)
    timeline.samples[0] = [
      Sample(hours: 1, value: 40, source: 7), Sample(hours: 5, value: 60, source: 8),
      Sample(hours: 9, value: 95, source: 9),
    ]
    timeline.samples[1] = [Sample(hours: 4, value: 8, source: 3)]
    timeline.samples[0].append(Sample(hours: 9.5, value: 96))
    let found = profile.reading(of: timeline, atHour: 6).sources
    let sources = Dictionary(uniqueKeysWithValues: zip(profile.columns.map(\.id), found.map(Array.init)))
    #expect(found.count == profile.columns.count)
    #expect(sources["a.last"] == [8])
    #expect(sources["a.first"] == [7])
    #expect(sources["a.mean"] == [7, 8])
    #expect(sources["a.mean.6-0"] == [7, 8])
    #expect(sources["ratio.last"] == [3, 8])
    #expect(sources["either.mean"] == [3, 7, 8])
    #expect(sources["product"] == [3])
    #expect(sources["score"] == [3, 8])
    #expect(sources["hour"] == [])
    #expect(profile.reading(of: timeline, atHour: 6).latest("ratio")?.value == 7.5)
    #expect(profile.reading(of: timeline, atHour: 0.5).latest("a") == nil)
    #expect(profile.reading(of: timeline, atHour: 6).latest("unknown") == nil)
  }
}
