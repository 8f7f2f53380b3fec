// SPDX-License-Identifier: Apache-2.0
import FHIR
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Sandbox
import Testing

@Suite struct SearchTests {
  static let bundle = """
    {"resourceType":"Bundle","entry":[\
    {"resource":{"resourceType":"Patient","id":"a","gender":"female"}},{"resource":{"resourceType":"Patient","id":"b"}},\
    {"resource":{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/a"},\
    "category":[{"coding":[{"system":"urn:c","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org",\
    "code":"2160-0"}]},"effectiveDateTime":"2026-03-10T08:00:00Z"}},\
    {"resource":{"resourceType":"Observation","id":"o2","status":"final","subject":{"reference":"Patient/a"},\
    "category":[{"coding":[{"system":"urn:c","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org",\
    "code":"8867-4"},{"system":"urn:local","code":"HR"}]},"effectivePeriod":{"start":"2026-03-11T08:00:00Z"}}},\
    {"resource":{"resourceType":"Observation","id":"o3","status":"amended","subject":{"reference":"Patient/b"},\
    "code":{"coding":[{"code":"2160-0"}]},"effectiveDateTime":"2026-03"}},\
    {"resource":{"resourceType":"Observation","id":"o4","status":"final","subject":{"reference":"https://x/Patient/a"},\
    "code":{"text":"none"}}},\
    {"resource":{"resourceType":"Encounter","id":"e1","status":"in-progress","class":{"system":"urn:a","code":"IMP"},\
    "subject":{"reference":"Patient/a"},"period":{"start":"2026-03-01T00:00:00Z"},"location":[{"location":{"reference":\
    "Location/l1"}},{"location":{"reference":"Location/none"}},{"location":{"reference":"Location/l1"}}]}},\
    {"resource":{"resourceType":"Location","id":"l1"}}]}
    """

  static func get(_ path: String, _ headers: HTTPFields = [.authorization: "Bearer t"]) async throws -> TestResponse {
    var store = ResourceStore()
    store.add(try Document(Array(bundle.utf8), syntax: .json))
    let sandbox = Sandbox(store, token: "t", pageSize: 3)
    return try await sandbox.application(logger: Logger(label: "test")).test(.router) { client in
      try await client.execute(uri: "/fhir/\(path)", method: .get, headers: headers)
    }
  }

  static func body(_ response: TestResponse) throws -> Node {
    try Document(Array(response.body.readableBytesView), syntax: .json).root
  }

  static let searches: [(query: String, ids: [String])] = [
    ("Observation?patient=a", ["o1", "o2", "o4"]), ("Observation?patient=Patient/b", ["o3"]),
    ("Observation?patient=a,b&_count=2", ["o1", "o2"]), ("Observation?patient=a&_page=2&_count=2", ["o4"]),
    ("Observation?code=2160-0", ["o1", "o3"]), ("Observation?code=http://loinc.org%7C2160-0", ["o1"]),
    ("Observation?code=%7C2160-0", ["o3"]), ("Observation?code=urn:local%7C", ["o2"]),
    ("Observation?code=2160-0,8867-4&patient=a", ["o1", "o2"]), ("Observation?category=laboratory", ["o1"]),
    ("Observation?status=amended", ["o3"]), ("Observation?_id=o4,o1", ["o1", "o4"]), ("Observation?_id=none", []),
    ("Observation?patient=a&_sort=-date", ["o2", "o1", "o4"]),
    ("Observation?patient=a&_sort=date", ["o1", "o2", "o4"]),
    ("Observation?date=2026-03-10", ["o1"]), ("Observation?date=eq2026-03", ["o1", "o3"]),
    ("Observation?date=ge2026-03-11", ["o2", "o3"]), ("Observation?date=gt2026-03-10&date=lt2026-03-12", ["o2", "o3"]),
    ("Observation?date=sa2026-03-10", ["o2"]), ("Observation?date=eb2026-03-11", ["o1"]),
    ("Observation?date=le2026-03-10T08:00:00Z&patient=a", ["o1"]), ("Observation?date=ne2026-03-10&patient=a", ["o2"]),
    ("Encounter?patient=a&date=ge2026-03-20", ["e1"]),
    ("Encounter?class=IMP&_include=Encounter:location", ["e1", "l1"]),
    ("Observation?unknown=x&patient=b", ["o3"]), ("Patient?gender=female", ["a"]), ("Task?patient=a", []),
  ]

  @Test(arguments: searches.indices)
  func findsWhatIsAskedFor(_ index: Int) async throws {
    let (query, ids) = Self.searches[index]
    let response = try await Self.get(query)
    #expect(response.status == .ok)
    let root = try Self.body(response)
    #expect(root.elements("entry").compactMap { $0["resource"]?["id"]?.string } == ids, "\(query)")
  }

  @Test(arguments: [
    "Observation?patient", "Observation?patient=", "Observation?date=yesterday", "Observation?_count=x",
    "Observation?code:text=a", "Observation?_sort=code", "Observation?_include=Observation:patient",
    "Observation?code=%zz",
  ])
  func whatIsNotServedIsRefused(_ query: String) async throws {
    let response = try await Self.get(query)
    #expect(response.status == .badRequest)
    #expect(try Self.body(response).isResource("OperationOutcome"))
  }

  @Test func pagesLeadOn() async throws {
    let first = try Self.body(try await Self.get("Observation?_sort=-date"))
    #expect(first["total"]?.double == 4)
    let next = first.elements("link").first { $0["relation"]?.equals("next") == true }?["url"]?.string
    #expect(next?.hasSuffix("/fhir/Observation?_sort=-date&_page=2") == true)
    let second = try Self.body(try await Self.get("Observation?_sort=-date&_page=2"))
    #expect(second.elements("entry").compactMap { $0["resource"]?["id"]?.string } == ["o4"])
    #expect(!second.elements("link").contains { $0["relation"]?.equals("next") == true })
  }

  @Test func readsAndTokens() async throws {
    #expect(try Self.body(try await Self.get("Patient/a"))["gender"]?.string == "female")
    #expect(try await Self.get("Patient/none").status == .notFound)
    #expect(try await Self.get("Patient/a", [:]).status == .unauthorized)
    #expect(try await Self.get("Patient/a", [.authorization: "Bearer x"]).status == .unauthorized)
    #expect(try await Self.get("metadata", [:]).status == .ok)
    let prefer = try #require(HTTPField.Name("Prefer"))
    let strict: HTTPFields = [.authorization: "Bearer t", prefer: "handling=strict"]
    #expect(try await Self.get("Observation?unknown=x", strict).status == .badRequest)
  }

  @Test(
    arguments: [
      ("500", SandboxFault.status(500)), ("outcome", .outcome), ("delay:2.5", .delay(2.5)), ("garbage", .garbage),
      ("endless", .endless), ("redirect:http://a/b?c", .redirect("http://a/b?c")),
      ("next:http://a", .nextAt("http://a")),
      ("200", nil), ("delay", nil), ("delay:-1", nil), ("redirect", nil), ("", nil), ("x", nil),
    ] as [(String, SandboxFault?)])
  func failuresAreRead(_ text: String, _ fault: SandboxFault?) { #expect(SandboxFault(text) == fault) }
}
