// SPDX-License-Identifier: Apache-2.0

/// A declarative description of what a network sees: signals with their codes, units and plausible ranges, series
/// derived from them, and the statistics taken of both.
///
/// Read from JSON (`Profiles/features/*.json`, `feature-profile.json` of a model package). Decoding checks every name
/// and compiles the columns, so a profile that exists can be evaluated.
package struct FeatureProfile: Codable, Sendable, Equatable {
  /// Identifier, such as `icu-prognosis`.
  package let id: String
  /// Semantic version of the profile.
  package let version: String
  /// What a person calls it.
  package let title: String
  /// Width in hours of the grid on which several measurements of a signal count as one (the last), but for volumes
  /// (category `fluid`), each of which counts; nil: each counts.
  package let gridHours: Double?
  /// Who may be assessed, and at which hours of the stay.
  package let eligibility: Eligibility
  /// What is measured repeatedly; `Timeline.samples` has one array for each, in this order.
  package let signals: [Signal]
  /// Series computed from signals or from derived series that stand before them.
  package let derived: [DerivedSeries]
  /// What is known once for a stay; `Timeline.statics` has one number for each, in this order.
  package let statics: [Static]
  /// Statistics of series and statics: each group yields columns series by series, window by window.
  package let features: [FeatureGroup]
  /// Products of terms, such as the body mass index.
  package let products: [Product]
  /// Point scores, such as the SIRS criteria.
  package let scores: [Score]
  /// What recurrent networks read step by step; nil: nothing. Its columns are the last ones.
  package let sequence: FeatureSequence?
  /// Known faults of public data sets, by data set; applied by the readers in `Training`, never to live data.
  package let faults: [String: [Fault]]
  /// The columns of a feature vector, in order.
  package let columns: [Column]
  let plan: FeaturePlan

  private enum CodingKeys: String, CodingKey {
    case id, version, title, gridHours, eligibility, signals, derived, statics, features, products, scores, sequence
    case faults
  }

  /// Decodes and compiles a profile.
  ///
  /// - Throws: `DecodingError.dataCorrupted` when a name is unknown, given twice or used before its definition.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try container.decode(String.self, forKey: .id)
    version = try container.decode(String.self, forKey: .version)
    title = try container.decode(String.self, forKey: .title)
    gridHours = try container.decodeIfPresent(Double.self, forKey: .gridHours)
    eligibility = try container.decode(Eligibility.self, forKey: .eligibility)
    signals = try container.decode([Signal].self, forKey: .signals)
    derived = try container.decodeIfPresent([DerivedSeries].self, forKey: .derived) ?? []
    statics = try container.decodeIfPresent([Static].self, forKey: .statics) ?? []
    features = try container.decode([FeatureGroup].self, forKey: .features)
    products = try container.decodeIfPresent([Product].self, forKey: .products) ?? []
    scores = try container.decodeIfPresent([Score].self, forKey: .scores) ?? []
    sequence = try container.decodeIfPresent(FeatureSequence.self, forKey: .sequence)
    faults = try container.decodeIfPresent([String: [Fault]].self, forKey: .faults) ?? [:]
    do {
      var compiler = try FeatureCompiler(signals: signals, derived: derived, statics: statics, gridHours: gridHours)
      try compiler.add(features)
      try compiler.add(products)
      try compiler.add(scores)
      if let sequence { try compiler.add(sequence) }
      (columns, plan) = (compiler.columns, compiler.plan)
    } catch {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.text))
    }
  }

  /// Two profiles are equal when their definitions are; columns and plan follow from those.
  package static func == (left: FeatureProfile, right: FeatureProfile) -> Bool {
    left.id == right.id && left.version == right.version && left.title == right.title
      && left.gridHours == right.gridHours && left.eligibility == right.eligibility && left.signals == right.signals
      && left.derived == right.derived && left.statics == right.statics && left.features == right.features
      && left.products == right.products && left.scores == right.scores && left.sequence == right.sequence
      && left.faults == right.faults
  }

  /// The title a person reads for a signal, derived series, static or explanation group; the id itself when unknown.
  package func title(of id: String) -> String {
    signals.first { $0.id == id }?.title ?? derived.first { $0.id == id }?.title
      ?? statics.first { $0.id == id }?.title ?? products.first { $0.id == id }?.title
      ?? scores.first { $0.id == id }?.title ?? (id == FeatureCompiler.hour ? "Hour of the stay" : id)
  }
}

/// Who may be assessed, and at which hours after ICU admission.
package struct Eligibility: Codable, Sendable, Equatable {
  /// Youngest age in years.
  package var minimumAgeYears: Double
  /// First hour of the stay, included.
  package var fromHour: Double
  /// Last hour of the stay, included.
  package var toHour: Double

  /// The hours of the stay at which a question is answered.
  package var hours: ClosedRange<Double> { fromHour...max(fromHour, toHour) }
}

/// A known fault of a data set: values inside `within` become `value * scale + offset`.
package struct Fault: Codable, Sendable, Equatable {
  /// Signal or static.
  package var of: String
  /// The faulty interval, bounds included.
  package var within: ClosedRange<Double>
  /// Factor.
  package var scale: Double
  /// Summand; nil is 0.
  package var offset: Double?

  /// The repaired value.
  package func repair(_ value: Double) -> Double {
    value * scale + (offset ?? 0)
  }
}
