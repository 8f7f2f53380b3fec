// SPDX-License-Identifier: Apache-2.0
import Features
import Testing

/// KDIGO 2012, section 2.1.1, at every boundary.
@Suite struct KidneyInjuryTests {
  private func met(_ values: [String: [(Double, Double)]]) throws -> [Double] {
    try CriteriaProfile.hours(.acuteKidneyInjury, values).met
  }

  @Test(arguments: [
    (0.9, 1.2, true), (0.9, 1.19, false), (1.0, 1.3, true), (2.0, 2.3, true), (2.0, 2.29, false),
    // 26.5 umol/L, as a chart in SI units says it: 106 and 132.5 umol/L.
    (106 / 88.4, 132.5 / 88.4, true), (106 / 88.4, 132 / 88.4, false),
  ]) func risesByThreeTenths(_ before: Double, _ after: Double, _ isMet: Bool) throws {
    #expect(try met(["creatinine": [(1, before), (48, after)]]) == (isMet ? [48] : []))
  }

  @Test func riseCountsWithin48HoursOnly() throws {
    #expect(try met(["creatinine": [(1, 2.0), (49, 2.3)]]) == [49])
    #expect(try met(["creatinine": [(1, 2.0), (49.01, 2.3)]]) == [])
  }

  @Test func riseIsOverTheLowestNotTheLast() throws {
    #expect(try met(["creatinine": [(1, 2.0), (20, 2.2), (40, 2.3)]]) == [40])
  }

  @Test(arguments: [(0.6, 0.9, true), (0.4, 0.6, true), (0.4, 0.59, false), (0.5, 0.74, false), (0.5, 0.75, true)])
  func ratioOfOneAndAHalf(_ before: Double, _ after: Double, _ isMet: Bool) throws {
    // 60 hours apart, and by less than 0.3 or later than 48 h, so that the ratio alone decides.
    #expect(try met(["creatinine": [(1, before), (61, after)]]) == (isMet ? [61] : []))
  }

  @Test func baselineIsTheLowestOfSevenDays() throws {
    #expect(try met(["creatinine": [(1, 1.0), (169, 1.5)]]) == [169])
    #expect(try met(["creatinine": [(1, 1.0), (169.5, 1.5)]]) == [])
    #expect(try met(["creatinine": [(1, 1.0), (100, 1.25), (169.5, 1.5)]]) == [])
  }

  @Test func firstValueAndAFallAreNoInjury() throws {
    let (met, unmet) = try CriteriaProfile.hours(.acuteKidneyInjury, ["creatinine": [(2, 8), (8, 6), (14, 4)]])
    #expect(met == [])
    #expect(unmet == [2, 8, 14])
  }

  /// 60 kg: 30 mL an hour are 0.5 mL/kg/h.
  private func urine(_ volumes: [(Double, Double)], weight: [(Double, Double)] = [(0, 60)]) throws -> [Double] {
    try met(["urine-output": volumes, "body-weight": weight])
  }

  private func hourly(_ hours: ClosedRange<Int>, _ volume: Double) -> [(Double, Double)] {
    hours.map { (Double($0), volume) }
  }

  @Test func flowUnderHalfForSixHours() throws {
    #expect(try urine(hourly(1...7, 29)) == [7])
    #expect(try urine(hourly(1...7, 30)) == [])
    // Five hours are not six: the first entry's own hours are not known.
    #expect(try urine(hourly(1...6, 0)) == [])
    #expect(try urine(hourly(1...9, 29)) == [7, 8, 9])
  }

  @Test func theFirstEntrysVolumeIsFromBefore() throws {
    #expect(try urine([(1, 500)] + hourly(2...7, 29)) == [7])
    #expect(try urine([(1, 0)] + hourly(2...7, 31)) == [])
  }

  @Test func oneGoodHourMakesUpForTheOthers() throws {
    #expect(try urine(hourly(1...6, 0) + [(7, 180)]) == [])
    #expect(try urine(hourly(1...6, 0) + [(7, 179)]) == [7])
  }

  @Test func aGapInTheChartingIsNotDry() throws {
    #expect(try urine([(1, 10), (2, 10), (5.1, 10), (7, 10)]) == [])
    #expect(try urine([(1, 10), (4, 10), (7, 10)]) == [7])
    #expect(try urine([(1, 10), (10, 10)]) == [])
  }

  @Test func withoutWeightThereIsNoFlow() throws {
    #expect(try urine(hourly(1...12, 0), weight: []) == [])
    #expect(try urine(hourly(1...7, 0), weight: [(7.5, 60)]) == [])
  }

  @Test func entriesOfOneInstantAreOneAmount() throws {
    #expect(try urine(hourly(1...6, 29) + [(7, 10), (7, 30)]) == [])
    #expect(try urine(hourly(1...6, 29) + [(7, 10), (7, 20)]) == [7])
  }

  @Test func aGoodFlowDoesNotSpeakAgainstCreatinine() throws {
    let course = try CriteriaProfile.course(
      .acuteKidneyInjury,
      ["creatinine": [(1, 1), (5, 2)], "urine-output": hourly(1...12, 100), "body-weight": [(0, 60)]])
    #expect(course.judgements.map(\.hours) == [1, 5])
    #expect(course.judgements.map(\.signal) == ["creatinine", "creatinine"])
    #expect(course.judgements.map(\.isMet) == [false, true])
  }
}
