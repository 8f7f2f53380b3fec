// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation

/// `vigil models verify`: whether every byte of a package is as it was made, and by whom it was signed.
struct ModelsVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a package, and its signature.",
    discussion: """
      Example: vigil models verify Profiles/models/icu-prognosis/2.0.1
               vigil models verify Profiles/models/icu-prognosis/2.0.1 --key owner.key.pub

      Without --key a signature must be valid where there is one. With --key there must be one, and by this key.

      Exit codes: 0 sound, 1 not sound or not signed by the key, 64 wrong usage.
      """)

  @Argument(help: "Folder of the package.") var package: String
  @Option(help: "File of the public key that must have signed it.") var key: String?

  func run() throws {
    let digest: String
    let signature: PackageSignature?
    let trusted: PackagePublicKey?
    do throws(ModelPackageError) {
      digest = try ModelPackage.load(package).digest
      signature = try PackageSeal.open(package).signature
      trusted = try key.map { path throws(ModelPackageError) in try PackagePublicKey.read(path) }
    } catch {
      Failure.warn("\(package): \(error)")
      throw ExitCode(1)
    }
    if let trusted, signature?.publicKey != trusted {
      Failure.warn("\(package): \(signature == nil ? "not signed" : "signed by another key")")
      throw ExitCode(1)
    }
    print("\(package) is sound, \(signature.map { "signed by \($0.publicKey.id)" } ?? "not signed"), digest \(digest)")
  }
}
