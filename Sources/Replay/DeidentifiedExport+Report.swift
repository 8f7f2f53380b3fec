// SPDX-License-Identifier: Apache-2.0
package import Audit
package import FHIR

extension DeidentifiedExport {
  /// What became of the records of an export; it names them as the export does.
  package struct Report: Sendable {
    /// Lines written.
    package private(set) var exported = 0
    /// Lines of which the models say the same bits as on record.
    package private(set) var identical = 0
    /// Lines in which an age over 89 is 90.
    package private(set) var capped = 0
    /// Records that were left out, by why.
    package private(set) var omitted: [Omission: Int] = [:]
    /// Models that answered and are not at hand, as `id version`.
    package private(set) var modelsNotAtHand: Set<String> = []
    /// The lines of which a model says something else.
    package private(set) var differing: [(record: String, isCapped: Bool, differences: [Difference])] = []

    /// The patients of the lines.
    package private(set) var patients = ShownPatients()

    mutating func add(_ line: Line, of record: AuditRecord) {
      exported += 1
      patients.add(record)
      if line.isCapped { capped += 1 }
      if line.differences.isEmpty {
        identical += 1
      } else {
        differing.append((line.name, line.isCapped, line.differences))
      }
    }

    mutating func omit(_ omission: Omission, _ models: [AuditEntry.Model]) {
      omitted[omission, default: 0] += 1
      if omission == .otherModels { modelsNotAtHand.formUnion(models.map { "\($0.id) \($0.version)" }) }
    }

    /// The report as one object, with the checkpoint that covers what was exported.
    package func json(purpose: String, head: SignedNote) -> JSON {
      [
        "purpose": .string(purpose), "exported": .number(exported), "identical": .number(identical),
        "agesCapped": .number(capped),
        "omitted": .object(
          Omission.allCases.compactMap { omission in
            omitted[omission].map { JSON.Member(omission.rawValue, .number($0)) }
          }),
        "modelsNotAtHand": modelsNotAtHand.isEmpty ? nil : .array(modelsNotAtHand.sorted().map(JSON.string)),
        "differing": .array(
          differing.map { line in
            [
              "record": .string(line.record), "ageCapped": .boolean(line.isCapped),
              "models": .array(line.differences.map(\.json)),
            ]
          }), "checkpoint": .string(head.description),
      ]
    }
  }

  /// Exports records of a trail.
  ///
  /// - Parameters:
  ///   - sequences: the records, in the order of the lines.
  ///   - export: with the models that answered a record; nil where they are not at hand.
  ///   - emit: takes each line.
  /// - Throws: `AuditError` when the trail cannot be read or a record is damaged; what `emit` throws.
  package static func run(
    _ sequences: [Int64], of trail: AuditReader, by export: ([AuditEntry.Model]) -> DeidentifiedExport?,
    emit: (JSON) throws -> Void
  ) throws -> Report {
    var report = Report()
    for sequence in sequences {
      do {
        let record = try trail.record(sequence)
        let line: Line
        do throws(Omission) {
          guard let own = export(record.entry.models) else { throw .otherModels }
          line = try own.line(of: record)
        } catch {
          report.omit(error, record.entry.models)
          continue
        }
        try emit(line.json)
        report.add(line, of: record)
      } catch let error as AuditError where error.code == .erased {
        report.omit(.erased, [])
      }
    }
    return report
  }
}
