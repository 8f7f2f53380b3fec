// SPDX-License-Identifier: Apache-2.0
import FHIR

/// When the value of an Observation was known: R4 Observation.effective[x], of a span its end, else `issued`.
struct MeasuredTime {
  private let time: DateTime

  init(_ time: DateTime) { self.time = time }

  /// The moment of a value that is placed in the hours of a stay. It must have an hour and a zone, and lie neither after
  /// the assessment nor outside the stay.
  ///
  /// - Parameter bounds: ICU admission and the end of the stay, far away where it lasts; nil where there is no stay.
  func placed(by instant: Instant, in bounds: (start: Instant, end: Instant)?) throws(Exclusion) -> Instant {
    guard time.earliest <= instant else { throw .future }
    guard time.hasTimeZone else { throw .impreciseTime }
    guard let bounds else { throw .noStay }
    guard time.earliest >= bounds.start else { throw .beforeAdmission }
    guard time.earliest <= bounds.end else { throw .afterStay }
    return time.earliest
  }

  /// The moment of a value that holds for the whole stay, such as the height: a date will do, once it has passed.
  func known(by instant: Instant) throws(Exclusion) -> Instant {
    let moment = time.hasTimeZone ? time.earliest : time.latest
    guard moment <= instant else { throw .future }
    return moment
  }
}
