// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FHIR
import Foundation

extension Syntax: ExpressibleByArgument {
  /// `json` or `xml`.
  public init?(argument: String) {
    switch argument {
    case "json": self = .json
    case "xml": self = .xml
    default: return nil
    }
  }
}

/// `vigil fhir convert`: one syntax to the other, without loss.
struct FHIRConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a resource in the other syntax, without loss, or refuse it with a code.",
    discussion: """
      Example: vigil fhir convert --to xml FixturesFHIR/sparse.json
               curl -s http://127.0.0.1:8080/... | vigil fhir convert --to json -

      Exit codes: 0 written to standard output, 1 refused, 64 wrong usage, 66 the file cannot be opened.
      """)

  @Option(help: "The syntax to write: json or xml.") var to: Syntax
  @Argument(help: "The file; - is standard input.") var file = "-"

  func run() throws {
    let packed = try FHIRCommands.contents(of: file)
    let text: [UInt8]
    do throws(FHIRError) {
      text = try Document(try Gzip.unpacked(packed, limits: .files), limits: .files).converted(to: to)
    } catch {
      Failure.warn("\(file): \(error)")
      throw ExitCode(1)
    }
    FileHandle.standardOutput.write(Data(text))
  }
}
