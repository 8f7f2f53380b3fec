// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What is ordered for a patient already, and what is being ordered in this session: none of it is suggested again.
struct OrdersInPlace {
  private var codings: [(system: String, code: String)] = []
  private let terminology: Terminology

  /// - Parameters:
  ///   - drafts: the orders of the session, of an order hook's context.
  ///   - chart: the patient's chart, with the orders that were sent or fetched.
  init(drafts: [Node], chart: Chart, terminology: Terminology) {
    self.terminology = terminology
    let orders = chart.others + chart.medicationRequests.map(\.node)
    let open = orders.filter { order in
      ["active", "draft", "on-hold"].contains { order["status"]?.equals($0) == true }
    }
    for order in drafts + open where !order.hasModifierExtension {
      guard ["ServiceRequest", "ProcedureRequest", "MedicationRequest"].contains(order.resourceType) else { continue }
      if let status = order["status"], status.equals("entered-in-error") || status.equals("revoked") { continue }
      // What must not be done is not ordered (R4 servicerequest.html, doNotPerform).
      if order["doNotPerform"]?.boolean == true { continue }
      let concepts = [order.concept("code"), order.concept("medicationCodeableConcept"), order.concept("medication")]
      for coding in concepts.compactMap({ $0 }).flatMap(\.codings) {
        guard let system = coding.system, let code = coding.code else { continue }
        codings.append((system, code))
      }
    }
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
