// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features

extension Assessment {
  /// What the networks saw, with the source of every number, as JSON text in canonical form: an array of
  /// `{model, package, hour, values, from, sources}`, one for each model. `values` and `from` are parallel, `null` for
  /// missing; `from` holds places in `sources`.
  package var vectors: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(96 * 1024)
    bytes.append(UInt8(ascii: "["))
    // All models read one chart, and most of its values are several models'.
    var written: [SourceList.Key: Range<Int>] = [:]
    for (index, model) in models.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      model.writeVector(to: &bytes, &written)
    }
    bytes.append(UInt8(ascii: "]"))
    return bytes
  }
}

extension ModelAssessment {
  /// The thousands of numbers are written straight away: a tree of JSON would hold a text for each.
  ///
  /// - Parameter written: where each source stands that was written before.
  func writeVector(to bytes: inout [UInt8], _ written: inout [SourceList.Key: Range<Int>]) {
    let head: JSON = [
      "model": .string(model.id), "package": .string(packageDigest), "hour": vector.map { .number($0.hour) },
    ]
    bytes += head.encoded()
    guard let vector else { return }
    bytes.removeLast()
    bytes += ",\"values\":[".utf8
    for (index, value) in vector.values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(value)
    }
    bytes += "],\"from\":[".utf8
    for (index, places) in columnSources.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(UInt8(ascii: "["))
      for (position, place) in places.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(digits: UInt32(place))
      }
      bytes.append(UInt8(ascii: "]"))
    }
    bytes += "],\"sources\":[".utf8
    let sources = timeline.sources
    for index in sources.indices {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      let key = sources.key(at: index)
      if let key, let place = written[key] {
        bytes += Array(bytes[place])
      } else {
        let start = bytes.count
        bytes.append(sources[index])
        if let key { written[key] = start..<bytes.count }
      }
    }
    bytes += "]}".utf8
  }
}

extension [UInt8] {
  /// A number as Swift writes it, the shortest text that reads back the same; whole ones, which most are, digit by digit.
  fileprivate mutating func append(_ value: Float) {
    guard value.isFinite else { return self += "null".utf8 }
    if value > 0, value < 1_000_000, value == value.rounded(.down) {
      append(digits: UInt32(value))
      self += ".0".utf8
    } else {
      var text = value.description
      text.withUTF8 { unsafe append(contentsOf: $0) }
    }
  }

  /// A number that is not negative, in decimal digits.
  fileprivate mutating func append(digits value: UInt32) {
    var power: UInt32 = 1
    while power <= value / 10 { power *= 10 }
    while power > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / power % 10))
      power /= 10
    }
  }

  fileprivate mutating func append(_ source: Source) {
    func member(_ name: StaticString, _ text: String?) {
      guard let text else { return }
      name.withUTF8Buffer { unsafe append(contentsOf: $0) }
      JSON.write(text, to: &self)
    }
    member("{\"resource\":", source.resource)
    member(",\"version\":", source.version)
    member(",\"code\":", source.code)
    member(",\"value\":", source.value)
    member(",\"unit\":", source.unit)
    member(",\"instant\":", source.instant.description)
    member(",\"conversion\":", source.conversion)
    append(UInt8(ascii: "}"))
  }
}
