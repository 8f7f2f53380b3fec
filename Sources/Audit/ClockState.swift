// SPDX-License-Identifier: Apache-2.0

/// How far the clock may be off by which records are dated, as the kernel has it from whoever disciplines it (NTP, RFC 5905 section 11.3
/// and appendix A.5.5; Linux adjtimex(2)).
package struct ClockState: Sendable, Equatable {
  /// Whether something disciplines the clock.
  package var isSynchronised: Bool
  /// What is left of the last offset to the source, in microseconds.
  package var offset: Int64
  /// The estimated error, in microseconds.
  package var estimatedError: Int64
  /// The most that it is off, in microseconds.
  package var maximumError: Int64

  /// A state of its parts.
  package init(isSynchronised: Bool, offset: Int64, estimatedError: Int64, maximumError: Int64) {
    self.isSynchronised = isSynchronised
    self.offset = offset
    self.estimatedError = estimatedError
    self.maximumError = maximumError
  }

  /// What a record says in `outcome`; permanent.
  package static let synchronised = "synchronised", unsynchronised = "unsynchronised"

  /// The one of the two that holds.
  package var word: String { isSynchronised ? Self.synchronised : Self.unsynchronised }

  /// The figures for people.
  package var text: String {
    "clock \(word), offset \(offset) us, estimated error \(estimatedError) us, at most \(maximumError) us off"
  }

  /// Whether a record of the one says what there is to say of the other: the same word, and an error within the same power of ten.
  package func isAlike(_ other: ClockState) -> Bool {
    func power(_ error: Int64) -> Int { String(max(0, error)).utf8.count }
    return isSynchronised == other.isSynchronised && power(maximumError) == power(other.maximumError)
  }
}
