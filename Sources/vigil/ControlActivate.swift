// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Decision
import FHIR
import Foundation
import Server

/// `vigil control activate`: proposes which version of a model answers.
struct ControlActivate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activate",
    abstract: "Propose that a version of a model answers; another person puts it in force.",
    discussion: """
      Example: vigil control activate icu-prognosis 2.0.0 --reason "validated on our patients" --by "A. Meyer"
               vigil control approve icu-prognosis --by "B. Ndiaye"

      The package is opened and checked first. Nothing changes until somebody else approves (`vigil control approve`); a
      proposal takes the place of an earlier one of the same model. Rolling back is an activation of the earlier version. A
      model that must not answer any more is stopped at once, by one person (`vigil control stop`).

      Exit codes: 0 proposed, 64 wrong usage, 73 the data directory cannot be written, 78 the package cannot be used.
      """)

  @Argument(help: "Id of the model.") var model: String
  @Argument(help: "The version, or `newest`.") var version: String
  @Option(help: "Why; it stands in the trail.") var reason: String
  @OptionGroup var deed: ActivationArguments

  func run() throws {
    let chosen = version == "newest" ? nil : version
    let package = try deed.package(of: model, version: chosen)
    let proposal = Control.Activation(
      model, version: chosen, by: deed.person, reason: reason, at: Instant(Date()))
    try Control.change(deed.data) { $0.propose(proposal) }
    print("Proposed: \(model) \(package.manifest.version), package \(package.digest.prefix(12)).")
    print("It answers once another person says so: vigil control approve \(model)")
  }
}

/// `vigil control approve`: puts in force what another person proposed.
struct ControlApprove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Put in force the version of a model that another person proposed.",
    discussion: """
      Example: vigil control approve icu-prognosis --by "B. Ndiaye"

      The package is opened and checked again; the running service loads it without a restart, and goes on with the old one
      when it cannot. Requests under way are answered by the model that they began with. Nobody approves a proposal of their
      own.

      Exit codes: 0 in force, 1 nothing was proposed, or by the same person, 64 wrong usage, 73 the data directory cannot be
      written, 78 the package cannot be used.
      """)

  @Argument(help: "Id of the model.") var model: String
  @OptionGroup var deed: ActivationArguments

  func run() throws {
    let control: Control
    do {
      control = try Control(in: DataDirectory(path: deed.data))
    } catch {
      throw Failure.trail("\(error.rawValue): \(error.title)").exit()
    }
    guard let proposal = control.waiting(model) else {
      Failure.warn("nothing is proposed for \(model)")
      throw ExitCode(1)
    }
    let package = try deed.package(of: model, version: proposal.version)
    var refusal: Control.ApprovalRefusal?
    try Control.change(deed.data) { control in
      // What was looked at is what is put in force, or nothing is.
      guard control.waiting(model) == proposal else {
        refusal = .nothingWaits
        return
      }
      do throws(Control.ApprovalRefusal) {
        try control.approve(model, by: deed.person, at: Instant(Date()))
      } catch {
        refusal = error
      }
    }
    switch refusal {
    case nil: print("Chosen: \(model) \(package.manifest.version), package \(package.digest.prefix(12)).")
    case .nothingWaits:
      Failure.warn("what was proposed for \(model) has changed meanwhile")
      throw ExitCode(1)
    case .ownProposal:
      Failure.warn("\(proposal.proposedBy) proposed it: another person must approve (--by)")
      throw ExitCode(1)
    }
  }
}

/// Who changes the version of a model, and where the packages are.
struct ActivationArguments: ParsableArguments {
  @Option(help: "Who, as the site names people; the user of this shell where it is not said.") var by: String?
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Option(help: "File of a public key of which one must have signed each model; may be given several times.")
  var trustedKey: [String] = []

  var person: String { by ?? NSUserName() }

  func validate() throws {
    guard by?.allSatisfy(\.isWhitespace) != true else { throw ValidationError("--by must say something") }
  }

  /// The package that would answer, opened and checked together with the others that do.
  func package(of model: String, version: String?) throws -> ModelPackage {
    do {
      var versions = try Control(in: DataDirectory(path: data)).versions
      versions[model] = version
      let keys = try trustedKey.map { path throws(ModelPackageError) in try PackagePublicKey.read(path) }
      let assessor = try Assessor.load(profiles, versions: versions, trusting: keys.isEmpty ? nil : keys)
      if let package = assessor.packages.first(where: { $0.manifest.id == model }) { return package }
    } catch let fault as Control.Fault {
      throw Failure.trail("\(fault.rawValue): \(fault.title)").exit()
    } catch {
      throw Failure.configuration("\(error)").exit()
    }
    throw Failure.configuration("there is no model \(model)").exit()
  }
}
