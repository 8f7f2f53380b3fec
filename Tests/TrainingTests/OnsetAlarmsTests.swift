// SPDX-License-Identifier: Apache-2.0
import Testing
import Training

@Suite struct OnsetAlarmsTests {
  /// Rows of two stays, ten hours each.
  private let stays = [0..<10, 10..<20]
  private let hours = (0..<20).map { Double($0 % 10 + 1) }

  private func alarms(_ rows: Int...) -> [Bool] { (0..<20).map { rows.contains($0) } }

  @Test func leadIsFromTheFirstAlarmToTheOnset() {
    // Positive at hours 3 to 6: the onset comes at hour 7. The second stay has none.
    let labels = (0..<20).map { (2...5).contains($0) }
    let early = OnsetAlarms(labels: labels, alarms: alarms(0, 4, 12), hours: hours, stays: stays, lead: nil)
    #expect(early.stays == 1 && early.foundShare == 1 && early.medianLeadHours == 6)
    let late = OnsetAlarms(labels: labels, alarms: alarms(5, 6), hours: hours, stays: stays, lead: nil)
    #expect(late.medianLeadHours == 1)
  }

  @Test func anAlarmAtTheOnsetOrAfterDoesNotFindIt() {
    let labels = (0..<20).map { (2...5).contains($0) }
    let missed = OnsetAlarms(labels: labels, alarms: alarms(6, 9, 12), hours: hours, stays: stays, lead: nil)
    #expect(missed.stays == 1 && missed.foundShare == 0 && missed.medianLeadHours == nil)
  }

  @Test func aLabelMaySayHowFarAheadItIs() {
    // Positive from hour 4 of the first and hour 2 of the second stay on, six hours before the onset.
    let labels = (0..<20).map { (3...9).contains($0) || (11...19).contains($0) }
    let found = OnsetAlarms(labels: labels, alarms: alarms(1, 16), hours: hours, stays: stays, lead: 6)
    #expect(found.stays == 2 && found.foundShare == 1)
    // Onsets at hours 10 and 8, alarms at hours 2 and 7.
    #expect(found.medianLeadHours == 4.5)
  }

  /// Positive from its first row on, a stay of the 2019 set may have begun after its onset.
  @Test func anOnsetThatIsNotKnownIsNotFound() {
    let labels = (0..<20).map { (0...4).contains($0) || (13...15).contains($0) }
    let known = OnsetAlarms(labels: labels, alarms: alarms(2, 12), hours: hours, stays: stays, lead: 6)
    #expect(known.stays == 1 && known.unknownOnsets == 1 && known.foundShare == 1 && known.medianLeadHours == 7)
    // Where a label ends at the onset, the last positive row tells it.
    let ending = OnsetAlarms(labels: labels, alarms: alarms(2, 12), hours: hours, stays: stays, lead: nil)
    #expect(ending.stays == 2 && ending.unknownOnsets == nil)
  }

  @Test func anAlarmMoreThanADayBeforeIsOfSomethingElse() {
    let labels = (0..<40).map { (34...39).contains($0) }
    let hours = (1...40).map { Double($0) }
    var alarms = [Bool](repeating: false, count: 40)
    alarms[15] = true
    // The onset comes at hour 41.
    #expect(OnsetAlarms(labels: labels, alarms: alarms, hours: hours, stays: [0..<40], lead: nil).foundShare == 0)
    alarms[16] = true
    #expect(
      OnsetAlarms(labels: labels, alarms: alarms, hours: hours, stays: [0..<40], lead: nil).medianLeadHours == 24)
  }

  @Test func withoutOnsetsNothingIsSaid() {
    let none = OnsetAlarms(
      labels: alarms(), alarms: alarms(3), hours: hours, stays: stays, lead: nil)
    #expect(none.stays == 0 && none.foundShare == nil && none.medianLeadHours == nil)
  }
}
