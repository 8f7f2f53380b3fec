// SPDX-License-Identifier: Apache-2.0

import Foundation
import Networks
import Testing

/// The error of `value` against `truth`, in units of the last place of a Float at `truth`.
private func error(_ value: Float, _ truth: Double) -> Double {
  abs(Double(value) - truth) / Double(Float(truth).ulp)
}

private func greatestError(_ values: [Float], _ function: (Float) -> Float, _ truth: (Double) -> Double) -> Double {
  values.reduce(0) { max($0, error(function($1), truth(Double($1)))) }
}

/// Evenly spaced numbers, and numbers down to tiny ones.
private func sample(_ range: ClosedRange<Float>) -> [Float] {
  let width = range.upperBound - range.lowerBound
  let even = (0...200_000).map { range.lowerBound + width * Float($0) / 200_000 }
  let small: [Float] = (1...300).map { powf(1.3, -Float($0)) }
  return even + (small + small.map { -$0 }).filter { range.contains($0) }
}

@Suite struct ElementaryTests {
  /// A function, what the C library says in double precision, where to compare, and the greatest error allowed.
  private typealias Comparison = (own: (Float) -> Float, truth: (Double) -> Double, at: [Float], limit: Double)

  @Test func errorsInUnitsInTheLastPlace() {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + Foundation.exp(-x)) }
    let comparisons: [Comparison] = [
      ({ Elementary.exp($0) }, { Foundation.exp($0) }, sample(-87...88), 2),
      ({ Elementary.log($0) }, { Foundation.log($0) }, sample(1e-30...4), 3),
      ({ Elementary.log($0) }, { Foundation.log($0) }, sample(1e-5...1e30), 3),
      ({ Elementary.tanh($0) }, { Foundation.tanh($0) }, sample(-12...12), 3),
      ({ Elementary.sigmoid($0) }, sigmoid, sample(-87...87), 3),
      ({ Elementary.silu($0) }, { $0 * sigmoid($0) }, sample(-80...80), 4),
      ({ Elementary.softplus($0) }, { max($0, 0) + log1p(Foundation.exp(-abs($0))) }, sample(-80...80), 4),
    ]
    for (index, comparison) in comparisons.enumerated() {
      let greatest = greatestError(comparison.at, comparison.own, comparison.truth)
      #expect(greatest <= comparison.limit, "comparison \(index)")
      #expect(greatest > 0)
    }
  }

  @Test func doublePrecisionErrors() {
    for step in 0...20_000 {
      let x = -700 + 1400 * Double(step) / 20_000
      #expect(abs(Elementary.exp(x) - exp(x)) <= 2 * exp(x).ulp)
      let y = exp(x)
      #expect(abs(Elementary.log(y) - log(y)) <= 2 * max(log(y).ulp, 1e-16))
      let t = Double(step) / 20_000
      #expect(abs(Elementary.cosinePi(t) - cos(Double.pi * t)) <= 1e-15)
    }
  }

  @Test func edges() {
    #expect(Elementary.exp(Float.nan).isNaN && Elementary.tanh(Float.nan).isNaN)
    #expect(Elementary.exp(Float.infinity).isFinite && Elementary.exp(-Float.infinity) > 0)
    #expect(Elementary.exp(Float(0)) == 1 && Elementary.sigmoid(Float(0)) == 0.5)
    #expect(Elementary.log(Float(1)) == 0 && Elementary.log(Float(0)) == -.infinity && Elementary.log(Float(-1)).isNaN)
    #expect(Elementary.tanh(Float(100)) == 1 && Elementary.tanh(Float(-100)) == -1)
    #expect(Elementary.softplus(Float(200)) == 200 && Elementary.log(Double.infinity) == .infinity)
  }

  /// Any change of a bit changes this number, on any machine: it guards the shipped weights.
  @Test func digestOfBits() {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for step in -100_000...100_000 {
      let x = Float(step) / 4096
      for value in [Elementary.exp(x), Elementary.tanh(x), Elementary.softplus(x), Elementary.log(abs(x) + 0.5)] {
        digest = (digest ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
      }
    }
    #expect(digest == 18_282_125_300_872_435_107)
  }
}
