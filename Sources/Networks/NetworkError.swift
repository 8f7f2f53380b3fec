// SPDX-License-Identifier: Apache-2.0

/// Why a network cannot be trained, read or used. The raw value is the permanent code.
package enum NetworkError: String, Error, Sendable, CaseIterable {
  /// An objective or a question names a head that the network does not have.
  case unknownHead = "NET001"
  /// A number of a configuration is out of its range.
  case invalidConfiguration = "NET002"
  /// A weight file is shorter than its header says, or its header is too long.
  case truncatedWeights = "NET010"
  /// A weight file's header is not the JSON that the format prescribes.
  case invalidWeightHeader = "NET011"
  /// Tensors of a weight file overlap, leave a hole, or do not fit their shape.
  case invalidWeightOffsets = "NET012"
  /// A tensor is missing or has another type or shape than the architecture asks for.
  case unexpectedTensor = "NET013"
  /// A weight is not a finite number.
  case notFinite = "NET014"
  /// A weight file carries no architecture that can be read.
  case invalidArchitecture = "NET015"
  /// A checkpoint belongs to another training.
  case foreignCheckpoint = "NET016"
  /// A statistic needs both classes, or more rows than there are.
  case insufficientData = "NET020"
}
