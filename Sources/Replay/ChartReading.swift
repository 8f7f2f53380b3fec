// SPDX-License-Identifier: Apache-2.0
import CDSHooks
package import FHIR
import Foundation

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
  package private(set) var charts: [Chart] = []
  /// Documents read.
  package private(set) var documents = 0
  /// Bytes read, unpacked.
  package private(set) var bytes = 0
  /// Documents and lines that were refused.
  package private(set) var problems: [InputProblem] = []

  /// Reads every file of an input. A hook request counts as the chart its prefetch holds.
  ///
  /// - Throws: `unreadable` for a file that the system does not give.
  package init(_ input: ChartInput, limits: Limits = .files) throws(ReplayError) {
    var documents: [Document] = []
    for file in input.files {
      let packed = try Self.bytes(of: file)
      do throws(FHIRError) {
        let text = try Gzip.unpacked(packed, limits: limits)
        bytes += text.count
        documents += try read(text, file: file, limits: limits)
      } catch {
        problems.append(InputProblem(file: file, error: error))
      }
    }
    self.documents = documents.count
    if documents.count == 1, let request = try? HookRequest(documents[0]) {
      charts = [Chart(resources: request.prefetch.flatMap(\.resources), patientID: request.context.patientID)]
    } else {
      charts = Chart.charts(in: documents)
    }
  }

  /// One document, or one a line: a name that says NDJSON, or JSON after whose first value more text follows.
  private mutating func read(_ text: [UInt8], file: String, limits: Limits) throws(FHIRError) -> [Document] {
    if !ChartInput.isNDJSON(file) {
      do throws(FHIRError) {
        return [try Document(text, limits: limits)]
      } catch {
        guard error.code == .trailingText else { throw error }
      }
    }
    var documents: [Document] = []
    var refused: [FHIRError] = []
    var lines = NDJSON(limits: limits)
    let take = { (line: NDJSON.Line) in
      switch line.document {
      case .success(let document): documents.append(document)
      case .failure(let error): refused.append(error)
      }
    }
    lines.read(text[...], take)
    lines.finish(take)
    problems += refused.map { InputProblem(file: file, error: $0) }
    return documents
  }

  private static func bytes(of file: String) throws(ReplayError) -> [UInt8] {
    do {
      if file == "-" { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
      return Array(try Data(contentsOf: URL(filePath: file)))
    } catch {
      throw .unreadable(file)
    }
  }
}
