// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Foundation

/// What has come of an input so far.
final class ChartIntake {
  private let limits: Limits
  private let lanes: Lanes
  private let share: PatientShare
  /// What every part has: it is in the gathering from the start and does not count as held.
  private let shared: Gathering
  private let digit: Int
  private var held: Int
  private var isLarger: Bool
  private let folder: URL
  private var first: Document?
  /// What is in memory: all that was taken, or what belongs to no patient once the rest is on disk.
  private(set) var gathering: Gathering
  /// What is on disk, if anything.
  private var parts: PatientParts?
  /// Whether a line on disk does not say by itself whose it is.
  private var isUnclear = false
  /// The lines in memory, while they may have to go to disk.
  private var taken: [Document] = []
  /// Why what does not fit in memory could not be put aside: nothing is told of an input of which something is missing.
  private var failure: FHIRError?
  private(set) var documents = 0
  private(set) var bytes = 0
  private(set) var refused = Tally()
  private(set) var problems: [InputProblem] = []

  /// - Parameters:
  ///   - share: the patients whose lines of NDJSON are kept.
  ///   - shared: what belongs to no patient and is known from elsewhere.
  ///   - digit: of the patients' numbers, by which lines are sorted on disk.
  ///   - held: bytes of text in memory from which on they are.
  ///   - isLarger: whether there is likely more, so that they are from the first line on where there is a disk.
  ///   - folder: the disk.
  init(
    limits: Limits, lanes: Lanes, share: PatientShare = PatientShare(0, of: 1), shared: Gathering = Gathering(),
    digit: Int = 0, held: Int = .max, isLarger: Bool = false, folder: URL = FileManager.default.temporaryDirectory
  ) {
    self.limits = limits
    self.lanes = lanes
    self.share = share
    self.shared = shared
    gathering = shared
    self.digit = digit
    self.held = held
    self.isLarger = isLarger
    self.folder = folder
  }

  /// The one document, where it is a hook request.
  var hookRequest: HookRequest? {
    guard documents == 1, let first else { return nil }
    return try? HookRequest(first)
  }

  /// - Parameter read: called with the length of each chunk that comes from the disk.
  func read(_ file: ChartInput.File, read: @escaping @Sendable (Int) -> Void = { _ in }) {
    do throws(FHIRError) {
      let stream = try file.stream(limits: limits, read: read)
      defer { bytes += stream.taken }
      if file.isNDJSON {
        try readLines(stream, of: file.name)
      } else if NDJSON.isBegun(by: try stream.peek(), limits: limits) {
        try readLines(stream, of: file.name)
      } else {
        try readDocument(stream, of: file.name)
      }
    } catch {
      refuse(error, in: file.name)
    }
  }

  /// Reads a part that was written by another intake, which has counted its lines.
  func read(_ part: Int, of parts: PatientParts) {
    do throws(FHIRError) {
      try readLines(parts.stream(part), of: "", counting: false)
    } catch {
      failure = error
    }
  }

  /// Ends the reading of an input: the parts on disk where the gathering is what they share, nil where it holds everything.
  func finish(_ name: String) -> PatientParts? {
    defer {
      if let failure {
        refuse(failure, in: name)
        gathering = Gathering()
      }
    }
    guard failure == nil, let parts else { return nil }
    do throws(FHIRError) {
      if !isUnclear { isUnclear = try parts.areContested(lanes) }
      guard isUnclear else { return parts }
      (self.parts, held, isLarger) = (nil, .max, false)
      for part in parts.indices { try readLines(parts.stream(part), of: name, counting: false) }
    } catch {
      failure = error
    }
    return nil
  }

  private func readDocument(_ stream: ByteStream, of name: String) throws(FHIRError) {
    let text = try stream.rest(limit: limits.bytes)
    do throws(FHIRError) {
      let found = FoundDocument(try Document(text, limits: limits))
      count(found)
      if let found { gathering.add(found) }
    } catch {
      // More than one value: perhaps one a line, of which the first may be the bad one.
      guard error.code == .trailingText || hasDocumentLine(text) else { throw error }
      try readLines(ByteStream(text), of: name)
    }
  }

  /// Whether the second line that is not blank is a document by itself.
  private func hasDocumentLine(_ text: [UInt8]) -> Bool {
    let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: 8).prefix(8)
    let filled = lines.filter { line in line.contains { $0 > 0x20 } }
    guard filled.count > 1, filled[1].first == UInt8(ascii: "{") else { return false }
    return (try? Document(Array(filled[1]), syntax: .json, limits: limits)) != nil
  }

  /// A line with what the lane that parsed it has found.
  private struct Line: Sendable {
    let document: FoundDocument
    let owner: DocumentOwner
    let identities: [UInt64]

    init(_ document: FoundDocument) {
      (self.document, owner, identities) = (document, document.owner, document.identities)
    }
  }

  private func readLines(_ stream: ByteStream, of name: String, counting: Bool = true) throws(FHIRError) {
    // What takes time is done by the lanes: one at a time they put their finds into one table.
    let share = share
    try NDJSON(limits: limits, lanes: lanes).read(stream) { lines in
      lines.map { line in
        line.document.map { document -> Line? in
          FoundDocument(document).map(Line.init).flatMap { share.mayHold($0.owner) ? $0 : nil }
        }
      }
    } emit: { lines in
      for line in lines {
        switch line {
        case .success(let line):
          if counting { self.count(line?.document) }
          if let line { self.take(line) }
        case .failure(let error): if counting { self.refuse(error, in: name) }
        }
      }
    }
  }

  private func count(_ found: FoundDocument?) {
    documents += 1
    // A hook request is one only by itself.
    first = documents == 1 ? found?.document : nil
  }

  private func take(_ line: Line) {
    guard failure == nil else { return }
    if parts == nil, isLarger || gathering.heldBytes - shared.heldBytes > held {
      do throws(FHIRError) {
        parts = try PatientParts(digit: digit, folder: folder)
        gathering = shared
        // The texts go with the last document of theirs.
        let taken = taken
        self.taken = []
        for document in taken { FoundDocument(document).map { put(Line($0)) } }
      } catch {
        // Perhaps what is kept fits in memory all the same.
        guard isLarger else {
          failure = error
          return
        }
        isLarger = false
      }
    }
    if parts != nil { return put(line) }
    gathering.add(line.document)
    if held < .max { taken.append(line.document.document) }
  }

  /// Puts a line aside with those of its patient.
  private func put(_ line: Line) {
    do throws(FHIRError) {
      switch line.owner {
      case .nobody: return gathering.add(line.document)
      case .patient(let number): try parts?.add(line.document.document.line, line.identities, of: number)
      case .unclear:
        isUnclear = true
        try parts?.add(line.document.document.line, [], of: 0)
      }
      gathering.noteVersion(of: line.document)
    } catch {
      failure = error
    }
  }

  private func refuse(_ error: FHIRError, in name: String) {
    refused.add(error.code.rawValue)
    if problems.count < ChartReading.problemsKept { problems.append(InputProblem(file: name, error: error)) }
  }
}
