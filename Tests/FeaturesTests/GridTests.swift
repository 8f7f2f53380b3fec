// SPDX-License-Identifier: Apache-2.0
import Features
import Foundation
import Testing

/// What an hourly grid keeps of several samples of one hour.
@Suite struct GridTests {
  private func vector(category: String, gridHours: String) throws -> [Float] {
    let text = """
      {"id": "grid", "version": "1.0.0", "title": "Grid", \(gridHours)
       "eligibility": {"minimumAgeYears": 18, "fromHour": 0, "toHour": 48},
       "signals": [{"id": "x", "title": "X", "valueSets": ["x"], "unit": "mL", "range": [0, 5000],
         "category": "\(category)", "staleAfterHours": 4}],
       "features": [{"of": ["x"], "statistics": ["last", "sum", "count"], "windows": [[3, 0]]}]}
      """
    let profile = try Profiles.decode(Data(text.utf8))
    var timeline = Timeline(profile)
    timeline.samples[0] = [
      Sample(hours: 1.5, value: 100), Sample(hours: 2.25, value: 30), Sample(hours: 2.5, value: 20),
      Sample(hours: 3, value: 10),
    ]
    return profile.vector(timeline, atHour: 4).values
  }

  @Test func ofPressuresTheLastOfAnHourStands() throws {
    #expect(try vector(category: "vital", gridHours: "\"gridHours\": 1,") == [10, 110, 2])
  }

  @Test func ofVolumesEachCounts() throws {
    #expect(try vector(category: "fluid", gridHours: "\"gridHours\": 1,") == [10, 160, 4])
    #expect(try vector(category: "fluid", gridHours: "") == [10, 160, 4])
  }
}
