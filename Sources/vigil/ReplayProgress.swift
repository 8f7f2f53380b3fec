// SPDX-License-Identifier: Apache-2.0
import Foundation
import Replay
import Synchronization

/// How far a replay has come: by bytes of its inputs, and within an export by its parts; and before that how far the reading of a large
/// export has come.
final class ReplayProgress: Sendable {
  /// Less is read before anybody looks.
  private static let leastRead = 64.0e6

  private let progress = Progress()
  private let sizes: [Double]
  /// Bytes of the exports that are still to be read.
  private let exports: Double
  private let start = ContinuousClock.now
  private let before: Int
  private let read = Mutex(0.0)

  /// - Parameter checkpoint: where the run began.
  init(_ inputs: [ChartInput], from checkpoint: ReplayCheckpoint) {
    sizes = inputs.map { input in Double(max(1, input.files.reduce(0) { $0 + $1.packedBytes })) }
    exports = zip(inputs, sizes).dropFirst(checkpoint.position.inputs).reduce(0) { $0 + ($1.0.isExport ? $1.1 : 0) }
    before = checkpoint.summary.assessments
  }

  /// Notes so many bytes of an export that are read, to be sorted by patient; called by several threads.
  func read(_ bytes: Int) {
    guard exports >= Self.leastRead else { return }
    let all = read.withLock { read in
      read += Double(bytes)
      return read
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    progress.report(
      "read", share: all / exports, detail: "\(Int(all / 1e6)) MB, \(Int(all / 1e6 / max(seconds, 0.001))) MB/s")
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
