// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation

/// The project's own charts, profiles and value sets, found from this file.
enum Fixture {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

  /// Every chart of one patient in `FixturesFHIR`.
  static let names = [
    "septic-deterioration", "stable-postoperative", "sparse", "wrong-units", "foreign-codes", "outpatient", "child",
    "early",
  ]

  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: path)))
  }

  static func document(_ name: String, _ syntax: Syntax = .json) throws -> Document {
    try Document(bytes("FixturesFHIR/\(name).\(syntax == .json ? "json" : "xml")"), syntax: syntax)
  }

  static func chart(_ name: String, _ syntax: Syntax = .json) throws -> Chart {
    Chart(resources: [try document(name, syntax).root], patientID: nil)
  }

  static func profile(_ name: String) throws -> FeatureProfile {
    try JSONDecoder().decode(FeatureProfile.self, from: Data(bytes("Profiles/features/\(name).json")))
  }

  static let prognosis = Result { try profile("icu-prognosis") }
  static let diagnosis = Result { try profile("icu-diagnosis") }
  static let terminology = Result { try Terminology(directory: root.appending(path: "Profiles/terminology").path) }

  /// 48 hours after each chart's ICU admission (for `outpatient`, after the visit; for `early`, 2 hours).
  static func end(of name: String) throws -> Instant {
    let texts = [
      "septic-deterioration": "2026-03-12T13:20:00Z", "stable-postoperative": "2026-03-29T15:40:00Z",
      "sparse": "2026-02-05T22:05:00Z", "wrong-units": "2026-01-20T06:00:00Z", "foreign-codes": "2025-11-07T09:30:00Z",
      "outpatient": "2026-04-02T09:00:00Z", "child": "2026-03-17T19:00:00Z", "early": "2026-03-20T05:10:00Z",
      "mixed-patients": "2026-03-03T10:00:00Z",
    ]
    guard let instant = texts[name].flatMap({ Instant($0) }) else { throw CocoaError(.fileNoSuchFile) }
    return instant
  }

  /// The timeline of a fixture at its end under the prognosis profile.
  static func timeline(
    _ name: String, _ syntax: Syntax = .json, profile: Result<FeatureProfile, any Error> = prognosis
  ) throws -> Timeline {
    try profile.get().timeline(of: chart(name, syntax), at: end(of: name), terminology: terminology.get())
  }
}

extension FeatureProfile {
  /// The samples of a signal, by its id.
  func samples(_ id: String, in timeline: Timeline) -> [Sample] {
    signals.firstIndex { $0.id == id }.map { timeline.samples[$0] } ?? []
  }

  /// The values of a signal, by its id.
  func values(_ id: String, in timeline: Timeline) -> [Double] { samples(id, in: timeline).map(\.value) }

  /// The number of a static, by its id.
  func fixed(_ id: String, in timeline: Timeline) -> Double? {
    statics.firstIndex { $0.id == id }.map { timeline.statics[$0] }
  }
}

extension Timeline {
  /// How many values were ignored for a reason.
  func count(_ reason: Exclusion) -> Int { ignored.count { $0.reason == reason } }

  /// Everything that reaches a network or the record, floating point by its bits.
  var fingerprint: [String] {
    var lines = statics.map { String($0.bitPattern) } + staticSources.map { String($0) }
    for samples in samples {
      lines.append(samples.map { "\($0.hours.bitPattern) \($0.value.bitPattern) \($0.source)" }.joined(separator: ","))
    }
    lines += sources.map { "\($0)" } + ineligibility.map(\.text)
    return lines
  }
}

/// A generator for tests: the same numbers on every machine.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

/// A small chart written by hand: one adult woman in an ICU since 2026-03-01T00:00:00Z unless told otherwise.
struct TestChart {
  var patient = #"{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1960-05-05"}"#
  var encounters = [TestChart.stay(#""start":"2026-03-01T00:00:00Z""#)]
  var observations: [String] = []

  static let subject = #""subject":{"reference":"Patient/p"}"#

  /// An encounter with one ICU location of the given period.
  static func stay(_ period: String, id: String = "e", status: String = "in-progress", more: String = "") -> String {
    #"{"resourceType":"Encounter","id":"\#(id)","status":"\#(status)","#
      + #""class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},\#(subject),"#
      + #""location":[{"location":{"reference":"Location/icu"},"period":{\#(period)}}]\#(more)}"#
  }

  static let location =
    #"{"resourceType":"Location","id":"icu","name":"Ward","type":[{"coding":["#
    + #"{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"ICU"}]}]}"#

  static func quantity(_ value: String, _ code: String) -> String {
    #""valueQuantity":{"value":\#(value),"system":"http://unitsofmeasure.org","code":"\#(code)"}"#
  }

  static func observation(
    _ loinc: String, _ value: String, at time: String = #""effectiveDateTime":"2026-03-01T01:00:00Z""#,
    id: String? = nil, status: String = "final", more: String = ""
  ) -> String {
    #"{"resourceType":"Observation",\#(id.map { #""id":"\#($0)","# } ?? "")"status":"\#(status)",\#(subject),"#
      + #""code":{"coding":[{"system":"http://loinc.org","code":"\#(loinc)"}]}"#
      + [time, value, more].filter { !$0.isEmpty }.map { "," + $0 }.joined() + "}"
  }

  mutating func add(
    _ loinc: String, _ value: String, at time: String = #""effectiveDateTime":"2026-03-01T01:00:00Z""#,
    id: String? = nil, status: String = "final", more: String = ""
  ) {
    observations.append(Self.observation(loinc, value, at: time, id: id, status: status, more: more))
  }

  func chart() throws -> Chart {
    let entries = ([patient, Self.location] + encounters + observations).filter { !$0.isEmpty }
      .map { #"{"resource":\#($0)}"# }
    let bundle = #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries.joined(separator: ","))]}"#
    return Chart(resources: [try Document(Array(bundle.utf8), syntax: .json).root], patientID: nil)
  }

  /// Under the diagnosis profile, six hours into the stay unless told otherwise.
  func timeline(
    at text: String = "2026-03-01T06:00:00Z", profile: Result<FeatureProfile, any Error> = Fixture.diagnosis
  ) throws -> Timeline {
    guard let instant = Instant(text) else { throw CocoaError(.formatting) }
    return try profile.get().timeline(of: chart(), at: instant, terminology: Fixture.terminology.get())
  }
}
