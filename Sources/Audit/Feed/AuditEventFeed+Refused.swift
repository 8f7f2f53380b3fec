// SPDX-License-Identifier: Apache-2.0
import FHIR

extension AuditEventFeed {
  /// Sends once more some of what the repository did not take before the start, which may have been mended meanwhile. Which records that
  /// are is in the trail. A Bundle a turn, each once a start, or until there is an answer for it: any that lasts, or again and again one that does not.
  ///
  /// - Parameter sent: up to which record the trail was sent.
  /// - Throws: why there was no lasting answer; `treeDamaged`, `damaged`, `readFailed`.
  mutating func shipRefused(upTo sent: Int64) async throws(AuditError) {
    if refusedBefore == nil {
      refusedBefore = try await trail.reading { [form] in try Self.refused(in: $0, upTo: sent, as: form) }
    }
    guard let left = refusedBefore, !left.isEmpty else { return }
    let chunk = Array(left.prefix(Self.mostInBundle))
    let later = Array(left.dropFirst(chunk.count))
    refusedBefore = later
    let records = try await trail.reading { try $0.proven(chunk) }
    let answers = await outcomes(of: records[...])
    guard let place = answers.firstIndex(where: \.isUnknown) else {
      silencesOfRefused = 0
      return
    }
    if answers[place] != .unknown(nil) { silencesOfRefused += 1 }
    if silencesOfRefused < Self.mostSilences {
      refusedBefore = zip(chunk, answers).filter { $0.1.isUnknown }.map { $0.0 } + later
    } else {
      silencesOfRefused = 0
    }
    throw Self.failure(answers[place], records[place].sequence)
  }

  /// Numbers of the records of which the trail says that what takes this form did not take them.
  private static func refused(
    in trail: AuditTrail, upTo sent: Int64, as form: FeedForm
  ) throws(AuditError) -> [Int64] {
    let code = AuditError.Code.repositoryRefuses.rawValue
    var search = BlockSearch()
    search.groups = [[SearchTerm(.reason, code)], [SearchTerm(.kind, AuditEntry.Kind.rejection.rawValue)]]
    search.sequences = 1..<(sent + 1)
    search.isWanted = { $0.entry.kind == .rejection && $0.entry.reason == code }
    let said = try search.first(.max) { work throws(AuditError) in try trail.read(work) }
    return Set(said.flatMap { refused(in: $0, as: form) }).sorted().filter { $0 <= sent }
  }
}

extension AuditTrail {
  /// Records by their numbers, each proven to be in the tree of the newest head.
  ///
  /// - Throws: `treeDamaged`, `damaged`, `readFailed`.
  func proven(_ sequences: [Int64]) throws(AuditError) -> [AuditRecord] {
    try read { database in
      let head = try confirmedHead(in: database)
      let nodes = TileStore.nodes(in: database)
      return try sequences.map { sequence in
        let found = try database.query("\(StoredRecord.select) WHERE sequence = ?", [.number(sequence)]) { row in
          (record: try StoredRecord.record(row), leaf: MerkleHash.leaf(row.bytes(1) ?? []))
        }
        guard let found = found.first, sequence <= head.size,
          MerkleProof.includes(
            leaf: found.leaf, index: sequence - 1, size: head.size, root: head.root,
            path: try MerkleProof.inclusion(of: sequence - 1, size: head.size, nodes))
        else { throw AuditError(.treeDamaged, sequence: sequence) }
        return found.record
      }
    }
  }
}
