// SPDX-License-Identifier: Apache-2.0

/// Upper bounds on what one document may hold. Each is the largest value still accepted.
package struct Limits: Sendable, Equatable {
  /// Bytes of the whole text.
  package var bytes = 10 << 20
  /// Nested objects and arrays (JSON) or elements (XML).
  package var depth = 64
  /// Bytes of one string after unescaping; also of one member name, which never exceeds 65,535.
  package var stringBytes = 1 << 20
  /// Members of one object.
  package var members = 10_000
  /// Entries of one array.
  package var entries = 10_000
  /// Characters of one number.
  package var digits = 256
  /// Values in the whole document; a value takes 24 bytes of memory.
  package var nodes = 1_000_000

  /// The bounds for requests.
  package static let standard = Limits()

  package init() {}
}
