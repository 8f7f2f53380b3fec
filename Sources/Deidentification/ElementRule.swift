// SPDX-License-Identifier: Apache-2.0

/// What becomes of an element. There is a rule for what the models and a reader of the export need; an element without one is
/// dropped, whatever it is called and wherever it stands.
indirect enum ElementRule: Sendable {
  /// One of these words; any other is dropped.
  case code(Set<String>)
  case boolean
  /// A number as it is written; what is none becomes null, as which it is read.
  case number
  /// A date, dateTime or instant, moved by the patient's shift.
  case date
  /// `Patient.birthDate`, moved so that the age stays, and is 90 where it is more than 89.
  case birthDate
  /// A Coding, CodeableConcept, CodeableReference, or a word in its place (STU3).
  case concept
  case quantity
  case period
  case reference
  case identifier
  /// State, ZIP code by its first three digits, country.
  case address
  /// A number of digits as FHIR's decimal, in a string: a score, a pH. Anything longer may be a name.
  case decimalText
  /// `id` of a resource.
  case id
  /// `meta`: the version's rank and when it was stored.
  case meta
  /// `fullUrl`, or another URL that names a resource.
  case url
  /// The three digits of an HTTP status.
  case status
  /// That it is there, and nothing of it: elements that change the meaning of what they stand in.
  case presence(Mark)
  /// Elements within, each by its own rule.
  case elements([String: ElementRule])
  /// A resource by its type's rules.
  case resource

  /// What stands for an element of which only the presence is kept.
  enum Mark: Sendable { case extensions, object, uri }
}
