// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Replay

/// `vigil audit replay`: one stored request answered again, by the models that answered it then.
struct AuditReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Answer a stored request again and compare bit for bit.",
    discussion: """
      Example: vigil audit replay 17
               vigil audit replay 17 --profiles /srv/vigil-2025/Profiles --json

      The request is answered at its stored instant, by the versions of the models that the record names where the profiles have
      them. What differs is named: configuration, models (with the version then and now), features, outputs, thresholds, response. The same
      program, models and configuration give the same bits; features or outputs that differ under the same models are a change of
      the program. The reading is a record.

      Exit codes: 0 the same bit for bit, 1 something differs, 64 wrong usage, 66 there is no such record, 73 the trail cannot be
      read or the record is damaged or erased, 78 the profiles cannot be read.
      """)

  @Argument(help: "Number of a record.") var id: Int64
  @Option(help: "Folder of the trail and its keys.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Option(help: "Who reads; the user of this machine when absent.", transform: RecordedText.name)
  var user: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() async throws {
    let record: AuditRecord
    do throws(AuditError) {
      let directory = DataDirectory(path: data)
      record = try AuditReader(directory: directory).record(id)
      try await ReadRecord.append("replay \(id)", showing: ShownPatients([record]), user: user, in: directory)
    } catch {
      throw Failure.exit(error)
    }
    let assessor = try assessor(of: record.entry)
    let difference = TrailComparison.difference(record, assessor)
    let parts = difference.parts
    if json {
      print(difference.json.text())
    } else if parts.isEmpty {
      print("record \(id): the same bit for bit")
    } else {
      print("record \(id) differs: \(parts.map(\.rawValue).joined(separator: ", "))")
      if parts.contains(.models) { for line in changes(record.entry, assessor) { print(line) } }
    }
    if !parts.isEmpty { throw ExitCode(1) }
  }

  /// The models of then, as far as they are at hand; otherwise the newest.
  private func assessor(of entry: AuditEntry) throws -> Assessor {
    do {
      return try ModelShelf(profiles).nearest(to: entry.models.versions)
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
  }

  /// A line for each model that is not what it was.
  private func changes(_ entry: AuditEntry, _ assessor: Assessor) -> [String] {
    var lines: [String] = []
    for model in entry.models {
      guard let package = assessor.packages.first(where: { $0.manifest.id == model.id }) else {
        lines.append("model \(model.id) \(model.version) is not at hand")
        continue
      }
      if package.manifest.version != model.version {
        lines.append("model \(model.id) was \(model.version), is \(package.manifest.version)")
      } else if AuditRecord.bytes(hexadecimal: package.digest) != model.digest {
        lines.append("model \(model.id) \(model.version) has another content than it had")
      }
    }
    return lines
  }
}
