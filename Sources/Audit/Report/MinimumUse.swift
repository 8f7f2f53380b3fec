// SPDX-License-Identifier: Apache-2.0

/// What came for the answers of one service to one client, and what of it was of use.
struct MinimumUse {
  /// What is counted together.
  struct Place: Hashable {
    /// What stands between resources, about which nothing more is said.
    static let between = "between resources"

    let origin: String
    let key: String
    let type: String

    /// What is put together last comes last.
    func order(_ cell: Cell) -> (Int, Int, String, String, String) {
      (type == Self.between ? 1 : 0, cell.all.bytes, origin, key, type)
    }
  }

  /// Some bytes, and of whom they are.
  struct Part {
    var bytes = 0
    var patients = CellPatients()

    mutating func add(_ bytes: Int, of person: ProvenRecords.Person) {
      self.bytes += bytes
      patients.insert(person)
    }

    mutating func add(_ other: Part) {
      bytes += other.bytes
      patients.formUnion(other.patients)
    }
  }

  /// What is told in one row.
  struct Cell {
    var resources = 0
    var all = Part()
    /// Of resources of which a value was taken.
    var read = Part()
    /// Of others, of types that are read besides.
    var readOtherwise = Part()
    /// Of the rest of the resources.
    var unread = Part()

    /// Whether no part is of few patients: else one part would tell the other.
    var isTold: Bool { ![read, readOtherwise, unread].contains { $0.patients.isSmall } }

    mutating func add(_ other: Cell) {
      resources += other.resources
      all.add(other.all)
      read.add(other.read)
      readOtherwise.add(other.readOtherwise)
      unread.add(other.unread)
    }
  }

  private var answers = 0
  private var patients = CellPatients()
  private var cells: [Place: Cell] = [:]

  /// Counts what came for an answer.
  mutating func add(_ payload: AuditPayload, of person: ProvenRecords.Person) {
    answers += 1
    patients.insert(person)
    var between = [
      ReceivedResource.Origin.sent: payload.request.count, ReceivedResource.Origin.fetched: payload.fetched?.count ?? 0,
    ]
    var sources = payload.sources
    for resource in payload.received {
      let place = Place(origin: resource.origin.rawValue, key: resource.key, type: resource.type)
      var cell = cells[place] ?? Cell()
      cell.resources += 1
      cell.all.add(resource.bytes, of: person)
      // What came twice was of use once.
      if sources.remove(resource.name) != nil {
        cell.read.add(resource.bytes, of: person)
      } else if ReceivedResource.readOtherwise.contains(resource.type) {
        cell.readOtherwise.add(resource.bytes, of: person)
      } else {
        cell.unread.add(resource.bytes, of: person)
      }
      cells[place] = cell
      between[resource.origin, default: 0] -= resource.bytes
    }
    for (origin, bytes) in between where origin == .sent || payload.fetched != nil {
      cells[Place(origin: origin.rawValue, key: "", type: Place.between), default: Cell()].all.add(bytes, of: person)
    }
  }

  /// The rows without client and service: all, what stands between resources, these by bytes, then what was put together.
  var rows: [[String]] {
    guard !patients.isSmall else {
      let note = "of fewer than \(SmallCell.least) patients: nothing is told"
      return [["", "", "", "", "", "", "", "", "", "", note]]
    }
    let ordered = cells.sorted { $0.key.order($0.value) < $1.key.order($1.value) }
    var others = ordered.filter { !$0.value.all.patients.isSmall }
    // One small cell alone would be told by the sum of all: it goes with others until they are enough.
    var together = Cell()
    for (_, cell) in ordered where cell.all.patients.isSmall { together.add(cell) }
    while together.all.patients.isSmall, !others.isEmpty { together.add(others.removeFirst().value) }

    var told: [[String]] = []
    var sum = Cell()
    var isWhole = true
    for cell in others.map(\.value) + [together] {
      sum.resources += cell.resources
      sum.all.add(cell.all)
      guard cell.isTold else {
        isWhole = false
        continue
      }
      sum.read.add(cell.read)
      sum.readOtherwise.add(cell.readOtherwise)
      sum.unread.add(cell.unread)
    }
    told.append(
      Self.row("all", "", "", answers: "\(answers)", sum, isWhole ? "" : "parts: of the rows that tell them"))
    for (place, cell) in others.reversed() {
      told.append(Self.row(place.origin, place.key, place.type, cell, Self.note(place, cell)))
    }
    if !together.all.patients.people.isEmpty {
      told.append(Self.row("", "", "", together, "of few patients, put together"))
    }
    return told
  }

  private static func note(_ place: Place, _ cell: Cell) -> String {
    if place.type == Place.between { return "context, Bundles and white space" }
    if !cell.isTold { return "a part is of fewer than \(SmallCell.least) patients: not told" }
    let isNeverRead = cell.read.bytes == 0 && cell.readOtherwise.bytes == 0
    return isNeverRead ? "never read" : ""
  }

  private static func row(
    _ origin: String, _ key: String, _ type: String, answers: String = "", _ cell: Cell, _ note: String
  ) -> [String] {
    let start = [origin, key, type, answers, "\(cell.resources)", "\(cell.all.bytes)"]
    guard cell.isTold, type != Place.between else { return start + ["", "", "", "", note] }
    let parts = [cell.read.bytes, cell.readOtherwise.bytes, cell.unread.bytes].map { "\($0)" }
    return start + parts + [percent(cell.unread.bytes, of: cell.all.bytes), note]
  }

  /// A share with one digit behind the point.
  private static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "" }
    let tenths = (part * 2000 + whole) / (2 * whole)
    return "\(tenths / 10).\(tenths % 10)"
  }
}
