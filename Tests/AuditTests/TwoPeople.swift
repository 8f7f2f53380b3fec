// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR

extension AuditTrail {
  /// Has something done to a patient's records, or for a whole case, as it is done: the officer proposes it, another approves it.
  ///
  /// - Returns: the number of the record that says that it was done.
  func done(
    _ what: Proposal, to patient: [UInt8]?, of legalCase: String? = nil, because reason: String = "request"
  ) async throws(AuditError) -> Int64 {
    var proposal = AuditEntry(time: ErasureTests.deed.time, kind: .proposal)
    proposal.outcome = what.rawValue
    proposal.origin = ErasureTests.deed.user
    proposal.reason = reason
    proposal.patient = patient
    proposal.legalCase = legalCase
    var approval = AuditEntry(time: ErasureTests.deed.time, kind: .approval)
    approval.proposal = try await perform(proposal)
    approval.outcome = what.rawValue
    if patient == nil { approval.legalCase = legalCase }
    approval.origin = "second"
    return try await perform(approval)
  }
}
