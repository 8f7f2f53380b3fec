// SPDX-License-Identifier: Apache-2.0

/// The person a chart is about (R4 patient.html).
package struct Patient: Resource {
  package static let type: StaticString = "Patient"
  package let node: Node
  package init(node: Node) { self.node = node }

  /// Administrative gender (R4 valueset-administrative-gender.html).
  package enum Gender: String, Sendable {
    case male, female, other, unknown
  }

  /// Administrative gender; nil when absent or not one of FHIR's.
  package var gender: Gender? { node["gender"]?.string.flatMap(Gender.init) }
  /// Date of birth, perhaps only its year or month.
  package var birthDate: DateTime? { node["birthDate"]?.dateTime }
  /// Whether the patient is known to have died.
  package var isDeceased: Bool? { node["deceasedBoolean"]?.boolean ?? (node["deceasedDateTime"] != nil ? true : nil) }
  /// When the patient died.
  package var deceased: DateTime? { node["deceasedDateTime"]?.dateTime }
  /// Whether it must be left out: modified, or an animal's record, which STU3 says in an element that modifies.
  package var isExcluded: Bool { node.isModified || node.has("animal") }
  /// Whether the record is in use.
  package var isActive: Bool { node["active"]?.boolean ?? true }

  /// Whole years of age at `instant`, from the first moment the birth date may mean; nil without one or before it.
  package func age(at instant: Instant) -> Int? {
    guard let birth = birthDate?.earliest, birth <= instant else { return nil }
    func date(_ instant: Instant) -> (year: Int, month: Int, day: Int) {
      Calendar.date(Int((Double(instant.milliseconds) / 86_400_000).rounded(.down)))
    }
    let then = date(birth)
    let now = date(instant)
    let hadBirthday = (now.month, now.day) >= (then.month, then.day)
    return now.year - then.year - (hadBirthday ? 0 : 1)
  }
}
