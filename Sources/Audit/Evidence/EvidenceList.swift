// SPDX-License-Identifier: Apache-2.0
import FHIR

/// What a person reads of records that were given out: a list to read and print, and how all of it is checked.
struct EvidenceList {
  private let selection: EvidenceSelection
  private let origin: String
  private let user: String
  private let time: Instant
  private let hasContents: Bool

  init(_ selection: EvidenceSelection, of origin: String, by user: String, at time: Instant, hasContents: Bool) {
    self.selection = selection
    self.origin = origin
    self.user = user
    self.time = time
    self.hasContents = hasContents
  }

  /// The list before its rows.
  var start: String {
    let numbers = selection.runs.first.map { "\($0.lowerBound) to \(selection.runs.last?.upperBound ?? 0)" }
    // The pseudonym of a patient who was asked for is nobody's outside; the records have the token.
    let criteria = selection.search.facts.map {
      ($0.name, $0.name == "patient" ? "one, by the token of the records" : $0.value)
    }
    let facts =
      [
        ("given out by", user), ("at", time.description), ("log", origin), ("records", "\(selection.count)"),
        ("numbers", numbers ?? ""), ("between them not shown", "\(notShown)"),
        (
          "what answers were made of",
          hasContents ? "in the lines of \(EvidenceManifest.records), in Base 64" : "left out"
        ),
      ] + criteria
    return """
      \(HTML.pageStart(title: "Records of the audit trail", paper: .landscape))
      \(HTML.facts(facts.map { (name: $0.0, value: HTML.escaped($0.1)) }))
      <h2>Records</h2>
      \(HTML.tableStart(["Record", "Time", "Kind", "Who", "Service", "Status", "Patient's token", "What", "Page"]))

      """
  }

  /// The row of a record.
  func row(_ record: AuditRecord) -> String {
    let entry = record.entry
    let what = [entry.hook, entry.outcome, entry.note, entry.amended, entry.reason].compactMap(\.self)
      .joined(separator: ", ")
    // The token of what is about nobody is no patient's, and a pseudonym of before data keys is none.
    let token = selection.isOfNobody(record) ? "" : record.subject.map { AuditRecord.hexadecimal($0) } ?? ""
    let cells = [
      record.number, record.time, entry.kind.rawValue, record.actor, entry.service ?? "",
      entry.status.map { "\($0)" } ?? "", token, what,
    ].map(HTML.escaped)
    let page =
      entry.kind == .answer
      ? "<a href=\"\(EvidenceManifest.page(record.sequence))\">Decision \(record.sequence)</a>" : ""
    return HTML.row(cells + [page]) + "\n"
  }

  /// The list behind its rows.
  var end: String {
    """
    \(HTML.tableEnd)
    <h2>Proved under the checkpoint</h2>
    <pre>\(HTML.escaped(selection.checkpoint.description))</pre>
    \(HTML.pageEnd)
    """
  }

  private var notShown: Int64 {
    guard let first = selection.runs.first?.lowerBound, let last = selection.runs.last?.upperBound else { return 0 }
    return last - first + 1 - Int64(selection.count)
  }

  /// How it is checked.
  var readme: String {
    """
    Records of an audit trail, with their proofs
    ============================================
    index.html         the records, to read and print: who gave them out, when and by which criteria
    records.ndjson     a record a line, oldest first: what it says, its leaf, its index (from 0), and the path to the root of the tree
                       (RFC 6962); where it was allowed "content", what the answer was made of, whose SHA-256 is "payloadCommitment"
    decisions/N.html   the page of decision N, without what names the patient
                       (a record of before patients had keys has their pseudonym in its leaf, "patient", and so in records.ndjson alone)
    checkpoint         size and root of the tree, signed by the log and by its witnesses (C2SP checkpoint, Ed25519)
    log.vkey           the log's first key. Compare it with what you have from elsewhere: whoever made this folder chose what is in it
    rotation-N...      the proof that the log's key became another, one after the other
    manifest           the SHA-256 of every file (sha256sum -c manifest); manifest.note: the log's signature under it

    To check all of it, offline, by either of two programs that were written apart:

        vigil audit check-export FOLDER --key log.vkey
        python3 check_export.py FOLDER log.vkey

    The second lies in docs/verify of the program's sources and needs Python and its package cryptography. Both say which file and line
    does not hold, and whether records between the first and the last are not here. That a record says what it says, at its place, is
    proved by the tree. Pages and list are what the log's key signed to be made of these records; a content is proved by its record.

    """
  }
}
