// SPDX-License-Identifier: Apache-2.0

/// The versions of FHIR that a resource may have been written in.
///
/// What is said of a version narrows the set: a profile of the core specification by its canonical or version, a
/// `fhirVersion`, and elements that only some versions have. R4 and R4B have one shape for what is read here, so R4B is
/// told by its word alone.
struct FHIRVersions: OptionSet, Sendable {
  let rawValue: UInt8
  static let stu3 = FHIRVersions(rawValue: 1)
  static let r4 = FHIRVersions(rawValue: 2)
  static let r4B = FHIRVersions(rawValue: 4)
  static let r5 = FHIRVersions(rawValue: 8)
  /// DSTU2, R6 and whatever else there is; known by its word alone.
  static let other = FHIRVersions(rawValue: 16)
  static let any: FHIRVersions = [.stu3, .r4, .r4B, .r5, .other]
  static let untilR4: FHIRVersions = [.stu3, .r4, .r4B, .other]
  static let sinceR4: FHIRVersions = [.r4, .r4B, .r5, .other]

  /// What is said of a resource that is not of R4.
  var note: StaticString {
    switch self {
    case []: "elements of several FHIR versions stand in one resource"
    case .stu3: "this resource, and perhaps more, has the shape of FHIR STU3"
    case .r4B: "this resource, and perhaps more, has the shape of FHIR R4B"
    case .r5: "this resource, and perhaps more, has the shape of FHIR R5"
    default: "this resource, and perhaps more, is of another version of FHIR than R4"
    }
  }

  /// A version as it is written, such as `4.0.1`, `5.0.0` or `STU3`; nil for what names none.
  init?(written text: TextSlice) {
    if text.hasPrefix("3.0") || text.equals("STU3") {
      self = .stu3
    } else if text.hasPrefix("4.0") || text.equals("R4") {
      self = .r4
    } else if text.hasPrefix("4.3") || text.equals("R4B") {
      self = .r4B
    } else if text.hasPrefix("5.0") || text.equals("R5") {
      self = .r5
    } else if text.count > 0, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[0]) || text.hasPrefix("DSTU") {
      self = .other
    } else {
      return nil
    }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The versions that all elements of a resource allow; empty when they contradict each other.
  ///
  /// Asked of those resources alone that `GatheredResource.isForeign` names: of all others R4 is one of the answers.
  init(of resource: GatheredResource, _ tape: TapeView) {
    self = resource.type.equals("MedicationUsage") ? .r5 : .any
    let marks = VersionMark.table[Int(resource.kind.rawValue)]
    let end = tape.next(resource.index)
    var child = resource.index + 1
    while child < end {
      if tape.isNamed(child, "meta") {
        FHIRVersions.eachProfile(in: child, tape) { formIntersection($0) }
      } else if tape.isNamed(child, "fhirVersion"), !tape.isContainer(child) {
        formIntersection(FHIRVersions(written: TextSlice(text: tape, child)) ?? .any)
      } else {
        for mark in marks where tape.isNamed(child, mark.name) && mark.fits(tape, child) {
          formIntersection(mark.versions)
        }
      }
      child = tape.next(child)
    }
  }

  /// Whether a `meta` names a core profile of another version than R4.
  static func isForeign(meta: UInt32, _ tape: TapeView) -> Bool {
    var isForeign = false
    eachProfile(in: meta, tape) { isForeign = isForeign || !$0.contains(.r4) }
    return isForeign
  }

  @inline(__always)
  private static func eachProfile(in meta: UInt32, _ tape: TapeView, _ body: (FHIRVersions) -> Void) {
    guard let profiles = tape.member(meta, "profile") else { return }
    var (profile, end) = tape.entries(profiles)
    while profile < end {
      if !tape.isContainer(profile), let versions = FHIRVersions(profile: TextSlice(text: tape, profile)) {
        body(versions)
      }
      profile = tape.next(profile)
    }
  }

  /// What a profile says: `http://hl7.org/fhir/5.0/StructureDefinition/...`, or a core profile's `|5.0.0`. The version of
  /// a profile outside the core is that of its own guide.
  private init?(profile: TextSlice) {
    let core: StaticString = "http://hl7.org/fhir/"
    guard profile.hasPrefix(core) else { return nil }
    let rest = profile[core.utf8CodeUnitCount..<profile.count]
    if rest.hasPrefix("StructureDefinition/") {
      guard let bar = rest.last(UInt8(ascii: "|")) else { return nil }
      self.init(written: rest[bar + 1..<rest.count])
    } else {
      guard let slash = rest.first(UInt8(ascii: "/")) else { return nil }
      self.init(written: rest[0..<slash])
    }
  }
}
