// SPDX-License-Identifier: Apache-2.0
import FHIR

/// How far a trail was sent to an audit record repository, as it lies beside the trail: what was sent is the tree of a checkpoint.
///
/// The seal under the pseudonym key keeps whoever edits the table and has no keys from passing records over, and from passing for a
/// process that sends; the root tells whether the trail that is there is the one that was sent, grown. To put an older position in its
/// place is of no use: what was sent is sent again, under the same ids.
struct FeedPosition: Sendable, Equatable {
  /// The records that the repository has, and the root over them.
  var sent: Checkpoint
  /// The process that sends, by a random name.
  var sender: [UInt8]
  /// Goes up with every change: whoever changes it names the one before.
  var turn: Int64
  /// Whether the seal is that of all this, the log and the repository.
  var isGenuine = true

  /// Nothing sent.
  init(log: String, sender: [UInt8]) {
    sent = Checkpoint(origin: log, size: 0, root: .empty)
    self.sender = sender
    turn = 0
  }

  /// The position of a repository; nil where none is kept.
  init?(of repository: String, log: String, _ key: PseudonymKey, in database: any TrailDatabase) throws {
    let found = try database.query(
      "SELECT size, root, seal, sender, turn FROM feed WHERE repository = ?", [.text(repository)]
    ) { row in
      var position = FeedPosition(log: log, sender: row.bytes(3) ?? [])
      position.turn = row.number(4) ?? 0
      guard let root = row.bytes(1).flatMap({ MerkleHash(bytes: $0) }) else {
        position.isGenuine = false
        return position
      }
      position.sent = Checkpoint(origin: log, size: row.number(0) ?? 0, root: root)
      position.isGenuine = row.bytes(2) == key.feedSeal(of: position, for: repository)
      return position
    }
    guard let position = found.first else { return nil }
    self = position
  }

  /// Puts this position in the place of another, or of none.
  ///
  /// - Throws: `AuditError` (`sentElsewhere`) when somebody else did meanwhile, and then nothing is changed.
  func replace(
    _ old: FeedPosition?, of repository: String, _ key: PseudonymKey, in database: any TrailDatabase
  ) throws {
    let values: [TrailValue] = [
      .number(sent.size), .bytes(sent.root.bytes), .bytes(key.feedSeal(of: self, for: repository)), .bytes(sender),
      .number(turn), .text(repository),
    ]
    let changed =
      if let old {
        try database.change(
          """
          UPDATE feed SET size = ?, root = ?, seal = ?, sender = ?, turn = ?
          WHERE repository = ? AND sender = ? AND turn = ?
          """, values + [.bytes(old.sender), .number(old.turn)])
      } else {
        try database.change(
          """
          INSERT INTO feed (size, root, seal, sender, turn, repository) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO NOTHING
          """, values)
      }
    guard changed == 1 else { throw AuditError(.sentElsewhere) }
  }
}
