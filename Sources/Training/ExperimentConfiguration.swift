// SPDX-License-Identifier: Apache-2.0
package import Decision
import Features
package import Networks

/// Everything that decides a training, besides the data: what `Profiles/training/<name>.json` holds.
///
/// The package carries it as `training.json`, so that whoever has the package and the data can make the same weights.
package struct ExperimentConfiguration: Codable, Sendable, Equatable {
  /// A data set and which of its rows are used.
  package struct DataSet: Codable, Sendable, Equatable {
    /// Name of its reader, such as `physionet2012`.
    package var reader: String
    /// What a person calls it.
    package var title: String
    package var licence: String
    /// How it asks to be cited.
    package var citation: String
    package var url: String
    package var rows: RowSelection

    package init(
      reader: String, title: String, licence: String, citation: String, url: String, rows: RowSelection
    ) {
      self.reader = reader
      self.title = title
      self.licence = licence
      self.citation = citation
      self.url = url
      self.rows = rows
    }
  }

  /// How inputs are scaled; fitted to the training stays of each fold.
  package struct Encoding: Codable, Sendable, Equatable {
    /// A column is kept when at least this share of the rows has it.
    package var leastObserved: Double
    /// Standardised values are held within plus and minus this.
    package var clip: Float
    /// Every how manieth row is looked at; nil is 1. Of a million hours a tenth gives the same percentiles.
    package var rowStride: Int?
    /// Whether counts and times of measurements (columns of the kind `habit`, but for the hour of the stay) are left out, so
    /// that the charting habits of a site do not move the answer.
    package var withoutHabits: Bool?
    /// Percentiles, as shares, at which the columns that no measurement's noise moves (counts and times of measurements, the
    /// hour, what is known once for a stay) are cut into pieces, for the branches that read them so; nil: none.
    package var cuts: [Double]?
    /// Columns that get a flag when they are missing in 2 to 98 % of the rows; `*.mean` stands for all that end so.
    package var flags: [String]
  }

  /// Which rows an epoch sees; nil in the configuration: all.
  package struct Sampling: Codable, Sendable, Equatable {
    /// Rows of stays without a positive row of `positives` are drawn with this share, afresh in every epoch, and count
    /// for its inverse.
    package var share: Double?
    /// Heads whose positive stays are always seen whole.
    package var positives: [String]?
    /// Readers of the data sets that are always seen whole.
    package var whole: [String]?
    /// Rows drawn of each stay, afresh in every epoch.
    package var rowsPerStay: Int?
    /// The hours whose rows every epoch sees beside those drawn.
    package var always: [Double]?
  }

  /// How the networks are judged before they ship.
  package struct Validation: Codable, Sendable, Equatable {
    package var folds: Int
    /// The head whose positive stays are dealt out evenly over the folds, data set by data set.
    package var stratifiedBy: String
    /// Reader of the data set of which networks of one site are tried at each other; nil: none.
    package var acrossSites: String?
  }

  /// What the package says of itself.
  package var model: PackageDescription
  /// Id of the feature profile: `Profiles/features/<id>.json`.
  package var profile: String
  /// Id of the recommendations: `Profiles/recommendations/<id>.json`.
  package var recommendations: String
  package var dataSets: [DataSet]
  package var encoding: Encoding
  /// The heads of every network, in order.
  package var heads: [HeadDefinition]
  package var sampling: Sampling?
  /// The members of the ensemble, in order.
  package var networks: [NetworkGroup]
  package var validation: Validation
  /// Decides every random number.
  package var seed: UInt64
  /// The package whose weights a fine-tuning began with; nil in a training from random weights.
  package var parent: ModelManifest.Parent?

  /// Number of networks in the ensemble.
  package var members: Int { networks.reduce(0) { $0 + $1.members } }

  /// Index of a head.
  package func head(_ name: String) -> Int? { heads.firstIndex { $0.name == name } }
}

/// The hours of each stay at which it becomes a row.
///
/// Hours in `at` and charted ones are scored in the cross-validation; random ones are only learned from.
package struct RowSelection: Codable, Sendable, Equatable {
  /// Hours drawn once for each stay, evenly between two bounds.
  package struct Random: Codable, Sendable, Equatable {
    package var count: Int
    package var from: Double
    package var to: Double
  }

  /// The same hours for every stay.
  package var at: [Double]?
  /// Every hour at which the stay was on record.
  package var charted: Bool?
  package var random: Random?

  /// The hours of a stay, those to be scored first; none after the last on record. Random ones depend on seed and id
  /// alone.
  package func hours(of stay: Stay, seed: UInt64) -> (scored: [Double], random: [Double]) {
    let end = stay.outcome.hours.last ?? -1
    let scored = (at ?? []).filter { $0 <= end } + (charted == true ? stay.outcome.hours : [])
    guard let random else { return (scored, []) }
    // FNV-1a: a number of the id that is the same on every machine.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in stay.id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var source = RandomSource(seed: seed, stream: hash)
    let drawn = (0..<random.count).map { _ in random.from + (random.to - random.from) * source.uniform() }
    return (scored, drawn.filter { $0 <= end })
  }
}

/// Networks of one architecture, trained alike from different random numbers.
package struct NetworkGroup: Codable, Sendable, Equatable {
  /// Whole variables removed at random while training; see `VariableDropout`.
  package struct VariableRemoval: Codable, Sendable, Equatable {
    /// The greatest rate.
    package var maximumRate: Float
    /// Series and statics that are never removed.
    package var keeping: [String]
  }

  package var members: Int
  package var architecture: ArchitectureRecipe
  package var optimizer: Optimizer
  package var learningRate: Float
  package var schedule: Schedule
  package var weightDecay: Float
  package var gradientClip: Float?
  package var batchSize: Int
  package var epochs: Int
  package var variableDropout: VariableRemoval?
  /// Weights of heads' losses where they differ from the heads' own.
  package var headWeights: [String: Float]?
}
