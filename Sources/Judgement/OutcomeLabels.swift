// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Training

/// What happened, by patient and outcome: a CSV file of a hospital's own.
///
/// The first row names the columns: `patient` (the bare id of the Patient), perhaps `time` (RFC 3339 with a zone), and one for
/// each outcome, by the head's name in the model's manifest (`death`, `sepsis`, `aki`, ...). A field is 1, 0 or empty for what
/// is not known. A row without a time speaks of every assessment of its patient, one with a time of the assessment at that
/// instant, and goes before the other. Fields are not quoted.
package struct OutcomeLabels: Sendable {
  private struct Moment: Hashable {
    var patient: String
    var instant: Instant?
  }

  /// Heads that have a column.
  package let heads: [String]
  private var rows: [Moment: [Bool?]] = [:]

  /// Reads a file.
  ///
  /// - Parameter known: heads that some model has; other columns are left alone.
  /// - Throws: `DatasetError` when it cannot be read, has no column `patient` or none of a head, or has a field that means
  ///   nothing; line and column are named, never what stands there.
  package init(path: String, known: Set<String>) throws(DatasetError) {
    var columns: [String] = []
    var line = 0
    var rows: [Moment: [Bool?]] = [:]
    var heads: [String] = []
    try DelimitedText(path: path).forEachRow(separator: 0x2C) { fields throws(DatasetError) in
      line += 1
      let texts = fields.map(DelimitedText.text)
      if line == 1 {
        columns = texts
        heads = texts.filter(known.contains)
        guard columns.contains("patient") else { throw .missingColumn(path: path, column: "patient") }
        guard !heads.isEmpty else { throw .missingColumn(path: path, column: known.sorted().joined(separator: " or ")) }
        return
      }
      var (moment, values) = (Moment(patient: "", instant: nil), [Bool?](repeating: nil, count: heads.count))
      for (column, text) in zip(columns, texts) where !text.isEmpty {
        switch column {
        case "patient": moment.patient = text
        case "time":
          guard let instant = Instant(text) else { throw .invalidField(path: path, line: line, column: column) }
          moment.instant = instant
        default:
          guard let place = heads.firstIndex(of: column) else { continue }
          guard let value = ["1": true, "0": false][text] else {
            throw .invalidField(path: path, line: line, column: column)
          }
          values[place] = value
        }
      }
      guard !moment.patient.isEmpty else { throw .invalidField(path: path, line: line, column: "patient") }
      rows[moment] = values
    }
    guard line > 0 else { throw .missingColumn(path: path, column: "patient") }
    (self.rows, self.heads) = (rows, heads)
  }

  /// What happened to a patient of an outcome; nil where the file does not say.
  package func label(_ head: String, of patient: String, at instant: Instant) -> Bool? {
    guard let place = heads.firstIndex(of: head) else { return nil }
    let own = rows[Moment(patient: patient, instant: instant)]?[place]
    return (own ?? nil) ?? (rows[Moment(patient: patient, instant: nil)]?[place] ?? nil)
  }
}
