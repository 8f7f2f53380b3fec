// SPDX-License-Identifier: Apache-2.0
package import Audit
import CDSHooks
package import Decision
package import FHIR

extension Replay {
  /// Assesses the charts of a trail's stored requests, each at the moment at which it was answered: what other models, or other
  /// versions, say of what was really asked.
  ///
  /// Rows name patients by the trail's pseudonyms and records by their numbers. Requests without a chart (rows of features for
  /// inference, what is erased) are noted in the summary, those that are refused now are counted.
  ///
  /// - Parameters:
  ///   - services: those of the service that answered.
  ///   - keep: as in `run` of inputs; called by several threads at once.
  /// - Throws: `AuditError` when the trail cannot be read or a record is damaged; what `emit` throws.
  package func run<Kept: Sendable>(
    _ trail: AuditReader, in services: ServiceCatalog, keep: @escaping @Sendable (Chart, [ReplayRow]) -> Kept,
    emit: @escaping (ReplaySummary, Kept?) throws -> Void
  ) throws {
    var last: Int64 = 0
    var patients: Set<String> = []
    while true {
      let page = try trail.answers(after: last, limit: 64)
      guard let end = page.last?.sequence else { return }
      var waiting = page.makeIterator()
      try lanes.run { () throws(any Error) in
        waiting.next()
      } work: { record -> (AuditRecord, StoredChart, ReplayRow?, Kept?) in
        let stored = StoredChart(record.entry, services)
        guard case .chart(let chart, let instant) = stored else { return (record, stored, nil, nil) }
        let row = ReplayRow(
          input: "record \(record.sequence)",
          patientID: record.entry.patient.map(AuditRecord.hexadecimal) ?? "record \(record.sequence)",
          issues: chart.issues, assessment: assessor.predict(chart, at: instant))
        return (record, stored, row, keep(chart, [row]))
      } emit: { (record, stored, row, kept) throws(any Error) in
        var summary = ReplaySummary()
        summary.add(record, stored, isNew: row?.patientID.map { patients.insert($0).inserted } ?? false)
        if let row { summary.add(row) }
        try emit(summary, kept)
      }
      last = end
    }
  }
}

/// What a stored request holds for a replay.
enum StoredChart: Sendable {
  case chart(Chart, Instant)
  /// Nothing, by the reason's code.
  case none(String)
  /// The request is refused now.
  case refused(CDSHooksError)

  init(_ entry: AuditEntry, _ services: ServiceCatalog) {
    guard let payload = entry.payload, let instant = entry.instant, let service = entry.service else {
      self = .none(TrailComparison.Difference.Part.noRequest.rawValue)
      return
    }
    if service.hasPrefix("\(Answer.inferenceService)/") {
      self = .none("no-chart")
      return
    }
    do throws(CDSHooksError) {
      let chart =
        service == Answer.bundleService
        ? try Self.chart(of: payload)
        : try HookCall(payload.request, service: service, in: services, from: entry.client ?? "")
          .chart(completedWith: payload.fetched)
      self = .chart(chart, instant)
    } catch {
      self = .refused(error)
    }
  }

  private static func chart(of payload: AuditPayload) throws(CDSHooksError) -> Chart {
    let syntax = Syntax.named(by: payload.requestMediaType)
    do {
      return Chart(resources: [try Document(payload.request, syntax: syntax).root], patientID: nil)
    } catch {
      throw CDSHooksError(error, syntax: syntax)
    }
  }
}

extension ReplaySummary {
  /// Adds a stored request; the row of its chart is added by itself.
  fileprivate mutating func add(_ record: AuditRecord, _ stored: StoredChart, isNew: Bool) {
    switch stored {
    case .chart(let chart, _):
      addChart(bytes: record.entry.payload?.request.count ?? 0, isNew: isNew, issues: chart.issues)
    case .none(let code): note(code)
    case .refused(let error): refuse("record \(record.sequence)", error.code.rawValue)
    }
  }
}
