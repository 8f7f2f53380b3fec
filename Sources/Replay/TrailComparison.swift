// SPDX-License-Identifier: Apache-2.0
package import Audit
import CDSHooks
package import Decision
package import FHIR

/// Stored requests answered again and held against what was said: equal bit for bit, or a named difference.
package struct TrailComparison: Sendable, Equatable {
  /// How one stored answer differs from the one given now.
  package struct Difference: Sendable, Equatable {
    /// What differs. Configuration and models explain the rest: other models may rightly say something else.
    package enum Part: String, Sendable, CaseIterable {
      case configuration, models, features, outputs, thresholds, response
      /// The stored request is refused now.
      case refused
      /// The record has no request to answer.
      case noRequest = "no-request"
    }

    /// The record in the trail.
    package let sequence: Int64
    /// What differs, in the order of `Part`.
    package let parts: [Part]

    /// One object for reports.
    package var json: JSON {
      ["sequence": .number(Int(sequence)), "differs": .array(parts.map { .string($0.rawValue) })]
    }
  }

  /// Stored answers that were given again.
  package private(set) var compared = 0
  /// Answers whose request was erased: nobody can give them again.
  package private(set) var erased = 0
  /// Those that came out otherwise.
  package private(set) var differences: [Difference] = []

  /// How many stored answers came out the same.
  package var identical: Int { compared - differences.count }

  /// Answers every stored request again.
  ///
  /// - Parameter progress: called after each page with the number compared so far.
  /// - Throws: `AuditError` when the trail cannot be read or a record is damaged.
  package init(_ trail: AuditReader, assessor: Assessor, progress: (Int) -> Void = { _ in }) throws(AuditError) {
    var last: Int64 = 0
    while true {
      let page = try trail.answers(after: last, limit: 64)
      guard let end = page.last?.sequence else { return }
      for record in page {
        guard record.entry.payload != nil || record.commitment == nil else {
          erased += 1
          continue
        }
        let difference = Self.difference(record, assessor)
        compared += 1
        if !difference.parts.isEmpty { differences.append(difference) }
      }
      last = end
      progress(compared)
    }
  }

  /// What differs between a stored answer and the one given now to the same request at the same instant; no part when nothing
  /// does.
  package static func difference(_ record: AuditRecord, _ assessor: Assessor) -> Difference {
    Difference(sequence: record.sequence, parts: differing(record.entry, assessor))
  }

  private static func differing(_ entry: AuditEntry, _ assessor: Assessor) -> [Difference.Part] {
    guard let payload = entry.payload, let instant = entry.instant, let service = entry.service else {
      return [.noRequest]
    }
    let answer: Answer
    do throws(CDSHooksError) {
      answer = try assessor.answer(again: payload, service: service, client: entry.client ?? "", at: instant)
    } catch {
      return [.refused]
    }
    let models = assessor.packages.map {
      AuditEntry.Model(id: $0.manifest.id, version: $0.manifest.version, hexadecimal: $0.digest)
    }
    let same: [(Difference.Part, Bool)] = [
      (.configuration, AuditRecord.bytes(hexadecimal: assessor.digest) == entry.configuration),
      (.models, models == entry.models), (.features, answer.features == payload.features),
      (.outputs, answer.outputs == payload.outputs),
      // Of records of before these were kept nothing is known but the models.
      (.thresholds, payload.thresholds.map { $0 == answer.thresholds } ?? true),
      (.response, answer.response == payload.response),
    ]
    return same.filter { !$0.1 }.map(\.0)
  }

  /// The comparison as one JSON object.
  package var json: JSON {
    [
      "compared": .number(compared), "identical": .number(identical), "erased": .number(erased),
      "differences": .array(differences.map(\.json)),
    ]
  }
}

extension Assessor {
  /// The answer to a stored request, in the syntax in which it was given.
  fileprivate func answer(
    again payload: AuditPayload, service: String, client: String, at instant: Instant
  ) throws(CDSHooksError) -> Answer {
    guard let state = AnswerState(record: payload.state) else { throw CDSHooksError(.internalError) }
    if service.hasPrefix("\(Answer.inferenceService)/") {
      return try answer(
        inference: payload.request, model: String(service.dropFirst(Answer.inferenceService.count + 1)), state: state,
        at: instant)
    }
    guard service == Answer.bundleService else {
      let call = try HookCall(payload.request, service: service, in: services, from: client)
      return try answer(call, fetched: payload.fetched, state: state, at: instant)
    }
    return try answer(
      bundle: payload.request, syntax: .named(by: payload.requestMediaType),
      in: .named(by: payload.responseMediaType), state: state, at: instant)
  }
}

extension Syntax {
  static func named(by mediaType: String) -> Syntax { mediaType.contains("xml") ? .xml : .json }
}
