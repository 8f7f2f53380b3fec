// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
package import Logging

/// Writes each log line as one JSON object, which is what collectors of logs read, and in which no value can begin a line of
/// its own (OWASP ASVS 5.0, 16.4.1).
package struct JSONLogHandler: LogHandler {
  package var logLevel = Logger.Level.info
  package var metadata: Logger.Metadata = [:]
  private let label: String
  private let write: @Sendable ([UInt8]) -> Void

  /// - Parameter write: takes one line, its end included.
  package init(label: String, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.label = label
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var members = [
      JSON.Member("time", .string(Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).description)),
      JSON.Member("level", .string(event.level.rawValue)), JSON.Member("logger", .string(label)),
      JSON.Member("message", .string(event.message.description)),
    ]
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      members.append(JSON.Member(key, Self.json(value)))
    }
    write(JSON.object(members).encoded() + [UInt8(ascii: "\n")])
  }

  /// Numbers stay numbers; everything else is text.
  private static func json(_ value: Logger.Metadata.Value) -> JSON {
    if case .stringConvertible(let number) = value, number is any BinaryInteger {
      return .number(literal: number.description)
    }
    return .string(value.description)
  }
}
