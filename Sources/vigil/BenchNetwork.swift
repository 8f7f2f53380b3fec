// SPDX-License-Identifier: Apache-2.0
import CBaseline
import Foundation
import Networks

/// A network whose forward pass is measured.
struct BenchNetwork {
  let name: String
  let title: String
  let ensemble: Ensemble

  private static let rows = 64
  private var inputs: Matrix { .benchInputs(rows: Self.rows, columns: ensemble.inputs) }

  /// 128-256-128-10.
  static let perceptron = BenchNetwork(
    name: "perceptron", title: "MLP 128-256-128-10",
    architecture: NetworkArchitecture(
      inputs: 128, hidden: [256, 128], heads: [Head(name: "y", kind: .linear, outputs: 10)]))

  /// 64 series over 48 steps, 80 units; the last state is read.
  static let recurrent = BenchNetwork(
    name: "recurrent", title: "GRU 64 x 48 steps x 80",
    architecture: NetworkArchitecture(
      inputs: 48 * 64, trunk: [.gru(channels: 64, hidden: 80), .lastStep(channels: 80)],
      heads: [Head(name: "y", kind: .linear)]))

  init(name: String, title: String, ensemble: Ensemble) {
    self.name = name
    self.title = title
    self.ensemble = ensemble
  }

  private init(name: String, title: String, architecture: NetworkArchitecture) {
    var random = RandomSource(seed: 1)
    self.init(name: name, title: title, ensemble: Ensemble([Network(architecture, random: &random)]))
  }

  /// Writes the weights, 64 rows of inputs and the first head's logits for the peers.
  func write(to folder: URL) throws {
    try Data(ensemble.safeTensors().encoded()).write(to: folder.appending(path: "\(name).safetensors"))
    try inputs.data.write(to: folder.appending(path: "\(name).input"))
    let logits = ensemble.meanLogits(inputs, head: 0).map { Float($0) }
    try Matrix(row: logits).data.write(to: folder.appending(path: "\(name).expected"))
  }

  /// The median of a forward pass of `rows` rows through all members, their logits averaged, in seconds of computing. Runs
  /// are timed together so that reading the clock does not count.
  func seconds(rows: Int, for seconds: Double) -> Double {
    let batch = inputs.gathering(0..<rows)
    let first = baseline_cpu_seconds()
    for _ in 0..<10 { run(batch) }
    let together = Int(200e-6 / ((baseline_cpu_seconds() - first) / 10)) + 1
    let end = baseline_cpu_seconds() + seconds
    var times: [Double] = []
    while times.count < 3 || baseline_cpu_seconds() < end {
      let start = baseline_cpu_seconds()
      for _ in 0..<together { run(batch) }
      times.append((baseline_cpu_seconds() - start) / Double(together))
    }
    return times.sorted()[times.count / 2]
  }

  private func run(_ batch: Matrix) {
    let logits = ensemble.logits(batch)
    var means = logits[0].map { $0.values.map(Double.init) }
    for member in logits.dropFirst() {
      for (head, matrix) in member.enumerated() {
        for index in matrix.values.indices { means[head][index] += Double(matrix.values[index]) }
      }
    }
    precondition(means[0][0].isFinite)
  }
}

extension Matrix {
  /// Made-up inputs; not negative, since some are times.
  static func benchInputs(rows: Int, columns: Int) -> Matrix {
    var random = RandomSource(seed: 2)
    return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in random.uniform(0, 2) })
  }

  /// The numbers as 32-bit floats, little-endian as every machine with kernels is.
  var data: Data {
    Data(values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) } })
  }
}
