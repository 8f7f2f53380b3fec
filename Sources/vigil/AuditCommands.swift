// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `vigil audit`: the reviewer's work.
struct AuditCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read, prove and keep the trail.",
    subcommands: [
      AuditList.self, AuditShow.self, AuditVerify.self, AuditProve.self, AuditCheckProof.self, AuditCheckpoint.self,
      AuditReplay.self, AuditErase.self, AuditHold.self, AuditRelease.self, AuditUnmask.self, AuditApprove.self,
      AuditPurge.self,
      AuditRotateKey.self, AuditRotateRootKey.self, AuditMigrate.self,
      AuditBackup.self, AuditExport.self, AuditCheckDeidentified.self, AuditCheckExport.self,
      AuditAmend.self, AuditReview.self, AuditReport.self, AuditCheckReport.self,
    ])
}
