// SPDX-License-Identifier: Apache-2.0

/// What came for the answers of one service to one client, and what of it was of use.
struct MinimumUse {
  /// What is counted together.
  struct Place: Hashable {
    /// What stands between resources.
    static let between = "between resources"
    /// What is no JSON, such as a chart in XML.
    static let notTakenApart = "not taken apart"

    let origin: String
    let key: String
    let type: String

    /// Whether of its bytes nobody knows of which use they were.
    var isBytesAlone: Bool { [Self.between, Self.notTakenApart].contains(type) }

    func order(_ cell: Cell) -> (Int, Int, String, String, String) {
      (isBytesAlone ? 1 : 0, cell.all.bytes, origin, key, type)
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
    /// Of the rest of the resources, where every model was asked.
    var unread = Part()
    /// Of the rest, where a model was not: it might have read them.
    var notAsked = Part()

    /// Whether no part is of few patients: else one part would tell the other.
    var isTold: Bool { ![read, readOtherwise, unread, notAsked].contains { $0.patients.isSmall } }
    /// The share of what is of no use in all of which it is known, with one digit behind the point; empty where of nothing it is.
    var shareUnread: String {
      let whole = read.bytes + readOtherwise.bytes + unread.bytes
      guard whole > 0 else { return "" }
      let tenths = (unread.bytes * 2000 + whole) / (2 * whole)
      return "\(tenths / 10).\(tenths % 10)"
    }

    mutating func addParts(_ other: Cell) {
      read.add(other.read)
      readOtherwise.add(other.readOtherwise)
      unread.add(other.unread)
      notAsked.add(other.notAsked)
    }
  }

  private var answers = 0
  private var patients = CellPatients()
  private var cells: [Place: Cell] = [:]

  /// Counts what came for an answer.
  ///
  /// - Parameter read: what its features say was read.
  mutating func add(_ payload: AuditPayload, _ read: ReadResources, of person: ProvenRecords.Person) {
    answers += 1
    patients.insert(person)
    var read = read
    add(payload.request, payload.sent, .sent, &read, of: person)
    if let fetched = payload.fetched { add(fetched, payload.fetchedResources, .fetched, &read, of: person) }
  }

  /// - Parameter resources: those of the text; nil where it cannot be taken apart.
  private mutating func add(
    _ text: [UInt8], _ resources: [ReceivedResource]?, _ origin: ReceivedResource.Origin, _ read: inout ReadResources,
    of person: ProvenRecords.Person
  ) {
    var rest = text.count
    for resource in resources ?? [] {
      let place = Place(origin: origin.rawValue, key: resource.key, type: resource.type)
      var cell = cells[place] ?? Cell()
      cell.resources += 1
      cell.all.add(resource.bytes, of: person)
      // What came twice was of use once.
      if let name = resource.name(orPath: read.hasPaths), read.names.remove(name) != nil {
        cell.read.add(resource.bytes, of: person)
      } else if ReceivedResource.readOtherwise.contains(resource.type) {
        cell.readOtherwise.add(resource.bytes, of: person)
      } else if read.isOfAllModels {
        cell.unread.add(resource.bytes, of: person)
      } else {
        cell.notAsked.add(resource.bytes, of: person)
      }
      cells[place] = cell
      rest -= resource.bytes
    }
    let type = resources == nil ? Place.notTakenApart : Place.between
    cells[Place(origin: origin.rawValue, key: "", type: type), default: Cell()].all.add(rest, of: person)
  }

  /// The rows without client and service: all that is told, what no resource is, then these by bytes. What is of few patients is in none,
  /// so that no sum tells it.
  var rows: [[String]] {
    let empty = Array(repeating: "", count: 11)
    guard !patients.isSmall else { return [empty + ["of fewer than \(SmallCell.least) patients: nothing is told"]] }
    let told = cells.filter { !$0.value.all.patients.isSmall }
      .sorted { $0.key.order($0.value) > $1.key.order($1.value) }
    var sum = Cell()
    for (_, cell) in told {
      sum.resources += cell.resources
      sum.all.add(cell.all)
      if cell.isTold { sum.addParts(cell) }
    }
    let isWhole = told.allSatisfy { $0.value.isTold }
    let all = Place(origin: "all", key: "", type: "")
    var rows = [Self.row(all, answers: "\(answers)", sum, isWhole ? "" : "parts: of the rows that tell them")]
    for (place, cell) in told { rows.append(Self.row(place, cell, Self.note(place, cell))) }
    if told.count < cells.count { rows.append(empty + ["of few patients: not told"]) }
    return rows
  }

  private static func note(_ place: Place, _ cell: Cell) -> String {
    switch place.type {
    case Place.between: return "context, Bundles, white space and what is no resource"
    case Place.notTakenApart: return "no JSON, such as a chart in XML: nothing is said of it"
    default: break
    }
    if !cell.isTold { return "a part is of fewer than \(SmallCell.least) patients: not told" }
    guard cell.read.bytes == 0, cell.readOtherwise.bytes == 0 else { return "" }
    if cell.unread.bytes == 0 { return "in no answer was every model asked" }
    return cell.notAsked.bytes == 0 ? "never read" : "never read where every model was asked"
  }

  private static func row(_ place: Place, answers: String = "", _ cell: Cell, _ note: String) -> [String] {
    let start = [place.origin, place.key, place.type, answers, "\(cell.resources)", "\(cell.all.bytes)"]
    guard cell.isTold, !place.isBytesAlone else { return start + ["", "", "", "", "", note] }
    let parts = [cell.read, cell.readOtherwise, cell.unread].map { "\($0.bytes)" }
    return start + parts + [cell.shareUnread, "\(cell.notAsked.bytes)", note]
  }
}
