// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation

/// Lines of NDJSON on disk, sorted into parts by patient: what a hash join in bounded memory puts aside
/// (Kitsuregawa, Tanaka, Moto-oka 1983).
///
/// They are pieces of one file without a name: to make a file for each part takes longer than to write them.
struct PatientParts: Sendable {
  /// The number of parts.
  static let count = 256

  private var parts = [Part](repeating: Part(), count: PatientParts.count)
  /// Which resources were met in which patients' lines, as pairs of numbers, by the first.
  private var identities = [Part](repeating: Part(), count: PatientParts.count)
  /// Which digit of the patients' numbers, to the base `count`, tells the part.
  private let digit: Int
  private let file: SpoolFile

  /// - Throws: `noRoom` when the disk takes no file.
  init(digit: Int, folder: URL) throws(FHIRError) {
    (self.digit, file) = (digit, try SpoolFile(in: folder.path))
  }

  /// Puts a line with the resources that are in it into the part of the patient with a number.
  ///
  /// - Throws: `noRoom` when the disk does not take it.
  mutating func add(_ line: ArraySlice<UInt8>, _ resources: [UInt64], of number: UInt64) throws(FHIRError) {
    let index = Int(number >> (8 * UInt64(digit)) % UInt64(Self.count))
    try parts[index].write(line, to: file)
    try parts[index].write([UInt8(ascii: "\n")], to: file)
    // A part of a part holds what the whole was asked about.
    guard digit == 0 else { return }
    for resource in resources {
      try identities[Int(resource % UInt64(Self.count))].write(resource, number, to: file)
    }
  }

  /// The parts that hold anything.
  var indices: [Int] { parts.indices.filter { parts[$0].bytes > 0 } }

  /// The lines of one part; each of several readers begins at the start.
  func stream(_ index: Int) -> ByteStream { parts[index].stream(from: file) }

  /// Whether versions of one resource were met in several patients' lines: only together do they tell whose it is now.
  func areContested(_ lanes: Lanes) throws(FHIRError) -> Bool {
    var (found, waiting) = (false, identities.makeIterator())
    try lanes.run { () throws(FHIRError) in
      waiting.next()
    } work: { part in
      Result { () throws(FHIRError) in try isContested(part) }
    } emit: { (result) throws(FHIRError) in
      if try result.get() { found = true }
    }
    return found
  }

  private func isContested(_ part: Part) throws(FHIRError) -> Bool {
    let bytes = try part.stream(from: file).rest(limit: .max)
    func number(at start: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << ($1 * 8) } }
    var owners: [UInt64: UInt64] = [:]
    owners.reserveCapacity(bytes.count / 16)
    for pair in stride(from: 0, to: bytes.count, by: 16) {
      let owner = number(at: pair + 8)
      if owners.updateValue(owner, forKey: number(at: pair)) ?? owner != owner { return true }
    }
    return false
  }
}

/// What belongs together: pieces in the file, and after them what stays in memory.
private struct Part: Sendable {
  private static let buffered = 32 << 10

  private var pieces: [Range<Int>] = []
  private var buffer: [UInt8] = []
  private(set) var bytes = 0

  /// Everything that was written.
  func stream(from file: SpoolFile) -> ByteStream {
    let spooled = file.stream(pieces)
    var rest = buffer
    return ByteStream { () throws(FHIRError) in
      let chunk = try spooled.next()
      guard chunk.isEmpty else { return chunk }
      defer { rest = [] }
      return rest
    }
  }

  mutating func write(_ more: ArraySlice<UInt8>, to file: SpoolFile) throws(FHIRError) {
    buffer += more
    bytes += more.count
    if buffer.count >= Self.buffered { try flush(to: file) }
  }

  /// Writes two numbers, the lowest byte first. One thread does it for every line, so it makes no array for them.
  mutating func write(_ first: UInt64, _ second: UInt64, to file: SpoolFile) throws(FHIRError) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { buffer.append(UInt8(truncatingIfNeeded: first >> shift)) }
    for shift in stride(from: UInt64(0), to: 64, by: 8) { buffer.append(UInt8(truncatingIfNeeded: second >> shift)) }
    bytes += 16
    if buffer.count >= Self.buffered { try flush(to: file) }
  }

  private mutating func flush(to file: SpoolFile) throws(FHIRError) {
    pieces.append(try file.append(buffer))
    buffer.removeAll(keepingCapacity: true)
  }
}
