// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR

/// An OpenTelemetry collector that keeps log records by their ids, and has the troubles that it is told to have.
actor TroubledCollector {
  /// What goes wrong with one request.
  enum Trouble: CaseIterable {
    /// It does not hear, or dies before it has stored anything.
    case deaf
    /// It stores everything and dies before it answers.
    case mute
    /// It stores everything, and what is in front of it answers with what is no JSON.
    case garbled
    /// It is busy, and says for how long, or lets nobody in.
    case busy, shut
  }

  /// The log records by their ids.
  private(set) var records: [String: String] = [:]
  /// Numbers of the trail's records in the order in which they came, those that came again among them.
  private(set) var numbers: [Int64] = []
  /// Log records that were another thing than what was there under the id.
  private(set) var changes = 0
  /// Requests.
  private(set) var posts = 0
  /// Numbers of records that it takes out of a request, and those for which it takes none of the request.
  private var rejected: Set<Int64> = [], unreadable: Set<Int64> = []
  /// Whether it takes out what says that records were not taken.
  private var rejectsNotes = false
  private var trouble: @Sendable () -> Trouble? = { nil }

  func set(_ trouble: @escaping @Sendable () -> Trouble?) { self.trouble = trouble }

  func reject(_ records: Set<Int64>, notes: Bool = false) { (rejected, rejectsNotes) = (records, notes) }

  func choke(at records: Set<Int64>) { unreadable = records }

  func post(_ request: [UInt8]) -> AuditEventFeed.Answer? {
    posts += 1
    guard let root = try? Document(request, syntax: .json).root,
      let logs = root.elements("resourceLogs").first?.elements("scopeLogs").first
    else { return AuditEventFeed.Answer(status: 400) }
    let trouble = trouble()
    if trouble == .deaf { return nil }
    if trouble == .busy { return AuditEventFeed.Answer(status: 503, retryAfter: .seconds(30)) }
    if trouble == .shut { return AuditEventFeed.Answer(status: 401) }
    let came = logs.elements("logRecords").map { JSON($0) }
    if came.contains(where: { unreadable.contains(Self.number($0)) }) { return AuditEventFeed.Answer(status: 400) }
    var left = 0
    for record in came {
      let number = Self.number(record)
      if rejected.contains(number) || rejectsNotes && Self.attribute("error.type", of: record) == "AUD026" {
        left += 1
        continue
      }
      numbers.append(number)
      let text = record.text()
      if let old = records.updateValue(text, forKey: Self.attribute("log.record.uid", of: record)), old != text {
        changes += 1
      }
    }
    if trouble == .mute { return nil }
    if trouble == .garbled { return AuditEventFeed.Answer(status: 200, body: Array("<html>".utf8)) }
    // As `int64` is written, and where nothing is left out a remark that is none.
    let answer: JSON = [
      "partialSuccess": ["rejectedLogRecords": .string("\(left)"), "errorMessage": "as it is"]
    ]
    return AuditEventFeed.Answer(status: 200, body: answer.encoded())
  }

  private static func number(_ record: JSON) -> Int64 { Int64(attribute("vigil.audit.sequence", of: record)) ?? 0 }

  /// The value of an attribute, of whatever kind; empty where there is none.
  private static func attribute(_ key: String, of record: JSON) -> String {
    guard case .array(let attributes)? = record["attributes"] else { return "" }
    for attribute in attributes where attribute["key"] == .string(key) {
      guard case .object(let members)? = attribute["value"], case .string(let value)? = members.first?.value else {
        return ""
      }
      return value
    }
    return ""
  }
}
