// SPDX-License-Identifier: Apache-2.0

/// One output of one head.
package struct LogitIndex: Sendable, Hashable {
  package let head: Int
  package let output: Int

  package init(head: Int, output: Int = 0) {
    self.head = head
    self.output = output
  }
}

/// How much each input moved a logit away from its value at a baseline.
package struct Attribution: Sendable, Equatable {
  /// Per input its share of `logit − baselineLogit`.
  package let contributions: [Double]
  /// The ensemble's mean logit at the input.
  package let logit: Double
  /// The ensemble's mean logit at the baseline.
  package let baselineLogit: Double

  /// |Σ contributions − (logit − baselineLogit)|: how far the numerical integral is from completeness.
  package var completenessGap: Double {
    abs(contributions.reduce(0, +) - (logit - baselineLogit))
  }
}

extension Ensemble {
  /// Integrated gradients (Sundararajan et al. 2017) of logits of the ensemble's mean, in the order asked:
  ///
  ///     contribution i = (x i − x′ i) · ∫₀¹ ∂f/∂x i (x′ + t·(x − x′)) dt
  ///
  /// All logits share the path and the runs forward. The integral is taken member by member with as many points as the
  /// member needs: see `Network.integratedGradients`.
  package func integratedGradients(
    _ input: [Float], baseline: [Float], of logits: [LogitIndex], tolerance: Double = 2e-5
  ) -> [Attribution] {
    precondition(input.count == inputs && baseline.count == inputs)
    let all = members.map { $0.integratedGradients(input, baseline: baseline, of: logits, tolerance: tolerance) }
    let count = Double(members.count)
    return logits.indices.map { index in
      var sums = [Double](repeating: 0, count: input.count)
      for member in all {
        for (column, contribution) in member[index].contributions.enumerated() { sums[column] += contribution }
      }
      return Attribution(
        contributions: sums.map { $0 / count }, logit: all.reduce(0) { $0 + $1[index].logit } / count,
        baselineLogit: all.reduce(0) { $0 + $1[index].baselineLogit } / count)
    }
  }
}

extension Network {
  /// Points of the quadrature in each part of the path.
  private static let quadrature = GaussLegendre(points: 12)
  /// How often a part is halved at most: parts of 1/64 are shorter than any bend that single precision can show.
  private static let halvings = 6

  /// Integrated gradients by Gauss and Legendre's quadrature over parts of the path.
  ///
  /// Over each part the contributions must add up to the change of the logit, which the run forward gives as well: the
  /// error of the quadrature is known, not guessed. A part whose error exceeds `tolerance` times its length is halved. All
  /// parts of one length make one batch. Smooth perceptrons need the first 12 points, recurrent networks some more.
  func integratedGradients(
    _ input: [Float], baseline: [Float], of logits: [LogitIndex], tolerance: Double
  ) -> [Attribution] {
    let difference = zip(input, baseline).map { Double($0) - Double($1) }
    var contributions = logits.map { _ in [Double](repeating: 0, count: input.count) }
    // Values of the asked logits at ends of parts, by the end's number in units of the shortest part.
    let whole = 1 << Self.halvings
    var ends: [Int: [Double]] = [:]
    var (parts, length) = ([0], whole)
    while !parts.isEmpty {
      let newEnds = Set(parts.flatMap { [$0, $0 + length] }).filter { ends[$0] == nil }.sorted()
      let points = parts.flatMap { part in
        Self.quadrature.nodes.map { (Double(part) + $0 * Double(length)) / Double(whole) }
      }
      let times = points + newEnds.map { Double($0) / Double(whole) }
      let answers = inputGradients(path(times, baseline, input), of: logits)
      for (row, end) in newEnds.enumerated() { ends[end] = answers.map { Double($0.values[points.count + row]) } }
      let share = Double(length) / Double(whole)
      var halves: [Int] = []
      for (position, part) in parts.enumerated() {
        let sums = answers.map { answer in
          Self.quadrature.sum(
            of: answer.gradient, from: position * Self.quadrature.nodes.count, times: difference, share)
        }
        let error = logits.indices.reduce(0.0) { worst, index in
          let change = (ends[part + length]?[index] ?? 0) - (ends[part]?[index] ?? 0)
          return max(worst, abs(sums[index].reduce(0, +) - change))
        }
        if error <= tolerance * share || length == 1 {
          for index in logits.indices {
            for (column, value) in sums[index].enumerated() { contributions[index][column] += value }
          }
        } else {
          halves += [part, part + length / 2]
        }
      }
      (parts, length) = (halves, length / 2)
    }
    return logits.indices.map { index in
      Attribution(
        contributions: contributions[index], logit: ends[whole]?[index] ?? 0, baselineLogit: ends[0]?[index] ?? 0)
    }
  }

  /// The points x′ + t·(x − x′) as rows. The ends are the vectors themselves, bit for bit.
  private func path(_ times: [Double], _ baseline: [Float], _ input: [Float]) -> Matrix {
    var values: [Float] = []
    values.reserveCapacity(times.count * input.count)
    for t in times {
      if t == 0 {
        values += baseline
      } else if t == 1 {
        values += input
      } else {
        for (x, origin) in zip(input, baseline) {
          values.append(Float(Double(origin) + t * (Double(x) - Double(origin))))
        }
      }
    }
    return Matrix(rows: times.count, columns: input.count, values: values)
  }
}

/// The nodes and weights of Gauss and Legendre's quadrature on [0, 1].
struct GaussLegendre: Sendable {
  private(set) var nodes: [Double] = []
  private(set) var weights: [Double] = []

  /// Newton's method on the Legendre polynomial from Tricomi's first guess cos(π(i − ¼)/(n + ½)).
  init(points n: Int) {
    for i in stride(from: n, through: 1, by: -1) {
      var x = Elementary.cosinePi((Double(i) - 0.25) / (Double(n) + 0.5))
      var slope = 0.0
      for _ in 0..<8 {
        var (p, previous) = (1.0, 0.0)
        for k in 1...n {
          (p, previous) = ((Double(2 * k - 1) * x * p - Double(k - 1) * previous) / Double(k), p)
        }
        slope = Double(n) * (x * p - previous) / (x * x - 1)
        x -= p / slope
      }
      nodes.append((1 + x) / 2)
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
  }

  /// Per column Σ weight · slope over the rows from `first` on, times the column's `factor` and `length`.
  func sum(of slopes: Matrix, from first: Int, times factor: [Double], _ length: Double) -> [Double] {
    var sums = [Double](repeating: 0, count: slopes.columns)
    for (row, weight) in weights.enumerated() {
      for (column, slope) in slopes.row(first + row).enumerated() { sums[column] += weight * Double(slope) }
    }
    return zip(sums, factor).map { $0 * $1 * length }
  }
}
