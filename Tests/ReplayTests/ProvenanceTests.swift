// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Features
import Foundation
import Replay
import Testing

/// What a row says of the values that each model was given.
@Suite struct ProvenanceTests {
  /// The last rows of a fixture, each with what stands in it beside.
  private static func rows(
    _ name: String, moment: Replay.Moment = .last, last: Int = 1
  ) throws -> [(row: ReplayRow, whole: JSON)] {
    let assessor = try Samples.assessor.get()
    var rows: [ReplayRow] = []
    let inputs = try ChartInput.inputs(at: Samples.path(name))
    _ = Replay(assessor: assessor, moment: moment).run(inputs) { rows += $0.rows }
    return try rows.suffix(last).map { row in
      (row, JSON(try Document(row.jsonWithProvenance(by: assessor), syntax: .json, limits: .files).root))
    }
  }

  private static func models(_ whole: JSON) throws -> [JSON] {
    guard case .array(let models)? = whole["provenance"]?["models"] else { throw FHIRError(.empty) }
    return models
  }

  private static func list(_ json: JSON?) -> [JSON] {
    guard case .array(let entries)? = json else { return [] }
    return entries
  }

  private static func number(_ json: JSON?) -> Double? {
    guard case .number(let literal)? = json else { return nil }
    return Double(literal)
  }

  /// Members that stand in a row beside what a trail keeps.
  private static let beside = ["columns", "used", "missing", "stale", "ignored"]

  /// The row of a chart has what the answer about it has on record, at every hour.
  @Test(arguments: Samples.charts) func isWhatTheAnswerHasOnRecord(_ name: String) throws {
    let assessor = try Samples.assessor.get()
    let file = "\(name).json"
    let rows = try Self.rows(file) + Self.rows(file, moment: .eachHour, last: 3)
    let charts = try ChartInput.inputs(at: Samples.path(file)).flatMap { ChartReading($0, lanes: Lanes(1)).charts }
    for (row, whole) in rows {
      var bare = whole
      bare["provenance"] = nil
      #expect(bare.encoded() == row.json.encoded())
      guard let instant = row.assessment?.instant else {
        #expect(whole["provenance"] == nil)
        continue
      }
      let chart = try #require(charts.first { $0.patientID == row.patientID })
      // As the service and `vigil assess` ask.
      let answer = assessor.assess(chart, at: instant)
      let recorded = Self.list(JSON(try Document(answer.vectors, syntax: .json, limits: .files).root))
      let outputs = Self.list(JSON(try Document(answer.record.encoded(), syntax: .json, limits: .files).root)["models"])
      let models = try Self.models(whole)
      #expect(models.count == recorded.count && models.count == 2)
      for (model, (vector, said)) in zip(models, zip(recorded, outputs)) {
        var begun = model
        for member in Self.beside { begun[member] = nil }
        #expect(begun == vector)
        #expect(model["stale"] == said["stale"])
        let counted = Self.list(said["ignored"]).compactMap { Self.number($0["count"]) }.reduce(0, +)
        #expect(Double(Self.list(model["ignored"]).count) == counted)
      }
    }
  }

  /// Every number has a name, every source a use, and every signal either a use or its place among the missing.
  @Test(arguments: Samples.charts) func nothingIsWithoutAPlace(_ name: String) throws {
    let packages = try Samples.assessor.get().packages
    for (row, whole) in try Self.rows("\(name).json") {
      let said = try #require(row.assessment).models
      for (place, model) in try Self.models(whole).enumerated() {
        let package = packages[place]
        let ids = Set(package.profile.signals.map(\.id) + package.profile.statics.map(\.id))
        let missing = Set(Self.list(model["missing"]).compactMap { $0["signal"]?.text() })
        guard model["values"] != nil else {
          #expect(model["columns"] == nil && model["used"] == nil)
          #expect(said[place].vector == nil && !said[place].timeline.ineligibility.isEmpty)
          continue
        }
        #expect(Self.list(model["columns"]) == package.profile.columns.map { .string($0.id) })
        #expect(Self.list(model["from"]).count == Self.list(model["columns"]).count)
        let used = Self.list(model["used"])
        #expect(used.count == Self.list(model["sources"]).count && !used.contains(.null))
        // Each source has one use: as many uses as places, and no place without one.
        let timeline = said[place].timeline
        let uses = timeline.samples.joined().map(\.source) + timeline.staticSources.filter { $0 >= 0 }
        #expect(uses.count == used.count && Set(uses).count == used.count)
        let signals = Set(used.compactMap { $0["signal"]?.text() })
        #expect(signals.isDisjoint(with: missing) && signals.union(missing) == Set(ids.map { JSON.string($0).text() }))
      }
    }
  }

  /// The units of the fixture, by hand.
  @Test func saysHowAValueWasSentAndHowItWasUsed() throws {
    let row = try #require(try Self.rows("wrong-units.json").first)
    let model = try #require(try Self.models(row.whole).first { $0["model"] == "icu-prognosis" })
    let (sources, used) = (Self.list(model["sources"]), Self.list(model["used"]))
    let place = try #require(sources.firstIndex { $0["resource"] == "Observation/wro-o0001" })
    #expect(sources[place]["value"] == "100.4" && sources[place]["unit"] == "[degF]")
    #expect(sources[place]["code"] == "http://loinc.org|8310-5" && sources[place]["instant"] == "2026-01-18T07:00:00Z")
    #expect(sources[place]["conversion"] != nil)
    #expect(used[place]["signal"] == "temperature" && used[place]["unit"] == "Cel")
    #expect(abs((Self.number(used[place]["value"]) ?? 0) - 38) < 1e-9)
    // The column is made of it.
    let columns = Self.list(model["columns"])
    let column = try #require(columns.firstIndex(of: "temperature.first"))
    #expect(Self.list(model["from"])[column] == [.number(place)])
    #expect(Self.number(Self.list(model["values"])[column]) == 38)
    // 84 bananas of heart beats; magnesium in megagrams by its code, in milligrams by its word; a pH of 73.5.
    #expect(
      Self.list(model["ignored"]).contains {
        $0["resource"] == "Observation/wro-o0019" && $0["signal"] == "heart-rate" && $0["reason"] == "unit"
      })
    let magnesium = try #require(Self.list(model["missing"]).first { $0["signal"] == "magnesium" })
    #expect(magnesium["ignored"] == ["contradictory-units": 1])
    let acidity = try #require(Self.list(model["missing"]).first { $0["signal"] == "ph" })
    #expect(acidity["ignored"] == ["range": 1])
    // Nothing was sent.
    #expect(Self.list(model["missing"]).contains { $0["signal"] == "troponin-i" && $0["ignored"] == nil })
  }

  @Test func lanesChangeNothing() throws {
    let assessor = try Samples.assessor.get()
    let lines = try [1, 3].map { lanes in
      try Samples.run(Samples.path(""), lanes: lanes).rows.map { $0.jsonWithProvenance(by: assessor) }
    }
    #expect(lines[0].count > 25 && lines[0] == lines[1])
  }
}
