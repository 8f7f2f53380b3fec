// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditRecord {
  /// The record as a LogRecord of OpenTelemetry, as OTLP writes it in JSON: numbers of 64 bits are strings there, and enumerations numbers.
  ///
  /// Where many people look for what is slow there is nothing of a patient, not even a token, nothing that a person wrote, and no
  /// address: what was done, by which client, with what outcome, and by which record of the trail more is found.
  ///
  /// - Parameter log: the log's name.
  package func logRecord(log: String) -> JSON {
    // `fixed64` of nanoseconds, which no Int64 holds of all times that a record may have.
    let time = entry.time.milliseconds > 0 ? "\(entry.time.milliseconds)000000" : "0"
    let isError = outcomeCode != "0"
    let severity: (number: Int, text: String) =
      switch outcomeCode {
      case "0": (9, "INFO")
      case "4": (13, "WARN")
      default: (17, "ERROR")
      }
    let code: String? = isError ? entry.reason.flatMap { Self.isCode($0) ? $0 : nil } : nil
    let words: [String?] = [entry.kind.rawValue, entry.service, entry.status.map { "\($0)" }, code]
    let attributes: [JSON?] = [
      // General attributes of logs: who sees an id again may take the record for the same.
      Self.attribute("log.record.uid", auditEventID(log: log)),
      Self.count("vigil.audit.sequence", sequence),
      Self.attribute("vigil.audit.leaf", Self.hexadecimal(MerkleHash.leaf(leaf).bytes)),
      Self.attribute("vigil.audit.kind", entry.kind.rawValue),
      Self.attribute("vigil.audit.outcome", outcomeCode),
      entry.service.map { Self.attribute("vigil.audit.service", $0) },
      entry.client.map { Self.attribute("vigil.audit.client", $0) },
      entry.status.map { Self.count("http.response.status_code", Int64($0)) },
      code.map { Self.attribute("error.type", $0) },
    ]
    return [
      "timeUnixNano": .string(time), "observedTimeUnixNano": .string(time),
      "severityNumber": .number(severity.number), "severityText": .string(severity.text),
      "body": ["stringValue": .string(words.compactMap(\.self).joined(separator: " "))],
      "attributes": .array(attributes.compactMap(\.self)),
    ]
  }

  /// A KeyValue of a text.
  static func attribute(_ key: String, _ value: String) -> JSON {
    ["key": .string(key), "value": ["stringValue": .string(value)]]
  }

  /// A KeyValue of an integer.
  private static func count(_ key: String, _ value: Int64) -> JSON {
    ["key": .string(key), "value": ["intValue": .string("\(value)")]]
  }

  /// Whether a reason is one of our codes, such as `CDS012`, and not what a person wrote.
  private static func isCode(_ reason: String) -> Bool {
    let bytes = Array(reason.utf8)
    return bytes.count == 6 && bytes.prefix(3).allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
      && bytes.suffix(3).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
