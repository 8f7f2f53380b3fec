// SPDX-License-Identifier: Apache-2.0

/// What has moved of one model: what it sees and what it says.
package struct ModelDrift: Sendable {
  package let features: FeatureDrift
  package let outputs: OutputDrift

  package init(_ features: FeatureDrift, _ outputs: OutputDrift) {
    (self.features, self.outputs) = (features, outputs)
  }

  /// All that was found, in order of months.
  package var findings: [DriftFinding] {
    (features.findings + outputs.findings).sorted {
      ($0.month, $0.kind.rawValue, -abs($0.size), $0.name) < ($1.month, $1.kind.rawValue, -abs($1.size), $1.name)
    }
  }
}
