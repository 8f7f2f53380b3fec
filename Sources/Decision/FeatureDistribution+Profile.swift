// SPDX-License-Identifier: Apache-2.0
package import Features
package import Networks

extension FeatureDistribution {
  /// The distribution of rows of a profile's columns.
  ///
  /// - Parameter table: rows x the profile's columns, as `FeatureProfile.vector` gives them; NaN for missing.
  /// - Throws: `NetworkError.insufficientData` for fewer than 100 rows.
  package init(fitting table: Matrix, profile: FeatureProfile) throws(NetworkError) {
    let columns = zip(profile.columns, profile.columnKinds).map { column, kind in
      (name: column.id, role: Role(kind))
    }
    try self.init(fitting: table, columns: columns)
  }
}

extension FeatureDistribution.Role {
  /// How a column of a kind counts. A category is a flag: no distance says how unusual it is; and what is unusual in a step
  /// is so in the statistics of the stay.
  init(_ kind: ColumnKind) {
    switch kind {
    case .level: self = .level
    case .value: self = .value
    case .category, .habit, .step: self = .habit
    }
  }
}
