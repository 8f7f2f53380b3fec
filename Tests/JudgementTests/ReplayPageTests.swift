// SPDX-License-Identifier: Apache-2.0
import Decision
import FHIR
import Judgement
import Replay
import Testing

/// The page and its numbers of replays in which nearly nothing can be said.
@Suite struct ReplayPageTests {
  private typealias Said = (p: Double?, label: Bool?)

  private func packages(_ isPair: Bool) throws -> [ModelPackage] {
    Array(repeating: try Samples.package("icu-prognosis"), count: isPair ? 2 : 1)
  }

  private func page(
    _ rows: [[Said]], pair: Bool, title: String = "exports/", isHourly: Bool = true
  ) async throws -> ReplayPage {
    let package = try Samples.package("icu-prognosis")
    let packages = try packages(pair)
    var (table, counts) = (EvidenceTable(packages), DriftCounts())
    let reference = DriftReference(package)
    for (patient, hours) in rows.enumerated() {
      table.append(
        try Samples.evidence("p\(patient)", hours.map { said in packages.map { _ in said } }, indicator: "warning"))
      counts.add(
        reference.sample(month: "1970-01", [], units: ["lactate": ["mmol/L": 1, "mg/dL": patient]]), reference)
    }
    let drift = packages.indices.map { model in
      ModelDrift(
        FeatureDrift(counts, reference),
        OutputDrift(table, model: model, package, evaluation: nil, scoredAtHour: [:]))
    }
    return ReplayPage(
      RunFacts(
        command: "vigil replay <exports>", commit: nil, program: "", configuration: "", input: title,
        moments: "each-hour", labels: nil),
      packages, ReplaySummary(),
      evaluation: await ReplayEvaluation(table, packages, isHourly: isHourly, dataSet: "", replicates: 5, jobs: 1),
      pair: pair ? await PairedComparison(table, packages, replicates: 5, jobs: 1) : nil,
      differences: ModelDifferences(), drift: drift, alarms: AlarmCurves(table, packages),
      patients: (table.patientCount, table.repeatedPatients))
  }

  @Test(arguments: [false, true]) func whateverIsKnownThereIsAPage(pair: Bool) async throws {
    let cases: [[[Said]]] = [
      [], [[(nil, nil)]], [[(0.5, nil)]], [[(0.9, false)]],
      // Nobody has it, and all were thought to; everybody has it, and none was; nobody is told from anybody.
      (0..<40).map { _ in [(0.99, false), (0.98, false)] }, (0..<40).map { _ in [(0.01, true)] },
      (0..<40).map { [(0.3, $0 % 2 == 0)] }, (0..<40).map { [(0, $0 % 2 == 0), (1, $0 % 3 == 0)] },
    ]
    for rows in cases {
      let page = try await page(rows, pair: pair)
      #expect(!page.html.contains(/[>" ](nan|inf|-inf)[ <"]/))
      let numbers = try Document(try page.numbers().encoded(), syntax: .json).root
      #expect(numbers["patients"]?.text == "\(rows.count)")
      #expect(try numbers.elements("drift").map { _ in true }.count == packages(pair).count)
    }
  }

  @Test func noTitleIsMarkup() async throws {
    let page = try await page([[(0.5, true)]], pair: false, title: "<b>ward</b>")
    #expect(page.html.contains("Replay of &lt;b&gt;ward&lt;/b&gt;") && !page.html.contains("<b>"))
    #expect(!page.html.contains("http://") && !page.html.contains("https://") && !page.html.contains("<script"))
  }

  /// A part that cannot be written is no part that is missing.
  @Test func whatDoesNotEncodeIsThrown() throws {
    struct Broken: Encodable {
      func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: ""))
      }
    }
    #expect(throws: EncodingError.self) { try ReplayPage.json([Broken()]) }
    #expect(try ReplayPage.json([Double.infinity, 0.5]) == ["infinite", 0.5])
  }

  /// Of several moments of a stay the page counts moments, and gives no score that is defined over stays.
  @Test func severalMomentsAreNoStays() async throws {
    let one = try await page((0..<40).map { [(Double($0) / 50, $0 % 3 == 0)] }, pair: false, isHourly: false)
    #expect(one.html.contains("Stays with the outcome") && one.html.contains("Score1"))
    let rows: [[Said]] = (0..<40).map { patient in
      Array(repeating: (Double(patient) / 50, patient % 3 == 0), count: 2)
    }
    let two = try await page(rows, pair: false, isHourly: false)
    #expect(two.html.contains("Moments with the outcome") && !two.html.contains("Score1"))
    #expect(!two.html.contains("Stays with the outcome<"))
    let hours = try await page(rows, pair: false)
    #expect(hours.html.contains("Hours with the outcome"))
  }
}
