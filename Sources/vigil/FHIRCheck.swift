// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Replay

/// `vigil fhir check`: a line a file.
struct FHIRCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say of each file whether it is accepted, or why not and where.",
    discussion: """
      Example: vigil fhir check chart.json chart.xml
               vigil fhir check --syntax --json *.xml

      Without --syntax a file must hold one FHIR resource. With it, any JSON (RFC 8259, UTF-8) or XML (no DTD) within the
      limits is accepted. Files named .ndjson, gzipped or not, and standard input that
      begins with a whole document in its first line are read line by line: each refused line is named and the rest
      goes on. Of a folder or a zip archive every JSON, XML and NDJSON file is checked.

      Exit codes: 0 all accepted, 1 at least one refused, 64 wrong usage, 66 a file cannot be opened.
      """)

  @Argument(help: "Files to check; - is standard input.") var files: [String]
  @Flag(help: "Stop at well-formed JSON or XML.") var syntax = false
  @Flag(help: "Print one JSON object a file.") var json = false

  func run() throws {
    var refused = Tally()
    for path in files {
      let inputs: [ChartInput]
      do throws(ReplayError) {
        inputs = try ChartInput.inputs(at: path, limits: .standard)
      } catch {
        throw Failure.noInput("\(error)").exit()
      }
      for file in inputs.flatMap(\.files) { check(file, &refused) }
    }
    if refused.count(of: FHIRError.Code.unreadable.rawValue) > 0 { throw ExitCode(66) }
    if refused.total > 0 { throw ExitCode(1) }
  }

  private func check(_ file: ChartInput.File, _ refused: inout Tally) {
    do throws(FHIRError) {
      let stream = try file.stream(limits: .standard)
      // Standard input has no name that would say so.
      let start = file.name == "-" ? try stream.peek() : []
      if file.isNDJSON || NDJSON.isBegun(by: start) {
        let faults = try checkLines(stream, of: file)
        refused.add(faults)
        if faults.total == 0 { say(file.name, nil) }
      } else {
        try checkDocument(try stream.rest(limit: Limits.standard.bytes))
        say(file.name, nil)
      }
    } catch {
      refused.add(error.code.rawValue)
      say(file.name, error)
    }
  }

  private func checkDocument(_ bytes: [UInt8]) throws(FHIRError) {
    if syntax {
      try Document.checkSyntax(of: bytes, as: Syntax.sniff(bytes) ?? .json)
    } else {
      try Document(bytes).checkResource()
    }
  }

  /// A line for each refused line, as it comes.
  private func checkLines(_ stream: ByteStream, of file: ChartInput.File) throws(FHIRError) -> Tally {
    var faults = Tally()
    try NDJSON(lanes: .all).read(stream) { lines in
      lines.compactMap(fault)
    } emit: { found in
      for fault in found {
        faults.add(fault.code.rawValue)
        say(file.name, fault)
      }
    }
    return faults
  }

  private func fault(of line: NDJSON.Line) -> FHIRError? {
    do throws(FHIRError) {
      let document = try line.document.get()
      if !syntax { try document.checkResource() }
      return nil
    } catch {
      return FHIRError(error.code, offset: error.offset, path: error.path, line: line.number)
    }
  }

  private func say(_ name: String, _ fault: FHIRError?) {
    print(json ? object(name, fault) : "\(name): \(fault.map { "\($0)" } ?? "accepted")")
  }

  private func object(_ file: String, _ fault: FHIRError?) -> String {
    let object: JSON = [
      "file": .string(file), "accepted": .boolean(fault == nil), "code": (fault?.code.rawValue).map(JSON.string),
      "title": (fault?.code.title).map(JSON.string), "offset": (fault?.offset).map(JSON.number),
      "line": (fault?.line).map(JSON.number), "path": (fault?.path).map(JSON.string),
    ]
    return String(decoding: object.encoded(), as: UTF8.self)
  }
}
