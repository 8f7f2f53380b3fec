// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR

/// `vigil fhir check`: a line a file.
struct FHIRCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say of each file whether it is accepted, or why not and where.",
    discussion: """
      Example: vigil fhir check chart.json chart.xml
               vigil fhir check --syntax --json *.xml

      Without --syntax a file must hold one FHIR resource. With it, any JSON (RFC 8259, UTF-8) or XML (no DTD) within the
      limits is accepted.

      Exit codes: 0 all accepted, 1 at least one refused, 64 wrong usage, 66 a file cannot be opened.
      """)

  @Argument(help: "Files to check; - is standard input.") var files: [String]
  @Flag(help: "Stop at well-formed JSON or XML.") var syntax = false
  @Flag(help: "Print one JSON object a file.") var json = false

  func run() throws {
    var refused = false
    for file in files {
      let packed = try FHIRCommands.contents(of: file)
      let fault: FHIRError?
      do throws(FHIRError) {
        let bytes = try Gzip.unpacked(packed)
        if syntax {
          try Document.checkSyntax(of: bytes, as: Syntax.sniff(bytes) ?? .json)
        } else {
          try Document(bytes).checkResource()
        }
        fault = nil
      } catch {
        fault = error
      }
      refused = refused || fault != nil
      print(json ? object(file, fault) : line(file, fault))
    }
    if refused { throw ExitCode(1) }
  }

  private func line(_ file: String, _ fault: FHIRError?) -> String {
    "\(file): \(fault.map { "\($0)" } ?? "accepted")"
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
