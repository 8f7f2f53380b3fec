// SPDX-License-Identifier: Apache-2.0
import Foundation
import Replay

/// How far a replay has come: by bytes of its inputs, and within an export by its parts.
struct ReplayProgress {
  private let progress = Progress()
  private let sizes: [Double]
  private let start = ContinuousClock.now
  private let before: Int

  /// - Parameter checkpoint: where the run began.
  init(_ inputs: [ChartInput], from checkpoint: ReplayCheckpoint) {
    sizes = inputs.map { input in Double(max(1, input.files.reduce(0) { $0 + $1.packedBytes })) }
    before = checkpoint.summary.assessments
  }

  func report(_ checkpoint: ReplayCheckpoint) {
    let position = checkpoint.position
    var done = sizes.prefix(position.inputs).reduce(0, +)
    if position.inputs < sizes.count {
      done += sizes[position.inputs] * min(1, Double(position.parts) / Double(Replay.mostParts))
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    let rate = Double(checkpoint.summary.assessments - before) / max(seconds, 0.001)
    progress.report(
      "replay", share: done / sizes.reduce(0, +),
      detail: "\(checkpoint.summary.charts) patients, \(Int(rate)) assessments/s")
  }

  func finish() { progress.finish() }
}
