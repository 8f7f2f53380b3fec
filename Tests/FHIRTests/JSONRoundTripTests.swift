// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// A seeded source of JSON values: deep, wide, with every kind of character.
private struct JSONSource {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  mutating func string() -> String {
    let alphabet: [String] = [
      "a", "Z", "0", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "é", "€", "😀", "\u{2028}", " ", "\t", "\u{7F}",
    ]
    let length = next(4) == 0 ? next(80) : next(12)
    return (0..<length).map { _ in alphabet[next(alphabet.count)] }.joined()
  }

  mutating func number() -> JSON {
    switch next(4) {
    case 0: .number(next(2_000_000) - 1_000_000)
    case 1: .number(Double(next(1_000_000)) / 1000 * (next(2) == 0 ? 1 : -1))
    case 2: .number(Double(bitPattern: state ^ state << 17))
    default: .number(literal: ["1.00", "-0", "0e0", "1E+2", "12345678901234567890.50"][next(5)])
    }
  }

  mutating func value(_ depth: Int) -> JSON {
    switch next(depth > 5 ? 5 : 8) {
    case 0: return .null
    case 1: return .boolean(next(2) == 0)
    case 2: return number()
    case 3, 4: return .string(string())
    case 5: return .array((0..<next(6)).map { _ in value(depth + 1) })
    default:
      var names = Set<String>()
      var members: [JSON.Member] = []
      for _ in 0..<(next(20) == 0 ? next(60) : next(7)) {
        let name = string()
        if names.insert(name).inserted { members.append(JSON.Member(name, value(depth + 1))) }
      }
      return .object(members)
    }
  }
}

/// Whether Foundation read the same. Its numbers may be off in the last digits.
private func agrees(_ theirs: Any, _ ours: JSON) -> Bool {
  switch ours {
  case .null: return theirs is NSNull
  case .string(let text): return theirs as? String == text
  case .boolean(let value): return (theirs as? NSNumber)?.boolValue == value
  case .number(let literal):
    guard let their = (theirs as? NSNumber)?.doubleValue, let our = Double(literal) else { return false }
    return abs(their - our) <= abs(our) * 1e-12 || abs(our) < 1e-300
  case .array(let values):
    guard let theirs = theirs as? [Any], theirs.count == values.count else { return false }
    return zip(theirs, values).allSatisfy(agrees)
  case .object(let members):
    guard let theirs = theirs as? [String: Any], theirs.count == members.count else { return false }
    return members.allSatisfy { member in theirs[member.name].map { agrees($0, member.value) } ?? false }
  }
}

@Suite struct JSONRoundTripTests {
  @Test(arguments: 0..<40)
  func whatIsWrittenIsRead(seed: Int) throws {
    var source = JSONSource(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    for _ in 0..<25 {
      let value = source.value(0)
      for pretty in [false, true] {
        let bytes = value.encoded(pretty: pretty)
        let root = try Document(bytes, syntax: .json).root
        #expect(JSON(root) == value)
        #expect(root == (try Document(value.encoded(pretty: !pretty), syntax: .json)).root)
        if let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) {
          #expect(agrees(theirs, value))
        }
      }
    }
  }

  @Test func nodesDifferWhereDocumentsDiffer() throws {
    func root(_ text: String) throws -> Node { try Document(Array(text.utf8), syntax: .json).root }
    #expect(try root(#"{"a":1,"b":[2]}"#) == root(#"{ "b": [2], "a": 1 }"#))
    #expect(try root(#""\u0061""#) == root(#""a""#))
    let different = [
      #"{"a":1}"#, #"{"a":1.0}"#, #"{"b":1}"#, #"{"a":"1"}"#, #"{"a":1,"b":1}"#, "[1]", "[1,2]", "[2,1]", "{}", "null",
    ]
    for (left, one) in different.enumerated() {
      for (right, other) in different.enumerated() { #expect((try root(one) == root(other)) == (left == right)) }
    }
  }

  @Test func encodesDeterministically() {
    let value: JSON = [
      "b": 1, "a": [true, .null, 2.5, .number(Double.nan)], "none": nil, "text": "\"\\/\u{8}\u{c}\n\r\t\u{1}é",
      "empty": [:], "list": [],
    ]
    let expected = #"{"b":1,"a":[true,null,2.5,null],"text":"\"\\/\b\f\n\r\t\u0001é","empty":{},"list":[]}"#
    #expect(value.text() == expected)
    #expect(JSON.object([JSON.Member("a", [1])]).text(pretty: true) == "{\n  \"a\": [\n    1\n  ]\n}\n")
    #expect(
      [0, -0.0, 100, 1e15, 1e300, 0.1, 1.0 / 3].map { JSON.number($0).text() }
        == ["0", "0", "100", "1000000000000000", "1e+300", "0.1", "0.3333333333333333"])
  }

  @Test(arguments: [
    "0", "-0", "1", "72.50", "-0.001", "123456789012345", "0.1", "1e22", "1e-22", "1.7976931348623157e308",
    "4.9e-324", "9007199254740993", "0.30000000000000004", "123456789012345678901234567890", "2.2250738585072011e-308",
  ])
  func numbersAreTheNearestDouble(literal: String) throws {
    let root = try Document(Array("[\(literal),-\(literal.drop { $0 == "-" })]".utf8), syntax: .json).root
    let values = root.children.map { $0.double }
    #expect(values.first??.bitPattern == Double(literal)?.bitPattern)
    #expect(values.last??.bitPattern == Double("-\(literal.drop { $0 == "-" })")?.bitPattern)
  }

  /// Of any length and scale, and halfway between two values of `Double`, where the even one is meant.
  @Test func numbersOfManyDigitsAreTheNearestDouble() throws {
    var source = JSONSource(state: 53)
    var literals = [
      "9007199254740993.0", "9007199254740992.5", "4503599627370497.5", "4503599627370496.5",
      "4503599627370496.50000001",
      "1152921504606847104.0", "1152921504606846976.0", "0.5000000000000001110", "18446744073709551615.5",
      "9999999999999999999", "0.000000000000000000000001", "0.0000000000000000001234567", "0.0",
    ]
    for _ in 0..<20_000 {
      let digits = (0..<1 + source.next(21)).map { _ in String(source.next(10)) }.joined()
      let places = source.next(26)
      let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
      let whole = padded.dropLast(places).drop { $0 == "0" }
      literals.append((whole.isEmpty ? "0" : whole) + (places == 0 ? "" : "." + padded.suffix(places)))
    }
    let root = try Document(Array("[\(literals.joined(separator: ","))]".utf8), syntax: .json, limits: .files).root
    for (literal, node) in zip(literals, root.children) {
      #expect(node.double?.bitPattern == Double(literal)?.bitPattern, "\(literal)")
    }
  }

  /// Between any two tokens, as much as anybody may write: also where strings have escapes.
  @Test(arguments: 0..<20)
  func whiteSpaceDoesNotMatter(seed: Int) throws {
    var source = JSONSource(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    for _ in 0..<20 {
      let value = source.value(0)
      var spaced: [UInt8] = []
      var (inString, isEscaped) = (false, false)
      for byte in value.encoded() {
        let isMark = !inString && Array("{}[],:".utf8).contains(byte)
        func pad() {
          guard source.next(2) == 0 else { return }
          for _ in 0..<source.next(40) { spaced.append([0x20, 0x09, 0x0A, 0x0D][source.next(4)]) }
        }
        if isMark { pad() }
        spaced.append(byte)
        if isMark { pad() }
        if byte == UInt8(ascii: "\""), !isEscaped { inString.toggle() }
        isEscaped = inString && byte == UInt8(ascii: "\\") && !isEscaped
      }
      #expect(JSON(try Document(spaced, syntax: .json).root) == value)
    }
  }

  @Test func numbersBeyondDoubleHaveNoValue() throws {
    let root = try Document(Array("[1e999,-1e400]".utf8), syntax: .json).root
    #expect(root.children.allSatisfy { $0.double == nil && $0.text != nil })
  }
}
