// SPDX-License-Identifier: Apache-2.0
import Testing
import Training

/// Against tables worked out by hand from the rules of `evaluate_sepsis_score.py`.
@Suite struct SepsisUtilityTests {
  @Test func stayWithoutSepsis() {
    let utility = SepsisUtility.hours([false, false, false])
    #expect(utility.alarm == [-0.05, -0.05, -0.05])
    #expect(utility.silence == [0, 0, 0])
  }

  @Test func stayWithSepsis() {
    // First positive label at row 10, so onset is row 16: alarms begin to earn after row 4, earn most at row 10 and end
    // to earn at row 19.
    let labels = (0..<24).map { $0 >= 10 }
    let utility = SepsisUtility.hours(labels)
    for row in 0..<24 {
      let alarm: Double =
        switch row {
        case ..<4: -0.05
        case 4...10: Double(row - 4) / 6
        case 11...19: Double(19 - row) / 9
        default: 0
        }
      let silence = (11...19).contains(row) ? -2 * Double(row - 10) / 9 : 0
      #expect(abs(utility.alarm[row] - alarm) < 1e-12, "alarm \(row)")
      #expect(abs(utility.silence[row] - silence) < 1e-12, "silence \(row)")
    }
  }

  @Test func positiveFromTheFirstRow() {
    let utility = SepsisUtility.hours([true, true, true])
    // Onset is row 6; row 0 is six hours before it.
    #expect(utility.alarm[0] == 1)
    #expect(utility.silence[0] == 0)
    #expect(abs(utility.alarm[2] - 7.0 / 9) < 1e-12)
    #expect(abs(utility.silence[2] + 4.0 / 9) < 1e-12)
  }

  @Test func normalisation() throws {
    let labels = [(0..<24).map { $0 >= 10 }, Array(repeating: false, count: 10)]
    let silent = labels.map { $0.map { _ in false } }
    #expect(SepsisUtility.normalised(labels: labels, alarms: silent) == 0)
    let best = [(0..<24).map { (4...19).contains($0) }, silent[1]]
    #expect(SepsisUtility.normalised(labels: labels, alarms: best) == 1)
    // Alarm at row 10 alone: earns 1 more than silence. Best earns sum(1/6...6/6) + sum(8/9...0) + 2 * sum(1...9)/9.
    var one = silent
    one[0][10] = true
    let most = 3.5 + 4 + 10
    #expect(abs(try #require(SepsisUtility.normalised(labels: labels, alarms: one)) - 1 / most) < 1e-12)
    // One false alarm in the other stay costs 0.05.
    one[1][3] = true
    #expect(abs(try #require(SepsisUtility.normalised(labels: labels, alarms: one)) - 0.95 / most) < 1e-12)
    #expect(SepsisUtility.normalised(labels: [[false]], alarms: [[true]]) == nil)
  }
}
