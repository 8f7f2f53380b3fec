// SPDX-License-Identifier: Apache-2.0

/// A resource as it was found, with what is needed to tell whose it is and which version.
///
/// It holds no reference, so that tables of these are copied and searched for nothing: the `ResourceTable` that holds it
/// keeps the tapes.
struct GatheredResource: Sendable {
  let kind: ResourceKind
  /// Whether newer versions come first, as in a history (R4 http.html#history).
  let newestFirst: Bool
  /// Where it stands: the table's number for its tape, and the index of its node.
  let tape: Int32
  let index: UInt32
  /// The type.
  let type: TextSlice
  /// The `id`.
  let id: TextSlice?
  /// The entry's `fullUrl`.
  let fullURL: TextSlice?
  /// The hash of `id`.
  let hash: UInt64
  /// The element that says whose the resource is: `subject`, `patient` or `beneficiary`; 0, the root, where absent.
  let subject: UInt32
  /// The bytes of `fullURL` that name the server; 0 where it is not a RESTful one.
  private let baseCount: UInt32
  /// The entry of the Bundle it stands in, which makes the path cheap to tell; 0 outside one.
  private let place: Place

  /// An entry of a Bundle.
  struct Place: Sendable {
    let bundle: UInt32
    let position: Int32
    static let none = Place(bundle: 0, position: -1)
  }

  /// Nil when the node is no object with a resourceType.
  ///
  /// - Parameters:
  ///   - number: the table's number for the tape.
  ///   - fullURL: the entry's member of that name; 0 where there is none.
  init?(
    _ tape: Tape, number: Int32, index: UInt32, fullURL: UInt32 = 0, newestFirst: Bool = false, place: Place = .none
  ) {
    guard tape.kind(index) == .object else { return nil }
    var type: UInt32 = 0
    var id: UInt32 = 0
    var subject: UInt32 = 0
    let end = tape.next(index)
    var child = index + 1
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
    self.tape = number
    self.index = index
    self.type = TextSlice(text: tape, type)
    kind = ResourceKind(self.type)
    self.id = id == 0 ? nil : TextSlice(text: tape, id)
    hash = self.id?.hash64 ?? 0
    self.subject = subject
    let url = fullURL != 0 && tape.kind(fullURL) == .string ? TextSlice(text: tape, fullURL) : nil
    self.fullURL = url
    baseCount = url.map(GatheredResource.baseCount) ?? 0
    self.place = place
    self.newestFirst = newestFirst
  }

  private static func baseCount(_ url: TextSlice) -> UInt32 {
    guard url.hasPrefix("http"), case .resource(let base?, _, _, _) = Locator(url) else { return 0 }
    return UInt32(clamping: base.count)
  }

  /// The server in `fullURL`, where it is a RESTful one: relative references of the resource start there
  /// (R4 bundle.html#references).
  var base: TextSlice? { baseCount == 0 ? nil : fullURL.map { $0[0..<Int(baseCount)] } }

  /// Whether this version, found later in the input, replaces `earlier`: by `meta.lastUpdated`, else by a numeric
  /// `meta.versionId`, else, in a history, by position.
  func replaces(_ earlier: GatheredResource, in table: ResourceTable) -> Bool {
    let (node, held) = (table.node(self), table.node(earlier))
    let meta = node["meta"]
    let other = held["meta"]
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
    return JSON(held).encoded().lexicographicallyPrecedes(JSON(node).encoded())
  }

  /// A problem with this resource.
  func issue(_ severity: Issue.Severity, _ code: StaticString, _ text: StaticString, in table: ResourceTable) -> Issue {
    let node = table.node(self)
    let bundle = place.position < 0 ? nil : Node(tape: node.tape, index: place.bundle)
    let path = bundle.map { "\($0.path).entry[\(place.position)].resource" } ?? node.path
    return Issue(severity, "\(code)", "\(text)", path: path, offset: node.offset)
  }
}

extension Document {
  /// Whether a chart reads a resource of this type, or finds it by reference where its views do: what is left of a
  /// population's export is not worth keeping.
  package var isOfChart: Bool {
    guard let type = root["resourceType"].flatMap(TextSlice.init) else { return true }
    return ResourceKind(type) != .other || type.equals("Location") || type.equals("Medication")
  }
}

/// The types that a chart tells apart.
enum ResourceKind: UInt8, Sendable, CaseIterable {
  case observation, encounter, condition, procedure, medicationRequest, medicationAdministration, allergyIntolerance
  case diagnosticReport, device, patient, bundle, parameters, operationOutcome, other

  init(_ type: TextSlice) {
    self = ResourceKind.allCases.first { type.equals($0.name) } ?? .other
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
