// SPDX-License-Identifier: Apache-2.0

/// Why a network cannot be trained, read or used. The raw value is the permanent code.
package enum NetworkError: String, Error, Sendable, CaseIterable {
  case unknownHead = "NET001"
  case invalidConfiguration = "NET002"
  case truncatedWeights = "NET010"
  case invalidWeightHeader = "NET011"
  case invalidWeightOffsets = "NET012"
  case unexpectedTensor = "NET013"
  case notFinite = "NET014"
  case invalidArchitecture = "NET015"
  case foreignCheckpoint = "NET016"
  case insufficientData = "NET020"

  /// One sentence a person can act on.
  package var title: String {
    switch self {
    case .unknownHead: "an objective or a question names a head that the network does not have"
    case .invalidConfiguration: "a number of a configuration is out of its range"
    case .truncatedWeights: "a weight file is shorter than its header says, or its header is too long"
    case .invalidWeightHeader: "a weight file's header is not the JSON that the format prescribes"
    case .invalidWeightOffsets: "tensors of a weight file overlap, leave a hole, or do not fit their shape"
    case .unexpectedTensor: "a tensor is missing or has another type or shape than the architecture asks for"
    case .notFinite: "a weight is not a finite number"
    case .invalidArchitecture: "a weight file carries no architecture that can be read"
    case .foreignCheckpoint: "a checkpoint belongs to another training"
    case .insufficientData: "a statistic needs both classes, or more rows than there are"
    }
  }
}

extension NetworkError: CustomStringConvertible {
  /// `NET014 a weight is not a finite number`.
  package var description: String { "\(rawValue) \(title)" }
}
