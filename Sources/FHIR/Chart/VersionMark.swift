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
  func fits(_ tape: Tape, _ index: UInt32) -> Bool {
    switch form {
    case .anything: true
    case .string: tape.kind(index) == .string
    case .object: tape.kind(index) == .object
    case .concept: Self.isConcept(tape, index)
    case .noConcept: !Self.isConcept(tape, index)
    }
  }

  private static func isConcept(_ tape: Tape, _ index: UInt32) -> Bool {
    var value = index
    if tape.kind(index) == .array {
      guard tape.children(index) > 0 else { return false }
      value += 1
    }
    return tape.member(value, "coding") != nil || tape.member(value, "text") != nil
  }

  /// The marks of one type, by the length of the name, with a bit for each length, so that most elements are passed over
  /// by it.
  struct Marks: Sendable {
    let byLength: [[VersionMark]]
    let lengths: UInt64

    init(_ marks: [VersionMark]) {
      byLength = (0..<64).map { length in marks.filter { $0.name.utf8CodeUnitCount & 63 == length } }
      lengths = marks.reduce(0) { $0 | 1 << UInt64($1.name.utf8CodeUnitCount & 63) }
    }
  }

  /// By the raw value of `ResourceKind`.
  static let table: [Marks] = ResourceKind.allCases.map { Marks(marks(of: $0)) }

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
