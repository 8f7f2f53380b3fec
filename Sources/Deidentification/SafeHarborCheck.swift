// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Looks for what may identify somebody in a request that is said to be de-identified.
///
/// Every text must be explained: the name that a key gave, a date, a known code, a unit, a word of a closed vocabulary, in an
/// element where such things stand. What is not explained is found, also where nobody can say what it is; so nothing is missed
/// because it looks harmless.
package struct SafeHarborCheck: Sendable {
  /// A text that is not explained. It holds the place and never the text.
  package struct Finding: Sendable, Equatable, Hashable {
    /// Where, in FHIR's names; a name that is none is shown as `?`.
    package let path: String
    /// What it looks like, or what stands in such an element.
    package let kind: SafeHarborKind
  }

  private let vocabulary: Vocabulary
  private let keys: Set<String>

  /// - Parameters:
  ///   - vocabulary: the codes and units that say nothing of a person.
  ///   - keys: names of members that are not FHIR's nor CDS Hooks', such as keys of prefetch templates.
  package init(_ vocabulary: Vocabulary, keys: Set<String> = []) {
    self.vocabulary = vocabulary
    self.keys = keys
  }

  /// What is found in one request or resource, in document order.
  ///
  /// - Parameters:
  ///   - instant: of the assessment, on which ages are told.
  ///   - skipped: name of a member of the request's `extension` that somebody else checks.
  package func findings(in root: Node, at instant: Instant?, skipping skipped: String? = nil) -> [Finding] {
    var findings: [Finding] = []
    visit(root, "", nil, root, instant, skipped, &findings)
    return findings
  }

  private func visit(
    _ node: Node, _ element: String, _ forbidden: SafeHarborKind?, _ parent: Node, _ instant: Instant?,
    _ skipped: String?, _ findings: inout [Finding]
  ) {
    switch node.kind {
    case .object:
      for child in node.children {
        let name = child.name ?? ""
        if element == "extension", name == skipped { continue }
        guard child.publicName != nil || keys.contains(name) || Name.isKey(name) else {
          findings.append(Finding(path: child.path, kind: SafeHarborKind(of: name)))
          continue
        }
        // The request's own `extension` is an object; FHIR's are lists.
        let isOwn = name == "extension" && child.kind == .object
        let kind = isOwn ? nil : SafeHarborKind(element: name)
        visit(child, name, forbidden ?? kind, node, instant, skipped, &findings)
      }
    case .array:
      for child in node.children { visit(child, element, forbidden, parent, instant, skipped, &findings) }
    case .string:
      guard let text = node.string else { return }
      if let forbidden {
        findings.append(Finding(path: node.path, kind: forbidden))
      } else if isAncient(element, text, instant) {
        findings.append(Finding(path: node.path, kind: .date))
      } else if !isExplained(element, text, in: parent) {
        findings.append(Finding(path: node.path, kind: SafeHarborKind(of: text)))
      }
    case .number, .boolean, .null: break
    }
  }

  /// Ages over 89 must not be told.
  private func isAncient(_ element: String, _ text: String, _ instant: Instant?) -> Bool {
    guard Self.isDateElement(element), let instant, let date = DateTime(text) else { return false }
    let days = DateShift.day(instant) - DateShift.day(date.latest)
    return days >= (DateShift.oldestAge + 2) * 365 + 23
  }

  private static func isDateElement(_ name: String) -> Bool {
    name.hasSuffix("Date") || name.hasSuffix("DateTime") || name.hasSuffix("Instant")
      || ["start", "end", "event", "issued", "lastUpdated", "lastModified", "authoredOn", "instant"].contains(name)
  }

  private func isExplained(_ element: String, _ text: String, in parent: Node) -> Bool {
    if text == Deidentifier.mark || text.isEmpty { return true }
    switch element {
    case _ where Self.isDateElement(element): return DateTime(text) != nil
    case "resourceType", "type": return ResourceTypes.all.contains(text) || Words.bundle.contains(text)
    case "id", "patientId", "encounterId", "hookInstance", "record": return Name.isName(text)
    case "reference", "fullUrl", "userId", "selections", "dispatchedOrders", "performer": return Name.isReference(text)
    case "url": return Name.isReference(text) || text == "urn:deidentified:?"
    case "implicitRules": return text == "urn:deidentified:?"
    case "system": return vocabulary.isKnown(system: text) || Name.isSystem(text)
    case "code" where parent.has("value") || parent.has("comparator"), "unit":
      return vocabulary.unit(text) == text || Name.isName(text)
    case "code", "value": return isCode(text, in: parent)
    case "versionId": return Name.isNumber(text, digits: 1...4)
    case "state": return Words.states.contains(text)
    case "postalCode": return Name.isNumber(text, digits: 3...3)
    case "country": return text == "US"
    case "valueString": return text.utf8.count <= 6 && text.utf8.allSatisfy(Array("0123456789.-".utf8).contains)
    case "hook": return text.contains("-") && text.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) }
    case "method", "mode", "gender", "use", "relation", "status", "intent", "severity", "criticality", "comparator",
      "taken", "clinicalStatus", "verificationStatus":
      return Self.words.contains(text) || Name.isNumber(text, digits: 3...3)
    default: return false
    }
  }

  private func isCode(_ text: String, in parent: Node) -> Bool {
    if Name.isName(text) || Words.issue.contains(text) || Words.bareStatus.contains(text) { return true }
    return parent["system"]?.string.map { vocabulary.isKnown(system: $0, code: text) } ?? false
  }

  private static let words: Set<String> = [
    Words.status, Words.intent, Words.relation, Words.severity, Words.comparator, Words.use, Words.bareStatus,
    ["male", "female", "other", "unknown", "match", "include", "outcome", "GET", "HEAD", "POST", "PUT", "DELETE"],
    ["PATCH", "low", "high", "unable-to-assess", "y", "n", "unk", "na"],
  ].reduce(into: []) { $0.formUnion($1) }
}
