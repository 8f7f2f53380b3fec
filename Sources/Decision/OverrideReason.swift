// SPDX-License-Identifier: Apache-2.0
package import CDSHooks

/// Why a clinician may set a card aside: codes of the CodeSystem that the CDS Hooks 3.0 ballot suggests.
package enum OverrideReason {
  /// The code system.
  package static let system = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"

  /// The reasons that a risk card offers.
  ///
  /// They come from its value set for the point of care (non-adherence-reason-clinical), without those that concern
  /// cost and a patient's refusal.
  package static let offered: [Coding] = [
    reason("cds-not-applicable", "PC CDS does not apply to patient"),
    reason("action-completed", "Recommended action was already completed"),
    reason("cds-suboptimal-context", "PC CDS delivered in suboptimal context"),
    reason(
      "recipient-disagrees-evidence", "Recipient disagrees with recommendation because of issues with the evidence"),
    reason("recipient-concerns-outcomes", "Recipient has concerns regarding potential health outcomes"),
    reason("patient-contraindication", "Patient has contraindication to recommended action"),
    reason("does-not-align-preferences", "Recommendation does not align with patient preferences or values"),
    reason("not-convenient-feasible", "Recommendation is not convenient or feasible"),
  ]

  /// How a reason stands on record: `system|code` of one that was offered, `unlisted` for any other, which could be anything that a
  /// client writes and is in the payload alone.
  package static func recorded(_ reason: Coding) -> String {
    let isOffered = offered.contains { $0.system == reason.system && $0.code == reason.code }
    return isOffered ? "\(reason.system)|\(reason.code)" : "unlisted"
  }

  private static func reason(_ code: String, _ display: String) -> Coding {
    Coding(code: code, system: system, display: display)
  }
}
