// SPDX-License-Identifier: Apache-2.0

import Networks
import Testing

private func file(_ header: String, data: Int) -> [UInt8] {
  let text = Array(header.utf8)
  return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> ($0 * 8)) } + text + [UInt8](repeating: 0, count: data)
}

private func failure(_ bytes: [UInt8]) -> NetworkError? {
  do throws(NetworkError) {
    _ = try SafeTensors(bytes)
    return nil
  } catch { return error }
}

@Suite struct SafeTensorsTests {
  @Test func roundTrip() throws {
    let file = SafeTensors(
      tensors: [
        .init(name: "a", shape: [2, 3], values: [1, -2, .leastNonzeroMagnitude, 0, .pi, 1e30]),
        .init(name: "é \"quoted\"\n", shape: [], values: [7]), .init(name: "empty", shape: [0, 4], values: []),
      ], metadata: ["k": "v\\ \u{1} ü", "a": "{\"x\":[1]}"])
    let bytes = file.encoded()
    #expect(try SafeTensors(bytes) == file)
    #expect(bytes[0] % 8 == 0)
  }

  @Test func ensembleRoundTripKeepsTheBits() throws {
    let ensemble = Ensemble.random(.small, count: 2, seed: 1)
    let bytes = try ensemble.safeTensors(metadata: ["note": "x"]).encoded()
    let read = try Ensemble(SafeTensors(bytes))
    let x = Matrix.normal(3, 9, seed: 2)
    #expect(read.members.map(\.architecture) == ensemble.members.map(\.architecture))
    #expect(read.logits(x).map { $0.map(\.bits) } == ensemble.logits(x).map { $0.map(\.bits) })
    #expect(try read.safeTensors(metadata: ["note": "x"]).encoded() == bytes)
  }

  @Test(arguments: [
    ("{", 0, NetworkError.invalidWeightHeader), ("[]", 0, .invalidWeightHeader), (" {}", 0, .invalidWeightHeader),
    ("{} x", 0, .invalidWeightHeader), ("{\"a\":1}", 0, .invalidWeightHeader), ("{}", 4, .invalidWeightOffsets),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, .invalidWeightHeader),
    ("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, .unexpectedTensor),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, .invalidWeightOffsets),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, .invalidWeightOffsets),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, .invalidWeightOffsets),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, .invalidWeightOffsets),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, .invalidWeightHeader),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", 4, .invalidWeightHeader),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, .invalidWeightOffsets),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4, .invalidWeightHeader),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,9],\"data_offsets\":[0,4]}}", 4, .invalidWeightOffsets
    ),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}", 4, .invalidWeightHeader),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, .invalidWeightHeader
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, .invalidWeightOffsets
    ),
    ("{\"__metadata__\":{\"a\":1}}", 0, .invalidWeightHeader), ("{\"\\ud800\":{}}", 0, .invalidWeightHeader),
    ("{\"a\u{1}\":{}}", 0, .invalidWeightHeader),
    ("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, .invalidWeightHeader),
  ])
  func refuses(_ header: String, _ data: Int, _ error: NetworkError) {
    #expect(failure(file(header, data: data)) == error)
  }

  @Test func refusesWrongLengths() {
    #expect(failure([]) == .truncatedWeights && failure([1, 0, 0, 0, 0, 0, 0, 0]) == .truncatedWeights)
    #expect(failure([UInt8](repeating: 255, count: 16)) == .truncatedWeights)
  }

  /// Every cut and every flipped byte of a real file is an error or a file, never a crash.
  @Test func survivesDamage() throws {
    let bytes = try Ensemble.random(.small, count: 1, seed: 1).safeTensors().encoded()
    var random = RandomSource(seed: 9)
    for length in stride(from: 0, to: bytes.count, by: 7) { #expect(failure(Array(bytes[..<length])) != nil) }
    for _ in 0..<3000 {
      var damaged = bytes
      damaged[random.index(below: 1200)] = UInt8(truncatingIfNeeded: random.next())
      if let file = try? SafeTensors(damaged) { _ = try? Ensemble(file) }
    }
  }

  @Test func ensembleRefusesWrongTensors() throws {
    let file = try Ensemble.random(.small, count: 1, seed: 1).safeTensors()
    func failure(_ change: (inout SafeTensors) -> Void) -> NetworkError? {
      var changed = file
      change(&changed)
      do throws(NetworkError) {
        _ = try Ensemble(changed)
        return nil
      } catch { return error }
    }
    #expect(failure { _ in } == nil)
    #expect(failure { $0.tensors.removeLast() } == .unexpectedTensor)
    let one = try #require(file.metadata["architectures"]).dropFirst().dropLast()
    for (list, error) in [
      ("[\(one),\(one)]", NetworkError.unexpectedTensor), ("[]", .invalidArchitecture),
      ("[\(one)", .invalidArchitecture),
      ("[\(one.replacing("\"inputs\":9", with: "\"inputs\":-9"))]", .invalidArchitecture),
      ("[\(one),\(one.replacing("survival", with: "recovery"))]", .invalidArchitecture),
      ("[\(one),\(one.replacing("hazard", with: "sigmoid"))]", .invalidArchitecture),
    ] {
      #expect(failure { $0.metadata["architectures"] = list } == error)
    }
    #expect(failure { $0.metadata["architectures"] = nil } == .invalidArchitecture)
    #expect(failure { $0.tensors.append(.init(name: "more", shape: [1], values: [0])) } == .unexpectedTensor)
    #expect(
      failure { file in
        let last = file.tensors.removeLast()
        file.tensors.append(.init(name: last.name, shape: last.shape, values: last.values.map { _ in .nan }))
      } == .notFinite)
    #expect(
      failure { file in
        let last = file.tensors.removeLast()
        file.tensors.append(.init(name: last.name, shape: [1] + last.shape, values: last.values))
      } == .unexpectedTensor)
  }
}
