// SPDX-License-Identifier: Apache-2.0
package import FHIR
import Features

extension Replay {
  /// At which instants a chart is read.
  package enum Moment: Sendable, Equatable {
    /// The last moment that the chart tells of.
    case last
    /// Every full hour of every stay in intensive care: how the risk went.
    case eachHour
    case instant(Instant)

    /// As people write it: `last`, `each-hour` or an RFC 3339 instant with a zone.
    package init?(_ text: String) {
      switch text {
      case "last": self = .last
      case "each-hour": self = .eachHour
      default:
        guard let instant = Instant(text) else { return nil }
        self = .instant(instant)
      }
    }

    /// The instants of one chart; none where it tells of no such moment.
    package func instants(of chart: Chart, _ terminology: Terminology) -> [Instant] {
      switch self {
      case .last: [chart.lastInstant].compactMap(\.self)
      case .eachHour: chart.hoursInICU(terminology)
      case .instant(let instant): [instant]
      }
    }
  }
}
