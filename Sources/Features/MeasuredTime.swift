// SPDX-License-Identifier: Apache-2.0
import FHIR

/// When a value was true, as far as its Observation says.
struct MeasuredTime {
  private var time: DateTime

  /// R4 Observation.effective[x], else `issued`. A span counts at its end, when its value is known; without an end, at
  /// its start.
  init(of observation: Observation) throws(Exclusion) {
    guard let effective = observation.effective, let time = effective.end ?? effective.start else { throw .noTime }
    self.time = time
  }

  /// The moment of a value that is placed in the hours of a stay. It must have an hour and a zone, and lie neither after
  /// the assessment nor outside the stay.
  func placed(by instant: Instant, in stay: ICUStay?) throws(Exclusion) -> Instant {
    guard time.earliest <= instant else { throw .future }
    guard time.hasTimeZone else { throw .impreciseTime }
    guard let stay else { throw .noStay }
    guard time.earliest >= stay.start else { throw .beforeAdmission }
    if let end = stay.end, time.earliest > end { throw .afterStay }
    return time.earliest
  }

  /// The moment of a value that holds for the whole stay, such as the height: a date will do, once it has passed.
  func known(by instant: Instant) throws(Exclusion) -> Instant {
    let moment = time.hasTimeZone ? time.earliest : time.latest
    guard moment <= instant else { throw .future }
    return moment
  }
}
