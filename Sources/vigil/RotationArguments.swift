// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation

/// The key of a log and how it became another: what is believed when a proof or a report is checked without the trail.
struct RotationArguments: ParsableArguments {
  @Option(help: "File with the log's public key, or the key itself.") var key: String
  @Option(help: "Proof of a record that introduced the log's next key; may be repeated.") var rotation: [String] = []

  /// The keys; says what is none and exits with 66.
  var keys: LogKeys {
    get throws {
      var keys: LogKeys
      do throws(AuditError) {
        keys = LogKeys(try AuditVerify.key(key))
      } catch {
        throw Failure.noInput("\(error)").exit()
      }
      for path in rotation {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let proof = ProofFile(text: text),
          keys.add(proof)
        else { throw Failure.noInput("\(path) is no proof that the log's key became another").exit() }
      }
      return keys
    }
  }
}
