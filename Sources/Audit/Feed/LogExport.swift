// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Records on their way to an OpenTelemetry collector (OTLP 1.x over HTTP, in JSON; opentelemetry.io/docs/specs/otlp).
enum LogExport {
  /// An ExportLogsServiceRequest.
  static func bytes(_ records: some Sequence<AuditRecord>, log: String) -> [UInt8] {
    let resource: JSON = [
      "attributes": [AuditRecord.attribute("service.name", "vigil"), AuditRecord.attribute("vigil.audit.log", log)]
    ]
    let logs: JSON = [
      "scope": ["name": "vigil.audit"], "logRecords": .array(records.map { $0.logRecord(log: log) }),
    ]
    let request: JSON = ["resourceLogs": [["resource": resource, "scopeLogs": [logs]]]]
    return request.encoded()
  }

  /// What an answer of status 2xx says of each record. `partialSuccess` says how many are not taken, and not which: the others must not
  /// be sent again, nor can those be.
  static func outcomes(in answer: AuditEventFeed.Answer, of records: ArraySlice<AuditRecord>) -> [FeedOutcome] {
    guard let first = records.first, let last = records.last else { return [] }
    // An empty message is no bytes at all in the other form of OTLP, and another status than 200 has nothing to say.
    if answer.body.isEmpty { return records.map { _ in .stored } }
    guard let document = try? Document(answer.body, syntax: .json), document.root.kind == .object else {
      return records.map { _ in .unknown(answer.status) }
    }
    guard let rejected = Self.rejected(in: document.root) else { return records.map { _ in .unknown(answer.status) } }
    if rejected == 0 { return records.map { _ in .stored } }
    if rejected >= records.count { return records.map { _ in .refused(answer.status) } }
    return records.map { _ in .partly(rejected, of: first.sequence...last.sequence) }
  }

  /// How many log records an ExportLogsServiceResponse says are not taken; nil where that cannot be read, or it is another object: what
  /// stands in front of a collector answers 200 as well. `int64` is a string or a number, and null is left out (protobuf's JSON).
  private static func rejected(in response: Node) -> Int? {
    guard let partial = response["partialSuccess"] else { return response.count == 0 ? 0 : nil }
    if partial.kind == .null { return 0 }
    guard partial.kind == .object else { return nil }
    guard let number = partial["rejectedLogRecords"], number.kind != .null else { return 0 }
    guard let count = number.text.flatMap({ Int($0) }), count >= 0 else { return nil }
    return count
  }
}
