// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// Looks for what may identify somebody in a request that is said to be de-identified.
///
/// Every text must be explained: the name that a key gave, a date, a known code, a unit, a word of a closed vocabulary, in an
/// element where such things stand; and every number must be a measurement in an element of measurements. What is not explained is
/// found, also where nobody can say what it is; so nothing is missed because it looks harmless.
package struct SafeHarborCheck: Sendable {
  /// A text or number that is not explained. It holds the place and never what stands there.
  package struct Finding: Sendable, Equatable, Hashable {
    /// Where, in FHIR's names; a name that is none is shown as `?`.
    package let path: String
    /// What it looks like, or what stands in such an element.
    package let kind: SafeHarborKind
  }

  /// Where a node stands.
  private struct Place {
    /// Name of the element; empty for the root.
    var element = ""
    /// Name of the element that the object around it stands in.
    var owner = ""
    /// The object around it.
    var parent: Node
    /// What stands in the element, or in one around it, whatever it looks like.
    var forbidden: SafeHarborKind?
    /// Name of a member that is not looked at.
    var skipped: String?
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
  ///   - skipped: name of a member of the request's own `extension` that somebody else checks; it is skipped nowhere else.
  package func findings(in root: Node, at instant: Instant?, skipping skipped: String? = nil) -> [Finding] {
    var findings: [Finding] = []
    visit(root, Place(parent: root, skipped: skipped), instant, &findings)
    return findings
  }

  private func visit(_ node: Node, _ place: Place, _ instant: Instant?, _ findings: inout [Finding]) {
    func find(_ kind: SafeHarborKind) { findings.append(Finding(path: node.path, kind: kind)) }
    switch node.kind {
    case .object:
      if AgeObservation.isOverEightyNine(node) { find(.date) }
      let tellsAge = AgeObservation.isMeant(node)
      for child in node.children {
        let name = child.name ?? ""
        if place.element == "extension", name == place.skipped { continue }
        guard child.publicName != nil || keys.contains(name) || Name.isKey(name) else {
          findings.append(Finding(path: child.path, kind: SafeHarborKind(of: name)))
          continue
        }
        if tellsAge, name == "component" || name.hasPrefix("value"), child.string != Deidentifier.mark {
          findings.append(Finding(path: child.path, kind: .date))
          continue
        }
        // The request's own `extension` is an object; FHIR's are lists.
        let isOwn = place.element.isEmpty && name == "extension" && child.kind == .object
        let kind = isOwn ? nil : SafeHarborKind(element: name)
        visit(
          child,
          Place(
            element: name, owner: place.element, parent: node, forbidden: place.forbidden ?? kind,
            skipped: isOwn ? place.skipped : nil), instant, &findings)
      }
    case .array:
      for child in node.children { visit(child, place, instant, &findings) }
    case .string:
      guard let text = node.string else { return }
      if let forbidden = place.forbidden {
        find(forbidden)
      } else if isTooOld(place.element, text, instant) {
        find(.date)
      } else if !isExplained(place.element, text, in: place.parent) {
        find(SafeHarborKind(of: text))
      }
    case .number:
      if let forbidden = place.forbidden {
        find(forbidden)
      } else if !Self.isMeasurement(node, place) {
        find(SafeHarborKind(of: node.text ?? ""))
      }
    case .boolean, .null: break
    }
  }

  /// A number is a measurement in a Quantity or in the place of one, and not for instance in an identifier.
  private static func isMeasurement(_ node: Node, _ place: Place) -> Bool {
    let isQuantity =
      place.element == "value" && ["valueQuantity", "numerator", "denominator", "dose"].contains(place.owner)
    return (isQuantity || place.element == "valueInteger") && Deidentifier.isMeasurement(node)
  }

  /// Ages over 89 must not be told, but as 90 for all of them; nor by what happened so long ago.
  private func isTooOld(_ element: String, _ text: String, _ instant: Instant?) -> Bool {
    guard Self.isDateElement(element), let instant, DateTime(text) != nil else { return false }
    let unmoved = DateShift(days: 0, at: instant)
    guard element == "birthDate" else { return unmoved.moved(text) == nil }
    guard let told = unmoved.birthDate(text) else { return true }
    return told.isCapped && told.text != text
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
    case "id", "patientId", "encounterId", "hookInstance": return Name.isName(text)
    case "reference", "fullUrl", "userId", "selections", "dispatchedOrders", "performer": return Name.isReference(text)
    case "url": return Name.isReference(text) || text == "urn:deidentified:?"
    case "implicitRules": return text == "urn:deidentified:?"
    case "system": return vocabulary.isKnown(system: text) || Name.isSystem(text)
    case "code" where parent.has("value") || parent.has("comparator"), "unit":
      return vocabulary.unit(text) == text || Name.isName(text)
    case "code", "value": return isCode(text, in: parent)
    case "versionId": return Name.isNumber(text, digits: 1...4)
    case "state": return Words.states.contains(text) && Deidentifier.mayBeAmerican(parent)
    case "postalCode":
      return Name.isNumber(text, digits: 3...3) && !Words.restrictedZIP.contains(text)
        && Deidentifier.mayBeAmerican(parent)
    case "country": return text == "US"
    case "valueString": return Deidentifier.isShortDecimal(text)
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
