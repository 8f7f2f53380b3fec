// SPDX-License-Identifier: Apache-2.0

/// Which witnesses a log is cosigned by (C2SP tlog-policy, its `witness` lines): their keys, and where they are asked.
package struct WitnessPolicy: Sendable, Equatable {
  /// One witness.
  package struct Member: Sendable, Equatable {
    /// Its key, of kind `witness`.
    package var key: NoteKey
    /// What `/add-checkpoint` is put behind; nil for one that is only believed.
    package var url: String?
  }

  /// In the file's order.
  package var members: [Member] = []

  /// Nobody.
  package init() {}

  /// Reads a policy: a line `witness NAME VKEY [URL]` for each; empty lines and those that begin with `#` say nothing.
  ///
  /// - Returns: nil when a line is something else; groups and quorums are not known here.
  package init?(text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      guard first == "witness", words.count == 3 || words.count == 4, let key = NoteKey(vkey: words[2]),
        key.kind == .witness
      else { return nil }
      let url = words.count == 4 ? String(words[3]) : nil
      members.append(Member(key: key, url: url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }))
    }
  }
}
