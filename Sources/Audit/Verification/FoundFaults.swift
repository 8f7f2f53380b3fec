// SPDX-License-Identifier: Apache-2.0

/// Faults as they are found, as many as say something new.
///
/// What is no fault is counted apart: answers that are given side by side are on record in another order than they were begun, and no
/// number of these may end the walk.
struct FoundFaults {
  private(set) var all: [TrailFault] = []
  /// How many of them are none.
  private var remarks = 0

  /// Whether no more are taken.
  var isFull: Bool { all.count - remarks >= TrailVerification.mostFaults }

  mutating func add(_ code: TrailFault.Code, _ sequence: Int64? = nil) {
    if code.isFault {
      guard !isFull else { return }
    } else {
      guard remarks < TrailVerification.mostFaults else { return }
      remarks += 1
    }
    all.append(TrailFault(code, sequence))
  }
}
