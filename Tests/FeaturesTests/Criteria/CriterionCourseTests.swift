// SPDX-License-Identifier: Apache-2.0
import Features
import Testing

/// Already in the state, onset, and what is left out.
@Suite struct CriterionCourseTests {
  private func course(_ judgements: (Double, Bool)...) -> CriterionCourse {
    CriterionCourse(judgements: judgements.map { Judgement(hours: $0.0, isMet: $0.1, signal: "lactate") })
  }

  private let met = Judgement(hours: 10, isMet: true, signal: "lactate")

  @Test func stateIsUnknownUntilSomethingIsJudged() {
    let course = course((5, false))
    #expect(course.state(atHour: 4.9) == .unknown)
    #expect(course.state(atHour: 5) == .absent)
    #expect(CriterionCourse(judgements: []).state(atHour: 100) == .unknown)
  }

  @Test func theLastJudgementStandsUntilTheNext() {
    let course = course((10, true))
    #expect(course.state(atHour: 9.9) == .unknown)
    #expect(course.state(atHour: 10) == .present(met))
    #expect(course.state(atHour: 200) == .present(met))
  }

  @Test func recoveryTakesADay() {
    let course = course((10, true), (12, false))
    #expect(course.state(atHour: 12) == .present(met))
    #expect(course.state(atHour: 33.9) == .present(met))
    #expect(course.state(atHour: 34) == .absent)
    // A negative judgement must have come.
    #expect(self.course((10, true), (40, false)).state(atHour: 39) == .present(met))
    #expect(self.course((10, true), (40, false)).state(atHour: 40) == .absent)
  }

  @Test func onsetIsAfterTheHourAndUpToTheHorizon() {
    let course = course((1, false), (10, true))
    func onset(_ hour: Double) -> Bool? { course.onset(afterHour: hour, within: 6, recordEnd: 48) }
    #expect(onset(0) == nil)
    #expect(onset(1) == nil)  // Nothing is measured within (1, 7].
    #expect(onset(3.9) == nil)
    #expect(onset(4) == true)
    #expect(onset(9.9) == true)
    #expect(onset(10) == nil)
  }

  @Test func absenceMustBeMeasured() {
    let course = course((1, false), (10, false))
    #expect(course.onset(afterHour: 3, within: 6, recordEnd: 48) == nil)
    #expect(course.onset(afterHour: 4, within: 6, recordEnd: 48) == false)
    #expect(course.onset(afterHour: 10, within: 6, recordEnd: 48) == nil)
  }

  @Test func aRecordThatEndsEarlyTeachesNothingWhateverIsSeen() {
    let falls = course((1, false), (30, true))
    #expect(falls.onset(afterHour: 24, within: 24, recordEnd: 48) == true)
    #expect(falls.onset(afterHour: 24.1, within: 24, recordEnd: 48) == nil)
    let stays = course((1, false), (30, false))
    #expect(stays.onset(afterHour: 24, within: 24, recordEnd: 48) == false)
    #expect(stays.onset(afterHour: 24.1, within: 24, recordEnd: 48) == nil)
  }

  @Test func aRecurrenceWithinADayIsNoOnset() {
    let course = course((1, true), (2, false), (20, true), (21, false), (50, true))
    #expect(course.onset(afterHour: 10, within: 24, recordEnd: 100) == nil)
    #expect(course.onset(afterHour: 43.9, within: 24, recordEnd: 100) == nil)
    #expect(course.onset(afterHour: 44, within: 24, recordEnd: 100) == true)
  }

  @Test func leadIsToTheFirstJudgementThatMeetsTheCriterion() {
    let course = course((1, false), (10, true), (12, true))
    #expect(course.lead(fromHour: 4) == 6)
    #expect(course.lead(fromHour: 10) == 2)
    #expect(course.lead(fromHour: 12) == nil)
  }
}
