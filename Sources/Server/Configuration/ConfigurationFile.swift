// SPDX-License-Identifier: Apache-2.0
import Configuration
import Foundation
import Yams

/// What the configuration file and the environment say, as arguments of the command line.
package struct ConfigurationFile: Sendable {
  /// A value and where it stands.
  package struct Setting: Sendable, Equatable {
    /// The key.
    package let key: ConfigurationKey
    /// The values; one, but for a list.
    package let values: [String]
    /// `environment` or `file`.
    package let source: String
  }

  /// What is said, in the order of the keys.
  package private(set) var settings: [Setting] = []

  /// The settings as arguments, but for those options that stand on the command line already.
  ///
  /// - Parameter given: the arguments of the command line.
  package func arguments(beside given: [String]) -> [String] {
    settings.filter { setting in
      !given.contains { $0 == "--\(setting.key.name)" || $0.hasPrefix("--\(setting.key.name)=") }
    }.flatMap { setting -> [String] in
      if setting.key.isFlag { return setting.values == ["true"] ? ["--\(setting.key.name)"] : [] }
      return setting.values.map { "--\(setting.key.name)=\($0)" }
    }
  }

  /// Reads a file, if there is one, and the environment.
  ///
  /// - Throws: `ConfigurationFileError` with the line.
  package init(
    _ path: String?, environment: [String: String], keys: [ConfigurationKey]
  ) async throws(ConfigurationFileError) {
    let lines = try path.map { path throws(ConfigurationFileError) in try Self.lines(path, keys) } ?? [:]
    let file: ConfigReader?
    do {
      // The library takes a file without a key for none at all.
      file = lines.isEmpty ? nil : try await Self.reader(path)
    } catch {
      throw ConfigurationFileError(.malformed)
    }
    let variables = ConfigReader(
      provider: EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: ["vigil", "serve"]))
    for key in keys {
      for (source, reader) in [("environment", variables as ConfigReader?), ("file", file)] {
        if source == "environment", environment[key.variable] == nil { continue }
        if source == "file", lines[key.name] == nil { continue }
        guard let reader, let values = Self.values(of: key, in: reader) else {
          throw ConfigurationFileError(.mistyped, key: key.name, line: source == "file" ? lines[key.name] : nil)
        }
        settings.append(Setting(key: key, values: values, source: source))
        break
      }
    }
  }

  private static func reader(_ path: String?) async throws -> ConfigReader? {
    guard let path else { return nil }
    let place = ConfigReader(provider: InMemoryProvider(values: ["filePath": .init(.string(path), isSecret: false)]))
    return ConfigReader(provider: try await FileProvider<YAMLSnapshot>(config: place))
  }

  private static func values(of key: ConfigurationKey, in reader: ConfigReader) -> [String]? {
    let name = ConfigKey([key.name])
    if key.isList { return reader.stringArray(forKey: name) }
    guard let text = reader.string(forKey: name) else { return nil }
    return key.isFlag && text != "true" && text != "false" ? nil : [text]
  }

  /// The line of each key of a file.
  private static func lines(
    _ path: String, _ keys: [ConfigurationKey]
  ) throws(ConfigurationFileError) -> [String: Int] {
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw ConfigurationFileError(.unreadable)
    }
    let root: Yams.Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let YamlError.scanner(_, _, mark, _), let YamlError.parser(_, _, mark, _) {
      throw ConfigurationFileError(.malformed, line: mark.line)
    } catch {
      throw ConfigurationFileError(.malformed)
    }
    // A file of comments says nothing.
    guard let root else { return [:] }
    guard let mapping = root.mapping else { throw ConfigurationFileError(.malformed, line: 1) }
    var lines: [String: Int] = [:]
    for (name, _) in mapping {
      let line = name.mark?.line
      guard let name = name.string, keys.contains(where: { $0.name == name }) else {
        throw ConfigurationFileError(
          .unknownKey, key: name.string, line: line, nearest: name.string.flatMap { nearest(to: $0, keys) })
      }
      lines[name] = line ?? 0
    }
    return lines
  }

  /// The key that is meant most likely: the one with the most letters in common, in whatever order.
  private static func nearest(to name: String, _ keys: [ConfigurationKey]) -> String? {
    func likeness(_ other: String) -> Double {
      var left = Array(other)
      let common = name.count { letter in
        guard let place = left.firstIndex(of: letter) else { return false }
        left.remove(at: place)
        return true
      }
      return Double(2 * common) / Double(name.count + other.count)
    }
    return keys.map(\.name).filter { likeness($0) >= 0.6 }.max { likeness($0) < likeness($1) }
  }
}

/// Why the configuration is not taken.
package struct ConfigurationFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Permanent codes.
  package enum Code: String, Sendable, CaseIterable {
    case unreadable = "CFG001"
    case malformed = "CFG002"
    case unknownKey = "CFG003"
    case mistyped = "CFG004"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .unreadable: "the file cannot be read"
      case .malformed: "the file is not a YAML mapping of keys to values"
      case .unknownKey: "there is no such key"
      case .mistyped: "the value is not of the key's kind: text, true or false, or a list"
      }
    }
  }

  /// What is wrong.
  package let code: Code
  /// The key it concerns.
  package let key: String?
  /// The line of the file.
  package let line: Int?
  /// The key that may be meant.
  package let nearest: String?

  init(_ code: Code, key: String? = nil, line: Int? = nil, nearest: String? = nil) {
    self.code = code
    self.key = key
    self.line = line
    self.nearest = nearest
  }

  /// One line, such as `CFG003 there is no such key: prot, line 3; port is one`.
  package var description: String {
    let place = [key, line.map { "line \($0)" }].compactMap { $0 }.joined(separator: ", ")
    return "\(code.rawValue) \(code.title)" + (place.isEmpty ? "" : ": \(place)")
      + (nearest.map { "; \($0) is one" } ?? "")
  }
}
