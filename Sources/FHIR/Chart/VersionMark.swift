// SPDX-License-Identifier: Apache-2.0

/// An element that tells versions of FHIR apart (R4 diff.html, R5 diff.html of each resource).
struct VersionMark: Sendable {
  let name: StaticString
  let versions: FHIRVersions
  let form: Form

  /// What the element must look like to count.
  enum Form: Sendable {
    case anything, string, object
    /// A CodeableConcept or a list of them, and what is neither.
    case concept, noConcept
  }

  init(_ name: StaticString, _ versions: FHIRVersions, _ form: Form = .anything) {
    self.name = name
    self.versions = versions
    self.form = form
  }

  /// Whether the element has the form.
  func fits(_ tape: TapeView, _ index: UInt32) -> Bool {
    switch form {
    case .anything: true
    case .string: tape.kind(index) == .string
    case .object: tape.kind(index) == .object
    case .concept: Self.isConcept(tape, index)
    case .noConcept: !Self.isConcept(tape, index)
    }
  }

  private static func isConcept(_ tape: TapeView, _ index: UInt32) -> Bool {
    var value = index
    if tape.kind(index) == .array {
      guard tape.children(index) > 0 else { return false }
      value += 1
    }
    return tape.member(value, "coding") != nil || tape.member(value, "text") != nil
  }

  /// The marks of each type, by the raw value of `ResourceKind`.
  static let table: [[VersionMark]] = ResourceKind.allCases.map(marks)

  /// Which names may be among some: a bit for the length and one for the first letter of each, by which nearly all others
  /// are passed over.
  struct Screen: Sendable {
    private(set) var lengths: UInt64 = 0
    private(set) var letters: UInt64 = 0

    init(_ names: [StaticString]) {
      for name in names {
        lengths |= 1 &<< UInt64(name.utf8CodeUnitCount)
        letters |= unsafe 1 &<< UInt64(name.utf8Start[0])
      }
    }
  }

  /// The names that R4 does not have so, by the raw value of `ResourceKind`.
  static let foreign: [Screen] = table.map { marks in
    Screen(marks.filter { !$0.versions.contains(.r4) }.map(\.name))
  }

  /// Whether an element says that the resource is not of R4.
  static func isForeign(_ kind: ResourceKind, _ tape: TapeView, _ index: UInt32) -> Bool {
    table[Int(kind.rawValue)].contains { mark in
      !mark.versions.contains(.r4) && tape.isNamed(index, mark.name) && mark.fits(tape, index)
    }
  }

  private static func marks(of kind: ResourceKind) -> [VersionMark] {
    switch kind {
    case .observation:
      [
        VersionMark("context", .stu3), VersionMark("comment", .stu3), VersionMark("related", .stu3),
        VersionMark("encounter", .sinceR4), VersionMark("hasMember", .sinceR4), VersionMark("derivedFrom", .sinceR4),
        VersionMark("note", .sinceR4), VersionMark("triggeredBy", .r5), VersionMark("bodyStructure", .r5),
      ]
    case .encounter:
      [
        VersionMark("class", .untilR4, .noConcept), VersionMark("class", .r5, .concept),
        VersionMark("period", .untilR4), VersionMark("actualPeriod", .r5), VersionMark("hospitalization", .untilR4),
        VersionMark("admission", .r5), VersionMark("reasonCode", [.r4, .r4B]), VersionMark("reason", .stu3, .concept),
        VersionMark("reason", .r5, .noConcept), VersionMark("incomingReferral", .stu3),
      ]
    case .condition, .allergyIntolerance:
      [
        VersionMark("clinicalStatus", .stu3, .string), VersionMark("clinicalStatus", .sinceR4, .object),
        VersionMark("verificationStatus", .stu3, .string), VersionMark("verificationStatus", .sinceR4, .object),
        VersionMark("assertedDate", .stu3), VersionMark("recordedDate", .sinceR4), VersionMark("context", .stu3),
        VersionMark("encounter", .sinceR4), VersionMark("participant", .r5),
      ]
    case .procedure:
      [
        VersionMark("context", .stu3), VersionMark("notDone", .stu3), VersionMark("encounter", .sinceR4),
        VersionMark("performedDateTime", .untilR4), VersionMark("performedPeriod", .untilR4),
        VersionMark("occurrenceDateTime", .r5), VersionMark("occurrencePeriod", .r5),
      ]
    case .medicationRequest:
      [
        VersionMark("context", .stu3), VersionMark("encounter", .sinceR4), VersionMark("medication", .r5),
        VersionMark("medicationCodeableConcept", .untilR4), VersionMark("medicationReference", .untilR4),
      ]
    case .medicationAdministration:
      [
        VersionMark("medicationCodeableConcept", .untilR4), VersionMark("medicationReference", .untilR4),
        VersionMark("medication", .r5), VersionMark("effectiveDateTime", .untilR4),
        VersionMark("effectivePeriod", .untilR4), VersionMark("occurenceDateTime", .r5),
        VersionMark("occurencePeriod", .r5), VersionMark("notGiven", .stu3), VersionMark("prescription", .stu3),
        VersionMark("request", .sinceR4), VersionMark("context", .untilR4), VersionMark("encounter", .r5),
      ]
    case .medicationStatement:
      [
        VersionMark("medicationCodeableConcept", .untilR4), VersionMark("medicationReference", .untilR4),
        VersionMark("medication", .r5), VersionMark("context", .untilR4), VersionMark("encounter", .r5),
        VersionMark("taken", .stu3), VersionMark("reasonNotTaken", .stu3), VersionMark("adherence", .r5),
      ]
    case .diagnosticReport:
      [
        VersionMark("context", .stu3), VersionMark("codedDiagnosis", .stu3), VersionMark("encounter", .sinceR4),
        VersionMark("resultsInterpreter", .sinceR4), VersionMark("supportingInfo", .r5),
        VersionMark("composition", .r5),
      ]
    case .patient: [VersionMark("animal", .stu3)]
    case .device, .bundle, .parameters, .operationOutcome, .other: []
    }
  }
}
