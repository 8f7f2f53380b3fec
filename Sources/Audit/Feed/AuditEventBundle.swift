// SPDX-License-Identifier: Apache-2.0
import FHIR

/// AuditEvents on their way to a repository: a batch (IHE ITI-20, Send Audit Bundle Request Message).
enum AuditEventBundle {
  /// How an event gets there once, however often it is sent.
  enum Form: Sendable {
    /// It is put under its own id (R4 http.html#upsert).
    case put
    /// It is created, which is all that ITI-20 asks a repository for, unless one with its tag is there (R4 http.html#ccreate).
    case create
  }

  /// System of the tag that an event has which is created: its code is the id that the repository did not give it.
  private static let tagSystem = "urn:vigil:audit-event"

  /// The batch. Events have ids.
  static func bytes(_ events: some Sequence<JSON>, as form: Form) -> [UInt8] {
    let entries = events.map { event -> JSON in
      guard case .string(let id)? = event["id"] else { return ["resource": event] }
      switch form {
      case .put:
        // Whoever knows the condition changes nothing that is there.
        return [
          "resource": event, "request": ["method": "PUT", "url": .string("AuditEvent/\(id)"), "ifNoneMatch": "*"],
        ]
      case .create:
        return [
          "resource": tagged(event, id),
          "request": [
            "method": "POST", "url": "AuditEvent", "ifNoneExist": .string("_tag=\(tagSystem)|\(id)"),
          ],
        ]
      }
    }
    return (["resourceType": "Bundle", "type": "batch", "entry": .array(entries)] as JSON).encoded()
  }

  /// An event with a tag in the place of its id.
  private static func tagged(_ event: JSON, _ id: String) -> JSON {
    var event = event
    event["id"] = nil
    event["meta"]?["tag"] = [["system": .string(tagSystem), "code": .string(id)]]
    return event
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
  static func outcomes(in answer: [UInt8], of count: Int) -> [FeedOutcome]? {
    guard let root = try? Document(answer, syntax: .json).root, root.isResource("Bundle"),
      root["type"]?.equals("batch-response") == true
    else { return nil }
    // `201 Created`: the status and what it is called.
    let statuses = root.elements("entry").map { $0["response"]?["status"]?.string.flatMap { Int($0.prefix(3)) } }
    guard statuses.count == count else { return nil }
    return statuses.map { $0.map(FeedOutcome.init(status:)) ?? .unknown(nil) }
  }
}
