// SPDX-License-Identifier: Apache-2.0

/// Newline-delimited JSON, as bulk export writes it: one resource a line. A bad line is reported and the rest goes on.
///
/// Feed it chunks of any size; it keeps no more than one line.
package struct NDJSON: Sendable {
  /// What one line gave.
  package struct Line: Sendable {
    /// The line, from 1.
    package let number: Int
    /// The offset of its first byte in the whole input.
    package let offset: Int
    /// The document, or why the line was refused; `offset` of the error counts from the start of the line.
    package let document: Result<Document, FHIRError>
  }

  /// The bounds of each line.
  package let limits: Limits
  private var pending: [UInt8] = []
  private var number = 1
  private var offset = 0

  package init(limits: Limits = .standard) { self.limits = limits }

  /// Takes the next bytes and calls `body` for each line that they complete. Empty lines are passed over.
  package mutating func read(_ chunk: ArraySlice<UInt8>, _ body: (Line) throws -> Void) rethrows {
    var rest = chunk
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      append(rest[rest.startIndex..<end])
      let length = pending.count
      try finishLine(body)
      // A line over the limit is counted by what was kept of it plus what was dropped.
      offset += length + dropped + 1
      dropped = 0
      number += 1
      rest = rest[(end + 1)...]
    }
    append(rest)
  }

  /// Ends the input: the last line needs no newline.
  package mutating func finish(_ body: (Line) throws -> Void) rethrows {
    try finishLine(body)
  }

  private var dropped = 0

  // Keeps a line's bytes up to one more than the limit, which is enough to refuse it.
  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    let room = max(0, limits.bytes + 1 - pending.count)
    pending.append(contentsOf: bytes.prefix(room))
    dropped += max(0, bytes.count - room)
  }

  private mutating func finishLine(_ body: (Line) throws -> Void) rethrows {
    var bytes: [UInt8] = []
    swap(&bytes, &pending)
    guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
    let result: Result<Document, FHIRError>
    do throws(FHIRError) {
      result = .success(try Document(bytes, syntax: .json, limits: limits))
    } catch {
      result = .failure(FHIRError(error.code, offset: error.offset, path: error.path, line: number))
    }
    try body(Line(number: number, offset: offset, document: result))
  }
}
