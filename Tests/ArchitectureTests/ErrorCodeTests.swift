// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Foundation
import Networks
import Replay
import Server
import Testing
import Training

/// `docs/errors.md` is written from the tables in the code: `VIGIL_UPDATE_GOLDENS=1 swift test --filter ErrorCodeTests`.
@Suite struct ErrorCodeTests {
  /// The codes of one type, in the order of the code.
  struct Table {
    let prefix: String
    let about: String
    let rows: [(code: String, title: String)]

    init<Code: CaseIterable & RawRepresentable<String>>(
      _ prefix: String, _ about: String, _ codes: Code.Type, title: (Code) -> String
    ) {
      self.prefix = prefix
      self.about = about
      rows = Code.allCases.map { ($0.rawValue, title($0)) }.sorted { $0.0 < $1.0 }
    }
  }

  static let tables: [Table] = [
    Table("FHR", "Reading a FHIR document", FHIRError.Code.self, title: \.title),
    Table("UCM", "Converting a unit", UCUMError.Code.self, title: \.title),
    Table("TRM", "Loading the terminology", TerminologyError.Code.self, title: \.title),
    Table("CDS", "Answering a request", CDSHooksError.Code.self) { code in
      let error = CDSHooksError(code)
      return "\(error.title) (HTTP \(error.status))"
    },
    Table("MDL", "Loading a model package", ModelPackageError.Code.self, title: \.title),
    Table("SVC", "Loading the services", ServiceDefinitionError.Code.self, title: \.title),
    Table("AUD", "Keeping the trail", AuditError.Code.self, title: \.title),
    Table("VER", "Verifying the trail", TrailFault.Code.self, title: \.title),
    Table("PRF", "Checking a proof", ProofFile.Fault.self, title: \.title),
    Table("NET", "Training, reading or using a network", NetworkError.self, title: \.title),
    Table("CLI", "Reading the clients", ClientRegisterError.Code.self, title: \.title),
    Table("CFG", "Reading the configuration", ConfigurationFileError.Code.self, title: \.title),
    Table("CTL", "Reading the operator's word", Control.Fault.self, title: \.title),
    Table("SRV", "Starting the service", ServerConfiguration.Refusal.self, title: \.title),
    Table("RPL", "Opening charts for a replay", ReplayError.Code.self, title: \.title),
    Table("DAT", "Reading a data set", DatasetError.Code.self, title: \.title),
    Table("TRN", "Training as a configuration says", ExperimentError.Code.self, title: \.title),
  ]

  static var page: String {
    var text = """
      # Error codes

      Written from the code; do not edit. A code is permanent: it never gets another meaning, and a retired one is never given
      again. An error says its code, the byte and the path of the element where there is one, and never a word of the input:
      a path holds names from FHIR's and CDS Hooks' own specifications, and `?` for any other.

      """
    for table in tables {
      text += "\n## \(table.prefix): \(table.about)\n\n| Code | Meaning |\n| --- | --- |\n"
      for row in table.rows {
        let sentence = row.title.prefix(1).uppercased() + row.title.dropFirst()
        text += "| \(row.code) | \(sentence.replacing("|", with: "\\|")) |\n"
      }
    }
    return text
  }

  @Test func pageIsUpToDate() throws {
    if ProcessInfo.processInfo.environment["VIGIL_UPDATE_GOLDENS"] != nil {
      try Data(Self.page.utf8).write(to: Repository.root.appending(path: "docs/errors.md"))
    }
    #expect(try Repository.text("docs/errors.md") == Self.page)
  }

  @Test func codesAreWellFormedAndUnique() {
    var seen: Set<String> = []
    for table in Self.tables {
      for row in table.rows {
        #expect(row.code.wholeMatch(of: /[A-Z]{3}[0-9]{3}/) != nil && row.code.hasPrefix(table.prefix))
        #expect(seen.insert(row.code).inserted, "\(row.code) is used twice")
        #expect(!row.title.isEmpty)
      }
    }
    #expect(Set(Self.tables.map(\.prefix)).count == Self.tables.count)
  }

  /// A code in the sources that stands in no table would be missing from the page.
  @Test func everyCodeOfTheSourcesIsOnThePage() throws {
    let listed = Set(Self.tables.flatMap { $0.rows.map(\.code) })
    var found: Set<String> = []
    for file in Repository.files(below: "Sources", suffix: ".swift") {
      for match in try Repository.text(file).matches(of: /"([A-Z]{3}[0-9]{3})"/) { found.insert(String(match.1)) }
    }
    #expect(found == listed)
  }
}
