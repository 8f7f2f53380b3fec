// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR

/// An audit record repository that keeps what is put under an id, and has the troubles that it is told to have.
actor TroubledRepository {
  /// What goes wrong with one Bundle.
  enum Trouble: CaseIterable {
    /// It does not hear, or dies before it has stored anything.
    case deaf
    /// It stores everything and dies before it answers.
    case mute
    /// It stores the first half and dies.
    case half
    /// It stores everything and answers with what is no FHIR.
    case garbled
    /// It is busy, or lets nobody in: the status of everything.
    case busy, shut
    /// It fails within at every third event, and stores the others.
    case failing
  }

  /// The events by their ids, as they came last.
  private(set) var events: [String: String] = [:]
  /// The ids in the order in which they came first.
  private(set) var order: [String] = []
  /// Events that came, and those of them that were another thing than what was there.
  private(set) var puts = 0, changes = 0
  /// Requests.
  private(set) var posts = 0
  /// Numbers of records that are not taken.
  private var refused: Set<Int64> = []
  /// Whether a Bundle that holds one of them is refused whole.
  private var isStrict = false
  /// Numbers of records at which it fails within each time.
  private var choking: Set<Int64> = []
  /// The status with which it refuses what it has already; nil where it takes it again.
  private var finality: Int?
  /// The status with which it refuses what is put, where events are only created; nil where they are put.
  private var creation: Int?
  private var trouble: @Sendable () -> Trouble? = { nil }

  func set(_ trouble: @escaping @Sendable () -> Trouble?) { self.trouble = trouble }

  func refuse(_ records: Set<Int64>, strictly isStrict: Bool = false) {
    refused = records
    self.isStrict = isStrict
  }

  func choke(at records: Set<Int64>) { choking = records }

  func changeNothing(_ status: Int) { finality = status }

  func onlyCreate(_ status: Int) { creation = status }

  /// The number of the record that an event is of.
  static func number(_ id: String) -> Int64 { Int64(id.prefix { $0 != "-" }) ?? 0 }

  func post(_ bundle: [UInt8]) -> AuditEventFeed.Answer? {
    posts += 1
    guard let root = try? Document(bundle, syntax: .json).root, root.isResource("Bundle"),
      root["type"]?.string == "batch"
    else { return AuditEventFeed.Answer(status: 422) }
    if root.elements("entry").first?["request"]?["method"]?.string == "GET" { return answer(to: root) }
    let entries = root.elements("entry").map(creation == nil ? Self.put : Self.created)
    let trouble = trouble()
    switch trouble {
    case .deaf: return nil
    case .busy: return AuditEventFeed.Answer(status: 503)
    case .shut: return AuditEventFeed.Answer(status: 401)
    default: break
    }
    if creation == 400, entries.contains(where: \.id.isEmpty) { return AuditEventFeed.Answer(status: 400) }
    if isStrict, entries.contains(where: { refused.contains(Self.number($0.id)) }) {
      return AuditEventFeed.Answer(status: 400)
    }
    var statuses: [JSON] = []
    for (place, entry) in entries.enumerated() {
      if trouble == .half, place >= entries.count / 2 { return nil }
      if trouble == .failing && place % 3 == 2 || choking.contains(Self.number(entry.id)) {
        statuses.append("500 Internal Server Error")
      } else if let finality, events[entry.id] != nil {
        statuses.append(.string("\(finality) no"))
      } else if let creation, entry.id.isEmpty {
        statuses.append(.string("\(creation) no"))
      } else if creation != nil, events[entry.id] != nil {
        statuses.append("200 OK")
      } else if entry.id.isEmpty || refused.contains(Self.number(entry.id)) {
        statuses.append("422 Unprocessable Entity")
      } else {
        statuses.append(put(entry.id, entry.text) ? "201 Created" : "200 OK")
      }
    }
    if trouble == .mute { return nil }
    if trouble == .garbled { return AuditEventFeed.Answer(status: 200, body: Array("{\"resourceType\":".utf8)) }
    let answer: JSON = [
      "resourceType": "Bundle", "type": "batch-response",
      "entry": .array(statuses.map { ["response": ["status": $0]] }),
    ]
    return AuditEventFeed.Answer(status: 200, body: answer.encoded())
  }

  /// Says which of the events that are asked for are there.
  private func answer(to question: Node) -> AuditEventFeed.Answer {
    let entries = question.elements("entry").map { entry -> JSON in
      // What was created has an id of the repository's own.
      let id = (entry["request"]?["url"]?.string ?? "").dropFirst("AuditEvent/".count)
      return ["response": ["status": creation != nil || events[String(id)] == nil ? "404 Not Found" : "200 OK"]]
    }
    let answer: JSON = ["resourceType": "Bundle", "type": "batch-response", "entry": .array(entries)]
    return AuditEventFeed.Answer(status: 200, body: answer.encoded())
  }

  /// An event that is put under its id; without one when it is not.
  private static func put(_ entry: Node) -> (id: String, text: String) {
    let (request, id) = (entry["request"], entry["resource"]?["id"]?.string ?? "")
    let isPut = request?["method"]?.string == "PUT" && request?["url"]?.string == "AuditEvent/\(id)"
    return (isPut ? id : "", entry["resource"].map { JSON($0).text() } ?? "")
  }

  /// An event that is created unless its tag is there, as it was before it got that in the place of its id; without one when it is not.
  private static func created(_ entry: Node) -> (id: String, text: String) {
    let (request, tag) = (entry["request"], entry["resource"]?["meta"]?.elements("tag").first)
    guard let system = tag?["system"]?.string, let id = tag?["code"]?.string, let resource = entry["resource"],
      resource["id"] == nil, request?["method"]?.string == "POST", request?["url"]?.string == "AuditEvent",
      request?["ifNoneExist"]?.string == "_tag=\(system)|\(id)", case .object(var members) = JSON(resource)
    else { return ("", "") }
    members.insert(JSON.Member("id", .string(id)), at: 1)
    var event = JSON.object(members)
    event["meta"]?["tag"] = nil
    return (id, event.text())
  }

  private func put(_ id: String, _ text: String) -> Bool {
    puts += 1
    let old = events.updateValue(text, forKey: id)
    if old == nil { order.append(id) } else if old != text { changes += 1 }
    return old == nil
  }
}
