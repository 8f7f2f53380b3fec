// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR

/// Which time, whose patients and which models a command is about.
struct ScopeArguments: ParsableArguments {
  @Option(help: "Only records of this client; of a patient, whose it is: left out where no clients were configured.")
  var client: String?
  @Option(help: "Only records of this service.") var service: String?
  @Option(help: "Only records made at or after this moment, such as 2026-03-01T00:00:00Z.") var since: Instant?
  @Option(help: "Only records made before this moment.") var until: Instant?
  @Option(help: "Only records of this unit, Location/id.") var unit: String?
  @Option(help: "Only answers that depended on the model with this id.") var model: String?
  @Option(help: "Only answers that depended on this version of a model.") var version: String?

  /// Whether anything but the client restricts what it is about.
  var isRestricted: Bool {
    since != nil || until != nil || [service, unit, model, version].contains { $0 != nil }
  }

  /// What is looked for.
  var search: AuditReader.Search {
    var search = AuditReader.Search()
    search.client = client
    search.filter.service = service
    search.filter.since = since
    search.until = until
    search.unit = unit
    search.model = model
    search.version = version
    return search
  }
}
