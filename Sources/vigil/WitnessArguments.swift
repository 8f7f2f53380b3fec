// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit

/// Whose cosignatures are asked for when something is checked without the trail.
struct WitnessArguments: ParsableArguments {
  @Option(help: "File with a witness's public key, or the key itself; may be repeated.") var witness: [String] = []
  @Option(
    name: .customLong("quorum"), help: "How many of the witnesses must have cosigned; all of them when absent.")
  var least: Int?

  /// The witnesses' keys; says what is none and exits with 66.
  var keys: [NoteKey] {
    get throws {
      do throws(AuditError) {
        return try witness.map { argument throws(AuditError) in try AuditVerify.key(argument) }
      } catch {
        throw Failure.noInput("\(error)").exit()
      }
    }
  }

  /// How many of different keys must have cosigned.
  func quorum(of keys: [NoteKey]) -> Int { least ?? Set(keys).count }
}
