// SPDX-License-Identifier: Apache-2.0

/// A resource as it was found, with what is needed to tell whose it is and which version.
///
/// Its parts are positions on the node's tape, 0 where absent (0 is the root, which is no part), so that an array of
/// these holds one reference for each resource, and each resource's memory is visited once.
struct GatheredResource: Sendable {
  let node: Node
  let kind: ResourceKind
  /// Whether newer versions come first, as in a history (R4 http.html#history).
  let newestFirst: Bool
  private let typeAt: UInt32
  private let idAt: UInt32
  private let urlAt: UInt32
  private let subjectAt: UInt32
  /// The bytes of `fullURL` that name the server; 0 where it is not a RESTful one.
  private let baseCount: UInt32
  /// The entry of the Bundle it stands in, which makes the path cheap to tell; 0 outside one.
  private let place: Place
  /// The hash of `id`.
  let hash: UInt64

  /// An entry of a Bundle.
  struct Place: Sendable {
    let bundle: UInt32
    let position: Int32
    static let none = Place(bundle: 0, position: -1)
  }

  /// Nil when the node is no object with a resourceType.
  init?(_ node: Node, fullURL: Node? = nil, newestFirst: Bool = false, place: Place = .none) {
    let tape = node.tape
    guard tape.kind(node.index) == .object else { return nil }
    var type: UInt32 = 0
    var id: UInt32 = 0
    var subject: UInt32 = 0
    let end = tape.next(node.index)
    var child = node.index + 1
    while child < end {
      switch tape.nameCount(child) {
      case 2: if tape.isNamed(child, "id"), !tape.isContainer(child) { id = child }
      case 7:
        if tape.isNamed(child, "subject") {
          subject = child
        } else if subject == 0, tape.isNamed(child, "patient") {
          subject = child
        }
      case 11: if subject == 0, tape.isNamed(child, "beneficiary") { subject = child }
      case 12: if tape.isNamed(child, "resourceType"), tape.kind(child) == .string { type = child }
      default: break
      }
      child = tape.next(child)
    }
    guard type != 0 else { return nil }
    self.node = node
    kind = ResourceKind(tape, type)
    typeAt = type
    idAt = id
    hash = id == 0 ? 0 : TextSlice(text: tape, id).hash64
    subjectAt = subject
    let url = fullURL.flatMap { $0.kind == .string ? $0.index : nil } ?? 0
    urlAt = url
    baseCount = url == 0 ? 0 : GatheredResource.baseCount(TextSlice(text: tape, url))
    self.place = place
    self.newestFirst = newestFirst
  }

  private static func baseCount(_ url: TextSlice) -> UInt32 {
    guard url.hasPrefix("http"), case .resource(let base?, _, _, _) = Locator(url) else { return 0 }
    return UInt32(clamping: base.count)
  }

  private func slice(_ at: UInt32) -> TextSlice? { at == 0 ? nil : TextSlice(text: node.tape, at) }

  /// The `id`.
  var id: TextSlice? { slice(idAt) }
  /// Whether it has an `id`.
  var hasID: Bool { idAt != 0 }
  /// The entry's `fullUrl`.
  var fullURL: TextSlice? { slice(urlAt) }
  /// The server in `fullURL`, where it is a RESTful one: relative references of the resource start there
  /// (R4 bundle.html#references).
  var base: TextSlice? { baseCount == 0 ? nil : slice(urlAt).map { $0[0..<Int(baseCount)] } }
  /// The type.
  var type: TextSlice { TextSlice(text: node.tape, typeAt) }
  /// The element that says whose the resource is: `subject`, `patient` or `beneficiary`.
  var subject: Node? { subjectAt == 0 ? nil : Node(tape: node.tape, index: subjectAt) }

  /// Whether this version, found later in the input, replaces `earlier`: by `meta.lastUpdated`, else by a numeric
  /// `meta.versionId`, else, in a history, by position.
  func replaces(_ earlier: GatheredResource) -> Bool {
    let meta = node["meta"]
    let other = earlier.node["meta"]
    if let time = meta?["lastUpdated"]?.dateTime?.earliest, let before = other?["lastUpdated"]?.dateTime?.earliest,
      time != before
    {
      return time > before
    }
    if let version = meta?["versionId"]?.text.flatMap({ Int($0) }),
      let before = other?["versionId"]?.text.flatMap({ Int($0) }), version != before
    {
      return version > before
    }
    if newestFirst { return false }
    // Nothing says which is newer: the one whose text sorts last, so that the order of the input does not decide.
    return JSON(earlier.node).encoded().lexicographicallyPrecedes(JSON(node).encoded())
  }

  /// A problem with this resource.
  func issue(_ severity: Issue.Severity, _ code: String, _ text: String) -> Issue {
    let bundle = place.position < 0 ? nil : Node(tape: node.tape, index: place.bundle)
    let path = bundle.map { "\($0.path).entry[\(place.position)].resource" } ?? node.path
    return Issue(severity, code, text, path: path, offset: node.offset)
  }
}

/// The types that a chart tells apart.
enum ResourceKind: UInt8, Sendable, CaseIterable {
  case observation, encounter, condition, procedure, medicationRequest, medicationAdministration, allergyIntolerance
  case diagnosticReport, device, patient, bundle, parameters, operationOutcome, other

  init(_ tape: Tape, _ type: UInt32) {
    self = ResourceKind.allCases.first { tape.equals(type, $0.name) } ?? .other
  }

  private var name: StaticString {
    switch self {
    case .observation: Observation.type
    case .encounter: Encounter.type
    case .condition: Condition.type
    case .procedure: Procedure.type
    case .medicationRequest: MedicationRequest.type
    case .medicationAdministration: MedicationAdministration.type
    case .allergyIntolerance: AllergyIntolerance.type
    case .diagnosticReport: DiagnosticReport.type
    case .device: Device.type
    case .patient: Patient.type
    case .bundle: Bundle.type
    case .parameters: "Parameters"
    case .operationOutcome: OperationOutcome.type
    case .other: ""
    }
  }

  /// Whether it means nothing without a subject; others may belong to nobody.
  var needsSubject: Bool { rawValue <= ResourceKind.diagnosticReport.rawValue }
}
