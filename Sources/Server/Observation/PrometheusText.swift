// SPDX-License-Identifier: Apache-2.0

/// Prometheus' text exposition format 0.0.4, written family by family.
struct PrometheusText {
  /// Its media type.
  static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  /// What a family of samples is.
  enum Kind: String {
    case counter, gauge, histogram
  }

  private(set) var text = ""

  /// Begins a family.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// A sample of the family. Label values are the service's own words, which need no escape.
  mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: some CustomStringConvertible) {
    let list = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
  }
}
