// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// Neither the order of resources nor the company of other patients changes what is read.
@Suite struct ChartOrderTests {
  @Test(arguments: Fixture.names)
  func orderOfEntriesDoesNotMatter(name: String) throws {
    let entries = try Fixture.document(name).root.elements("entry").compactMap { $0["resource"] }
    let terminology = try Fixture.terminology.get()
    var random = Seeded(state: 7)
    for profile in [try Fixture.prognosis.get(), try Fixture.diagnosis.get()] {
      let expected = profile.timeline(
        of: Chart(resources: entries, patientID: nil), at: try Fixture.end(of: name), terminology: terminology)
      let vector = profile.vector(expected, atHour: 48).values.map(\.bitPattern)
      for _ in 0..<20 {
        let chart = Chart(resources: entries.shuffled(using: &random), patientID: nil)
        let timeline = profile.timeline(of: chart, at: try Fixture.end(of: name), terminology: terminology)
        #expect(timeline.fingerprint == expected.fingerprint)
        #expect(profile.vector(timeline, atHour: 48).values.map(\.bitPattern) == vector)
      }
    }
  }

  /// Several values of one signal at one instant: the same one counts in every order.
  @Test func conflictsAreSettledAlike() throws {
    var chart = TestChart()
    chart.add("8867-4", TestChart.quantity("80", "/min"), id: "b")
    chart.add("8867-4", TestChart.quantity("90", "/min"), id: "a")
    chart.add("8867-4", TestChart.quantity("100", "/min"), id: "c", status: "preliminary")
    let profile = try Fixture.diagnosis.get()
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
      var turned = chart
      turned.observations = order.map { chart.observations[$0] }
      let timeline = try turned.timeline()
      #expect(profile.values("heart-rate", in: timeline) == [90])  // final before preliminary, then the lowest id
      #expect(timeline.count(.conflict) == 2)
    }
    chart.add("8867-4", TestChart.quantity("70", "/min"), id: "d", status: "amended")
    #expect(profile.values("heart-rate", in: try chart.timeline()) == [70])
    chart.add(
      "8867-4", TestChart.quantity("60", "/min"), id: "e", status: "amended",
      more: #""issued":"2026-03-01T02:00:00Z""#)
    #expect(profile.values("heart-rate", in: try chart.timeline()) == [60])
    chart.add("8867-4", TestChart.quantity("60", "/min"), id: "f")
    #expect(try chart.timeline().count(.duplicate) == 1)
  }

  /// Two volumes of one minute under different codes are two volumes; the same one sent twice is one.
  @Test func volumesAddUpOnceEach() throws {
    let profile = try Fixture.prognosis.get()
    var chart = TestChart()
    chart.add("9187-6", TestChart.quantity("100", "mL"), id: "a")
    chart.add("9187-6", TestChart.quantity("100", "mL"), id: "b")
    #expect(profile.values("urine-output", in: try chart.timeline(profile: Fixture.prognosis)) == [100])
  }

  /// The newest version counts, and when it is taken back nothing does.
  @Test func versions() throws {
    let profile = try Fixture.diagnosis.get()
    var chart = TestChart()
    chart.add("8867-4", TestChart.quantity("80", "/min"), id: "a", more: #""meta":{"versionId":"9"}"#)
    chart.add("8867-4", TestChart.quantity("85", "/min"), id: "a", more: #""meta":{"versionId":"10"}"#)
    for observations in [chart.observations, chart.observations.reversed()] {
      chart.observations = observations
      #expect(profile.values("heart-rate", in: try chart.timeline()) == [85])
    }
    // Without a version neither is newer; the same one counts in every order.
    var plain = TestChart()
    plain.add("8867-4", TestChart.quantity("80", "/min"), id: "a")
    plain.add("8867-4", TestChart.quantity("85", "/min"), id: "a")
    for observations in [plain.observations, plain.observations.reversed()] {
      plain.observations = observations
      #expect(profile.values("heart-rate", in: try plain.timeline()) == [85])
    }
    chart.add(
      "8867-4", TestChart.quantity("85", "/min"), id: "a", status: "entered-in-error",
      more: #""meta":{"versionId":"11"}"#)
    #expect(profile.values("heart-rate", in: try chart.timeline()) == [])
  }

  @Test func mixedPatientsAreKeptApart() throws {
    let charts = Chart.charts(in: [try Fixture.document("mixed-patients")])
    let profile = try Fixture.prognosis.get()
    let terminology = try Fixture.terminology.get()
    for (id, letter) in [("syn-mixed-a", "a"), ("syn-mixed-b", "b")] {
      let chart = try #require(charts.first { $0.patientID == id })
      let timeline = profile.timeline(of: chart, at: try Fixture.end(of: "mixed-patients"), terminology: terminology)
      let resources = timeline.sources.map(\.resource).filter { $0.hasPrefix("Observation/") }
      #expect(!resources.isEmpty)
      #expect(resources.allSatisfy { $0.hasPrefix("Observation/mix-\(letter)") })
    }
  }

  /// 10,000 random bundles of two or three patients: the values of each are told apart by their size, and no value of
  /// another ever reaches a timeline.
  @Test func nothingLeaks() throws {
    var random = Seeded(state: 2026)
    let profile = try Fixture.diagnosis.get()
    let terminology = try Fixture.terminology.get()
    let instant = try #require(Instant("2026-03-01T06:00:00Z"))
    var used = 0
    for _ in 0..<10_000 {
      let patients = Int.random(in: 2...3, using: &random)
      var entries: [String] = []
      for patient in 0..<patients {
        entries.append(entry("Patient", "p\(patient)", #""gender":"male","birthDate":"1960-01-01""#))
        entries.append(
          entry(
            "Encounter", "e\(patient)",
            #""status":"in-progress","class":{"code":"IMP"},"subject":\#(subject(patient, &random)),"#
              + #""location":[{"location":{"reference":"Location/icu"},"period":{"start":"2026-03-01T00:00:00Z"}}]"#))
        for number in 0..<Int.random(in: 1...4, using: &random) {
          // Patient 0 has 100 to 109, patient 1 has 110 to 119, and so on; the same observation ids may occur twice.
          let value = 100 + patient * 10 + Int.random(in: 0..<10, using: &random)
          entries.append(
            entry(
              "Observation", Bool.random(using: &random) ? "o\(patient)-\(number)" : "o\(number)",
              #""status":"final","subject":\#(subject(patient, &random)),"code":{"coding":[{"system":"http://loinc.org","#
                + #""code":"8867-4"}]},"effectiveDateTime":"2026-03-01T0\#(number + 1):00:00Z","#
                + TestChart.quantity("\(value)", "/min")))
        }
      }
      entries.append(#"{"resource":\#(TestChart.location)}"#)
      entries.shuffle(using: &random)
      let text = #"{"resourceType":"Bundle","type":"collection","entry":[\#(entries.joined(separator: ","))]}"#
      for chart in Chart.charts(in: [try Document(Array(text.utf8), syntax: .json)]) {
        guard let own = chart.patientID.flatMap({ Int($0.dropFirst()) }) else { continue }
        let timeline = profile.timeline(of: chart, at: instant, terminology: terminology)
        for value in profile.values("heart-rate", in: timeline) {
          used += 1
          if Int(value) / 10 != 10 + own { Testing.Issue.record("a value of another patient in \(text)") }
        }
      }
    }
    #expect(used > 20_000)  // the test sees what it is about
  }

  private func entry(_ type: String, _ id: String, _ body: String) -> String {
    #"{"fullUrl":"https://a.example/fhir/\#(type)/\#(id)","resource":{"resourceType":"\#(type)","id":"\#(id)",\#(body)}}"#
  }

  private func subject(_ patient: Int, _ random: inout Seeded) -> String {
    let forms = ["Patient/p\(patient)", "https://a.example/fhir/Patient/p\(patient)", "Patient/p\(patient)/_history/2"]
    return #"{"reference":"\#(forms[Int.random(in: 0..<3, using: &random)])"}"#
  }
}
