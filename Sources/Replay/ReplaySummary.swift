// SPDX-License-Identifier: Apache-2.0
import Decision
package import FHIR
import Features

/// Counts over a replay: what was read, what was used, what was left aside and why.
package struct ReplaySummary: Codable, Sendable, Equatable {
  /// Something that was refused, and where; never its text.
  package struct Problem: Codable, Sendable, Equatable {
    /// The file.
    package let file: String
    /// The permanent code.
    package let code: String
    /// The line, where the file is read by lines.
    package let line: Int?
    /// Code, line, byte and path, for people.
    package let error: String
  }

  /// Documents read, and bytes of them, unpacked.
  package private(set) var documents = 0
  package private(set) var bytes = 0
  /// Refused documents and lines, by code.
  package private(set) var refused = Tally()
  /// The first refusals, each with its place.
  package private(set) var problems: [Problem] = []
  /// Patients.
  package private(set) var charts = 0
  /// Assessments: one a patient, or one for each hour.
  package private(set) var assessments = 0
  /// Patients without any moment to assess at.
  package private(set) var withoutMoment = 0
  /// What was noted in the charts (resources left out, versions of FHIR other than R4), by code.
  package private(set) var issues = Tally()
  /// By model: bands of assessed charts and reasons of the others, by outcome; values used, and values ignored by reason.
  package private(set) var models: [String: Model] = [:]

  /// Counts of one model.
  package struct Model: Codable, Sendable, Equatable {
    /// By the outcome's head.
    package var outcomes: [String: Outcome] = [:]
    package var used = 0
    package var ignored = Tally()
  }

  /// Counts of one outcome.
  package struct Outcome: Codable, Sendable, Equatable {
    /// Bands of the charts that were assessed.
    package var assessed = Tally()
    /// Charts that were not assessed, and why: a chart may have several reasons.
    package var withoutAssessment = 0
    package var notAssessed = Tally()

    mutating func add(_ finding: Finding) {
      switch finding.conclusion {
      case .assessed(let risk): assessed.add(risk.band)
      case .notAssessed(let reasons):
        withoutAssessment += 1
        for reason in reasons { notAssessed.add(reason.code) }
      }
    }

    mutating func add(_ other: Outcome) {
      assessed.add(other.assessed)
      withoutAssessment += other.withoutAssessment
      notAssessed.add(other.notAssessed)
    }

    var json: JSON {
      [
        "assessed": assessed.json, "withoutAssessment": .number(withoutAssessment), "notAssessed": notAssessed.json,
      ]
    }
  }

  /// How many problems are kept with their place; all are counted.
  static let problemsKept = 20

  package init() {}

  /// Whether every file and line could be read.
  package var isClean: Bool { refused.total == 0 }

  mutating func add(_ reading: ChartReading) {
    documents += reading.documents
    bytes += reading.bytes
    charts += reading.charts.count
    refused.add(reading.refused)
    for issue in reading.issues { issues.add(issue.code) }
    problems += reading.problems.prefix(Self.problemsKept - problems.count).map {
      Problem(
        file: $0.file, code: $0.error.code.rawValue, line: $0.error.line, error: $0.error.description)
    }
  }

  /// Adds a document that is one chart, of a patient who was met before or not.
  mutating func addChart(bytes: Int, isNew: Bool, issues: [Issue]) {
    documents += 1
    self.bytes += bytes
    charts += isNew ? 1 : 0
    for issue in issues { self.issues.add(issue.code) }
  }

  /// Notes something by its code.
  mutating func note(_ code: String) { issues.add(code) }

  /// Counts a document that is refused.
  mutating func refuse(_ name: String, _ code: String) {
    refused.add(code)
    if problems.count < Self.problemsKept { problems.append(Problem(file: name, code: code, line: nil, error: code)) }
  }

  mutating func add(_ row: ReplayRow) {
    guard let assessment = row.assessment else {
      withoutMoment += 1
      return
    }
    assessments += 1
    for assessed in assessment.models {
      var model = models[assessed.model.id] ?? Model()
      for finding in assessed.findings { model.outcomes[finding.outcome.head, default: Outcome()].add(finding) }
      model.used += assessed.timeline.samples.reduce(0) { $0 + $1.count }
      for value in assessed.timeline.ignored { model.ignored.add(value.reason.rawValue) }
      models[assessed.model.id] = model
    }
  }

  /// Adds another summary's counts.
  package mutating func add(_ other: ReplaySummary) {
    documents += other.documents
    bytes += other.bytes
    refused.add(other.refused)
    problems += other.problems.prefix(Self.problemsKept - problems.count)
    charts += other.charts
    assessments += other.assessments
    withoutMoment += other.withoutMoment
    issues.add(other.issues)
    for (id, model) in other.models {
      var sum = models[id] ?? Model()
      for (head, outcome) in model.outcomes { sum.outcomes[head, default: Outcome()].add(outcome) }
      sum.used += model.used
      sum.ignored.add(model.ignored)
      models[id] = sum
    }
  }

  /// The summary as JSON, keys in order.
  package var json: JSON {
    [
      "documents": .number(documents), "bytes": .number(bytes),
      "refused": refused.json,
      "problems": .array(problems.map { ["file": .string($0.file), "error": .string($0.error)] }),
      "charts": .number(charts), "assessments": .number(assessments), "withoutMoment": .number(withoutMoment),
      "issues": issues.json,
      "models": .object(
        models.keys.sorted().compactMap { id in
          models[id].map { model in
            JSON.Member(
              id,
              [
                "outcomes": .object(
                  model.outcomes.keys.sorted().compactMap { head in
                    model.outcomes[head].map { JSON.Member(head, $0.json) }
                  }), "used": .number(model.used), "ignored": model.ignored.json,
              ])
          }
        }),
    ]
  }
}
