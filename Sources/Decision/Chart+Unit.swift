// SPDX-License-Identifier: Apache-2.0
import FHIR

extension Chart {
  /// The unit on which the patient lies, as `Location/id`; nil where no encounter says.
  ///
  /// Of the encounter of the call, else of those under way, the place whose period holds the instant; of several the one
  /// that began last.
  func unit(at instant: Instant, encounterID: String?) -> String? {
    let all = encounters.filter { !$0.isExcluded }
    let own = all.filter { $0.node["id"]?.string == encounterID }
    var found: (start: Instant?, place: String)?
    for encounter in own.isEmpty ? all : own {
      for stay in encounter.locations where stay.status != "planned" && stay.status != "reserved" {
        let start = stay.period?.start?.earliest ?? encounter.period?.start?.earliest
        if let start, start > instant { continue }
        if let end = stay.period?.end?.latest, end < instant { continue }
        guard case .resource(_, let type, let id, _)? = stay.location?.target, type == "Location" else { continue }
        if let held = found?.start, start.map({ $0 <= held }) ?? true { continue }
        found = (start, "Location/\(id)")
      }
    }
    return found?.place
  }
}
