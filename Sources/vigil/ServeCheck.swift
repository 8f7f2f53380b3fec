// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import CDSHooks
import Decision
import Foundation
import Server

/// `vigil serve --check`: what holds, where it is said, and whether everything that is configured can be used.
struct ServeCheck {
  let keys: [ConfigurationKey]
  let file: ConfigurationFile
  /// The arguments of the command line.
  let given: [String]

  /// Prints every key with its value and its source.
  func explain() {
    let width = (keys.map(\.name.count).max() ?? 0) + 2
    for key in keys {
      let (value, source) = value(of: key)
      print("\(key.name.padding(toLength: width, withPad: " ", startingAt: 0))\(value)  (\(source))")
    }
  }

  private func value(of key: ConfigurationKey) -> (String, String) {
    let option = "--\(key.name)"
    if let place = given.firstIndex(where: { $0 == option || $0.hasPrefix("\(option)=") }) {
      if key.isFlag { return ("true", "command line") }
      let value = given[place].hasPrefix("\(option)=") ? String(given[place].dropFirst(option.count + 1)) : nil
      return (value ?? given.dropFirst(place + 1).first ?? "", "command line")
    }
    if let setting = file.settings.first(where: { $0.key == key }) {
      return (setting.values.joined(separator: ", "), setting.source)
    }
    return (key.isFlag ? "false" : key.fallback ?? "none", "default")
  }

  /// Opens what the service would open; certificates, models and services are open already.
  static func open(
    _ options: ServeOptions, _ configuration: ServerConfiguration, _ inForce: InForce, data: String
  ) async throws {
    let assessor = inForce.assessor
    for package in assessor.packages {
      print("model    \(package.manifest.id) \(package.manifest.version), package \(package.digest.prefix(12))")
    }
    for service in assessor.services.discovery.services { print("service  \(service.id) at \(service.hook)") }
    if let clients = options.clients {
      do {
        print("clients  \(try await ClientRegister.read(clients).clients.count)")
      } catch {
        throw Failure.configuration("\(error)").exit()
      }
    }
    for stop in inForce.control.stops { print("stopped  \(stop.target), by \(stop.by) since \(stop.since)") }
    let folder =
      FileManager.default.fileExists(atPath: data) ? data : URL(filePath: data).deletingLastPathComponent().path
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw Failure.trail("\(data) cannot be written").exit()
    }
    print("Everything that is configured can be used.")
  }
}
