// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct DiscoveryTests {
  static func service(
    _ prefetch: [(String, String)] = [], id: String = "s", hook: String = "patient-view", version: String = "3.0.0"
  ) -> Service {
    Service(
      hook: hook, id: id, description: "d", prefetch: prefetch.map { Service.Template(key: $0, query: $1) },
      version: version, hookVersion: "1.0")
  }

  @Test func prefetchKeepsItsOrder() throws {
    let keys = (0..<40).map { "k\(($0 * 17) % 40)" }
    let service = Self.service(keys.map { ($0, "Patient/{{context.patientId}}") })
    let text = String(decoding: try DiscoveryDocument(services: [service]).encoded(), as: UTF8.self)
    let places = keys.compactMap { text.firstRange(of: "\"\($0)\"")?.lowerBound }
    #expect(places.count == keys.count && places == places.sorted())
  }

  @Test func anEmptyListIsADocument() throws {
    #expect(try DiscoveryDocument(services: []).encoded() == Array(#"{"services":[]}"#.utf8))
  }

  static let broken: [(rule: Violation.Rule, services: [Service])] = [
    (.prefetchOrder, [service([("a", "Observation?subject={{%b.id}}"), ("b", "Patient/{{context.patientId}}")])]),
    (.prefetchOrder, [service([("a", "Observation?subject={{%a.id}}")])]),
    (.prefetchToken, [service([("a", "Patient/{{context.patientId")])]),
    (.prefetchToken, [service([("a", "Patient/{{patientId}}")])]),
    (.prefetchToken, [service([("a", "Task/{{context.draftOrders}}")], hook: "order-sign", version: "2.0.0")]),
    (.prefetchToken, [service([("a", "Observation?date=gt{{today()}}")], version: "2.0.0")]),
    (.prefetchToken, [service([("a", "Task/{{context.unknown}}")])]),
    (.prefetchQuery, [service([("a", "/Patient/{{context.patientId}}")])]),
    (.prefetchQuery, [service([("a", "https://a.example/Patient?_id={{context.patientId}}")])]),
    (.prefetchQuery, [service([("a", "Patient/{{context.patientId}}/$everything")])]),
    (.prefetchQuery, [service([("a", "Observation?patient={{context.patientId}}&code:text=x")])]),
    (.prefetchQuery, [service([("a", "Observation?patient={{context.patientId}}&_has:x=1")])]),
    (.prefetchQuery, [service([("a", "Observation?patient={{context.patientId}}&sort:desc=date")])]),
    (.prefetchQuery, [service([("a", "Observation?patient=")])]),
    (.uniqueService, [service(), service()]),
    (.noEmptyValues, [service(id: "")]),
  ]

  @Test(arguments: broken.indices)
  func aBrokenRuleIsNamed(_ index: Int) {
    let (rule, services) = Self.broken[index]
    let document = DiscoveryDocument(services: services)
    #expect(Violation.inDiscovery(document.json).map(\.rule) == [rule])
    #expect(throws: CDSHooksError.self) { try document.encoded() }
  }

  @Test func versionsAreChecked() {
    var service = Self.service()
    service.version = "STU2"
    service.hookVersion = "9"
    #expect(
      Violation.inDiscovery(DiscoveryDocument(services: [service]).json).map(\.rule) == [
        .semanticVersion, .hookVersion,
      ])
  }

  @Test func templatesMayUseWhatStandsBeforeThem() {
    let service = Self.service([
      ("patient", "Patient/{{context.patientId}}"),
      ("by", "Observation?subject={{%patient.id}}&date=gt{{today() - 90 days}}"),
      ("user", "Practitioner/{{userPractitionerId}}"),
    ])
    #expect(Violation.inDiscovery(DiscoveryDocument(services: [service]).json).isEmpty)
    let sign = Self.service(
      [("meds", "Medication?_id={{context.draftOrders.entry.resource.medication.resolve().id}}")], hook: "order-sign")
    #expect(Violation.inDiscovery(DiscoveryDocument(services: [sign]).json).isEmpty)
  }

  @Test func whatIsNotPublishedIsNotListed() throws {
    var service = Self.service([("patient", "Patient/{{context.patientId}}")])
    service.prefetch[0].isPublished = false
    #expect(try !String(decoding: DiscoveryDocument(services: [service]).encoded(), as: UTF8.self).contains("prefetch"))
  }

  @Test func oneIdMayAnswerSeveralHooks() {
    let document = DiscoveryDocument(services: [Self.service(), Self.service(hook: "encounter-start")])
    #expect(Violation.inDiscovery(document.json).isEmpty)
    #expect(document.service(id: "s", hook: "encounter-start")?.hook == "encounter-start")
    #expect(document.service(id: "s", hook: "order-sign") == nil)
  }

  @Test func hooksHaveUniqueNamesAndKnowTheirPatient() {
    #expect(Set(HookDefinition.published.map(\.name)).count == HookDefinition.published.count)
    for hook in HookDefinition.published {
      #expect(hook.fields.contains { $0.name == "patientId" && $0.isRequired && $0.isPrefetchToken })
    }
    #expect(HookDefinition.named("order-dispatch")?.fields.contains { $0.name == "userId" } == false)
    #expect(HookDefinition.named("com.example.custom") == nil)
  }
}
