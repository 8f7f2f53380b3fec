// SPDX-License-Identifier: Apache-2.0

/// A published hook: its name, versions and the members of its context, as the hook library defines them.
///
/// The table is data, so that a new hook is a row. Source: HL7/cds-hooks-library, 3.0.0-ballot build.
public struct HookDefinition: Sendable, Equatable {
  /// What a context member holds.
  public enum FieldKind: Sendable, Equatable {
    /// A bare FHIR id.
    case id
    /// `Type/id`, with the types the definition names (empty: any).
    case reference([String])
    /// An array of `Type/id`.
    case references
    /// A Bundle.
    case bundle
    /// One FHIR resource.
    case resource
    /// An array of FHIR resources.
    case resources
  }

  /// One member of the context.
  public struct Field: Sendable, Equatable {
    /// The member's name.
    public let name: String
    /// What it holds.
    public let kind: FieldKind
    /// Whether the definition requires it.
    public let isRequired: Bool
    /// Whether it may stand in a prefetch template as a plain token.
    public let isPrefetchToken: Bool
    /// Names that older versions of the hook used for the same member.
    public let formerNames: [String]
  }

  /// The hook's name, as in `hook`.
  public let name: String
  /// The lowest CDS Hooks version the definition is written for.
  public let specificationVersion: String
  /// The version of the definition.
  public let hookVersion: String
  /// The members of the context, in the definition's order.
  public let fields: [Field]
  /// Whether the hook was replaced by another one.
  public let isDeprecated: Bool

  /// The definition of a published hook, or nil for a custom one.
  public static func named(_ name: String) -> HookDefinition? {
    published.first { $0.name == name }
  }

  /// Every published hook.
  public static let published: [HookDefinition] = [
    .init("patient-view", [user(anyUser), patient, encounter()]),
    .init(
      "order-select",
      [user(clinician), patient, encounter(), payload("selections", .references), payload("draftOrders", .bundle)]),
    .init("order-sign", [user(clinician), patient, encounter(), payload("draftOrders", .bundle)]),
    .init("appointment-book", [user(anyUser), patient, encounter(), payload("appointments", .bundle)]),
    .init("encounter-start", [user(anyUser), patient, encounter(required: true)]),
    .init("encounter-discharge", [user(anyUser), patient, encounter(required: true)]),
    .init(
      "order-dispatch", specification: "2.0", version: "1.1",
      [
        patient, payload("dispatchedOrders", .references, token: true, formerly: ["order"]),
        payload("performer", .reference([]), token: true),
        payload("fulfillmentTasks", .resources, required: false, formerly: ["task"]),
      ]),
    .init(
      "allergyintolerance-create", version: "0.1.0",
      [user(["Practitioner"]), patient, encounter(), payload("allergyIntolerance", .resource)]),
    .init(
      "problem-list-item-create", version: "0.1.0",
      [user(clinician), patient, encounter(), payload("conditions", .bundle)]),
    .init(
      "medication-refill", specification: "2.0", version: "0.1.0",
      [user(anyUser, required: false), patient, encounter(), payload("medications", .bundle)]),
    .init(
      "medication-verify", version: "0.1.0",
      [user(clinician), patient, encounter(), payload("medication", .resource)]),
    .init(
      "medication-prescribe", deprecated: true,
      [user(clinician), patient, encounter(), payload("medications", .bundle)]),
    .init("order-review", deprecated: true, [user(clinician), patient, encounter(), payload("orders", .bundle)]),
  ]

  private static let clinician = ["Practitioner", "PractitionerRole"]
  private static let anyUser = clinician + ["Patient", "RelatedPerson"]
  private static let patient = Field(
    name: "patientId", kind: .id, isRequired: true, isPrefetchToken: true, formerNames: [])

  private static func user(_ types: [String], required: Bool = true) -> Field {
    Field(name: "userId", kind: .reference(types), isRequired: required, isPrefetchToken: true, formerNames: [])
  }

  private static func encounter(required: Bool = false) -> Field {
    Field(name: "encounterId", kind: .id, isRequired: required, isPrefetchToken: true, formerNames: [])
  }

  private static func payload(
    _ name: String, _ kind: FieldKind, required: Bool = true, token: Bool = false, formerly: [String] = []
  ) -> Field {
    Field(name: name, kind: kind, isRequired: required, isPrefetchToken: token, formerNames: formerly)
  }

  private init(
    _ name: String, specification: String = "1.0", version: String = "1.0", deprecated: Bool = false, _ fields: [Field]
  ) {
    self.name = name
    self.specificationVersion = specification
    self.hookVersion = version
    self.fields = fields
    self.isDeprecated = deprecated
  }
}
