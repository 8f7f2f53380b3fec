// SPDX-License-Identifier: Apache-2.0
import FHIR

extension AuditRecord {
  /// The record as a syslog message (RFC 5424) behind its length in bytes, as messages follow each other over TLS (RFC 5425 section
  /// 4.3): the AuditEvent as text, and in structured data what it is known by.
  ///
  /// - Parameters:
  ///   - log: the log's name.
  ///   - host: the machine's name.
  package func syslogFrame(log: String, host: String) -> [UInt8] {
    // Facility 10, security and authorization; notice, warning or error by the outcome (IHE ITI TF-2 3.20).
    let severity =
      switch outcomeCode {
      case "0": 5
      case "4": 4
      default: 3
      }
    let parameters = [
      ("log", log), ("sequence", "\(sequence)"), ("leaf", Self.hexadecimal(MerkleHash.leaf(leaf).bytes)),
    ]
    let data = parameters.map { name, value in "\(name)=\"\(Self.escaped(value))\"" }.joined(separator: " ")
    let header = [
      "<\(10 * 8 + severity)>1", Self.instant(entry.time), Self.isHostname(host) ? host : "-", "vigil", "-",
      entry.kind.rawValue, "[vigil@32473 \(data)]",
    ]
    var message = Array(header.joined(separator: " ").utf8)
    // Text in UTF-8 begins with a byte order mark (RFC 5424 section 6.4).
    message += [0x20, 0xEF, 0xBB, 0xBF]
    message += auditEvent(log: log).encoded()
    return Array("\(message.count) ".utf8) + message
  }

  /// The three characters that a PARAM-VALUE has only behind a backslash.
  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value.unicodeScalars {
      if character == "\"" || character == "\\" || character == "]" { text += "\\" }
      text.unicodeScalars.append(character)
    }
    return text
  }

  /// Whether a name is a HOSTNAME: 255 printable characters of ASCII at most.
  private static func isHostname(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }
}
