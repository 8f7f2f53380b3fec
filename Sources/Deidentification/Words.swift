// SPDX-License-Identifier: Apache-2.0

/// The closed vocabularies of FHIR's `code` elements that are kept (R4 and R5 required bindings, STU3 where it differs), and of
/// places. A word that is not here may be anybody's name.
enum Words {
  /// Of all resources that are kept.
  static let status: Set<String> = [
    "registered", "preliminary", "final", "amended", "corrected", "appended", "cancelled", "entered-in-error",
    "unknown",
    "planned", "arrived", "triaged", "in-progress", "onleave", "on-hold", "discharged", "discontinued", "completed",
    "finished", "partial", "not-done", "preparation", "stopped", "suspended", "active", "inactive", "draft", "revoked",
    "ended", "not-taken", "intended", "recorded", "reserved", "aborted",
  ]
  static let intent: Set<String> = [
    "proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order",
    "option",
  ]
  static let bundle: Set<String> = [
    "document", "message", "transaction", "transaction-response", "batch", "batch-response", "history", "searchset",
    "collection", "subscription-notification",
  ]
  static let relation: Set<String> = ["self", "next", "previous", "first", "last"]
  static let severity: Set<String> = ["fatal", "error", "warning", "information", "success"]
  /// valueset-issue-type.
  static let issue: Set<String> = [
    "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired", "forbidden",
    "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found", "deleted", "too-long",
    "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store",
    "exception", "timeout", "incomplete", "throttled", "informational", "success",
  ]
  /// quantity-comparator, R5's with it.
  static let comparator: Set<String> = ["<", "<=", ">=", ">", "ad"]
  /// identifier-use.
  static let use: Set<String> = ["usual", "official", "temp", "secondary", "old"]

  /// Codes of HL7's own small code systems, by system: what they say is a kind and never a person.
  static let codes: [String: Set<String>] = [
    "http://terminology.hl7.org/CodeSystem/observation-category": [
      "social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy", "activity",
    ],
    "http://terminology.hl7.org/CodeSystem/condition-clinical": [
      "active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown",
    ],
    "http://terminology.hl7.org/CodeSystem/condition-ver-status": verification,
    "http://terminology.hl7.org/CodeSystem/condition-category": ["problem-list-item", "encounter-diagnosis"],
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical": ["active", "inactive", "resolved"],
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification": verification,
    "http://terminology.hl7.org/CodeSystem/data-absent-reason": [
      "unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable",
      "unsupported", "as-text", "error", "not-a-number", "negative-infinity", "positive-infinity", "not-performed",
      "not-permitted",
    ],
    "http://terminology.hl7.org/CodeSystem/location-physical-type": [
      "si", "bu", "wi", "wa", "lvl", "co", "ro", "bd", "ve", "ho", "ca", "rd", "area", "jdn", "vi",
    ],
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": [
      "AMB", "EMER", "FLD", "HH", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "VR",
    ],
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation": [
      "A", "AA", "H", "HH", "L", "LL", "N", "HU", "LU", "POS", "NEG", "I", "R", "S", "ND", "DET", "IND",
    ],
    "http://terminology.hl7.org/CodeSystem/v2-0203": ["PLAC", "FILL", "ACSN", "MR", "VN", "AN"],
    "http://hl7.org/fhir/CodeSystem/medication-statement-adherence": ["taking", "not-taken", "unknown"],
    "http://terminology.hl7.org/CodeSystem/medication-statement-adherence": ["taking", "not-taking", "unknown"],
  ]
  static let verification: Set<String> = [
    "unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error", "presumed",
  ]
  /// What STU3 writes as a word where R4 has a concept, and R5's adherence.
  static let bareStatus = verification.union(["active", "recurrence", "inactive", "remission", "resolved", "relapse"])
    .union(["not-taken", "taking"])

  /// USPS codes of states, the district and territories.
  static let states = Set(
    """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC \
    SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI
    """.split(separator: " ").map(String.init))

  /// How addresses name the country (ISO 3166-1).
  static let unitedStates: Set<String> = ["US", "USA", "840", "United States", "United States of America"]

  /// First three digits of ZIP codes under which 20,000 people or fewer live, by the census of 2000 (HHS guidance on
  /// 45 CFR 164.514(b)) or of 2010: written 000.
  static let restrictedZIP = Set(
    "036 059 063 102 203 205 369 556 692 753 772 790 821 823 830 831 878 879 884 890 893".split(separator: " ")
      .map(String.init))
}
