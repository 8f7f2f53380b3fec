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

  /// Bytes that one byte of gzip may become; guards against text that is small only while it is packed.
  package var expansion = 100

  /// The bounds for requests.
  package static let standard = Limits()

  /// The bounds for files that somebody has chosen to read, such as whole records.
  package static let files: Limits = {
    var limits = Limits()
    limits.bytes = 1 << 30
    limits.stringBytes = 1 << 28
    limits.entries = 1_000_000
    limits.nodes = 100_000_000
    limits.expansion = 1_000
    return limits
  }()

  package init() {}
}
