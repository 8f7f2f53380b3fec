// SPDX-License-Identifier: Apache-2.0

extension SafeTensors {
  /// The longest header that is read, in bytes; the reference implementation's limit.
  private static let longestHeader = 100_000_000

  /// Reads a file. Every tensor must be of 32-bit floats; together they must cover the data exactly, in the order of
  /// their offsets, without overlap and hole, so that no byte of the file is without a meaning.
  package init(_ bytes: [UInt8]) throws(NetworkError) {
    guard bytes.count >= 8 else { throw .truncatedWeights }
    var length: UInt64 = 0
    for index in 0..<8 { length |= UInt64(bytes[index]) << UInt64(8 * index) }
    guard length <= UInt64(Self.longestHeader), Int(length) <= bytes.count - 8 else { throw .truncatedWeights }
    let start = 8 + Int(length)
    var reader = SafeTensorsHeader(bytes[8..<start])
    try reader.read()
    metadata = reader.metadata
    tensors = []
    var expected = 0
    for entry in reader.entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin == expected, entry.end >= entry.begin, entry.end <= bytes.count - start else {
        throw .invalidWeightOffsets
      }
      var count = 1
      for dimension in entry.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
        guard !overflow else { throw .invalidWeightOffsets }
        count = product
      }
      guard (entry.end - entry.begin) % 4 == 0, (entry.end - entry.begin) / 4 == count else {
        throw .invalidWeightOffsets
      }
      let values = (0..<count).map { index in
        let at = start + entry.begin + index * 4
        let low = UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8
        return Float(bitPattern: low | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24)
      }
      tensors.append(Tensor(name: entry.name, shape: entry.shape, values: values))
      expected = entry.end
    }
    guard expected == bytes.count - start else { throw .invalidWeightOffsets }
  }
}
