// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import Foundation
import Server

/// `vigil control activate`: which version of a model answers.
struct ControlActivate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activate",
    abstract: "Let a version of a model answer, without a restart; an earlier one is rolled back to.",
    discussion: """
      Example: vigil control activate icu-prognosis 2.0.0 --data var
               vigil control activate icu-prognosis newest --data var

      The package is opened and checked first; the running service opens it again, and goes on with the old one when it
      cannot. Requests under way are answered by the model that they began with.

      Exit codes: 0 chosen, 64 wrong usage, 73 the data directory cannot be written, 78 the package cannot be used.
      """)

  @Argument(help: "Id of the model.") var model: String
  @Argument(help: "The version, or `newest`.") var version: String
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology, services and model packages.") var profiles = "Profiles"
  @Option(help: "File of a public key of which one must have signed each model; may be given several times.")
  var trustedKey: [String] = []

  func run() throws {
    let chosen = version == "newest" ? nil : version
    do {
      var versions = try Control(in: .init(path: data)).versions
      versions[model] = chosen
      let keys = try trustedKey.map { path throws(ModelPackageError) in try PackagePublicKey.read(path) }
      let assessor = try Assessor.load(profiles, versions: versions, trusting: keys.isEmpty ? nil : keys)
      guard let active = assessor.packages.first(where: { $0.manifest.id == model }) else {
        throw Failure.configuration("there is no model \(model)").exit()
      }
      try Control.change(data) { $0.versions[model] = chosen }
      print("Chosen: \(model) \(active.manifest.version), package \(active.digest.prefix(12)).")
    } catch let error as ExitCode {
      throw error
    } catch let fault as Control.Fault {
      throw Failure.trail("\(fault.rawValue): \(fault.title)").exit()
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
  }
}
