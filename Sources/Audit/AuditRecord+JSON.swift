// SPDX-License-Identifier: Apache-2.0
package import FHIR

extension AuditRecord {
  /// The record for people and programs: absent values are left out, digests and pseudonyms in hexadecimal. A payload shows
  /// what is JSON as JSON and everything else as text.
  package var json: JSON {
    [
      "sequence": .number(Int(sequence)),
      "time": .string(entry.time.description),
      "kind": .string(entry.kind.rawValue),
      "client": entry.client.map(JSON.string),
      "service": entry.service.map(JSON.string),
      "hook": entry.hook.map(JSON.string),
      "hookInstance": entry.hookInstance.map(JSON.string),
      "patient": entry.patient.map { .string(Self.hexadecimal($0)) },
      "status": entry.status.map { .number($0) },
      "durationMicroseconds": entry.duration.map { .number(Int($0)) },
      "instant": entry.instant.map { .string($0.description) },
      "configuration": entry.configuration.map { .string(Self.hexadecimal($0)) },
      "models": entry.models.isEmpty ? nil : .array(entry.models.map(Self.json)),
      "cards": entry.cards.isEmpty ? nil : .array(entry.cards.map(Self.json)),
      "abstentions": entry.abstentions.isEmpty ? nil : .array(entry.abstentions.map(Self.json)),
      "unit": entry.unit.map(JSON.string),
      "outcome": entry.outcome.map(JSON.string),
      "reason": entry.reason.map(JSON.string),
      "count": entry.count.map { .number(Int($0)) },
      "origin": entry.origin.map(JSON.string),
      "token": entry.token.map(JSON.string),
      "user": entry.user.map(JSON.string),
      "signature": entry.signature.map { signature in
        [
          "name": .string(signature.name), "first": .number(Int(signature.records.lowerBound)),
          "last": .number(Int(signature.records.upperBound)),
        ]
      },
      "proposal": entry.proposal.map { .number(Int($0)) },
      "amends": entry.amends.map { .number(Int($0)) },
      "case": entry.legalCase.map(JSON.string),
      "dataKeyVersion": entry.wrapVersion.map { .number(Int($0)) },
      "note": entry.note.map(JSON.string),
      "payloadCommitment": commitment.map { .string(Self.hexadecimal($0)) },
      "payloadSealedDigest": sealedDigest.map { .string(Self.hexadecimal($0)) },
      "subject": subject.map { .string(Self.hexadecimal($0)) },
      "payload": entry.payload.map(Self.json),
    ]
  }

  private static func json(_ model: AuditEntry.Model) -> JSON {
    [
      "id": .string(model.id), "version": .string(model.version), "digest": .string(hexadecimal(model.digest)),
    ]
  }

  private static func json(_ card: AuditEntry.Card) -> JSON {
    [
      "key": .string(hexadecimal(card.key)), "model": card.model.map(JSON.string),
      "outcome": card.outcome.map(JSON.string), "indicator": card.indicator.map(JSON.string),
      "heldBack": card.heldBack.map(JSON.string),
    ]
  }

  private static func json(_ abstention: AuditEntry.Abstention) -> JSON {
    [
      "model": .string(abstention.model), "code": .string(abstention.code),
      "outcomes": .array(abstention.outcomes.map(JSON.string)),
    ]
  }

  private static func json(_ payload: AuditPayload) -> JSON {
    if let text = payload.amendment { return ["text": .string(text)] }
    return [
      "requestMediaType": .string(payload.requestMediaType),
      "requestDigest": .string(hexadecimal(payload.requestDigest)),
      "request": content(payload.request),
      "fetched": payload.fetched.flatMap(content),
      "state": payload.state.flatMap(content),
      "features": content(payload.features),
      "outputs": content(payload.outputs),
      "thresholds": payload.thresholds.flatMap(content),
      "responseMediaType": .string(payload.responseMediaType),
      "response": content(payload.response),
    ]
  }

  private static func content(_ bytes: [UInt8]) -> JSON? {
    if bytes.isEmpty { return nil }
    if let document = try? Document(bytes, syntax: .json) { return JSON(document.root) }
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  /// The bytes of lower-case or upper-case hexadecimal; nil when it is none.
  package static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// Lower-case hexadecimal.
  package static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
