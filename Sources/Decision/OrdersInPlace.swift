// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What is ordered for a patient already in this stay, and what is being ordered in this session: none of it is suggested again.
///
/// What nobody has given, or what may be left over from another stay, is not in place: a suggestion too many costs a glance, one
/// too few a treatment.
struct OrdersInPlace {
  /// `intent` of what is to be done, not only proposed or planned (R4 request-intent).
  private static let orders: [StaticString] = [
    "order", "original-order", "reflex-order", "filler-order", "instance-order",
  ]

  private var codings: [(system: String, code: String)] = []
  private let terminology: Terminology

  /// - Parameters:
  ///   - drafts: the orders of the session, of an order hook's context.
  ///   - chart: the patient's chart, with the orders that were sent or fetched.
  ///   - encounterID: the encounter of the call.
  ///   - origin: when the stay began; nil where the chart does not say.
  ///   - end: what was written later is not in place; nil for a chart of now.
  init(
    drafts: [Node], chart: Chart, encounterID: String?, since origin: Instant?, until end: Instant? = nil,
    terminology: Terminology
  ) {
    self.terminology = terminology
    let drafted = drafts.filter { order in ["draft", "active"].contains { order["status"]?.equals($0) == true } }
    let given = (chart.others + chart.medicationRequests.map(\.node)).filter { order in
      order["status"]?.equals("active") == true && Self.orders.contains { order["intent"]?.equals($0) == true }
        && Self.isOfStay(order, encounterID: encounterID, since: origin) && Self.isWritten(order, by: end)
    }
    for order in drafted + given where !order.hasModifierExtension {
      guard ["ServiceRequest", "ProcedureRequest", "MedicationRequest"].contains(order.resourceType) else { continue }
      // What must not be done is not ordered (R4 servicerequest.html, doNotPerform).
      if order["doNotPerform"]?.boolean == true { continue }
      let concepts = [order.concept("code"), order.concept("medicationCodeableConcept"), order.concept("medication")]
      for coding in concepts.compactMap({ $0 }).flatMap(\.codings) {
        guard let system = coding.system, let code = coding.code else { continue }
        codings.append((system, code))
      }
    }
  }

  /// Whether an order was given in the encounter of the call, or certainly since the stay began: a day alone is taken from its
  /// first moment. STU3 names the encounter `context`.
  private static func isOfStay(_ order: Node, encounterID: String?, since origin: Instant?) -> Bool {
    let encounter = order.reference("encounter") ?? order.reference("context")
    if let encounterID, case .resource(_, "Encounter", encounterID, _)? = encounter?.target { return true }
    guard let origin, let authored = order["authoredOn"]?.string.flatMap({ DateTime($0) }) else { return false }
    return authored.earliest >= origin
  }

  private static func isWritten(_ order: Node, by end: Instant?) -> Bool {
    guard let end else { return true }
    return order["authoredOn"]?.string.flatMap { DateTime($0) }.map { $0.earliest <= end } ?? false
  }

  /// Whether one of them orders the same: one of its codes, or another code of the same value set.
  func contains(_ order: OrderDefinition) -> Bool {
    let sets = Set(order.codings.flatMap { terminology.valueSets(containing: $0.system, code: $0.code) })
    return codings.contains { placed in
      order.codings.contains { $0 == placed }
        || !sets.isDisjoint(with: terminology.valueSets(containing: placed.system, code: placed.code))
    }
  }
}
