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
    /// These, ascending, each once: the same of every chart.
    case instants([Instant])

    /// As people write it: `last` or `each-hour` alone, or RFC 3339 instants with a zone, in any order.
    package init?(_ texts: [String]) {
      switch texts {
      case []: return nil
      case ["last"]: self = .last
      case ["each-hour"]: self = .eachHour
      default:
        let instants = texts.compactMap { Instant($0) }
        guard instants.count == texts.count else { return nil }
        self = .instants(Set(instants).sorted())
      }
    }

    /// The instants of one chart, ascending; none where it tells of no such moment.
    package func instants(of chart: Chart, _ terminology: Terminology) -> [Instant] {
      switch self {
      case .last: [chart.lastInstant].compactMap(\.self)
      case .eachHour: chart.hoursInICU(terminology)
      case .instants(let instants): instants
      }
    }
  }
}
