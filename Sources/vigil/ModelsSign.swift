// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation

/// `vigil models sign`: puts a signature beside a package.
struct ModelsSign: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign a package with Ed25519.",
    discussion: """
      Example: vigil models sign Profiles/models/icu-prognosis/2.0.1 --key owner.key --create-key

      The key is a file that its owner alone can read. With --create-key a new one is made, and its public half is written
      beside it with the ending .pub; an existing file is never replaced. The package's digest stays what it is.

      Exit codes: 0 signed, 1 the package is not sound or the key cannot be used, 64 wrong usage.
      """)

  @Argument(help: "Folder of the package.") var package: String
  @Option(help: "File of the signing key.") var key: String
  @Flag(help: "Make the key first.") var createKey = false

  func run() throws {
    if createKey {
      var random = SystemRandomNumberGenerator()
      let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      guard let made = PackageSigningKey(seed: seed) else { throw ExitCode(1) }
      try made.write(key)
      try made.publicKey.write("\(key).pub")
    }
    let signature = try PackageSeal.sign(package, with: try PackageSigningKey.read(key))
    print("\(package) signed by \(signature.publicKey.id)")
  }
}
