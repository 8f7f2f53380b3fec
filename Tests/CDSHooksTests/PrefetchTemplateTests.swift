// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct PrefetchTemplateTests {
  static let today = Instant("2024-09-13T23:30:00Z") ?? Instant(milliseconds: 0)

  /// An order-sign call with drafts, a patient, an encounter and two pages of something.
  static func request(_ context: String = "", prefetch: String = "{}") throws -> HookRequest {
    let drafts = """
      {"resourceType":"Bundle","entry":[\
      {"fullUrl":"urn:uuid:0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10","resource":{"resourceType":"MedicationRequest","id":"m1",\
      "medicationReference":{"reference":"Medication/eVBX"},"requester":{"reference":"Practitioner/dr"},\
      "subject":{"reference":"Patient/123"}}},\
      {"resource":{"resourceType":"MedicationRequest","id":"m2","contained":[{"resourceType":"Medication","id":"c",\
      "manufacturer":{"reference":"Organization/maker"}}],"medicationReference":{"reference":"#c"},\
      "requester":{"reference":"PractitionerRole/role"},"authoredOn":"2024-02-28T10:00:00+01:00"}},\
      {"resource":{"resourceType":"ServiceRequest","id":"s1","basedOn":[{"reference":\
      "urn:uuid:0b2a9c0e-6c1e-4b57-9d6b-3a3f1f2f9b10"},{"reference":"https://other.example/MedicationRequest/9"},\
      {"reference":"https://ehr.example/fhir/CarePlan/7"}],"extension":[{"url":"http://a.example/x",\
      "valueReference":{"reference":"Coverage/c1"}}],"code":{"concept":{"text":"R5"},"reference":\
      {"reference":"ActivityDefinition/a5"}},"performer":[{"reference":"Organization/o1"},{"reference":"Organization/o1"}],\
      "note":[{"text":"a&b=c,d|e$f\\\\g h/é{}#%+"}]}}]}
      """
    let text = """
      {"hook":"order-sign","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",\
      "fhirServer":"https://ehr.example/fhir/","context":{"userId":"PractitionerRole/u","patientId":"Patient/123",\
      "draftOrders":\(drafts)\(context)},"prefetch":\(prefetch)}
      """
    return try HookRequest(Array(text.utf8))
  }

  static let prefetch = """
    {"encounter":{"resourceType":"Encounter","id":"e1","location":[{"location":{"reference":"Location/l1"}},\
    {"location":{"reference":"Location/l2"}}],"participant":[{"individual":{"reference":"Practitioner/p1"}}]},\
    "two-words":{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"https://ehr.example/fhir/Location/l1",\
    "resource":{"resourceType":"Location","id":"l1","managingOrganization":{"reference":"Organization/o9"}}}]}}
    """

  static let queries: [(template: String, query: PrefetchQuery)] = [
    ("Patient/{{context.patientId}}", .query("Patient/123")),
    ("Patient/{{ context.patientId }}", .query("Patient/123")),
    ("Patient/{{%context.patientId}}", .query("Patient/123")),
    ("{{context.userId}}", .query("PractitionerRole/u")),
    ("Encounter/{{context.encounterId}}", .nothing),
    ("PractitionerRole?_id={{userPractitionerRoleId}}", .query("PractitionerRole?_id=u")),
    ("Practitioner?_id={{userPractitionerId}}", .nothing),
    // The worked example of the text: 90 days before 2024-09-13 is 2024-06-15.
    (
      "Observation?patient={{context.patientId}}&category=laboratory&date=gt{{today() - 90 days}}",
      .query("Observation?patient=123&category=laboratory&date=gt2024-06-15")
    ),
    (
      "Appointment?date=gt{{today()}}&date=lt{{today() + 365 days}}",
      .query("Appointment?date=gt2024-09-13&date=lt2025-09-13")
    ),
    ("Observation?date={{today() + 1 day - 2 days}}", .query("Observation?date=2024-09-12")),
    (
      "Observation?date=ge{{context.draftOrders.entry.resource.authoredOn + 2 days}}",
      .query("Observation?date=ge2024-03-01")
    ),
    // A choice of types by its stem; contained resources; duplicates once.
    (
      "Medication?_id={{context.draftOrders.entry.resource.ofType(MedicationRequest).medication.resolve().id}}",
      .query("Medication?_id=eVBX,c")
    ),
    (
      "Organization?_id={{context.draftOrders.entry.resource.performer.resolve().id}}",
      .query("Organization?_id=o1")
    ),
    (
      "Practitioner?_id={{context.draftOrders.entry.resource.requester.resolve().ofType(Practitioner).id}}",
      .query("Practitioner?_id=dr")
    ),
    // Several selectors; an absolute reference to the call's server; one to another server, which is none of ours.
    (
      "Basic?_id={{context.draftOrders.entry.resource.basedOn.resolve().id|context.patientId}}",
      .query("Basic?_id=m1,7,123")
    ),
    (
      "Coverage?_id={{context.draftOrders.entry.resource.extension('http://a.example/x').value.resolve().id}}",
      .query("Coverage?_id=c1")
    ),
    (
      "ActivityDefinition?_id={{context.draftOrders.entry.resource.ofType(FHIR.ServiceRequest).code.resolve().id}}",
      .query("ActivityDefinition?_id=a5")
    ),
    // The dialect of CRD 1.0.
    ("ServiceRequest?_id={{context.draftOrders.ServiceRequest.id}}", .query("ServiceRequest?_id=s1")),
    (
      "PractitionerRole?_id={{context.draftOrders.MedicationRequest.requester.PractitionerRole.id}}",
      .query("PractitionerRole?_id=role")
    ),
    // Results of earlier templates.
    ("Location?_id={{%encounter.location.location.resolve().id}}", .query("Location?_id=l1,l2")),
    ("Organization?_id={{%two-words.entry.resource.managingOrganization.resolve().id}}", .query("Organization?_id=o9")),
    (
      "Organization?_id={{%`two-words`.entry.resource.managingOrganization.resolve().id}}",
      .query("Organization?_id=o9")
    ),
    ("Location?_id={{%nothing.entry.resource.id}}", .nothing),
    // The path leads through a resource that is not at hand.
    (
      "Organization?_id={{%encounter.location.location.resolve().managingOrganization.resolve().id}}",
      .needs(["Location/l2"])
    ),
    (
      "Organization?_id={{context.draftOrders.entry.resource.medication.resolve().manufacturer.resolve().id}}",
      .needs(["Medication/eVBX"])
    ),
    // A value is data, whatever it holds.
    (
      "Basic?x={{context.draftOrders.entry.resource.note.text}}&y=1",
      .query("Basic?x=a%26b%3Dc%5C%2Cd%5C%7Ce%5C%24f%5C%5Cg%20h%2F%C3%A9%7B%7D%23%25%2B&y=1")
    ),
    // Two values make no path.
    ("Medication/{{context.draftOrders.entry.resource.id}}", .nothing),
  ]

  @Test(arguments: queries.indices)
  func tokensAreReplaced(_ index: Int) throws {
    let (template, expected) = Self.queries[index]
    let scope = PrefetchScope(try Self.request(prefetch: Self.prefetch), at: Self.today)
    #expect(try #require(PrefetchTemplate(template)).query(in: scope) == expected)
  }

  @Test func aResourceThatWasFetchedLeadsOn() throws {
    var scope = PrefetchScope(try Self.request(prefetch: Self.prefetch), at: Self.today)
    let template = try #require(
      PrefetchTemplate("Organization?_id={{%encounter.location.location.resolve().managingOrganization.resolve().id}}"))
    let location = #"{"resourceType":"Location","id":"l2","managingOrganization":{"reference":"Organization/o2"}}"#
    scope.add(try Document(Array(location.utf8), syntax: .json).root)
    #expect(template.query(in: scope) == .query("Organization?_id=o9,o2"))
    let page = #"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Organization","id":"o3"}}]}"#
    scope.add([try Document(Array(page.utf8), syntax: .json).root], for: "organizations")
    let later = try #require(PrefetchTemplate("Basic?_id={{%organizations.entry.resource.id}}"))
    #expect(later.query(in: scope) == .query("Basic?_id=o3"))
  }

  /// A patient's id that a path could misread never becomes one.
  @Test(arguments: [
    ("..", PrefetchQuery.nothing), (".", .nothing), ("a.b", .query("Patient/a.b")), ("1_2", .query("Patient/1_2")),
    ("a~b'c", .query("Patient/a~b%27c")),
  ])
  func dotSegmentsAreNoIds(_ id: String, _ expected: PrefetchQuery) throws {
    let request = try HookRequest(requestText(context: #"{"userId":"Practitioner/.","patientId":"\#(id)"}"#))
    let scope = PrefetchScope(request, at: Self.today)
    #expect(PrefetchTemplate("Patient/{{context.patientId}}")?.query(in: scope) == expected)
    #expect(PrefetchTemplate("{{context.userId}}")?.query(in: scope) == .nothing)
  }

  @Test(arguments: [
    "", "Patient/{{", "Patient/{{}}", "Patient/{{ }}", "Patient/}}", "Patient/{{{context.patientId}}}",
    "Patient/{{patientId}}", "Patient/{{context}}", "Patient/{{context.}}", "Patient/{{context.a b}}", "Patient/{{%a}}",
    "Patient/{{Patient.id}}", "X?d={{today}}", "X?d={{today() - 90}}", "X?d={{today() - 90 months}}",
    "X?d={{today() - 9999999 days}}", "X?d={{today() * 2 days}}", "X?d={{now()}}", "X?a={{context.a.where(x=1)}}",
    "X?a={{context.a.ofType()}}", "X?a={{context.a.resolve(1)}}", "X?a={{context.a.extension('x}}",
    "X?a={{context.a|}}", "X?a={{|context.a}}", "X?a={{context.a[0]}}", "X?a={{'text'}}",
  ])
  func whatIsOutsideTheLanguageIsRefused(_ text: String) {
    #expect(PrefetchTemplate(text) == nil)
  }

  @Test func aTemplateKnowsWhatItAsksFor() throws {
    let read = try #require(PrefetchTemplate("Patient/{{context.patientId}}"))
    #expect(read.resourceType == "Patient" && !read.isSearch && !read.usesFHIRPath)
    #expect(read.contextMembers == ["patientId"] && read.variables.isEmpty)
    let search = try #require(PrefetchTemplate("Location?_id={{%encounters.entry.resource.id|%b.id}}&d={{today()}}"))
    #expect(search.resourceType == "Location" && search.isSearch && search.usesFHIRPath)
    #expect(search.variables == ["encounters", "b"])
    #expect(try #require(PrefetchTemplate("{{context.userId}}")).resourceType == nil)
  }
}
