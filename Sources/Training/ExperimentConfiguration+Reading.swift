// SPDX-License-Identifier: Apache-2.0
import Foundation
import Networks

extension ExperimentConfiguration {
  /// Reads a configuration.
  ///
  /// - Throws: `ExperimentError` when it cannot be read, has a key that nothing reads (which is most often a slip, and
  ///   would silently train something else), or names what does not exist.
  package init(_ json: [UInt8]) throws(ExperimentError) {
    let data = Data(json)
    let encoded: Data
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
      encoded = try JSONEncoder().encode(self)
    } catch let error as DecodingError {
      throw ExperimentError(.unreadable, detail: Self.text(error))
    } catch {
      throw ExperimentError(.unreadable, detail: "\(error)")
    }
    let (written, read) = (
      try? JSONSerialization.jsonObject(with: data), try? JSONSerialization.jsonObject(with: encoded)
    )
    if let path = Self.unread(written as Any, read as Any, path: "") {
      throw ExperimentError(.unknownKey, detail: path)
    }
    try check()
  }

  /// The path of the first key of what was written that nothing read.
  private static func unread(_ written: Any, _ read: Any, path: String) -> String? {
    if let written = written as? [String: Any], let read = read as? [String: Any] {
      for (key, value) in written.sorted(by: { $0.key < $1.key }) {
        let here = path.isEmpty ? key : "\(path).\(key)"
        if value is NSNull { continue }
        guard let other = read[key] else { return here }
        if let found = unread(value, other, path: here) { return found }
      }
    } else if let written = written as? [Any], let read = read as? [Any] {
      for (index, (value, other)) in zip(written, read).enumerated() {
        if let found = unread(value, other, path: "\(path)[\(index)]") { return found }
      }
    }
    return nil
  }

  private static func text(_ error: DecodingError) -> String {
    let (path, what): ([any CodingKey], String) =
      switch error {
      case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
      case .typeMismatch(_, let context), .valueNotFound(_, let context): (context.codingPath, "has another type")
      case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
      @unknown default: ([], "\(error)")
      }
    let place = path.map { key in key.intValue.map { "[\($0)]" } ?? "." + key.stringValue }.joined().dropFirst()
    return place.isEmpty ? what : "\(place) \(what)"
  }

  private func check() throws(ExperimentError) {
    func require(_ holds: Bool, _ what: String) throws(ExperimentError) {
      guard holds else { throw ExperimentError(.invalidNumber, detail: what) }
    }
    for head in heads {
      guard LabelDefinition.named(head.label) != nil else { throw ExperimentError(.unknownLabel, detail: head.label) }
    }
    let named = [validation.stratifiedBy] + (sampling?.positives ?? []) + model.outcomes.map(\.head)
    for name in named + networks.flatMap({ ($0.headWeights ?? [:]).keys.sorted() }) where head(name) == nil {
      throw ExperimentError(.unknownHead, detail: name)
    }
    for case .branches(let branches) in networks.map(\.architecture) {
      // Each head reads one branch: two would give it two answers, none would give it none.
      let read = branches.flatMap(\.heads)
      for name in Set(read + heads.map(\.name)).sorted() {
        guard head(name) != nil, read.count(where: { $0 == name }) == 1 else {
          throw ExperimentError(.unknownHead, detail: name)
        }
      }
      try require(branches.allSatisfy { !$0.hidden.isEmpty }, "branches.hidden")
    }
    for outcome in model.outcomes {
      guard let index = head(outcome.head), heads[index].threshold != nil, heads[index].kind == .sigmoid else {
        throw ExperimentError(.unknownHead, detail: outcome.head)
      }
    }
    if let survival = model.survival {
      guard let index = head(survival.head), heads[index].kind == .hazard, heads[index].binEnds != nil else {
        throw ExperimentError(.unknownHead, detail: survival.head)
      }
    }
    try require(!model.outcomes.isEmpty, "model.outcomes")
    try require(!dataSets.isEmpty, "dataSets")
    try require(members > 0 && networks.allSatisfy { (1...64).contains($0.members) }, "networks.members")
    try require((2...20).contains(validation.folds), "validation.folds")
    try require(
      validation.acrossSites.map { name in dataSets.contains { $0.reader == name } } ?? true, "validation.acrossSites")
    let cuts = [0.005] + (encoding.cuts ?? []) + [0.995]
    try require(zip(cuts, cuts.dropFirst()).allSatisfy { $0 < $1 }, "encoding.cuts")
    try require(encoding.clip > 0 && encoding.rowStride ?? 1 > 0, "encoding")
    for case .score1(let limits?) in heads.compactMap(\.threshold) {
      try require(
        (0...1).contains(limits.leastPrecision) && (0...1).contains(limits.leastSensitivity)
          && limits.mostPerPatientDay > 0, "threshold.score1")
    }
    try require(sampling?.share.map { $0 > 0 && $0 <= 1 } ?? true, "sampling.share")
    try require(sampling?.rowsPerStay.map { $0 > 0 } ?? true, "sampling.rowsPerStay")
    try require(sampling?.always == nil || sampling?.rowsPerStay != nil, "sampling: always, beside rows per stay")
    try require(sampling?.share == nil || sampling?.rowsPerStay == nil, "sampling: a share, or rows per stay")
  }
}
