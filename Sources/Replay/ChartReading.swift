// SPDX-License-Identifier: Apache-2.0
import CDSHooks
package import FHIR

/// A part of an input that was refused; the rest goes on.
package struct InputProblem: Sendable, Equatable {
  /// The file.
  package let file: String
  /// Code, line, byte and path, never the text itself.
  package let error: FHIRError
}

/// What one input held: the charts of its patients, and what was refused.
package struct ChartReading: Sendable {
  /// One chart a patient, in order of first appearance.
  package let charts: [Chart]
  /// What was left out of the charts and why, each once.
  package let issues: [Issue]
  /// Documents read.
  package let documents: Int
  /// Bytes read, unpacked.
  package let bytes: Int
  /// Documents and lines that were refused, by code.
  package let refused: Tally
  /// The first of them, each with its place.
  package let problems: [InputProblem]

  /// How many problems are kept with their place; all are counted.
  static let problemsKept = 100

  /// Reads every file of an input. A hook request counts as the chart its prefetch holds.
  ///
  /// NDJSON is parsed as it comes, on all lanes, and of its resources only those are kept that a chart reads.
  ///
  /// - Parameter share: the patients whose lines of NDJSON are kept.
  package init(
    _ input: ChartInput, limits: Limits = .files, lanes: Lanes, share: PatientShare = PatientShare(0, of: 1)
  ) {
    let intake = Intake(limits: limits, lanes: lanes, share: share)
    for file in input.files { intake.read(file) }
    documents = intake.documents
    bytes = intake.bytes
    refused = intake.refused
    problems = intake.problems
    if let request = intake.hookRequest {
      charts = [Chart(resources: request.prefetch.flatMap(\.resources), patientID: request.context.patientID)]
      issues = charts[0].issues
    } else {
      charts = intake.gathering.charts()
      issues = intake.gathering.issues
    }
  }
}

/// What has come of an input so far.
private final class Intake {
  private let limits: Limits
  private let lanes: Lanes
  private let share: PatientShare
  private var first: Document?
  var gathering = Gathering()
  private(set) var documents = 0
  private(set) var bytes = 0
  private(set) var refused = Tally()
  private(set) var problems: [InputProblem] = []

  init(limits: Limits, lanes: Lanes, share: PatientShare) {
    self.limits = limits
    self.lanes = lanes
    self.share = share
  }

  /// The one document, where it is a hook request.
  var hookRequest: HookRequest? {
    guard documents == 1, let first else { return nil }
    return try? HookRequest(first)
  }

  func read(_ file: ChartInput.File) {
    do throws(FHIRError) {
      let stream = try file.stream(limits: limits)
      defer { bytes += stream.taken }
      if file.isNDJSON {
        try readLines(stream, of: file)
      } else if startsWithDocumentLine(try stream.peek()) {
        try readLines(stream, of: file)
      } else {
        try readDocument(stream, of: file)
      }
    } catch {
      refuse(error, in: file)
    }
  }

  private func readDocument(_ stream: ByteStream, of file: ChartInput.File) throws(FHIRError) {
    let text = try stream.rest(limit: limits.bytes)
    do throws(FHIRError) {
      take(FoundDocument(try Document(text, limits: limits)))
    } catch {
      // More than one value: perhaps one a line, of which the first may be the bad one.
      guard error.code == .trailingText || hasDocumentLine(text) else { throw error }
      try readLines(ByteStream(text), of: file)
    }
  }

  /// Whether the second line that is not blank is a document by itself.
  private func hasDocumentLine(_ text: [UInt8]) -> Bool {
    let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: 8).prefix(8)
    let filled = lines.filter { line in line.contains { $0 > 0x20 } }
    guard filled.count > 1, filled[1].first == UInt8(ascii: "{") else { return false }
    return (try? Document(Array(filled[1]), syntax: .json, limits: limits)) != nil
  }

  /// Whether the first line is a document by itself and another line follows, whatever the name says.
  private func startsWithDocumentLine(_ chunk: [UInt8]) -> Bool {
    guard let end = chunk.firstIndex(of: UInt8(ascii: "\n")), chunk.first == UInt8(ascii: "{"),
      chunk.dropFirst(end + 1).first == UInt8(ascii: "{")
    else { return false }
    return (try? Document(Array(chunk[..<end]), syntax: .json, limits: limits)) != nil
  }

  private func readLines(_ stream: ByteStream, of file: ChartInput.File) throws(FHIRError) {
    // What takes time is done by the lanes: one at a time they put their finds into one table.
    let share = share
    try NDJSON(limits: limits, lanes: lanes).read(stream) { line in
      line.document.map { share.mayHold($0.root) ? FoundDocument($0) : nil }
    } emit: { line in
      switch line {
      case .success(let found): self.take(found)
      case .failure(let error): self.refuse(error, in: file)
      }
    }
  }

  private func take(_ found: FoundDocument?) {
    documents += 1
    // A hook request is one only by itself.
    first = documents == 1 ? found?.document : nil
    if let found { gathering.add(found) }
  }

  private func refuse(_ error: FHIRError, in file: ChartInput.File) {
    refused.add(error.code.rawValue)
    if problems.count < ChartReading.problemsKept { problems.append(InputProblem(file: file.name, error: error)) }
  }
}
