// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension Chart {
  /// Full hours after ICU admission at which a chart can be assessed: of each stay from the first to the last before the
  /// patient left or, while the stay lasts, before the chart's last instant; at most 60 days.
  package func hoursInICU(_ terminology: Terminology) -> [Instant] {
    ICUStay.bounds(in: self, terminology).flatMap { stay -> [Instant] in
      guard let end = stay.end ?? lastInstant else { return [] }
      let hours = min(Int(end.hours(since: stay.start)), 60 * 24)
      return hours < 1 ? [] : (1...hours).map { stay.start.advanced(byHours: Double($0)) }
    }
  }
}
