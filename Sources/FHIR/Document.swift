// SPDX-License-Identifier: Apache-2.0
import CSimdjson

/// One FHIR document, read-only, from either syntax.
///
/// Reading is strict: what breaks the syntax or a limit is refused with a code, byte and path. What FHIR says about
/// the content (types, cardinalities) is not judged here; `Node` answers nil where the expected is absent.
package struct Document: Sendable {
  /// The syntax it was read from.
  package let syntax: Syntax
  /// What was met that R4 does not know but that does not stop the reading; XML only, since JSON needs no schema.
  package let issues: [Issue]
  let tape: Tape
  private let first: UInt32
  /// Where its text begins in the tape's.
  private let start: Int

  /// Reads `bytes` in the given syntax. Throws the first fault found.
  package init(_ bytes: [UInt8], syntax: Syntax, limits: Limits = .standard) throws(FHIRError) {
    guard bytes.count <= limits.bytes else { throw FHIRError(.tooLarge, offset: limits.bytes) }
    self.syntax = syntax
    (first, start) = (0, 0)
    switch syntax {
    case .json: (tape, issues) = (try Tape(json: bytes, limits: limits), [])
    case .xml: (tape, issues) = try Tape.read(xml: bytes, limits: limits)
    }
  }

  /// The syntax of bytes by their first character, or nil when it starts neither.
  package static func sniff(_ bytes: [UInt8]) -> Syntax? { Syntax.sniff(bytes) }

  /// Reads `bytes` in the syntax that their first character shows.
  package init(_ bytes: [UInt8], limits: Limits = .standard) throws(FHIRError) {
    guard let syntax = Syntax.sniff(bytes) else {
      throw FHIRError(bytes.isEmpty ? .empty : .unknownSyntax, offset: 0)
    }
    try self.init(bytes, syntax: syntax, limits: limits)
  }

  /// Judges `bytes` as JSON or XML alone, under the limits; throws the first fault found.
  ///
  /// Here an object may have several members of one name, which JSON's grammar allows and a document does not.
  package static func checkSyntax(of bytes: [UInt8], as syntax: Syntax, limits: Limits = .standard) throws(FHIRError) {
    guard bytes.count <= limits.bytes else { throw FHIRError(.tooLarge, offset: limits.bytes) }
    switch syntax {
    case .json: _ = try Tape(json: bytes, limits: limits, duplicates: true)
    case .xml: try XMLSyntax.check(bytes, limits: limits)
    }
  }

  /// A line of NDJSON: the value at `first` of a tape of many, whose line begins at `start`.
  init(line tape: Tape, first: UInt32, start: Int) {
    (syntax, issues, self.tape, self.first, self.start) = (.json, [], tape, first, start)
  }

  /// The topmost value: the resource.
  package var root: Node { Node(tape: tape, index: first) }

  /// The line of NDJSON that it was read from, without the line end.
  package var line: ArraySlice<UInt8> { tape.bytes[start..<(tape.bytes.newline(from: start) ?? tape.bytes.count)] }

  /// Values in the document: objects, arrays and primitives.
  package var nodeCount: Int { Int(tape.view.next(first) - first) }
}

extension Tape {
  /// Parses JSON text.
  convenience init(json bytes: [UInt8], limits: Limits, duplicates: Bool = false) throws(FHIRError) {
    var bounds = vigil_limits(limits, duplicates: duplicates)
    var record = unsafe vigil_tape()
    var offset = 0
    // The C function reads within the length given and keeps no pointer to the input.
    let fault = unsafe bytes.withUnsafeBufferPointer { text in
      unsafe vigil_json_parse(text.baseAddress, text.count, &bounds, &record, &offset)
    }
    if fault == 0 {
      unsafe self.init(bytes: bytes, record: record)
      return
    }
    let code = FHIRError.Code(fault: vigil_fault(UInt32(fault)))
    var path: String?
    if unsafe record.node_count > 0 {
      let begun = unsafe Tape(bytes: bytes, record: record)  // releases the memory
      path = Node(tape: begun, index: UInt32(begun.count - 1)).path
    } else {
      unsafe vigil_tape_release(&record)
    }
    throw FHIRError(code, offset: offset, path: path)
  }
}

/// Lines of NDJSON parsed into one tape, one document a line; lines of white space are passed over.
struct LinesTape: Sendable {
  /// All documents; nil when no line has one.
  let documents: Tape?
  private let lines: [vigil_line]

  /// - Parameter ends: where the line ends of `bytes` are.
  init(of bytes: [UInt8], ends: [UInt32], limits: Limits) {
    var bounds = vigil_limits(limits, duplicates: false)
    var record = unsafe vigil_tape()
    // The C function reads within the lengths given, keeps no pointer, and writes at most one line more than line ends.
    lines = unsafe [vigil_line](unsafeUninitializedCapacity: ends.count + 1) { lines, count in
      unsafe bytes.withUnsafeBufferPointer { text in
        unsafe ends.withUnsafeBufferPointer { ends in
          count = unsafe vigil_json_parse_lines(
            text.baseAddress, text.count, ends.baseAddress, ends.count, &bounds, limits.bytes, &record,
            lines.baseAddress)
        }
      }
    }
    let isEmpty = unsafe record.node_count == 0
    if isEmpty { unsafe vigil_tape_release(&record) }
    documents = unsafe isEmpty ? nil : Tape(bytes: bytes, record: record)
  }

  /// Lines that are not blank.
  var count: Int { lines.count }

  /// The number of the line at `index`, from 0, blank ones counted.
  func number(_ index: Int) -> Int { Int(lines[index].number) }

  /// The topmost value of the line at `index`, where it was not refused.
  func root(_ index: Int) -> UInt32? { lines[index].fault == 0 ? lines[index].first : nil }

  /// The document of the line at `index`, or why it was refused; the offset counts from the start of the line.
  func document(_ index: Int) -> Result<Document, FHIRError> {
    let line = lines[index]
    if line.fault == 0, let documents {
      return .success(Document(line: documents, first: line.first, start: line.start))
    }
    let place = documents.flatMap { line.end > line.first ? Node(tape: $0, index: line.end - 1) : nil }
    let code = FHIRError.Code(fault: vigil_fault(UInt32(line.fault)))
    return .failure(FHIRError(code, offset: line.offset, path: place?.path))
  }
}

extension vigil_limits {
  fileprivate init(_ limits: Limits, duplicates: Bool) {
    func bound(_ value: Int) -> UInt32 { UInt32(clamping: value) }
    self.init(
      depth: min(bound(limits.depth), 100_000), string: bound(limits.stringBytes), members: bound(limits.members),
      entries: bound(limits.entries), digits: bound(limits.digits), nodes: bound(limits.nodes),
      duplicates: duplicates)
  }
}

extension FHIRError.Code {
  init(fault: vigil_fault) {
    self =
      switch fault {
      case VIGIL_OUT_OF_MEMORY: .outOfMemory
      case VIGIL_EMPTY: .empty
      case VIGIL_BYTE_ORDER_MARK: .byteOrderMark
      case VIGIL_INVALID_UTF8: .invalidUTF8
      case VIGIL_CONTROL_CHARACTER: .controlCharacter
      case VIGIL_UNCLOSED_STRING: .unclosedString
      case VIGIL_BAD_LITERAL: .badLiteral
      case VIGIL_BAD_NUMBER: .badNumber
      case VIGIL_BAD_ESCAPE: .badEscape
      case VIGIL_LONE_SURROGATE: .loneSurrogate
      case VIGIL_UNCLOSED_CONTAINER: .unclosedContainer
      case VIGIL_TRAILING_TEXT: .trailingText
      case VIGIL_DUPLICATE_NAME: .duplicateName
      case VIGIL_TOO_DEEP: .tooDeep
      case VIGIL_STRING_TOO_LONG: .stringTooLong
      case VIGIL_NAME_TOO_LONG: .nameTooLong
      case VIGIL_TOO_MANY_MEMBERS: .tooManyMembers
      case VIGIL_TOO_MANY_ENTRIES: .tooManyEntries
      case VIGIL_NUMBER_TOO_LONG: .numberTooLong
      case VIGIL_TOO_LARGE: .tooLarge
      case VIGIL_TOO_MANY_NODES: .tooManyValues
      default: .unexpectedCharacter
      }
  }
}
