// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

extension Assessment {
  /// What the networks saw, with the source of every number, as JSON text in canonical form: an array of
  /// `{model, package, hour, values, from, sources}`, one for each model. `values` and `from` are parallel, `null` for
  /// missing; `from` holds places in `sources`.
  package var vectors: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64 * 1024)
    bytes.append(UInt8(ascii: "["))
    for (index, model) in models.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      model.writeVector(to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
    return bytes
  }
}

extension ModelAssessment {
  /// The thousands of numbers are written straight away: a tree of JSON would hold a text for each.
  fileprivate func writeVector(to bytes: inout [UInt8]) {
    let head: JSON = [
      "model": .string(model.id), "package": .string(packageDigest), "hour": vector.map { .number($0.hour) },
    ]
    bytes += head.encoded()
    guard let vector else { return }
    bytes.removeLast()
    bytes += ",\"values\":[".utf8
    for (index, value) in vector.values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: value.isFinite ? value.description.utf8 : "null".utf8)
    }
    bytes += "],\"from\":[".utf8
    for (index, places) in columnSources.enumerated() {
      bytes += index > 0 ? ",[".utf8 : "[".utf8
      for (position, place) in places.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: place.description.utf8)
      }
      bytes.append(UInt8(ascii: "]"))
    }
    bytes += "],\"sources\":".utf8
    bytes += JSON.array(timeline.sources.map(\.record)).encoded()
    bytes.append(UInt8(ascii: "}"))
  }
}

extension Source {
  fileprivate var record: JSON {
    [
      "resource": .string(resource), "version": version.map(JSON.string), "code": .string(code),
      "value": .string(value), "unit": unit.map(JSON.string), "instant": .string(instant.description),
      "conversion": conversion.map(JSON.string),
    ]
  }
}
