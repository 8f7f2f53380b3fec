// SPDX-License-Identifier: Apache-2.0

/// Finds Observations of one patient that are one and the same under several ids, by their business identifiers.
///
/// `Observation.identifier` is unique to the observation (R4 observation.html), so two with one system, value and code are
/// two states of one: the same result from two systems, or one that was corrected or taken back under a new id. Numbers of
/// orders and specimens, which all results of a panel share, are no identifiers of one.
struct IdentifiedObservations {
  /// What tells one observation from another.
  private struct Key: Hashable {
    let system: TextSlice
    let value: TextSlice
    let codeSystem: TextSlice
    let code: TextSlice
  }

  /// The first row of the latest state met of each observation.
  private var latest: [Key: Int32] = [:]
  /// The first rows of Observations of which another is a later state.
  private(set) var superseded: [Int32] = []

  /// Takes the Observation whose first row is `row`.
  ///
  /// - Parameter observation: gives the Observation of a first row.
  mutating func add(
    _ row: Int32, _ elements: ObservationElements, _ tape: TapeView, _ observation: (Int32) -> Observation
  ) {
    guard elements.code != 0, let codings = tape.member(elements.code, "coding") else { return }
    var (identifier, end) = tape.entries(elements.identifier)
    while identifier < end {
      defer { identifier = tape.next(identifier) }
      guard let system = tape.text(of: "system", in: identifier), let value = tape.text(of: "value", in: identifier),
        !Self.isShared(identifier, tape)
      else { continue }
      var (coding, end) = tape.entries(codings)
      while coding < end {
        if let codeSystem = tape.text(of: "system", in: coding), let code = tape.text(of: "code", in: coding) {
          add(row, Key(system: system, value: value, codeSystem: codeSystem, code: code), observation)
        }
        coding = tape.next(coding)
      }
    }
  }

  private mutating func add(_ row: Int32, _ key: Key, _ observation: (Int32) -> Observation) {
    guard let other = latest.updateValue(row, forKey: key), other != row else { return }
    if observation(row).isLaterState(than: observation(other)) {
      superseded.append(other)
    } else {
      superseded.append(row)
      latest[key] = other
    }
  }

  /// HL7 v2-0203: numbers of the placer's and the filler's order and of the accession. And identifiers out of use.
  private static func isShared(_ identifier: UInt32, _ tape: TapeView) -> Bool {
    if let use = tape.member(identifier, "use"), tape.equals(use, "old") || tape.equals(use, "temp") { return true }
    guard let codings = tape.member(identifier, "type").flatMap({ tape.member($0, "coding") }) else { return false }
    var (coding, end) = tape.entries(codings)
    while coding < end {
      if let code = tape.member(coding, "code"),
        tape.equals(code, "PLAC") || tape.equals(code, "FILL") || tape.equals(code, "ACSN")
      {
        return true
      }
      coding = tape.next(coding)
    }
    return false
  }
}

extension TapeView {
  fileprivate func text(of name: StaticString, in index: UInt32) -> TextSlice? { member(index, name).flatMap(string) }
}

extension Observation {
  /// Whether this is the same observation later on: by how far its status is in the life of a result, then by when it was
  /// issued, stored and made, at last by its text, so that the order of the chart does not decide.
  fileprivate func isLaterState(than other: Observation) -> Bool {
    func order(_ observation: Observation) -> [Int64] {
      let times = [observation.node["issued"]?.dateTime, observation.lastUpdated, observation.effective?.known]
      return [observation.stage] + times.map { $0?.earliest.milliseconds ?? .min }
    }
    let (own, before) = (order(self), order(other))
    if own != before { return before.lexicographicallyPrecedes(own) }
    return JSON(other.node).encoded().lexicographicallyPrecedes(JSON(node).encoded())
  }

  private var stage: Int64 {
    switch status {
    case .enteredInError, .cancelled: 4
    case .corrected, .amended, .appended: 3
    case .final: 2
    case .preliminary: 1
    case .registered, .unknown, nil: 0
    }
  }
}
