// SPDX-License-Identifier: Apache-2.0
import Networks

/// The settings that a search tries: the configuration as it is, then variations of its architectures and optimisers.
///
/// Every setting but the first is drawn by itself from the seed, so that the first n of a longer search are those of a
/// shorter one. Sizes and rates are moved by factors around what the configuration has: a search finds its way from a good
/// start, and nobody has to write a grid.
package struct SettingSearch: Sendable {
  /// One way to train.
  package struct Setting: Sendable, Equatable {
    /// From 1; 1 is the configuration as it is.
    package var number: Int
    package var networks: [NetworkGroup]

    /// Hidden units of all networks: of two settings that cannot be told apart the smaller is taken.
    package var units: Int { networks.reduce(0) { $0 + $1.members * $1.architecture.units } }

    /// What a person reads: one part a group.
    package var text: String { networks.map(\.text).joined(separator: " + ") }
  }

  package let settings: [Setting]

  /// The first `count` settings around a configuration, each one once.
  package init(_ configuration: ExperimentConfiguration, count: Int, seed: UInt64) {
    var settings = [Setting(number: 1, networks: configuration.networks)]
    var stream: UInt64 = 0
    // What is drawn may have been drawn before; a configuration has far more neighbours than are ever tried.
    while settings.count < count, stream < UInt64(100 * count) {
      stream += 1
      var random = RandomSource(seed: seed, stream: stream)
      let networks = configuration.networks.map { $0.varied(&random) }
      guard !settings.contains(where: { $0.networks == networks }) else { continue }
      settings.append(Setting(number: settings.count + 1, networks: networks))
    }
    self.settings = settings
  }
}

extension NetworkGroup {
  fileprivate func varied(_ random: inout RandomSource) -> NetworkGroup {
    var result = self
    func factor(_ choices: [Float]) -> Float { choices[random.index(below: choices.count)] }
    result.architecture = architecture.varied(&random)
    switch random.index(below: 4) {
    case 0:
      // Gradient descent with momentum wants rates of another size than AdamW.
      result.optimizer = optimizer == .adamW ? .gradientDescent(momentum: 0.9) : .adamW
      result.learningRate *= optimizer == .adamW ? 10 : 0.1
    default: break
    }
    result.learningRate *= factor([0.3, 1, 1, 3])
    result.weightDecay *= factor([0.1, 1, 1, 10])
    result.epochs = max(1, Int(Float(epochs) * factor([0.5, 1, 1, 1.5])))
    result.batchSize = max(1, Int(Float(batchSize) * factor([0.5, 1, 1, 2])))
    return result
  }

  /// `perceptron 128-64, dropout 0.1 0.5; adamW 0.003, decay 0.3, 60 epochs by 256`.
  fileprivate var text: String {
    let method =
      switch optimizer {
      case .adamW: "adamW"
      case .gradientDescent(let momentum): "gradient descent with momentum \(momentum)"
      }
    return "\(architecture.text); \(method) \(learningRate), decay \(weightDecay), \(epochs) epochs by \(batchSize)"
  }
}

extension ArchitectureRecipe {
  fileprivate var units: Int {
    switch self {
    case .perceptron(let hidden, _, _): hidden.reduce(0, +)
    case .recurrent(let hidden, let vector, let merged, _, _, _, _): hidden + vector + merged
    case .branches(let branches): branches.flatMap(\.hidden).reduce(0, +)
    }
  }

  fileprivate func varied(_ random: inout RandomSource) -> ArchitectureRecipe {
    func size(_ size: Int, by factor: Float) -> Int { max(4, Int(Float(size) * factor)) }
    let width = [0.5, 1, 1, 2][random.index(below: 4)] as Float
    let dropout = [-0.15, 0, 0, 0.15][random.index(below: 4)] as Float
    func rate(_ rate: Float) -> Float { min(max(((rate + dropout) * 100).rounded() / 100, 0), 0.8) }
    switch self {
    case .perceptron(let hidden, let inputDropout, let hiddenDropout):
      var sizes = hidden.map { size($0, by: width) }
      if sizes.count > 1, random.index(below: 4) == 0 { sizes.removeLast() }
      return .perceptron(hidden: sizes, inputDropout: inputDropout, hiddenDropout: rate(hiddenDropout))
    case .recurrent(
      let hidden, let vector, let merged, let stepDropout, let vectorDropout, let vectorHiddenDropout,
      let mergedDropout):
      return .recurrent(
        hidden: size(hidden, by: width), vector: size(vector, by: width), merged: size(merged, by: width),
        stepDropout: stepDropout, vectorDropout: vectorDropout, vectorHiddenDropout: rate(vectorHiddenDropout),
        mergedDropout: rate(mergedDropout))
    case .branches(let branches):
      return .branches(
        of: branches.map { branch in
          var result = branch
          result.hidden = branch.hidden.map { size($0, by: width) }
          result.hiddenDropout = rate(branch.hiddenDropout)
          return result
        })
    }
  }

  fileprivate var text: String {
    switch self {
    case .perceptron(let hidden, let inputDropout, let hiddenDropout):
      "perceptron \(hidden.map(String.init).joined(separator: "-")), dropout \(inputDropout) \(hiddenDropout)"
    case .recurrent(let hidden, let vector, let merged, let steps, let input, let vectorHidden, let mergedDropout):
      "recurrent \(hidden), \(vector) and \(merged), dropout \(steps) \(input) \(vectorHidden) \(mergedDropout)"
    case .branches(let branches):
      "branches "
        + branches.map { "\($0.hidden.map(String.init).joined(separator: "-")), dropout \($0.hiddenDropout)" }
        .joined(separator: " | ")
    }
  }
}
