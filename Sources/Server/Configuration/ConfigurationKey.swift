// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// A key of the configuration: an option of `vigil serve` by its long name. What it means is said once, where the option is
/// declared; the file, the environment, `--check` and docs/configuration.md all take it from there.
package struct ConfigurationKey: Sendable, Equatable {
  /// The name in the file, such as `tls-certificate`.
  package let name: String
  /// Whether it is `true` or `false`.
  package let isFlag: Bool
  /// Whether it takes a list.
  package let isList: Bool
  /// What it does.
  package let about: String
  /// What holds where it is not said.
  package let fallback: String?

  /// The name in the environment, such as `VIGIL_SERVE_TLS_CERTIFICATE`.
  package var variable: String { "VIGIL_SERVE_" + name.uppercased().split(separator: "-").joined(separator: "_") }

  /// Options that say nothing of the service but what to do with its configuration.
  private static let commands: Set<String> = ["help", "version", "config", "check", "describe"]

  /// The options of a command, out of the description that ArgumentParser gives of it.
  package static func all(_ description: String) throws(FHIRError) -> [ConfigurationKey] {
    let root = try Document(Array(description.utf8), syntax: .json).root
    guard let arguments = root["command"]?.elements("arguments") else { return [] }
    return arguments.compactMap { argument in
      let names = argument.elements("names").filter { $0["kind"]?.equals("long") == true }
      guard let name = names.lazy.compactMap({ $0["name"]?.string }).first, !commands.contains(name) else { return nil }
      return ConfigurationKey(
        name: name, isFlag: argument["kind"]?.equals("flag") == true,
        isList: argument["isRepeating"]?.boolean == true, about: argument["abstract"]?.string ?? "",
        fallback: argument["defaultValue"]?.string)
    }
  }

  /// The page that describes them: docs/configuration.md.
  package static func page(_ keys: [ConfigurationKey]) -> String {
    var text = """
      # Configuration

      Written by `vigil serve --describe`; do not edit. Each key is an option of `vigil serve`: what stands on the command line goes
      before the environment, the environment before the file (`--config vigil.yaml`), and the file before the default. Lists are
      separated by commas in the environment. A key that is not known is an error, and `vigil serve --check` says what holds and
      why. Secrets are named by file, never written here.

      ```yaml
      port: 8443
      host: 0.0.0.0
      tls-certificate: /etc/vigil/chain.pem
      tls-key: /etc/vigil/key.pem
      fhir-server:
        - https://ehr.example.org/fhir
      ```

      | Key | Variable | Default | What |
      | --- | --- | --- | --- |

      """
    for key in keys {
      let fallback = key.isFlag ? "false" : key.isList ? "none" : key.fallback ?? "none"
      text += "| `\(key.name)`\(key.isList ? " (list)" : "") | `\(key.variable)` | \(fallback) | \(key.about) |\n"
    }
    return text
  }
}
