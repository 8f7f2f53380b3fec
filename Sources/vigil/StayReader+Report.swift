// SPDX-License-Identifier: Apache-2.0
import Replay
import Training

extension StayReader {
  /// Says on standard error what was left out, by reason, and how many rows of `labels.csv` gave no stay.
  func report(stays: Int, leftOut: Tally) {
    for (reason, count) in leftOut.ranked { Failure.say("left out, \(count): \(reason)") }
    if let labelled = (self as? FHIRStays)?.labelled, stays < labelled {
      Failure.say("\(labelled - stays) of \(labelled) rows of \(StayLabel.file) gave no stay")
    }
  }
}
