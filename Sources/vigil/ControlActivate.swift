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
      Example: vigil control activate icu-prognosis 2.0.1 --reason "validated on our patients" --by "A. Meyer"
               vigil control approve icu-prognosis 2.0.1 --by "B. Ndiaye"

      The package is opened and checked first. Nothing changes until somebody else approves (`vigil control approve`); a
      proposal takes the place of an earlier one of the same model. Rolling back is an activation of the earlier version. A
      model that must not answer any more is stopped at once, by one person (`vigil control stop`).

      Exit codes: 0 proposed, 64 wrong usage, 73 the data directory cannot be written, 78 the package cannot be used.
      """)

  @Argument(help: "Id of the model.") var model: String
  @Argument(help: "The version, or `newest`: the newest there is now.") var version: String
  @Option(help: "Why; it stands in the trail.", transform: RecordedText.text)
  var reason: String
  @OptionGroup var deed: ActivationArguments

  func run() throws {
    let package = try deed.package(of: model, version: version == "newest" ? nil : version)
    let chosen = package.manifest.version
    guard version == "newest" || version == chosen else {
      throw Failure.configuration("the folder of \(model) \(version) holds version \(chosen)").exit()
    }
    let proposal = Control.Activation(
      model, version: chosen, digest: package.digest, by: deed.person, reason: reason, at: Instant(Date()))
    try Control.change(deed.data) { $0.propose(proposal) }
    print("Proposed: \(model) \(chosen), package \(package.digest.prefix(12)).")
    print("It answers once another person says so: vigil control approve \(model) \(chosen)")
  }
}

/// `vigil control approve`: puts in force what another person proposed.
struct ControlApprove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Put in force the version of a model that another person proposed.",
    discussion: """
      Example: vigil control approve icu-prognosis 2.0.1 --by "B. Ndiaye"

      The package is opened and checked again, and must be the one that was proposed, byte for byte; the running service loads it without a restart, and goes on with the old one
      when it cannot. Requests under way are answered by the model that they began with. Nobody approves a proposal of their
      own.

      Exit codes: 0 in force, 1 not proposed, or another version or package, or by the same person, 64 wrong usage, 73 the data directory cannot be
      written, 78 the package cannot be used.
      """)

  @Argument(help: "Id of the model.") var model: String
  @Argument(help: "The version that was proposed.") var version: String
  @OptionGroup var deed: ActivationArguments

  func run() throws {
    let control: Control
    do {
      control = try Control(in: DataDirectory(path: deed.data))
    } catch {
      throw Failure.trail("\(error.rawValue): \(error.title)").exit()
    }
    // Said before a package is opened that nobody proposed.
    guard let waiting = control.waiting(model) else { throw refused(.nothingWaits, nil) }
    guard waiting.version == version else { throw refused(.otherVersion, waiting) }
    let package = try deed.package(of: model, version: version)
    var refusal: Control.ApprovalRefusal?
    var proposal: Control.Activation?
    try Control.change(deed.data) { control in
      proposal = control.waiting(model)
      do throws(Control.ApprovalRefusal) {
        try control.approve(model, version: version, digest: package.digest, by: deed.person, at: Instant(Date()))
      } catch {
        refusal = error
      }
    }
    if let refusal { throw refused(refusal, proposal) }
    print("Chosen: \(model) \(version), package \(package.digest.prefix(12)).")
  }

  private func refused(_ refusal: Control.ApprovalRefusal, _ proposal: Control.Activation?) -> ExitCode {
    switch refusal {
    case .nothingWaits: Failure.warn("nothing is proposed for \(model)")
    case .otherVersion: Failure.warn("\(proposal?.target ?? "another version") is proposed, not \(version)")
    case .otherPackage:
      Failure.warn("the folder of \(model) \(version) holds another package than was proposed: propose it anew")
    case .ownProposal: Failure.warn("\(proposal?.proposedBy ?? "") proposed it: another person must approve (--by)")
    case .nameless: Failure.warn("a person must be named (--by)")
    }
    return ExitCode(1)
  }
}

/// Who changes the version of a model, and where the packages are.
struct ActivationArguments: ParsableArguments {
  @Option(
    help: "Who, as the site names people; the user of this shell where it is not said.", transform: RecordedText.name)
  var by: String?
  @Option(help: "Folder of the trail and its key.") var data = "var"
  @Option(help: "Folder of feature profiles, terminology and model packages.") var profiles = "Profiles"
  @Option(help: "File of a public key of which one must have signed each model; may be given several times.")
  var trustedKey: [String] = []

  var person: String { by ?? NSUserName() }

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
