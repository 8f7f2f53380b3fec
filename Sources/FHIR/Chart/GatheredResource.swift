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
  var tape: Int32
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
  /// The `contained` of an Observation or DiagnosticReport; 0 where there is none.
  let contained: UInt32
  /// The outermost resource that it stands in, which is mostly itself.
  let container: UInt32
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

  /// Whether an element or a profile says that it was not written in R4; `FHIRVersions` tells which versions are left.
  let isForeign: Bool

  /// Nil when the node is no object with a resourceType.
  ///
  /// - Parameters:
  ///   - tape: where it stands; whoever keeps the resource keeps the tape.
  ///   - number: the table's number for the tape.
  ///   - fullURL: the entry's member of that name; 0 where there is none.
  init?(
    _ tape: TapeView, number: Int32, index: UInt32, fullURL: UInt32 = 0, newestFirst: Bool = false,
    place: Place = .none
  ) {
    guard tape.kind(index) == .object else { return nil }
    let end = tape.next(index)
    // Nearly always the first member.
    guard
      let type = index + 1 < end && tape.isNamed(index + 1, "resourceType")
        ? index + 1 : tape.member(index, "resourceType"), tape.kind(type) == .string
    else { return nil }
    self.type = TextSlice(text: tape, type)
    kind = ResourceKind(self.type)
    var id: UInt32 = 0
    var subject: UInt32 = 0
    var contained: UInt32 = 0
    // Ballots of R5 had a name of their own.
    var isForeign = kind == .medicationStatement && self.type.equals("MedicationUsage")
    // Most elements are passed over by the length and the first letter of their names.
    let foreign = VersionMark.foreign[Int(kind.rawValue)]
    let lengths = GatheredResource.names.lengths | foreign.lengths
    let letters = GatheredResource.names.letters | foreign.letters
    var child = index + 1
    while child < end {
      let length = UInt64(tape.nameCount(child))
      if lengths &>> length & 1 == 1, letters &>> UInt64(tape.nameStart(child)) & 1 == 1 {
        switch length {
        case 2: if tape.isNamed(child, "id"), !tape.isContainer(child) { id = child }
        case 4: if tape.isNamed(child, "meta") { isForeign = isForeign || FHIRVersions.isForeign(meta: child, tape) }
        case 7:
          if tape.isNamed(child, "subject") {
            subject = child
          } else if subject == 0, tape.isNamed(child, "patient") {
            subject = child
          }
        case 9:
          if kind == .observation || kind == .diagnosticReport, tape.isNamed(child, "contained") { contained = child }
        case 11:
          if subject == 0, tape.isNamed(child, "beneficiary") { subject = child }
          if tape.isNamed(child, "fhirVersion") { isForeign = true }
        default: break
        }
        if foreign.lengths &>> length & foreign.letters &>> UInt64(tape.nameStart(child)) & 1 == 1 {
          isForeign = isForeign || VersionMark.isForeign(kind, tape, child)
        }
      }
      child = tape.next(child)
    }
    self.tape = number
    self.index = index
    self.id = id == 0 ? nil : TextSlice(text: tape, id)
    hash = self.id?.hash64 ?? 0
    self.subject = subject
    self.contained = contained
    container = index
    self.isForeign = isForeign
    let url = fullURL != 0 && tape.kind(fullURL) == .string ? TextSlice(text: tape, fullURL) : nil
    self.fullURL = url
    baseCount = if let url { GatheredResource.baseCount(url, self.type, self.id) } else { 0 }
    self.place = place
    self.newestFirst = newestFirst
  }

  /// A resource that another contains; nil when the node is none.
  init?(_ index: UInt32, in container: GatheredResource, _ tape: TapeView) {
    guard let own = GatheredResource(tape, number: container.tape, index: index) else { return nil }
    (kind, type, isForeign) = (own.kind, own.type, false)
    (self.tape, self.index, self.container) = (container.tape, index, container.index)
    (id, hash, contained) = (nil, 0, 0)
    subject = own.subject == 0 ? container.subject : own.subject
    (fullURL, baseCount) = (container.fullURL, container.baseCount)
    (newestFirst, place) = (false, .none)
  }

  /// The member names that are looked for in every type.
  private static let names = VersionMark.Screen([
    "id", "meta", "subject", "patient", "beneficiary", "contained", "fhirVersion",
  ])

  private static func baseCount(_ url: TextSlice, _ type: TextSlice, _ id: TextSlice?) -> UInt32 {
    guard url.hasPrefix("http") else { return 0 }
    // Nearly always [base]/Type/id, the resource's own.
    if let id, url.hasPrefix("http://") || url.hasPrefix("https://") {
      let base = url.count - type.count - id.count - 2
      let slash = UInt8(ascii: "/")
      if base > 7, url[base] == slash, url[url.count - id.count - 1] == slash, url.hasSuffix(id, before: url.count),
        url.hasSuffix(type, before: url.count - id.count - 1)
      {
        return UInt32(clamping: base)
      }
    }
    guard case .resource(let base?, _, _, _) = Locator(url) else { return 0 }
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

/// The types that a chart tells apart.
enum ResourceKind: UInt8, Sendable, CaseIterable {
  case observation, encounter, condition, procedure, medicationRequest, medicationAdministration, medicationStatement
  case allergyIntolerance, diagnosticReport, device, patient, bundle, parameters, operationOutcome, other

  /// Asked of every resource: by the length first, which few types share.
  init(_ type: TextSlice) {
    self =
      switch type.count {
      case 6: type.equals("Device") ? .device : type.equals("Bundle") ? .bundle : .other
      case 7: type.equals("Patient") ? .patient : .other
      case 9:
        type.equals("Encounter")
          ? .encounter : type.equals("Condition") ? .condition : type.equals("Procedure") ? .procedure : .other
      case 10: type.equals("Parameters") ? .parameters : .other
      case 11: type.equals("Observation") ? .observation : .other
      case 15: type.equals("MedicationUsage") ? .medicationStatement : .other
      case 16:
        type.equals("DiagnosticReport")
          ? .diagnosticReport : type.equals("OperationOutcome") ? .operationOutcome : .other
      case 17: type.equals("MedicationRequest") ? .medicationRequest : .other
      case 18: type.equals("AllergyIntolerance") ? .allergyIntolerance : .other
      case 19: type.equals("MedicationStatement") ? .medicationStatement : .other
      case 24: type.equals("MedicationAdministration") ? .medicationAdministration : .other
      default: .other
      }
  }

  /// Whether it stands in a chart itself, and is no container of resources or of problems.
  var isOfPatientOrNobody: Bool {
    switch self {
    case .bundle, .parameters, .operationOutcome: false
    default: true
    }
  }

  /// Whether it means nothing without a subject; others may belong to nobody.
  var needsSubject: Bool { rawValue <= ResourceKind.diagnosticReport.rawValue }
}
