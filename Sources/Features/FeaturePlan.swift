// SPDX-License-Identifier: Apache-2.0

/// The compiled columns of a profile: every name resolved to an index.
struct FeaturePlan: Sendable {
  /// A series inside a window, summarised once for all its statistics.
  struct Slot: Hashable, Sendable {
    /// Index of a signal, or of a derived series after all signals.
    var series: Int
    /// Nil: the whole stay.
    var window: Window?
    /// Whether values are taken as measured, not on the transformed scale.
    var isMeasured: Bool
  }

  /// What a column is. Ranges are of the plan's lists, so that an operation is a few numbers and nothing to hold on to.
  enum Operation: Sendable {
    case statistic(Statistic, slot: Int)
    /// Of `pooledSlots`.
    case pooled(Statistic, slots: Range<Int>)
    case known(Int)
    case equals(Int, Double)
    case hour
    /// Of `factors`.
    case product(Range<Int>)
    /// Of `criteria`.
    case score(Range<Int>)
  }

  /// A term of a product.
  struct Factor: Sendable {
    var operation: Operation
    var scale: Double
    var power: Int
    var offset: Double
  }

  /// A band of a score: `points` when `slot`'s last value lies in it.
  struct Points: Sendable {
    var slot: Int
    var band: Score.Band
  }

  /// A signal or derived series.
  struct SeriesDefinition: Sendable {
    var id: String
    var title: String
    var group: String
    var transform: Transform?
    /// Whether samples are volumes, each of which counts on any grid; of other samples the last of an interval stands.
    var isFluid = false
    /// Nil for signals.
    var derivation: Derivation?
  }

  /// How a derived series comes from others, by index.
  struct Derivation: Sendable {
    var method: DerivedSeries.Method
    var from: [Int]
    var maximumAgeHours: Double
  }

  var gridHours: Double?
  var series: [SeriesDefinition] = []
  var slots: [Slot] = []
  /// Which sums a slot's statistics need.
  var needs: [Summary.Needs] = []
  var operations: [Operation] = []
  var pooledSlots: [Int] = []
  var factors: [Factor] = []
  /// Ranges of `points`: the bands of one criterion.
  var criteria: [Range<Int>] = []
  var points: [Points] = []
}
