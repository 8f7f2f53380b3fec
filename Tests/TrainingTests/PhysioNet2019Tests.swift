// SPDX-License-Identifier: Apache-2.0
import Features
import Testing
import Training

@Suite struct PhysioNet2019Tests {
  private let folder: TemporaryFolder
  private let profile: FeatureProfile

  init() throws {
    folder = try TemporaryFolder()
    profile = try shippedProfile("icu-diagnosis")
  }

  private func stay(_ text: String) throws -> Stay {
    let path = try folder.write(text, to: "training_setA/p000001.psv")
    return try PhysioNet2019(directory: folder.path, profile: profile).stay(path)
  }

  @Test func readsRows() throws {
    let stay = try stay(
      "HR|FiO2|Temp|Age|Gender|Unit1|Unit2|HospAdmTime|ICULOS|SepsisLabel\r\n"
        + "97|-50|NaN|83.14|0|0|1|-0.03|4|0\r\nNaN|40|36.5|83.14|0|0|1|-0.03|5|1\r\n89|0.4|NaN|83.14|0|0|1|-0.03|6|1\r\n"
    )
    #expect(stay.id == "p000001")
    #expect(stay.site == "A")
    #expect(stay.outcome == StayOutcome(hours: [4, 5, 6], sepsis: [false, true, true]))
    let signal = { (id: String) in profile.signals.firstIndex { $0.id == id } ?? 0 }
    #expect(stay.timeline.samples[signal("heart-rate")] == [Sample(hours: 4, value: 97), Sample(hours: 6, value: 89)])
    // -50 is dropped, 40 is a percentage.
    #expect(stay.timeline.samples[signal("fio2")] == [Sample(hours: 5, value: 0.4), Sample(hours: 6, value: 0.4)])
    #expect(stay.timeline.statics == [83, 0, 4, -0.03])
  }

  @Test func otherOrdersOfColumnsAndMissingOnes() throws {
    let stay = try stay("sepsislabel|hr\n0|80\n\n1|81\n")
    #expect(stay.outcome == StayOutcome(hours: [1, 2], sepsis: [false, true]))
    let unlabelled = try self.stay("HR|ICULOS\n80|1\n")
    #expect(unlabelled.outcome == StayOutcome(hours: [1]))
  }

  @Test func emptyFiles() throws {
    #expect(try stay("").outcome.hours.isEmpty)
    #expect(try stay("HR|ICULOS\n").outcome.hours.isEmpty)
  }

  @Test func everyHourHasAVector() throws {
    let stay = try stay("HR|ICULOS|SepsisLabel\nNaN|1|0\nNaN|2|0\n")
    let vectors = profile.trajectory(stay.timeline, atHours: stay.outcome.hours)
    #expect(vectors.count == 2)
    #expect(vectors.allSatisfy { $0.values.count == profile.columns.count })
  }
}
