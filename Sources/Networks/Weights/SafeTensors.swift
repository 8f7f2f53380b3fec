// SPDX-License-Identifier: Apache-2.0

/// A `safetensors` file: named arrays of 32-bit floats and a few strings about them. Python's `safetensors` opens it.
///
/// Layout: the header's length (64 bits, little-endian), the header (a JSON object), then the numbers of all tensors
/// without holes, little-endian. https://github.com/huggingface/safetensors#format
package struct SafeTensors: Sendable, Equatable {
  /// One array.
  package struct Tensor: Sendable, Equatable {
    package let name: String
    /// Lengths of the dimensions; the last varies fastest.
    package let shape: [Int]
    package let values: [Float]

    /// An array whose `values` fill its `shape`.
    package init(name: String, shape: [Int], values: [Float]) {
      precondition(shape.reduce(1, *) == values.count)
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// The arrays, in the order in which they lie in the file.
  package var tensors: [Tensor]
  /// Strings about the file.
  package var metadata: [String: String]

  package init(tensors: [Tensor], metadata: [String: String]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The bytes of the file; the same contents give the same bytes.
  package func encoded() -> [UInt8] {
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
      entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.values.count * 4
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(Self.quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    // Spaces bring the numbers to a multiple of eight bytes, as the reference writer does.
    while header.count % 8 != 0 { header.append(0x20) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + offset)
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: header.count >> shift)) }
    bytes += header
    for tensor in tensors {
      for value in tensor.values {
        let pattern = value.bitPattern
        for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: pattern >> shift)) }
      }
    }
    return bytes
  }

  /// `text` as a JSON string.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
