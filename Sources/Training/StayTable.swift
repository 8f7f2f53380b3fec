// SPDX-License-Identifier: Apache-2.0
package import Features
package import Replay

/// The stays of one or several data sets as rows (stay × hour) with features, and a label for every head.
package struct StayTable: Sendable {
  /// Who the rows of a stay belong to.
  package struct Record: Sendable, Equatable {
    package var id: String
    package var patient: String
    /// Name of the data set's reader.
    package var dataSet: String
    package var site: String
    /// Years; nil when unknown.
    package var age: Double?
    /// 0 female, 1 male; nil when unknown.
    package var sex: Double?
    /// 1 coronary care, 2 cardiac surgery recovery, 3 medical, 4 surgical; nil when unknown.
    package var unitType: Double?
    package var hospital: HospitalOutcome?
    /// Its rows in the table.
    package var rows: Range<Int>

    package init(
      id: String, patient: String? = nil, dataSet: String, site: String, age: Double?, sex: Double?, unitType: Double?,
      hospital: HospitalOutcome?, rows: Range<Int>
    ) {
      self.id = id
      self.patient = patient ?? id
      self.dataSet = dataSet
      self.site = site
      self.age = age
      self.sex = sex
      self.unitType = unitType
      self.hospital = hospital
      self.rows = rows
    }
  }

  /// One stay before it is in the table.
  package struct Rows: Sendable {
    package var record: Record
    package var vectors: [FeatureVector]
    package var scored: Int
    package var labels: [LabelDefinition.Labels]
  }

  package private(set) var features: FeatureTable
  package private(set) var records: [Record] = []
  /// The hour of each row.
  package private(set) var hours: [Double] = []
  /// The stay of each row.
  private var stayOfRow: [Int] = []
  /// Whether each row is scored; the others are only learned from.
  package private(set) var isScored: [Bool] = []
  /// By head: labels and weights, rows × outputs.
  package private(set) var labels: [LabelDefinition.Labels]

  private var configuration: ExperimentConfiguration
  private let profile: FeatureProfile

  /// An empty table.
  package init(_ configuration: ExperimentConfiguration, profile: FeatureProfile) {
    self.configuration = configuration
    self.profile = profile
    features = FeatureTable(columns: profile.columns)
    labels = configuration.heads.map { _ in LabelDefinition.Labels(values: [], weights: []) }
  }

  /// The rows that a configuration makes of a stay. A stay without hours gives none.
  package static func rows(
    of stay: Stay, dataSet: ExperimentConfiguration.DataSet, configuration: ExperimentConfiguration,
    profile: FeatureProfile
  ) -> Rows {
    let (scored, random) = dataSet.rows.hours(of: stay, seed: configuration.seed)
    let hours = scored + random
    func known(_ id: String) -> Double? {
      profile.statics.firstIndex { $0.id == id }.map { stay.timeline.statics[$0] }.flatMap { $0.isNaN ? nil : $0 }
    }
    return Rows(
      record: Record(
        id: stay.id, patient: stay.patient, dataSet: dataSet.reader, site: stay.site, age: known("age"),
        sex: known("sex"),
        unitType: known("unit-type"), hospital: stay.outcome.hospital, rows: 0..<hours.count),
      vectors: profile.trajectory(stay.timeline, atHours: hours), scored: scored.count,
      labels: configuration.heads.map { head in
        let question = LabelDefinition.Question(stay: stay, hours: hours, head: head, profile: profile)
        // A data set without ventilation would label every stay as free of respiratory failure.
        guard head.dataSets?.contains(dataSet.reader) ?? true else { return .unknown(question) }
        return LabelDefinition.named(head.label)?.labels(question) ?? .unknown(question)
      })
  }

  /// Appends a stay.
  package mutating func append(_ stay: Rows) {
    var record = stay.record
    record.rows = features.rows..<features.rows + stay.vectors.count
    records.append(record)
    for (index, vector) in stay.vectors.enumerated() {
      features.append(vector)
      hours.append(vector.hour)
      stayOfRow.append(records.count - 1)
      isScored.append(index < stay.scored)
    }
    for (head, labels) in stay.labels.enumerated() {
      self.labels[head].values += labels.values
      self.labels[head].weights += labels.weights
    }
  }

  /// Reads all stays of a data set into the table.
  ///
  /// - Returns: what was left out, by reason.
  @discardableResult package mutating func read(
    _ reader: any StayReader, dataSet: ExperimentConfiguration.DataSet, jobs: Int,
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) async throws -> Tally {
    let (configuration, profile) = (configuration, profile)
    return try await reader.forEach(jobs: jobs, progress: progress) { stay in
      Self.rows(of: stay, dataSet: dataSet, configuration: configuration, profile: profile)
    } take: {
      append($0)
    }
  }

  /// Index of the stay that a row belongs to.
  func stay(ofRow row: Int) -> Int { stayOfRow[row] }

  /// Whose a row is.
  func record(ofRow row: Int) -> Record { records[stayOfRow[row]] }

  /// The groups that a row's stay belongs to at its hour.
  package func subgroups(ofRow row: Int) -> [String] {
    let record = records[stayOfRow[row]]
    return FeatureProfile.subgroups(
      age: record.age, sex: record.sex, unitType: record.unitType, hour: hours[row])
  }

  /// The same with the labels of some heads alone.
  func keeping(heads names: Set<String>) -> StayTable {
    var result = self
    result.labels = zip(configuration.heads, labels).filter { names.contains($0.0.name) }.map(\.1)
    result.configuration = configuration.keeping(heads: names)
    return result
  }

  /// How many stays have a row with the outcome of a head of one output, and how many have rows without it alone.
  func staysByLabel(head: Int) -> (with: Int, without: Int) {
    let positive = positives(head: head)
    let known = records.map { record in record.rows.contains { labels[head].weights[$0] > 0 } }
    return (positive.count { $0 }, zip(known, positive).count { $0 && !$1 })
  }

  /// Whether each stay has a row with a positive label of a head of one output.
  package func positives(head: Int) -> [Bool] {
    records.map { record in
      record.rows.contains { labels[head].values[$0] > 0.5 && labels[head].weights[$0] > 0 }
    }
  }
}
