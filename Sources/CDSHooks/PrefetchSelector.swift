// SPDX-License-Identifier: Apache-2.0

/// One selector of a prefetch token, in the part of FHIRPath that the 3.0 ballot allows (Simpler FHIRPath):
///
///     context.patientId
///     today() - 90 days
///     context.draftOrders.entry.resource.ofType(MedicationRequest).medication.resolve().id
///     %encounters.entry.resource.location.location.resolve().id
///     userPractitionerId
///
/// Three things beyond it are read because real templates have them: `extension('url')` (Da Vinci CRD 2.2), a resource
/// type as a step (the dialect of CRD 1.0, `context.draftOrders.ServiceRequest.id`) and `%context`.
enum PrefetchSelector: Sendable, Equatable {
  /// Where a path begins.
  enum Root: Sendable, Equatable {
    case context
    /// The result of an earlier template, by its key.
    case result(String)
  }

  /// One step of a path.
  enum Step: Sendable, Equatable {
    /// An element; also a choice of types by its stem, and a resource type in CRD's dialect.
    case member(String)
    case ofType(String)
    case resolve
    case `extension`(String)
  }

  /// A path, and days added to the dates at its end.
  case path(Root, [Step], days: Int)
  /// The day of the call, and days added to it.
  case today(days: Int)
  /// The id of the user when it is of this type.
  case user(String)

  /// Whether 2.0 has it: a member of the context as it is, or the user's id.
  var isPlain: Bool {
    switch self {
    case .path(.context, let steps, days: 0): steps.count == 1
    case .user: true
    default: false
    }
  }

  /// The selectors of a token, separated by `|`; nil when one of them cannot be read.
  static func list(_ token: Substring) -> [PrefetchSelector]? {
    var parser = PrefetchSelectorParser(token)
    return parser.selectors()
  }
}

/// Reads selectors character by character.
private struct PrefetchSelectorParser {
  private var rest: Substring

  init(_ text: Substring) { rest = text }

  mutating func selectors() -> [PrefetchSelector]? {
    var found: [PrefetchSelector] = []
    repeat {
      guard let selector = selector() else { return nil }
      found.append(selector)
    } while take("|")
    return rest.isEmpty ? found : nil
  }

  private mutating func selector() -> PrefetchSelector? {
    skipSpace()
    let isResult = take("%")
    guard let name = isResult ? key() : identifier() else { return nil }
    if !isResult, name == "today" {
      guard take("()"), let days = days() else { return nil }
      return .today(days: days)
    }
    if !isResult, let type = Self.users[name] {
      skipSpace()
      return .user(type)
    }
    guard isResult || name == "context" else { return nil }
    var steps: [PrefetchSelector.Step] = []
    while take(".") {
      guard let step = step() else { return nil }
      steps.append(step)
    }
    guard !steps.isEmpty, let days = days() else { return nil }
    return .path(name == "context" ? .context : .result(name), steps, days: days)
  }

  private static let users = [
    "userPractitionerId": "Practitioner", "userPractitionerRoleId": "PractitionerRole", "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
  ]

  private mutating func step() -> PrefetchSelector.Step? {
    guard let name = identifier() else { return nil }
    guard take("(") else { return .member(name) }
    switch name {
    case "resolve": return take(")") ? .resolve : nil
    case "ofType":
      skipSpace()
      // Both `Patient` and `FHIR.Patient` name the type.
      guard var type = identifier() else { return nil }
      if type == "FHIR", take(".") { type = identifier() ?? "" }
      skipSpace()
      return !type.isEmpty && take(")") ? .ofType(type) : nil
    case "extension":
      guard take("'") else { return nil }
      let url = String(rest.prefix { $0 != "'" })
      rest = rest.dropFirst(url.count)
      return take("'") && take(")") && !url.contains("\\") ? .extension(url) : nil
    default: return nil
    }
  }

  /// `+ 3 days - 1 day`, summed; 0 where there is none, nil where it is not understood.
  private mutating func days() -> Int? {
    var sum = 0
    skipSpace()
    while let sign = rest.first, sign == "+" || sign == "-" {
      rest = rest.dropFirst()
      skipSpace()
      let digits = rest.prefix { ("0"..."9").contains($0) }
      // A million days is beyond any date that FHIR can write.
      guard digits.count <= 6, let number = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      skipSpace()
      guard let unit = identifier(), unit == "days" || unit == "day" else { return nil }
      sum += sign == "+" ? number : -number
      skipSpace()
    }
    return sum
  }

  /// A name of FHIRPath's grammar.
  private mutating func identifier() -> String? {
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard let first = name.first, !first.isNumber else { return nil }
    rest = rest.dropFirst(name.count)
    return String(name)
  }

  /// A prefetch key: what ends it is a step, another selector or a space, since keys may hold `-`.
  private mutating func key() -> String? {
    if take("`") {
      let name = rest.prefix { $0 != "`" }
      rest = rest.dropFirst(name.count)
      return take("`") && !name.isEmpty ? String(name) : nil
    }
    let name = rest.prefix { !".| +".contains($0) }
    rest = rest.dropFirst(name.count)
    return name.isEmpty ? nil : String(name)
  }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " } }

  private mutating func take(_ text: String) -> Bool {
    guard rest.hasPrefix(text) else { return false }
    rest = rest.dropFirst(text.count)
    return true
  }
}
