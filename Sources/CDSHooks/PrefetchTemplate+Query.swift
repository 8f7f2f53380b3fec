// SPDX-License-Identifier: Apache-2.0

/// What becomes of a template in a call.
package enum PrefetchQuery: Sendable, Equatable {
  /// A relative URL that can be run.
  case query(String)
  /// A token has no value, so there is nothing to ask for.
  case nothing
  /// Its paths lead through these resources (`Type/id`), which are not at hand.
  case needs([String])
}

extension PrefetchTemplate {
  /// The template with its tokens replaced.
  ///
  /// A value is data: whatever it holds, it ends up in one parameter or one path segment. In a search it is escaped as a
  /// value (R4 search.html#escaping) and then percent-encoded but for RFC 3986's unreserved characters, so that it adds
  /// neither a parameter nor an alternative. In a path it must be an id, or be the whole reference `Type/id`.
  ///
  /// - Parameter skippingHeld: leaves out the ids of resources that are at hand already, of paths that end in
  ///   `resolve().id`: whoever runs the query itself needs only the others.
  package func query(in scope: PrefetchScope, skippingHeld: Bool = false) -> PrefetchQuery {
    var query = ""
    var isSearch = false
    var absent: [String] = []
    for part in parts {
      switch part {
      case .text(let text):
        query += text
        isSearch = isSearch || text.contains("?")
      case .token(let selectors):
        var values: [String] = []
        for selector in selectors {
          do throws(PrefetchScope.Absent) {
            values += try scope.values(selector, skippingHeld: skippingHeld).filter { !values.contains($0) }
          } catch {
            absent.append(error.reference)
          }
        }
        guard absent.isEmpty else { continue }
        guard !values.isEmpty else { return .nothing }
        if isSearch {
          query += values.map(Self.parameterValue).joined(separator: ",")
        } else if values.count == 1, let path = path(values[0]) {
          query += path
        } else {
          return .nothing
        }
      }
    }
    return absent.isEmpty ? .query(query) : .needs(absent)
  }

  /// A value as part of a path; nil where it could be read as another path.
  private func path(_ value: String) -> String? {
    if parts.count == 1 {
      // The whole template is the token, as in `{{context.userId}}`.
      guard WireFormat.isReference(value), let id = value.split(separator: "/").last, id != ".", id != ".." else {
        return nil
      }
      return value
    }
    // Servers that mint ids FHIR does not allow keep them; dot segments would be taken away (RFC 3986 section 5.2.4).
    guard value != ".", value != ".." else { return nil }
    return WireFormat.percentEncoded(value)
  }

  private static func parameterValue(_ value: String) -> String {
    var escaped = ""
    for character in value.unicodeScalars {
      if ["\\", "$", ",", "|"].contains(character) { escaped += "\\" }
      escaped.unicodeScalars.append(character)
    }
    return WireFormat.percentEncoded(escaped)
  }
}
