// SPDX-License-Identifier: Apache-2.0

/// How a feature vector becomes a network's input: fitted on training data, stored in the package as `encoding.json`.
///
/// Kept columns are winsorised, standardised, clipped; missing becomes 0, which is the training mean. Then a flag a
/// column of `flagged`: +0.5 missing, -0.5 present. Then the steps of `sequence`, for networks that read them.
package struct InputEncoding: Codable, Sendable, Equatable {
  /// A kept column, or a piece of one: between the bounds of its scale it moves, outside it stands still.
  package struct Input: Codable, Sendable, Equatable {
    /// Column of the profile.
    package var column: String
    package var scale: Scale

    package init(column: String, scale: Scale) {
      self.column = column
      self.scale = scale
    }

    private enum CodingKeys: String, CodingKey {
      case column
    }

    package init(from decoder: any Decoder) throws {
      column = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .column)
      scale = try Scale(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(column, forKey: .column)
      try scale.encode(to: encoder)
    }
  }

  /// How the values of a column are standardised.
  package struct Scale: Codable, Sendable, Equatable {
    /// Training 0.5th percentile.
    package var lower: Float
    /// Training 99.5th percentile.
    package var upper: Float
    /// Mean of the winsorised training values.
    package var mean: Float
    /// Their standard deviation.
    package var standardDeviation: Float

    package init(lower: Float, upper: Float, mean: Float, standardDeviation: Float) {
      self.lower = lower
      self.upper = upper
      self.mean = mean
      self.standardDeviation = standardDeviation
    }

    /// The standardised value, held within plus and minus `clip`.
    func apply(_ value: Float, clip: Float) -> Float {
      min(max((min(max(value, lower), upper) - mean) / standardDeviation, -clip), clip)
    }
  }

  /// The kept columns, in the order of the profile; after all of them, where they are cut, their pieces.
  package var inputs: [Input]
  /// Columns with a flag of missingness, whose flags follow the inputs.
  package var flagged: [String]
  /// Standardised values are held within plus and minus this.
  package var clip: Float
  /// The steps that follow the flags; nil: none.
  package var sequence: InputSequence?

  package init(inputs: [Input], flagged: [String], clip: Float, sequence: InputSequence? = nil) {
    self.inputs = inputs
    self.flagged = flagged
    self.clip = clip
    self.sequence = sequence
  }

  /// Number of network inputs before the steps.
  package var vectorWidth: Int { inputs.count + flagged.count }

  /// Number of network inputs.
  package var width: Int { vectorWidth + (sequence?.width ?? 0) }
}
