// SPDX-License-Identifier: Apache-2.0

/// Why a profile cannot be compiled.
package struct FeatureProfileError: Error, Sendable, Equatable {
  /// What is wrong, naming the profile's own identifiers.
  package let text: String
}

/// Resolves the names of a profile and lays out its columns.
struct FeatureCompiler {
  /// The name of the hour of the stay among statics.
  static let hour = "hour"

  private(set) var columns: [Column] = []
  private(set) var plan = FeaturePlan()
  private var seriesIndex: [String: Int] = [:]
  private var staticIndex: [String: Int] = [:]
  private var staticTitles: [String: String] = [hour: "Hour of the stay"]
  private var slotIndex: [FeaturePlan.Slot: Int] = [:]
  private var columnNames: Set<String> = []

  init(signals: [Signal], derived: [DerivedSeries], statics: [Static], gridHours: Double?) throws(FeatureProfileError) {
    plan.gridHours = gridHours
    if let gridHours, gridHours <= 0 { throw FeatureProfileError(text: "gridHours must be positive") }
    for signal in signals {
      if signal.transform == .log, signal.range.lowerBound <= 0 {
        throw FeatureProfileError(text: "signal '\(signal.id)': a logarithm needs a range above 0")
      }
      try define(
        .init(
          id: signal.id, title: signal.title, group: signal.group ?? signal.id, transform: signal.transform,
          isFluid: signal.category == .fluid))
    }
    for series in derived {
      let from = try series.from.map { name throws(FeatureProfileError) in try self.series(name) }
      if from.isEmpty || series.method != .coalesce && from.count != 2 {
        throw FeatureProfileError(text: "derived series '\(series.id)': wrong number of sources")
      }
      try define(
        .init(
          id: series.id, title: series.title, group: series.group ?? series.id, transform: series.transform,
          derivation: .init(
            method: series.method, from: from, maximumAgeHours: series.maximumAgeHours ?? .infinity)))
    }
    for (index, known) in statics.enumerated() {
      if seriesIndex[known.id] != nil || staticIndex.updateValue(index, forKey: known.id) != nil {
        throw FeatureProfileError(text: "'\(known.id)' is defined twice")
      }
      staticTitles[known.id] = known.title
    }
  }

  mutating func add(_ groups: [FeatureGroup]) throws(FeatureProfileError) {
    for group in groups {
      if let name = group.pooledAs {
        try addPooled(group, name)
      } else if let statistics = group.statistics {
        for name in group.of {
          let series = try series(name)
          for window in windows(of: group) {
            for statistic in statistics { try addStatistic(statistic, of: series, window) }
          }
        }
      } else {
        for name in group.of { try addStatic(name, group.equals) }
      }
    }
  }

  mutating func add(_ products: [Product]) throws(FeatureProfileError) {
    for product in products {
      let factors = try product.of.map { term throws(FeatureProfileError) in try factor(term) }
      let group = product.group ?? product.id
      let first = plan.factors.count
      plan.factors += factors
      try append(
        Column(id: product.id, title: product.title, series: product.id, group: group),
        .product(first..<plan.factors.count))
    }
  }

  mutating func add(_ scores: [Score]) throws(FeatureProfileError) {
    for score in scores {
      let firstCriterion = plan.criteria.count
      for bands in score.criteria {
        let first = plan.points.count
        for band in bands {
          let slot = slot(try series(band.of), nil, isMeasured: true, .last)
          plan.points.append(FeaturePlan.Points(slot: slot, band: band))
        }
        plan.criteria.append(first..<plan.points.count)
      }
      try append(
        Column(id: score.id, title: score.title, series: score.id, group: score.group ?? score.id),
        .score(firstCriterion..<plan.criteria.count))
    }
  }

  mutating func add(_ sequence: FeatureSequence) throws(FeatureProfileError) {
    guard !sequence.of.isEmpty, (1...1000).contains(sequence.steps), sequence.hours > 0 else {
      throw FeatureProfileError(text: "a sequence needs series, 1 to 1000 steps and a width")
    }
    for name in sequence.of {
      let series = try series(name)
      for window in sequence.windows { try addStatistic(.mean, of: series, window) }
    }
  }

  private mutating func addStatistic(
    _ statistic: Statistic, of series: Int, _ window: Window?
  ) throws(FeatureProfileError) {
    let definition = plan.series[series]
    let isMeasured = statistic == .sum || statistic == .logSum
    let slot = slot(series, window, isMeasured: isMeasured, statistic)
    try append(
      Column(
        id: "\(definition.id).\(statistic.rawValue)\(suffix(window))",
        title: "\(definition.title), \(statistic.title)\(description(window))", series: definition.id,
        group: definition.group), .statistic(statistic, slot: slot))
  }

  private mutating func addPooled(_ group: FeatureGroup, _ name: String) throws(FeatureProfileError) {
    guard let statistics = group.statistics, statistics.allSatisfy({ $0 == .count || $0 == .logCount }) else {
      throw FeatureProfileError(text: "'\(name)': only counts are taken over several series together")
    }
    for window in windows(of: group) {
      for statistic in statistics {
        let slots = try group.of.map { id throws(FeatureProfileError) in
          slot(try series(id), window, isMeasured: false, statistic)
        }
        let first = plan.pooledSlots.count
        plan.pooledSlots += slots
        try append(
          Column(
            id: "\(name).\(statistic.rawValue)\(suffix(window))",
            title: "\(name), \(statistic.title)\(description(window))", series: name, group: name),
          .pooled(statistic, slots: first..<plan.pooledSlots.count))
      }
    }
  }

  private mutating func addStatic(_ name: String, _ values: [Double]?) throws(FeatureProfileError) {
    let operation = try known(name)
    let title = staticTitles[name] ?? name
    guard let values else {
      return try append(Column(id: name, title: title, series: name, group: name), operation)
    }
    guard case .known(let index) = operation else { throw FeatureProfileError(text: "'\(name)' takes no equals") }
    for value in values {
      let text = value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
      try append(
        Column(id: "\(name).is-\(text)", title: "\(title) is \(text)", series: name, group: name),
        .equals(index, value))
    }
  }

  private mutating func factor(_ term: Term) throws(FeatureProfileError) -> FeaturePlan.Factor {
    let power = term.power ?? 1
    guard (-2...2).contains(power) else { throw FeatureProfileError(text: "term '\(term.of)': power beyond -2 to 2") }
    let operation: FeaturePlan.Operation
    if let statistic = term.statistic {
      operation = .statistic(
        statistic, slot: slot(try series(term.of), term.window, isMeasured: true, statistic))
    } else {
      operation = try known(term.of)
    }
    return .init(operation: operation, scale: term.scale ?? 1, power: power, offset: term.offset ?? 0)
  }

  private mutating func define(_ definition: FeaturePlan.SeriesDefinition) throws(FeatureProfileError) {
    guard seriesIndex.updateValue(plan.series.count, forKey: definition.id) == nil else {
      throw FeatureProfileError(text: "'\(definition.id)' is defined twice")
    }
    plan.series.append(definition)
  }

  private mutating func append(_ column: Column, _ operation: FeaturePlan.Operation) throws(FeatureProfileError) {
    guard columnNames.insert(column.id).inserted else {
      throw FeatureProfileError(text: "column '\(column.id)' is defined twice")
    }
    columns.append(column)
    plan.operations.append(operation)
  }

  private mutating func slot(_ series: Int, _ window: Window?, isMeasured: Bool, _ statistic: Statistic) -> Int {
    // A series without a transform has one scale only.
    let key = FeaturePlan.Slot(
      series: series, window: window, isMeasured: isMeasured && plan.series[series].transform != nil)
    let index = slotIndex[key] ?? plan.slots.count
    if index == plan.slots.count {
      slotIndex[key] = index
      plan.slots.append(key)
      plan.needs.append([])
    }
    plan.needs[index].formUnion(Summary.Needs(statistic))
    return index
  }

  private func series(_ name: String) throws(FeatureProfileError) -> Int {
    guard let index = seriesIndex[name] else { throw FeatureProfileError(text: "no series '\(name)'") }
    return index
  }

  private func known(_ name: String) throws(FeatureProfileError) -> FeaturePlan.Operation {
    if name == Self.hour { return .hour }
    guard let index = staticIndex[name] else { throw FeatureProfileError(text: "no static '\(name)'") }
    return .known(index)
  }

  private func windows(of group: FeatureGroup) -> [Window?] {
    group.windows.map { $0.map { Optional($0) } } ?? [nil]
  }

  private func suffix(_ window: Window?) -> String {
    window.map { ".\(text($0.from))-\(text($0.to))" } ?? ""
  }

  private func description(_ window: Window?) -> String {
    guard let window else { return "" }
    return window.to == 0 ? " of \(text(window.from)) h" : " from \(text(window.from)) to \(text(window.to)) h before"
  }

  private func text(_ hours: Double) -> String {
    hours == hours.rounded() && abs(hours) < 1e6 ? "\(Int(hours))" : "\(hours)"
  }
}

extension Statistic {
  /// What a person reads after the name of the series.
  var title: String {
    switch self {
    case .last: "last"
    case .first: "first"
    case .minimum: "lowest"
    case .maximum: "highest"
    case .mean: "mean"
    case .standardDeviation: "standard deviation"
    case .slope: "change per day"
    case .count, .logCount: "number of measurements"
    case .hoursSinceLast: "hours since measured"
    case .sum, .logSum: "total"
    case .change: "change from the one before"
    case .deviation: "last less own mean"
    case .any: "present"
    case .firstHour: "first hour"
    case .lastHour: "last hour"
    case .span: "hours from first to last"
    case .chartedHours: "hours charted"
    }
  }
}
