// SPDX-License-Identifier: Apache-2.0

/// Patient, code, value, unit and time of many Observations as they stand there, a column each: what is asked of a
/// population's export before anything else.
package struct ObservationColumns: Sendable {
  /// The texts of a column, one after the other.
  package struct Texts: Sendable {
    /// All texts, UTF-8.
    package private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []

    /// The text of a row; empty where the element is absent or no string.
    package subscript(row: Int) -> String {
      String(decoding: bytes[(row > 0 ? ends[row - 1] : 0)..<ends[row]], as: UTF8.self)
    }

    fileprivate mutating func reserve(_ rows: Int) {
      bytes.reserveCapacity(rows * 24)  // as long as a reference or a time
      ends.reserveCapacity(rows)
    }

    /// Adds the string at `index`; 0, the root, stands for none.
    fileprivate mutating func append(_ tape: TapeView, _ index: UInt32) {
      // The bytes are copied while the tape is at hand.
      if index != 0, tape.kind(index) == .string { unsafe bytes.append(contentsOf: tape.text(index)) }
      ends.append(bytes.count)
    }
  }

  /// `subject.reference`.
  package private(set) var subjects = Texts()
  /// The code of the first coding of `code`.
  package private(set) var codes = Texts()
  /// `valueQuantity.value`; nil where it is absent or beyond the range of `Double`.
  package private(set) var values: [Double?] = []
  /// `valueQuantity.unit`.
  package private(set) var units = Texts()
  /// `effectiveDateTime`.
  package private(set) var times = Texts()

  /// The rows.
  package var count: Int { values.count }

  /// A row for each of the lines that is a document; each is taken for an Observation.
  package init(_ lines: NDJSON.Lines) {
    guard let tape = lines.tape.documents else { return }
    reserve(lines.tape.count)
    for line in 0..<lines.tape.count {
      if let root = lines.tape.root(line) { append(tape.view, root) }
    }
    withExtendedLifetime(tape) {}
  }

  private mutating func reserve(_ rows: Int) {
    values.reserveCapacity(rows)
    subjects.reserve(rows)
    codes.reserve(rows)
    units.reserve(rows)
    times.reserve(rows)
  }

  /// Adds a row; the members of the resource at `observation` are passed over once.
  private mutating func append(_ tape: TapeView, _ observation: UInt32) {
    var (subject, code, quantity, time): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    if tape.kind(observation) == .object {
      let end = tape.next(observation)
      var child = observation + 1
      while child < end {
        switch tape.nameCount(child) {
        case 4: if tape.isNamed(child, "code") { code = child }
        case 7: if tape.isNamed(child, "subject") { subject = child }
        case 13: if tape.isNamed(child, "valueQuantity") { quantity = child }
        case 17: if tape.isNamed(child, "effectiveDateTime") { time = child }
        default: break
        }
        child = tape.next(child)
      }
    }
    subjects.append(tape, tape.member(subject, of: "reference"))
    var coding = tape.member(code, of: "coding")
    if coding != 0, tape.kind(coding) == .array { coding = tape.children(coding) > 0 ? coding + 1 : 0 }
    codes.append(tape, tape.member(coding, of: "code"))
    let value = tape.member(quantity, of: "value")
    values.append(value == 0 ? nil : tape.double(value))
    units.append(tape, tape.member(quantity, of: "unit"))
    times.append(tape, time)
  }
}

extension TapeView {
  /// The member of the object at `index`; 0, which is the root and no member, stands for none.
  fileprivate func member(_ index: UInt32, of name: StaticString) -> UInt32 {
    index == 0 ? 0 : member(index, name) ?? 0
  }
}
