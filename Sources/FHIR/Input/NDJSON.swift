// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Newline-delimited JSON, as bulk export writes it: one resource a line. A bad line is reported and the rest goes on.
package struct NDJSON: Sendable {
  /// What one line gave.
  package struct Line: Sendable {
    /// The line, from 1.
    package let number: Int
    /// The document, or why the line was refused; the error names the line, and its offset counts from the line's start.
    package let document: Result<Document, FHIRError>
  }

  /// Lines that were read together. They are worked on together too: what is done once for some hundred lines costs nothing.
  package struct Lines: Sequence, Sendable {
    let tape: LinesTape
    let firstLine: Int

    /// Walks the lines.
    package struct Iterator: IteratorProtocol {
      let lines: Lines
      var index = 0

      package mutating func next() -> Line? {
        guard index < lines.tape.count else { return nil }
        defer { index += 1 }
        let number = lines.firstLine + lines.tape.number(index)
        let document = lines.tape.document(index).mapError {
          FHIRError($0.code, offset: $0.offset, path: $0.path, line: number)
        }
        return Line(number: number, document: document)
      }
    }

    package func makeIterator() -> Iterator { Iterator(lines: self) }
    package var underestimatedCount: Int { tape.count }
  }

  /// The bounds of each line.
  package let limits: Limits
  /// The threads that parse.
  package let lanes: Lanes

  package init(limits: Limits = .standard, lanes: Lanes = Lanes(1)) {
    self.limits = limits
    self.lanes = lanes
  }

  /// Reads a stream to its end in memory for a few chunks and the longest line. Lines of white space are passed over.
  ///
  /// - Parameter work: called for some lines that follow each other, by several threads at once.
  /// - Parameter emit: gets what `work` made of them, in the order of the lines, one at a time.
  /// - Throws: what the stream throws.
  package func read<Value: Sendable>(
    _ stream: ByteStream, work: @escaping @Sendable (Lines) -> Value, emit: @escaping (Value) -> Void
  ) throws(FHIRError) {
    var blocks = LineBlocks(stream, longest: limits.bytes)
    try lanes.run { () throws(FHIRError) in
      try blocks.next()
    } work: { block in
      work(Lines(tape: LinesTape(of: block.bytes, ends: block.ends, limits: limits), firstLine: block.firstLine))
    } emit: { (value) throws(FHIRError) in
      emit(value)
    }
  }

  /// Whether text begins with a line that is a document by itself, and another line follows that may be one.
  package static func isBegun(by text: [UInt8], limits: Limits = .standard) -> Bool {
    guard let end = text.newline(from: 0), text.first == UInt8(ascii: "{"),
      text.dropFirst(end + 1).first == UInt8(ascii: "{")
    else { return false }
    return (try? Document(Array(text[..<end]), syntax: .json, limits: limits)) != nil
  }
}

/// A stream cut into blocks of whole lines.
struct LineBlocks {
  /// Whole lines; of a line longer than allowed one byte more than allowed, which is enough to refuse it.
  struct Block: Sendable {
    let bytes: [UInt8]
    /// The number of its first line, from 1.
    let firstLine: Int
    /// Where its line ends are.
    let ends: [UInt32]
  }

  private let stream: ByteStream
  private let longest: Int
  private var line = 1
  /// The start of a line whose end has not come.
  private var begun: [UInt8] = []
  private var isOver = false

  init(_ stream: ByteStream, longest: Int) {
    self.stream = stream
    self.longest = longest
  }

  /// The next block; nil at the end.
  mutating func next() throws(FHIRError) -> Block? {
    while !isOver {
      var bytes: [UInt8] = []
      swap(&bytes, &begun)
      let held = bytes.count
      if held <= longest {
        try stream.append(to: &bytes)
        isOver = bytes.count == held
      } else {
        // What is left of the line that was cut is passed over.
        let chunk = try stream.next()
        isOver = chunk.isEmpty
        if let end = chunk.newline(from: 0) { bytes += chunk[end...] }
      }
      if !isOver {
        guard let end = bytes[held...].lastIndex(of: UInt8(ascii: "\n")) else {
          bytes.removeLast(max(0, bytes.count - longest - 1))
          swap(&bytes, &begun)
          continue
        }
        begun = Array(bytes[(end + 1)...].prefix(longest + 1))
        bytes.removeLast(bytes.count - end - 1)
      }
      if bytes.isEmpty { continue }
      let ends = bytes.newlines
      defer { line += ends.count }
      return Block(bytes: bytes, firstLine: line, ends: ends)
    }
    return nil
  }
}

extension [UInt8] {
  /// The first line end at or after `start`.
  func newline(from start: Int) -> Int? {
    // `memchr` reads the array's own bytes only, and the pointer it gives points into them.
    unsafe withUnsafeBufferPointer { bytes in
      guard let base = unsafe UnsafeRawPointer(bytes.baseAddress) else { return nil }
      guard let found = unsafe memchr(base + start, 10, bytes.count - start) else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// The places of all line ends.
  var newlines: [UInt32] {
    var ends: [UInt32] = []
    ends.reserveCapacity(count >> 8)
    var start = 0
    while let end = newline(from: start) {
      ends.append(UInt32(end))
      start = end + 1
    }
    return ends
  }
}
