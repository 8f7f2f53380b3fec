// SPDX-License-Identifier: Apache-2.0

extension Node {
  /// The place as a FHIRPath, such as `Bundle.entry[3].resource.code`, found by descending from the root.
  ///
  /// A path is shown in errors and logs, and member names are input: a name that is not formed as FHIR's element
  /// names are is shown as `?`.
  package var path: String {
    var text = Node.shown(Node(tape: tape, index: 0)["resourceType"]?.string) ?? "$"
    var at: UInt32 = 0
    while at != index {
      let isArray = tape.kind(at) == .array
      var position = 0
      var child = at + 1
      while tape.next(child) <= index {
        child = tape.next(child)
        position += 1
      }
      if isArray {
        text += "[\(position)]"
      } else {
        text += "." + (Node.shown(Node(tape: tape, index: child).name) ?? "?")
      }
      at = child
    }
    return text
  }

  /// The name if it is formed as element and type names are: a letter or `_`, then letters and digits, 64 at most.
  private static func shown(_ name: String?) -> String? {
    guard let name, let first = name.utf8.first, name.utf8.count <= 64 else { return nil }
    func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard isLetter(first) || first == UInt8(ascii: "_") else { return nil }
    return name.utf8.dropFirst().allSatisfy { isLetter($0) || isDigit($0) } ? name : nil
  }
}
