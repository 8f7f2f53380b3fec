// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation

/// `vigil audit review`: a signature under records.
struct AuditReview: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review", abstract: "Sign that records were looked at, and what that means.",
    discussion: """
      Example: vigil audit review 17 --user j.doe --name "Jane Doe" --meaning "reviewed, no objection"
               vigil audit review --from 1 --to 500 --user j.doe --name "Jane Doe" --meaning "approved for March" --comment "two overrides"

      The signature is a record of its own, with the signer's printed name, the time and the meaning (21 CFR 11.50), and stands on the page
      of each decision that it covers. Records do not change and it cannot be moved to others: it is a leaf of the same tree. Who the
      user is the site's login decides. Nobody signs under an erasure, a hold, a release, a change of keys, an amendment or a word of an
      operator that was their own (AUD018); this program asks for no second password.

      Done by the running service, or by this process when there is none.
      Exit codes: 0 signed, 64 wrong usage, 66 there are no such records, 73 the trail cannot be written.
      """)

  @Argument(help: "Number of the record.") var id: Int64?
  @Option(help: "Number of the first record of several.") var from: Int64?
  @Option(help: "Number of the last of them.") var to: Int64?
  @Option(help: "Who signs, as the site names people.", transform: RecordedText.name)
  var user: String
  @Option(help: "The signer's name as it is printed.", transform: RecordedText.name)
  var name: String
  @Option(help: "What the signature means, such as review, approval, responsibility.", transform: RecordedText.text)
  var meaning: String
  @Option(help: "What there is to say beside it; without a patient's data.", transform: RecordedText.text)
  var comment: String?
  @Option(help: "Folder of the trail and its keys.") var data = "var"

  func validate() throws {
    guard (id == nil) != (from == nil), (from == nil) == (to == nil) else {
      throw ValidationError("name one record, or --from and --to")
    }
    guard first > 0, first <= last else { throw ValidationError("records are numbered from 1 on") }
  }

  private var first: Int64 { id ?? from ?? 0 }
  private var last: Int64 { id ?? to ?? 0 }

  func run() async throws {
    var entry = AuditEntry(time: Instant(Date()), kind: .review)
    entry.origin = user
    entry.reason = meaning
    entry.note = comment
    entry.signature = AuditEntry.Signature(name: name, records: first...last)
    do throws(AuditError) {
      let sequence = try await TrailInbox(DataDirectory(path: data)).submit(entry).sequence
      print("signed, on record as \(sequence)")
    } catch {
      throw Failure.exit(error)
    }
  }
}
