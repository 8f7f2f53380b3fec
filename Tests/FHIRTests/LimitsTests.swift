// SPDX-License-Identifier: Apache-2.0
import FHIR
import Testing

private func error(_ text: String, _ limits: Limits) -> FHIRError? {
  do throws(FHIRError) {
    _ = try Document(Array(text.utf8), syntax: .json, limits: limits)
    return nil
  } catch {
    return error
  }
}

@Suite struct LimitsTests {
  private func expect(_ limit: WritableKeyPath<Limits, Int>, _ code: FHIRError.Code, _ text: (Int) -> String) {
    for bound in [1, 2, 7, 20] {
      var limits = Limits.standard
      limits[keyPath: limit] = bound
      for size in bound - 1...bound + 1 {
        let found = error(text(size), limits)?.code
        #expect(found == (size > bound ? code : nil), "\(code.title): \(size) of \(bound)")
      }
    }
  }

  @Test func depth() {
    expect(\.depth, .tooDeep) { size in
      size == 0 ? "1" : String(repeating: "[", count: size) + String(repeating: "]", count: size)
    }
    expect(\.depth, .tooDeep) { size in
      size == 0 ? "1" : String(repeating: "{\"a\":", count: size) + "1" + String(repeating: "}", count: size)
    }
  }

  @Test func strings() {
    expect(\.stringBytes, .stringTooLong) { "[\"" + String(repeating: "x", count: $0) + "\"]" }
    // The bytes that count are those of the content: an escape is one character.
    expect(\.stringBytes, .stringTooLong) { "[\"" + String(repeating: "\\n", count: $0) + "\"]" }
    expect(\.stringBytes, .nameTooLong) { "{\"" + String(repeating: "x", count: $0) + "\":1}" }
  }

  @Test func names() {
    for size in [65_534, 65_535] { #expect(error("{\"\(String(repeating: "n", count: size))\":1}", .standard) == nil) }
    #expect(error("{\"\(String(repeating: "n", count: 65_536))\":1}", .standard)?.code == .nameTooLong)
  }

  @Test func membersAndEntries() {
    expect(\.members, .tooManyMembers) { size in
      "{" + (0..<size).map { "\"m\($0)\":0" }.joined(separator: ",") + "}"
    }
    expect(\.entries, .tooManyEntries) { "[" + [String](repeating: "0", count: $0).joined(separator: ",") + "]" }
  }

  @Test func digits() {
    expect(\.digits, .numberTooLong) { "[" + String(repeating: "1", count: max($0, 1)) + "]" }
  }

  @Test func values() {
    expect(\.nodes, .tooManyValues) { size in
      size <= 1 ? "1" : "[" + [String](repeating: "0", count: size - 1).joined(separator: ",") + "]"
    }
  }

  @Test func bytes() {
    for size in [15, 16, 17] {
      var limits = Limits.standard
      limits.bytes = 16
      let text = "[" + String(repeating: " ", count: size - 2) + "]"
      #expect(error(text, limits) == (size > 16 ? FHIRError(.tooLarge, offset: 16) : nil))
    }
  }

  @Test func standardLimitsAreThoseDocumented() {
    let limits = Limits.standard
    #expect(limits.bytes == 10 << 20 && limits.depth == 64 && limits.stringBytes == 1 << 20)
    #expect(limits.members == 10_000 && limits.entries == 10_000)
  }
}

@Suite struct FaultPlaceTests {
  @Test(
    arguments: [
      (#"{"resourceType":"Patient","gender":"male","gender":"male"}"#, .duplicateName, 42, "Patient.gender"),
      (
        #"{"resourceType":"Bundle","entry":[{},{"resource":{"a":1,"\u0061":2}}]}"#, .duplicateName, 56,
        "Bundle.entry[1].resource.?"
      ),
      (#"{"resourceType":"Patient","name":[{"family":"x"},{"family":tru}]}"#, .badLiteral, 59, "Patient.name[1]"),
      (#"{"Mr X":1,"Mr X":2}"#, .duplicateName, 10, "$.?"),
      (#"{"a":{"b":[1,2"#, .unclosedContainer, 14, "$.?.?[1]"),
    ] as [(String, FHIRError.Code, Int, String)])
  func namesByteAndPath(text: String, code: FHIRError.Code, offset: Int, path: String) {
    #expect(error(text, .standard) == FHIRError(code, offset: offset, path: path))
  }

  /// Both ways of finding a duplicate, at every place, with and without escapes; no other names are taken for one.
  @Test(arguments: [2, 3, 8, 9, 31, 32, 33, 34, 100, 3_000])
  func findsTheDuplicate(count: Int) {
    func text(_ names: [String]) -> String {
      "{\"o\":{" + names.map { "\"\($0)\":{\"\($0)\":[]}" }.joined(separator: ",") + "}}"
    }
    let names = (0..<count).map { "member\($0)" }
    #expect(error(text(names), .standard) == nil)
    for (first, second) in [(0, 1), (0, count - 1), (count / 2, count - 1), (max(0, count - 2), count - 1)]
    where first < second {
      for escape in [false, true] {
        var twice = names
        twice[second] = escape ? "\\u006d" + names[first].dropFirst() : names[first]
        let found = error(text(twice), .standard)
        #expect(found?.code == .duplicateName && found?.path == "$.?.?")
        let before = text(Array(twice[..<second]))
        #expect(escape || found?.offset == before.utf8.count - 2 + (second > 0 ? 1 : 0), "\(first) \(second)")
      }
    }
  }

  @Test func namesOfOneMarkAreNotDuplicates() {
    #expect(error(#"{"patient":1,"payment":2,"pxxxxxt":3,"":4," ":5}"#, .standard) == nil)
    #expect(error(#"{"":1,"":2}"#, .standard)?.code == .duplicateName)
  }

  @Test func errorsHoldNoInput() {
    let secret = "Geheim"
    for text in ["{\"a\":\"\(secret)", "{\"\(secret) 1\":tru}", "[\(secret)]", "{\"\(secret) 1\":1,\"\(secret) 1\":1}"]
    {
      let found = error(text, .standard)
      #expect(found != nil && found?.description.contains(secret) == false)
    }
  }

  @Test func codesAreUnique() {
    #expect(Set(FHIRError.Code.allCases.map(\.rawValue)).count == FHIRError.Code.allCases.count)
    #expect(FHIRError.Code.allCases.allSatisfy { $0.rawValue.hasPrefix("FHR") && $0.rawValue.utf8.count == 6 })
  }
}
