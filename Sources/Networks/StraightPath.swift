// SPDX-License-Identifier: Apache-2.0

/// A network along the straight line from one input to another: where its logits change, and which inputs change them.
///
/// Up to the first nonlinear layer all values move along straight lines too. They are computed at the two ends and
/// interpolated, and slopes are added up over the line before they go back through those layers, once instead of point by
/// point: of a perceptron with many inputs that is nearly all of the work.
///
/// The mean slope is taken by Gauss and Legendre's quadrature. Over each part of the line the contributions must add up to
/// the change of the logit, which the runs forward give as well: the error of the quadrature is known, not guessed. Where
/// that does not do, the part is halved.
struct StraightPath {
  /// A slot that moves along a straight line and is read by a nonlinear layer, or is a head.
  private struct Bend {
    let slot: Int
    /// Its values at the other end less those at the first.
    let change: [Double]
  }

  /// Perceptrons and recurrent networks of this size seldom need more than eight points for all of the line.
  private static let rule = GaussLegendre(points: 8)
  /// How often a part is halved at most: parts of 1/64 are shorter than any bend that single precision can show.
  private static let halvings = 6

  private let network: Network
  private let logits: [LogitIndex]
  /// The operations up to the bends, and those from there to the logits.
  private var (straight, bent): ([any Operation], [any Operation]) = ([], [])
  private var bends: [Bend] = []
  /// Both ends: row 0 is the first, row 1 the other.
  private var ends: Pass
  /// Points in between: the bends' values are interpolated, those behind follow.
  private var points: Pass
  /// Per logit and bend the slopes' mean over the line, as far as it has been taken.
  private var slopes: [[[Double]]]

  /// The line from `first` to `last`, for some of the network's logits.
  ///
  /// - Parameter transposed: the network's weight matrices with rows and columns exchanged.
  init(
    of network: Network, _ transposed: [Int: Matrix], from first: [Float], to last: [Float], logits: [LogitIndex]
  ) {
    self.network = network
    self.logits = logits
    ends = network.newPass(.fastest, parameterGradients: false, inputGradient: true)
    ends.transposed = transposed
    points = ends
    ends.values[0] = Matrix(rows: 2, columns: first.count, values: first + last)
    let plan = network.plan
    var isRead = [Bool](repeating: false, count: plan.slots.count)
    for logit in logits { isRead[plan.heads[logit.head]] = true }
    for operation in plan.operations.reversed() where isRead[operation.output] {
      for slot in operation.inputs { isRead[slot] = true }
    }
    var isStraight = [Bool](repeating: false, count: plan.slots.count)
    isStraight[0] = true
    var isBend = isStraight.map { _ in false }
    for operation in plan.operations where isRead[operation.output] {
      operation.forward(&ends, network.parameters)
      if operation.inputs.allSatisfy({ isStraight[$0] }), operation.isAffine(between: ends.values[operation.inputs[0]])
      {
        isStraight[operation.output] = true
        straight.append(operation)
      } else {
        for slot in operation.inputs where isStraight[slot] { isBend[slot] = true }
        bent.append(operation)
      }
    }
    for logit in logits where isStraight[plan.heads[logit.head]] { isBend[plan.heads[logit.head]] = true }
    for slot in isBend.indices where isBend[slot] {
      let values = ends.values[slot]
      bends.append(Bend(slot: slot, change: zip(values.row(1), values.row(0)).map { Double($0) - Double($1) }))
    }
    slopes = logits.map { [bends] _ in bends.map { [Double](repeating: 0, count: $0.change.count) } }
  }

  /// Integrated gradients of the logits, by inputs.
  ///
  /// - Parameter tolerance: how far, of the whole line, contributions may be from adding up to the change of a logit.
  mutating func attributions(tolerance: Double) -> [Attribution] {
    let (first, last) = (values(in: ends, row: 0), values(in: ends, row: 1))
    integrate(0, 1, from: first, to: last, of: Array(logits.indices), tolerance, halvings: Self.halvings)
    let change = zip(ends.values[0].row(1), ends.values[0].row(0)).map { Double($0) - Double($1) }
    return logits.indices.map { index in
      Attribution(
        contributions: zip(inputSlopes(of: index), change).map { Double($0) * $1 }, logit: last[index],
        baselineLogit: first[index])
    }
  }

  /// Adds the slopes between two points of the line, at which the logits are `start` and `end`.
  private mutating func integrate(
    _ a: Double, _ b: Double, from start: [Double], to end: [Double], of asked: [Int], _ tolerance: Double,
    halvings: Int
  ) {
    forward(Self.rule.nodes.map { a + $0 * (b - a) })
    let open = asked.filter { index in
      let means = meanSlopes(of: index).map { $0.map { $0 * (b - a) } }
      var sum = 0.0
      for (mean, bend) in zip(means, bends) { for (slope, step) in zip(mean, bend.change) { sum += slope * step } }
      // Written so that what is not finite is never done, and ends with the last halving.
      let isDone = abs(sum - (end[index] - start[index])) <= tolerance * (b - a)
      guard isDone || halvings == 0 else { return true }
      for bend in bends.indices {
        for column in means[bend].indices { slopes[index][bend][column] += means[bend][column] }
      }
      return false
    }
    if open.isEmpty { return }
    let middle = (a + b) / 2
    forward([middle])
    let halfway = values(in: points, row: 0)
    integrate(a, middle, from: start, to: halfway, of: open, tolerance, halvings: halvings - 1)
    integrate(middle, b, from: halfway, to: end, of: open, tolerance, halvings: halvings - 1)
  }

  /// Runs the points of the line at `times` forward.
  private mutating func forward(_ times: [Double]) {
    for bend in bends {
      let (first, change) = (ends.values[bend.slot].row(0), bend.change)
      var values: [Float] = []
      values.reserveCapacity(times.count * change.count)
      for t in times {
        for (column, value) in first.enumerated() { values.append(Float(Double(value) + t * change[column])) }
      }
      points.values[bend.slot] = Matrix(rows: times.count, columns: change.count, values: values)
    }
    for operation in bent { operation.forward(&points, network.parameters) }
  }

  /// The logits in a row of a pass.
  private func values(in pass: Pass, row: Int) -> [Double] {
    logits.map { Double(pass.values[network.plan.heads[$0.head]][row, $0.output]) }
  }

  /// Per bend the mean slope of a logit over the points of the rule, which have been run forward.
  private mutating func meanSlopes(of index: Int) -> [[Double]] {
    let logit = logits[index]
    points.clearGradients()
    let head = network.plan.heads[logit.head]
    for row in Self.rule.nodes.indices { points.gradients[head][row, logit.output] = 1 }
    backward(bent, &points)
    return bends.map { Self.rule.mean(of: points.gradients[$0.slot]) }
  }

  /// The mean slope of a logit over the whole line by each input.
  private mutating func inputSlopes(of index: Int) -> ArraySlice<Float> {
    ends.clearGradients()
    for (bend, mean) in zip(bends, slopes[index]) {
      for (column, slope) in mean.enumerated() { ends.gradients[bend.slot][1, column] = Float(slope) }
    }
    backward(straight, &ends)
    return ends.gradients[0].row(1)
  }

  /// Runs gradients backward, past what nothing is asked of: a head may look at one of several branches.
  private func backward(_ operations: [any Operation], _ pass: inout Pass) {
    for operation in operations.reversed() where pass.gradients[operation.output].values.contains(where: { $0 != 0 }) {
      operation.backward(&pass, network.parameters)
    }
  }
}
