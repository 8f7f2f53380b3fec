// SPDX-License-Identifier: Apache-2.0

/// What a request is called in the logs and in `X-Request-Id`.
enum RequestName {
  /// The caller's own name for it, when it is one that can do no harm in a log; else ours.
  ///
  /// Letters, digits and `-._`, at most 64: UUIDs, ULIDs and the names of the usual proxies are such.
  static func choose(_ sent: String?, else own: String) -> String {
    guard let sent, (1...64).contains(sent.utf8.count), sent.utf8.allSatisfy(isPlain) else { return own }
    return sent
  }

  /// 32 hexadecimal digits that nobody had before.
  static func random() -> String {
    (0..<2).map { _ in
      let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
