// SPDX-License-Identifier: Apache-2.0
import Foundation

/// One array of NumPy as it grows along its first axis (numpy.lib.format, version 1.0): a header of fixed length, written again
/// when the number of rows is known, then the elements, little-endian.
struct NPYFile {
  private let file: FileHandle
  private let type: String
  /// Elements a row; nil for an array of one axis.
  private let columns: Int?
  private var rows = 0

  /// Begins an array of elements of a NumPy type, such as `<f4`.
  init(path: String, type: String, columns: Int? = nil) throws {
    file = try FileHandle.emptied(at: path)
    self.type = type
    self.columns = columns
    try file.write(contentsOf: header)
  }

  /// 128 bytes: magic, version, length of the rest, a Python dictionary, spaces, a line end.
  private var header: Data {
    let shape = columns.map { "(\(rows), \($0))" } ?? "(\(rows),)"
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 118, 0]) + Data(text.utf8)
    data += Data(repeating: UInt8(ascii: " "), count: 127 - data.count) + Data("\n".utf8)
    return data
  }

  /// Adds elements that make so many rows.
  mutating func append<Element: FixedWidthInteger & BitwiseCopyable>(_ elements: [Element], rows count: Int) throws {
    let bits = elements.map(\.littleEndian)
    // The bytes are copied before the array goes.
    try file.write(contentsOf: unsafe bits.withUnsafeBytes { unsafe Data($0) })
    rows += count
  }

  /// Adds texts, cut to and filled up with zeros to `width` code points (type `<U` and the width).
  mutating func append(texts: [String], width: Int) throws {
    var points: [UInt32] = []
    points.reserveCapacity(texts.count * width)
    for text in texts {
      let own = text.unicodeScalars.prefix(width).map(\.value)
      points += own
      points += repeatElement(0, count: width - own.count)
    }
    try append(points, rows: texts.count)
  }

  /// Ends the array.
  mutating func finish() throws {
    try file.seek(toOffset: 0)
    try file.write(contentsOf: header)
    try file.close()
  }
}
