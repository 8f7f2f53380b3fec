// SPDX-License-Identifier: Apache-2.0
import FHIR

/// AuditEvents on their way to a repository: a batch (IHE ITI-20, Send Audit Bundle Request Message), in which each is put under
/// its own id, so that one that is sent again is there once (R4 http.html#upsert).
enum AuditEventBundle {
  /// What the repository says of one event.
  enum Outcome: Sendable, Equatable {
    case stored
    /// It will not be taken however often it is sent: the status.
    case refused(Int)
    /// Nothing, or nothing that lasts: the status where there was one.
    case unknown(Int?)

    /// Whether it is not known.
    var isUnknown: Bool { if case .unknown = self { true } else { false } }

    /// Whether this may be the answer for what is there already, by a repository in which nothing is changed.
    var mayBeThere: Bool {
      switch self {
      case .refused(let status), .unknown(let status?): [403, 405, 409, 412].contains(status)
      case .stored, .unknown(nil): false
      }
    }

    /// By a status of HTTP.
    init(status: Int) {
      switch status {
      case 200..<300: self = .stored
      // Who sends is not let in, or is too early or too often: nothing that is about this event.
      case 401, 403, 407, 408, 409, 421, 423, 425, 429: self = .unknown(status)
      case 400..<500: self = .refused(status)
      default: self = .unknown(status)
      }
    }
  }

  /// The batch. Events have ids.
  static func bytes(_ events: some Sequence<JSON>) -> [UInt8] {
    let entries = events.map { event -> JSON in
      guard case .string(let id)? = event["id"] else { return ["resource": event] }
      // Whoever knows the condition changes nothing that is there.
      return [
        "resource": event, "request": ["method": "PUT", "url": .string("AuditEvent/\(id)"), "ifNoneMatch": "*"],
      ]
    }
    return (["resourceType": "Bundle", "type": "batch", "entry": .array(entries)] as JSON).encoded()
  }

  /// A batch that asks whether events are there.
  static func question(_ events: [JSON]) -> [UInt8] {
    let entries = events.map { event -> JSON in
      guard case .string(let id)? = event["id"] else { return [:] }
      return ["request": ["method": "GET", "url": .string("AuditEvent/\(id)")]]
    }
    return (["resourceType": "Bundle", "type": "batch", "entry": .array(entries)] as JSON).encoded()
  }

  /// What a batch-response says of each event, in the order in which they were sent (R4 http.html#trules); nil for what is none.
  static func outcomes(in answer: [UInt8], of count: Int) -> [Outcome]? {
    guard let root = try? Document(answer, syntax: .json).root, root.isResource("Bundle"),
      root["type"]?.equals("batch-response") == true
    else { return nil }
    // `201 Created`: the status and what it is called.
    let statuses = root.elements("entry").map { $0["response"]?["status"]?.string.flatMap { Int($0.prefix(3)) } }
    guard statuses.count == count else { return nil }
    return statuses.map { $0.map(Outcome.init(status:)) ?? .unknown(nil) }
  }
}
