// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

/// The code with which JSON text is refused as syntax; nil when it is accepted.
private func fault(_ bytes: [UInt8], _ limits: Limits = .standard) -> FHIRError? {
  do throws(FHIRError) {
    try Document.checkSyntax(of: bytes, as: .json, limits: limits)
    return nil
  } catch {
    return error
  }
}

private func fault(_ text: String) -> FHIRError? { fault(Array(text.utf8)) }

@Suite struct JSONSyntaxTests {
  @Test(
    arguments: [
      ("", .empty, 0), (" \n", .empty, 0), ("\u{FEFF}{}", .byteOrderMark, 0),
      ("{\"a\":1,}", .unexpectedCharacter, 7), ("{\"a\" 1}", .unexpectedCharacter, 5),
      ("{a:1}", .unexpectedCharacter, 1),
      ("{\"a\":}", .unexpectedCharacter, 5), ("{\"a\"}", .unexpectedCharacter, 4), ("{,}", .unexpectedCharacter, 1),
      ("[1,]", .unexpectedCharacter, 3), ("[,1]", .unexpectedCharacter, 1), ("[1 2]", .unexpectedCharacter, 3),
      ("[1}", .unexpectedCharacter, 2), ("{\"a\":1]", .unexpectedCharacter, 6), ("]", .unexpectedCharacter, 0),
      ("[\"a\"\"b\"]", .unexpectedCharacter, 4), ("[\"a\"b]", .unexpectedCharacter, 4),
      ("{\"a\":1 \"b\":2}", .unexpectedCharacter, 7),
      ("[1", .unclosedContainer, 2), ("{\"a\"", .unclosedContainer, 4), ("{\"a\":[]", .unclosedContainer, 7),
      ("[{}", .unclosedContainer, 3), ("{", .unclosedContainer, 1), ("[[]", .unclosedContainer, 3),
      ("{} {}", .trailingText, 3), ("1 2", .trailingText, 2), ("[]]", .trailingText, 2), ("{}x", .trailingText, 2),
      ("1]", .trailingText, 1), ("\"a\"}", .trailingText, 3), ("true,[]", .trailingText, 4), ("{}]", .trailingText, 2),
      ("tru", .badLiteral, 0), ("[truex]", .badLiteral, 1), ("[True]", .unexpectedCharacter, 1),
      ("[nul]", .badLiteral, 1),
      ("[falsey]", .badLiteral, 1), ("[true\"\"]", .badLiteral, 1),
      ("[01]", .badNumber, 1), ("[1.]", .badNumber, 1), ("[-]", .badNumber, 1), ("[1e]", .badNumber, 1),
      ("[1e+]", .badNumber, 1), ("[.5]", .unexpectedCharacter, 1), ("[+1]", .unexpectedCharacter, 1),
      ("[1x]", .badNumber, 1), ("[0x1]", .badNumber, 1), ("[NaN]", .unexpectedCharacter, 1), ("-", .badNumber, 0),
      ("[1\"\"]", .badNumber, 1),
      ("[\"\\x\"]", .badEscape, 2), ("[\"ab\\u12G4\"]", .badEscape, 4), ("[\"\\u12\"]", .badEscape, 2),
      ("[\"\\ud800\"]", .loneSurrogate, 2), ("[\"\\ud800\\n\"]", .loneSurrogate, 2),
      ("[\"\\udc00\"]", .loneSurrogate, 2),
      ("[\"\\ud800\\ud800\"]", .loneSurrogate, 2), ("[\"\\ud83d\\ude0\"]", .loneSurrogate, 2),
      ("[\"a\nb\"]", .controlCharacter, 3), ("[\"\u{0}\"]", .controlCharacter, 2),
      ("[\"\\\u{1}\"]", .controlCharacter, 3),
      ("[\"a]", .unclosedString, 1), ("[\"a\",\"b\\\"]", .unclosedString, 5), ("\"", .unclosedString, 0),
    ] as [(String, FHIRError.Code, Int)])
  func refusesWithCodeAndPlace(text: String, code: FHIRError.Code, offset: Int) {
    #expect(fault(text).map { FHIRError($0.code, offset: $0.offset) } == FHIRError(code, offset: offset))
  }

  @Test(arguments: [
    "{}", "[]", " [ ] ", "0", "-0", "-0.0e-0", "1E+9", "true", "false", "null", "\"\"", "\"\\u0000\"", "[[],{}]",
    "{\"\":{\"\":[]}}", "\"\\ud83d\\ude00\"", "[1,\"a\",null,true,{\"b\":[]}]", "\"\u{7F}\u{2028}\u{FFFF}\"",
    "{\"a\":1,\"a\":2}",
  ])
  func accepts(text: String) {
    #expect(fault(text) == nil)
  }

  /// The offset is the first byte of the first sequence that is not UTF-8 (Unicode 15, table 3-7).
  @Test(
    arguments: [
      [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF],
      [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
      [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xE2, 0x28, 0xA1],
    ] as [[UInt8]])
  func refusesWhatIsNotUTF8(bytes: [UInt8]) {
    for padding in [0, 1, 30, 61, 64, 200] {
      let before = Array("[\"é".utf8) + [UInt8](repeating: 0x61, count: padding)
      let error = fault(before + bytes + Array("\"]".utf8))
      #expect(error == FHIRError(.invalidUTF8, offset: before.count))
    }
  }

  /// Every truncation and every single changed byte is answered, and never read beyond.
  @Test func survivesEveryTruncationAndFlip() {
    let text = Array(
      #"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null,"c":[true,false]}],"long":"0123456789012345678901234567890123"}"#.utf8)
    for length in 0..<text.count { #expect(fault(Array(text[..<length])) != nil) }
    #expect(fault(text) == nil)
    for position in text.indices {
      for byte in [0, 0x22, 0x2C, 0x5C, 0x5D, 0x7B, 0x80, 0xFF] as [UInt8] {
        var changed = text
        changed[position] = byte
        if let error = fault(changed) { #expect((error.offset ?? -1) >= 0 && (error.offset ?? .max) <= text.count) }
      }
    }
  }

  /// RFC 8259 leaves these 35 free; each decision is deliberate.
  static let free: [String: FHIRError.Code?] = [
    // Numbers are kept as text, so that their range does not matter to the syntax.
    "i_number_double_huge_neg_exp": nil, "i_number_huge_exp": nil, "i_number_neg_int_huge_exp": nil,
    "i_number_pos_double_huge_exp": nil, "i_number_real_neg_overflow": nil, "i_number_real_pos_overflow": nil,
    "i_number_real_underflow": nil, "i_number_too_big_neg_int": nil, "i_number_too_big_pos_int": nil,
    "i_number_very_big_negative_int": nil,
    // Half of a surrogate pair is no character.
    "i_object_key_lone_2nd_surrogate": .loneSurrogate, "i_string_1st_surrogate_but_2nd_missing": .loneSurrogate,
    "i_string_1st_valid_surrogate_2nd_invalid": .loneSurrogate,
    "i_string_incomplete_surrogate_and_escape_valid": .loneSurrogate,
    "i_string_incomplete_surrogate_pair": .loneSurrogate, "i_string_incomplete_surrogates_escape_valid": .loneSurrogate,
    "i_string_invalid_lonely_surrogate": .loneSurrogate, "i_string_invalid_surrogate": .loneSurrogate,
    "i_string_inverted_surrogates_U+1D11E": .loneSurrogate, "i_string_lone_second_surrogate": .loneSurrogate,
    // FHIR is UTF-8 (R4 json.html), without a byte order mark.
    "i_string_UTF-16LE_with_BOM": .invalidUTF8, "i_string_UTF-8_invalid_sequence": .invalidUTF8,
    "i_string_UTF8_surrogate_U+D800": .invalidUTF8, "i_string_invalid_utf-8": .invalidUTF8,
    "i_string_iso_latin_1": .invalidUTF8, "i_string_lone_utf8_continuation_byte": .invalidUTF8,
    "i_string_not_in_unicode_range": .invalidUTF8, "i_string_overlong_sequence_2_bytes": .invalidUTF8,
    "i_string_overlong_sequence_6_bytes": .invalidUTF8, "i_string_overlong_sequence_6_bytes_null": .invalidUTF8,
    "i_string_truncated-utf-8": .invalidUTF8, "i_string_utf16BE_no_BOM": .invalidUTF8,
    "i_string_utf16LE_no_BOM": .invalidUTF8, "i_structure_UTF-8_BOM_empty_object": .byteOrderMark,
    // Deeper than any resource.
    "i_structure_500_nested_arrays": .tooDeep,
  ]

  @Test func decidesTheWholeOfJSONTestSuite() throws {
    guard let folder = SharedData.folder("bad-input") else { return }
    let files = try SharedData.files(
      in: folder.appendingPathComponent("json-testsuite/test_parsing"), extension: "json")
    var counts: [Character: Int] = [:]
    for file in files {
      let name = file.deletingPathExtension().lastPathComponent
      let error = fault(try SharedData.bytes(file))
      switch name.first {
      case "y": #expect(error == nil, "\(name)")
      case "n": #expect(error != nil, "\(name)")
      default: #expect(JSONSyntaxTests.free[name] == .some(error?.code), "\(name): \(String(describing: error))")
      }
      counts[name.first ?? "?", default: 0] += 1
    }
    #expect(counts == ["y": 95, "n": 188, "i": 35])
  }
}
