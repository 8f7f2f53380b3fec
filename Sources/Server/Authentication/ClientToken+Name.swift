// SPDX-License-Identifier: Apache-2.0
import Audit
import Crypto
import FHIR

extension ClientToken {
  /// Bytes of a name that is kept as it is.
  private static let longestName = 128

  /// What stands on record of a token's name. A leaf is for ever, and a client may make the name of whom the token is about: what does
  /// not have the form of names that say nothing, or holds the subject, stands there as its SHA-256, which the client's own log can be
  /// searched for as well.
  ///
  /// - Parameter subject: whom the token is about, `sub`.
  package static func recordedName(_ id: String, subject: String?) -> String {
    let isPlain = id.utf8.count <= longestName && id.wholeMatch(of: #/[A-Za-z0-9._~:\/\-]+/#) != nil
    let holdsSubject = subject.map { !$0.isEmpty && id.lowercased().contains($0.lowercased()) } ?? false
    guard !isPlain || holdsSubject else { return id }
    return "sha256:" + AuditRecord.hexadecimal(Array(SHA256.hash(data: Array(id.utf8))))
  }
}
