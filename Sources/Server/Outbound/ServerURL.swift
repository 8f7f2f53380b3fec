// SPDX-License-Identifier: Apache-2.0

/// The base URL of a FHIR server, read so strictly that no other reader can understand another server by it.
///
///     https://ehr.example.org:8443/fhir/r4
///
/// Plain ASCII; http or https; a host name or an address; no user, query, fragment, dot segments or empty segments.
package struct ServerURL: Sendable, Hashable {
  /// `http` or `https`.
  package let scheme: String
  /// The host in lower case; an IPv6 address without its brackets.
  package let host: String
  /// The port, the scheme's own where none is named.
  package let port: Int
  /// The path without a slash at its end; empty for the root.
  package let path: String

  /// Nil when the text is not such a URL.
  package init?(_ text: String) {
    guard let (scheme, rest) = Self.scheme(of: text[...]) else { return nil }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let (host, port) = Self.authority(authority) else { return nil }
    var path = rest.dropFirst(authority.count)
    if path.last == "/" { path = path.dropLast() }
    guard Self.isPath(path) else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = port ?? (scheme == "https" ? 443 : 80)
    self.path = String(path)
  }

  /// The URL of a path and query below this one.
  package func url(of relative: String) -> String {
    // A link of the server may have a query only: it stands at the base itself.
    text + (relative.hasPrefix("?") ? "" : "/") + relative
  }

  /// The URL itself, in the one form that all its spellings have in common.
  package var text: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(scheme)://\(name):\(port)\(path)"
  }

  /// Whether this URL is `other` or below it.
  package func isWithin(_ other: ServerURL) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
      && (path == other.path || path.hasPrefix(other.path + "/"))
  }

  /// What a link of this server leads to, relative to this URL; nil when it leads elsewhere or cannot be read.
  ///
  /// The next page of a search is such a link. Only the same origin, below the same path, gets the token.
  package func relative(_ link: String) -> String? {
    let mark = link.firstIndex(of: "?") ?? link.endIndex
    let (address, query) = (link[..<mark], link[mark...])
    guard query.utf8.allSatisfy(Self.isQuery) else { return nil }
    let target: Substring
    if Self.scheme(of: address) != nil {
      guard let url = ServerURL(String(address)), url.isWithin(self) else { return nil }
      target = url.path.dropFirst(path.count).dropFirst()
    } else if address.hasPrefix("/") {
      guard Self.isPath(address), address == path || address.hasPrefix(path + "/") else { return nil }
      target = address.dropFirst(path.count).dropFirst()
    } else {
      // A colon before the first slash would make a scheme of what stands before it (RFC 3986 section 4.2).
      guard address.isEmpty || Self.isPath("/" + address), !address.prefix(while: { $0 != "/" }).contains(":") else {
        return nil
      }
      target = address
    }
    return String(target) + query
  }

  // MARK: Grammar

  private static func scheme(of text: Substring) -> (String, Substring)? {
    for scheme in ["https", "http"] where text.lowercased().hasPrefix("\(scheme)://") {
      return (scheme, text.dropFirst(scheme.count + 3))
    }
    return nil
  }

  private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
    let host: Substring
    if text.first == "[" {
      let inside = text.dropFirst().prefix { $0 != "]" }
      guard text.dropFirst(inside.count + 1).first == "]", inside.contains(":"),
        inside.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
      else { return nil }
      host = inside
    } else {
      host = text.prefix { $0 != ":" }
      guard !host.isEmpty, host.utf8.count <= 253,
        host.utf8.allSatisfy({ isAlphanumeric($0) || Array(".-_".utf8).contains($0) })
      else { return nil }
    }
    let rest = text.dropFirst(text.first == "[" ? host.count + 2 : host.count)
    if rest.isEmpty { return (host.lowercased(), nil) }
    guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0, rest.dropFirst().first != "+" else {
      return nil
    }
    return (host.lowercased(), Int(port))
  }

  /// Empty, or segments each after a slash (RFC 3986 section 3.3, without empty and dot segments).
  private static func isPath(_ text: some StringProtocol) -> Bool {
    if text.isEmpty { return true }
    let segments = text.split(separator: "/", omittingEmptySubsequences: false)
    guard segments[0].isEmpty else { return false }
    return segments.dropFirst().allSatisfy { segment in
      !segment.isEmpty && !["", ".", "..", "%2e", "%2e%2e", ".%2e", "%2e."].contains(segment.lowercased())
        && segment.utf8.allSatisfy { isAlphanumeric($0) || Array("-._~!$&'()*+,;=:@%".utf8).contains($0) }
    }
  }

  /// Characters of a query; `|` is not one of RFC 3986's, but servers write it in their links all the same.
  private static func isQuery(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || Array("-._~!$&'()*+,;=:@%/?|".utf8).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}
