// SPDX-License-Identifier: Apache-2.0

/// What decides about the measured values of a chart's Observations, as numbers in one flat table.
///
/// It is made in one pass over the tapes, without strings and reference counts, and serves every feature profile. What a
/// row means to a profile is not decided here.
package struct ObservationTable: Sendable {
  /// The rows: of each Observation, in the order of the chart, its own, then one for each of its components that has a
  /// code of which the terminology knows the meaning.
  package fileprivate(set) var rows: [Row]
  /// The known codings of the rows.
  package fileprivate(set) var codings: [Coding]
  /// The units that occur, each once.
  package fileprivate(set) var units: [Unit]

  /// An Observation or a component.
  package struct Row: Sendable {
    /// Where it stands.
    package let place: Chart.Place
    /// Whether it is a component of the last Observation before it.
    package let isComponent: Bool
    /// What holds for the Observation and all its components. Not told, and `unusable`, where no code is known.
    package fileprivate(set) var context = Context.unusable
    /// Whether `modifierExtension` changes the meaning of the component.
    package fileprivate(set) var isModified = false
    /// Whether a `dataAbsentReason` stands where a value should.
    package fileprivate(set) var isAbsent = false
    /// Whether it is a panel and has no value of its own.
    package fileprivate(set) var isPanel = false
    /// The kind of `value[x]`.
    package fileprivate(set) var form = Form.none
    /// Whether a quantity has a `comparator`.
    package fileprivate(set) var isBound = false
    /// The first of its codings in `codings`, and how many there are.
    package let firstCoding: Int32
    package let codingCount: Int32
    /// The number of a quantity; NaN where a Double cannot hold it and where there is none.
    package fileprivate(set) var value = Double.nan
    /// The unit of a quantity: a place in `units`.
    package fileprivate(set) var unit: Int32 = 0
    fileprivate var literal: UInt32 = 0

    /// Where the `value[x]` stands.
    package var literalPlace: Chart.Place { place.element(literal) }
  }

  /// What an Observation says for itself and its components.
  package struct Context: Sendable {
    /// Whether its status is one under which a value may be read.
    package let isUsable: Bool
    /// Whether `modifierExtension` or `implicitRules` change the meaning.
    package let isModified: Bool
    /// Whether it is about something else than its subject (R4 Observation.focus): a fetus, a donor, a spouse.
    package let isOfAnother: Bool
    /// When the result was known; nil where no time is given, or one that breaks FHIR's grammar.
    package let time: DateTime?
    /// Whether a time is given that breaks FHIR's grammar.
    package let isTimeInvalid: Bool
    /// Whether another Observation of the chart is the same one in a later state.
    package internal(set) var isSuperseded = false

    fileprivate static let unusable = Context(
      isUsable: false, isModified: false, isOfAnother: false, time: nil, isTimeInvalid: false)
  }

  /// What stands as a value.
  package enum Form: UInt8, Sendable {
    case none, quantity, other
  }

  /// A coding that the terminology knows.
  package struct Coding: Sendable {
    /// What it means: a place in `Terminology.meanings`.
    package let meaning: Int32
    /// The node of the Coding.
    package let node: UInt32
  }

  /// The unit of a quantity as it was written.
  package struct Unit: Sendable {
    package let system: String?
    package let code: String?
    package let text: String?
  }
}

extension ObservationTable {
  /// The Observations of a chart by the codes of a terminology.
  package init(_ chart: Chart, _ terminology: Terminology) {
    var reader = ObservationReader(terminology)
    reader.read(chart)
    self = reader.table
  }
}

/// Makes the table of a chart.
private struct ObservationReader {
  private(set) var table = ObservationTable(rows: [], codings: [], units: [])
  private let terminology: Terminology
  /// `table.units` in place, and where each stands.
  private var units: [WrittenUnit] = []
  private var numbers: [WrittenUnit: Int32] = [:]
  /// The identifiers met so far.
  private var copies = IdentifiedObservations()
  /// The unit met last with each meaning, where it nearly always stands again.
  private var usual: [Int32]

  init(_ terminology: Terminology) {
    self.terminology = terminology
    usual = [Int32](repeating: -1, count: terminology.meanings.count)
  }

  mutating func read(_ chart: Chart) {
    var count = 0
    for position in chart.own where chart.table.resources[Int(position)].kind == .observation { count += 1 }
    table.rows.reserveCapacity(count)
    table.codings.reserveCapacity(count)
    for position in chart.own {
      let resource = chart.table.resources[Int(position)]
      if resource.kind == .observation { read(resource, position, chart) }
    }
    for first in copies.superseded {
      var row = Int(first)
      repeat {
        table.rows[row].context.isSuperseded = true
        row += 1
      } while row < table.rows.count && table.rows[row].isComponent
    }
  }

  private mutating func read(_ resource: GatheredResource, _ position: Int32, _ chart: Chart) {
    let resources = chart.table
    let tape = resources.view(of: resource)
    let elements = ObservationElements(tape, resource.index)
    var context: ObservationTable.Context?
    func found() -> ObservationTable.Context {
      if let context { return context }
      let made = elements.context(tape) { Observation(node: resources.node(resource)) }
      context = made
      return made
    }
    let own = table.rows.count
    table.rows.append(row(resource.index, elements, tape, position, isComponent: false))
    if table.rows[own].codingCount > 0 { table.rows[own].context = found() }
    defer {
      if elements.identifier != 0, context != nil {
        let rows = table.rows
        copies.add(Int32(own), elements, tape) { Observation(node: chart.node(at: rows[Int($0)].place)) }
      }
    }
    guard elements.component != 0 else { return }
    if !table.rows[own].isAbsent {
      table.rows[own].isPanel = Observation.Value(of: resources.node(resource)) == nil
    }
    var (component, end) = tape.entries(elements.component)
    while component < end {
      let elements = ObservationElements(tape, component)
      var row = row(component, elements, tape, position, isComponent: true)
      if row.codingCount > 0 {
        row.context = found()
        row.isModified = tape.isFilled(elements.modifierExtension)
        table.rows.append(row)
        table.rows[own].context = row.context
      }
      component = tape.next(component)
    }
  }

  private mutating func row(
    _ holder: UInt32, _ elements: ObservationElements, _ tape: TapeView, _ position: Int32, isComponent: Bool
  ) -> ObservationTable.Row {
    let first = table.codings.count
    if elements.code != 0, let codings = tape.member(elements.code, "coding") {
      var (coding, end) = tape.entries(codings)
      while coding < end {
        if let meaning = terminology.meaning(of: coding, tape) {
          table.codings.append(ObservationTable.Coding(meaning: Int32(meaning), node: coding))
        }
        coding = tape.next(coding)
      }
    }
    var row = ObservationTable.Row(
      place: Chart.Place(resource: position, node: holder), isComponent: isComponent, firstCoding: Int32(first),
      codingCount: Int32(table.codings.count - first))
    row.isAbsent = elements.dataAbsentReason != 0
    guard row.codingCount > 0 else { return row }
    if elements.quantity != 0 {
      read(elements.quantity, tape, into: &row)
    } else if elements.otherValue != 0 {
      row.form = .other
      row.literal = elements.otherValue
    }
    return row
  }

  /// A Quantity, in one pass over its elements.
  private mutating func read(_ quantity: UInt32, _ tape: TapeView, into row: inout ObservationTable.Row) {
    row.form = .quantity
    row.literal = quantity
    var written = WrittenUnit()
    let end = tape.kind(quantity) == .object ? tape.next(quantity) : 0
    var child = quantity + 1
    while child < end {
      switch tape.nameCount(child) {
      case 4:
        if tape.isNamed(child, "unit") {
          written.text = tape.string(child)
        } else if tape.isNamed(child, "code") {
          written.code = tape.string(child)
        }
      case 5: if tape.isNamed(child, "value") { row.value = tape.double(child) ?? .nan }
      case 6: if tape.isNamed(child, "system") { written.system = tape.string(child) }
      case 10: if tape.isNamed(child, "comparator") { row.isBound = true }
      default: break
      }
      child = tape.next(child)
    }
    let meaning = Int(table.codings[Int(row.firstCoding)].meaning)
    if usual[meaning] < 0 || units[Int(usual[meaning])] != written { usual[meaning] = number(of: written) }
    row.unit = usual[meaning]
  }

  private mutating func number(of written: WrittenUnit) -> Int32 {
    if let known = numbers[written] { return known }
    numbers[written] = Int32(units.count)
    units.append(written)
    table.units.append(
      ObservationTable.Unit(
        system: written.system?.string, code: written.code?.string, text: written.text?.string))
    return Int32(units.count - 1)
  }

  private struct WrittenUnit: Hashable {
    var system: TextSlice?
    var code: TextSlice?
    var text: TextSlice?
  }
}
