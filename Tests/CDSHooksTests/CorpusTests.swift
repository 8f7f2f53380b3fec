// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Foundation
import Testing

/// The 177 messages of the corpus, each judged as its manifest expects.
@Suite struct CorpusTests {
  static func messages(_ kind: String) -> [Corpus.Message] { (Corpus.messages ?? []).filter { $0.kind == kind } }

  @Test func everyKindIsJudged() throws {
    guard let messages = Corpus.messages else { return }
    #expect(messages.count == 177)
    let counts = Dictionary(grouping: messages, by: \.kind).mapValues(\.count)
    #expect(
      counts == [
        "request": 76, "context": 31, "response": 15, "discovery": 14, "logical-model": 9, "prefetch-template": 7,
        "card-fragment": 6, "action-fragment": 4, "feedback": 4, "prefetch-data": 3, "fhirAuthorization": 2, "jwks": 2,
        "jwk": 1, "jwt-header": 1, "jwt-payload": 1, "operationoutcome": 1,
      ])
    for message in messages { _ = try message.json }
  }

  @Test func strictReadingAcceptsExactlyTheConformantRequests() {
    for request in Self.messages("request") {
      let code = errorCode(request.bytes, .strict)
      #expect(
        (code == nil) == request.errors.isEmpty, "\(request.file): \(code?.rawValue ?? "accepted"), \(request.errors)")
    }
  }

  @Test func tolerantReadingRefusesOnlyWhatHasNoPatientOrNoOrders() {
    guard Corpus.messages != nil else { return }
    var refused: [String] = []
    for request in Self.messages("request") {
      do throws(CDSHooksError) {
        let read = try HookRequest(request.bytes)
        #expect(!read.context.patientID.contains("/"))
        #expect(request.errors.isEmpty || read.deviations.contains { $0.kind.breaksSpecification }, "\(request.file)")
      } catch {
        #expect(!request.errors.isEmpty && error.path?.hasPrefix("context") == true, "\(request.file): \(error)")
        refused.append(request.file)
      }
    }
    #expect(refused.count == 6, "\(refused)")
  }

  /// The same counts as those published of these requests, deviation by deviation.
  @Test func deviationsAreCounted() {
    guard Corpus.messages != nil else { return }
    var counts: [Deviation.Kind: Int] = [:]
    for request in Self.messages("request") {
      guard let read = try? HookRequest(request.bytes) else { continue }
      for kind in Set(read.deviations.map(\.kind)) { counts[kind, default: 0] += 1 }
    }
    for kind in [Deviation.Kind.typedIdentifier, .nullMember, .nonUUIDHookInstance, .missingUser, .wrappedPrefetch] {
      #expect(counts[kind, default: 0] >= 4, "\(kind)")
    }
  }

  @Test func responsesDiscoveriesAndFeedbackAreJudgedAsTheManifestExpects() throws {
    for message in Self.messages("response") {
      let violations = Violation.inResponse(try message.json)
      #expect(violations.isEmpty == message.errors.isEmpty, "\(message.file): \(violations) \(message.errors)")
    }
    for message in Self.messages("discovery") {
      let violations = Violation.inDiscovery(try message.json, isOurs: false)
      #expect(violations.isEmpty == message.errors.isEmpty, "\(message.file): \(violations) \(message.errors)")
    }
    for message in Self.messages("feedback") {
      #expect((try? FeedbackRequest(message.bytes)) != nil, "\(message.file)")
    }
  }

  /// Contexts stand alone in the corpus; the file's name tells the hook.
  @Test func contextsAreRead() throws {
    for message in Self.messages("context") {
      let name = message.file.split(separator: "__").last?.split(separator: "-L").first.map(String.init) ?? ""
      let hook = HookDefinition.named(name) == nil ? "com.example.hook" : name
      let whole = try message.json
      let context = whole["context"] ?? whole
      let request: JSON = [
        "hook": .string(hook), "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context,
      ]
      let lacks = (HookDefinition.named(hook)?.fields ?? []).filter {
        [.bundle, .resource].contains($0.kind) && $0.isRequired && context[$0.name] == nil
      }
      do throws(CDSHooksError) {
        let read = try HookRequest(request.encoded())
        #expect(context["patientId"] != nil && lacks.isEmpty, "\(message.file)")
        #expect(read.context.patientID == context["patientId"]?.text().filter { $0 != "\"" })
      } catch {
        #expect(context["patientId"] == nil || !lacks.isEmpty, "\(message.file): \(error)")
      }
    }
  }

  /// A page of the guide is written for Jekyll, whose marks keep it from reading the braces.
  static func published(_ text: String) -> String {
    ["{% raw  %}", "{% raw %}", "{% endraw  %}", "{% endraw %}"].reduce(text) { $0.replacing($1, with: "") }
  }

  @Test func templatesAreUnderstood() throws {
    let prefetch = try Self.messages("prefetch-template").map { try $0.json["prefetch"] }
    let discovered = try Self.messages("discovery").flatMap { message -> [JSON?] in
      guard case .array(let services)? = try message.json["services"] else { return [] }
      return services.map { $0["prefetch"] }
    }
    var understood = 0
    for case .object(let members)? in prefetch + discovered {
      for member in members {
        guard case .string(let text) = member.value else { continue }
        // Tokens of before 1.0 have no `context`.
        let isFormer = text.contains("{{Patient.id}}")
        let template = PrefetchTemplate(Self.published(text))
        #expect((template == nil) == isFormer, "\(text)")
        if template != nil { understood += 1 }
      }
    }
    if Corpus.messages != nil { #expect(understood == 110) }
  }

  /// Da Vinci's own templates find what its own requests refer to.
  @Test func templatesOfCRDRunOnRequestsOfCRD() throws {
    guard Corpus.messages != nil else { return }
    let crd = try #require(Self.messages("discovery").first { $0.file.contains("CRDServices") })
    guard case .array(let services)? = try crd.json["services"] else { return #expect(Bool(false)) }
    var queries: [String] = []
    for message in Self.messages("request") where message.file.contains("davinci-crd__CRDServiceRequest") {
      let request = try HookRequest(message.bytes)
      let scope = PrefetchScope(request, at: Instant(milliseconds: 0))
      for service in services where service["hook"] == .string(request.hook) {
        guard case .object(let members)? = service["prefetch"] else { continue }
        for case .string(let text) in members.map(\.value) {
          if case .query(let query)? = PrefetchTemplate(text)?.query(in: scope) { queries.append(query) }
        }
      }
    }
    #expect(queries.contains("Patient/123") && queries.contains("Coverage?patient=123&status=active"))
    #expect(queries.allSatisfy { !$0.contains("{") && !$0.hasSuffix("=") })
    #expect(queries.contains { $0.hasPrefix("Practitioner?_id=") }, "\(queries)")
  }

  @Test func accessAndDataAreRead() throws {
    for message in Self.messages("fhirAuthorization") {
      let whole = try message.json
      let request: JSON = [
        "hook": "patient-view", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://a.example",
        "fhirAuthorization": whole["fhirAuthorization"] ?? whole,
        "context": ["userId": "Practitioner/1", "patientId": "1"],
      ]
      let authorization = try #require(try HookRequest(request.encoded(), reading: .strict).fhirAuthorization)
      #expect(!authorization.scopes.isEmpty && authorization.permits(.read, on: "Patient"))
    }
    for message in Self.messages("prefetch-data") {
      let request: JSON = [
        "hook": "patient-view", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": ["userId": "Practitioner/1", "patientId": "1"], "prefetch": try message.json["prefetch"],
      ]
      let read = try HookRequest(request.encoded())
      #expect(read.prefetched("patient")?.state == .resource && read.prefetched("hemoglobin-a1c")?.state == .bundle)
    }
    for message in Self.messages("operationoutcome") {
      #expect(try message.json["resourceType"] == "OperationOutcome")
    }
  }

  @Test func fragmentsKeepTheRules() throws {
    for message in Self.messages("card-fragment") {
      // A fragment stands for a whole card with these members.
      guard case .object(let members) = try message.json else { continue }
      var card = CardTests.card.json
      for name in ["suggestions", "selectionBehavior"] { card[name] = nil }
      for member in members { card[member.name] = member.value }
      // Two are skeletons: a list of actions is still empty, a URL is a word that stands for one.
      let broken: [Violation.Rule] =
        message.file.contains("propose_alternate_request")
        ? [.noEmptyValues] : message.file.contains("launch_smart_app") ? [.absoluteURL] : []
      #expect(Violation.inCard(card).map(\.rule) == broken, "\(message.file)")
    }
    for message in Self.messages("action-fragment") {
      let whole = try message.json
      let response: JSON = ["cards": [], "systemActions": [whole]]
      #expect(Violation.inResponse(response).isEmpty, "\(message.file) \(Violation.inResponse(response))")
    }
  }

  /// Every element of HL7's logical models is a member that these types write.
  @Test func theTypesHaveEveryElementOfTheLogicalModels() throws {
    guard Corpus.messages != nil else { return }
    let agreed = JSONObject(["org.example": true])
    var card = CardTests.card
    card.suggestions[0].actionSelection = .all
    let service = Service(
      hook: "patient-view", id: "i", title: "t", description: "d",
      prefetch: [.init(key: "key", query: "Patient/{{context.patientId}}")], usageRequirements: "u", version: "3.0.0",
      hookVersion: "1.0", extensions: agreed)
    let written: [String: JSON] = [
      "CDSHooksResponse": HookResponse(cards: [card], systemActions: card.suggestions[0].actions).json,
      "CDSHooksServices": DiscoveryDocument(services: [service]).json,
    ]
    for (model, json) in written {
      let message = try #require(Self.messages("logical-model").first { $0.file.hasSuffix("\(model).json") })
      guard case .array(let elements)? = try message.json["differential"]?["element"] else {
        return #expect(Bool(false))
      }
      for case .string(let path)? in elements.map({ $0["path"] }) {
        let names = path.split(separator: ".").dropFirst()
        // The models write the map of templates as pairs of key and value.
        guard !names.isEmpty, !path.contains(".prefetch.") else { continue }
        #expect(Self.has(json, names[...].map(String.init)[...]), "\(path)")
      }
    }
  }

  /// Whether a member stands at a path in any entry of the arrays on the way.
  private static func has(_ json: JSON, _ names: ArraySlice<String>) -> Bool {
    guard let name = names.first else { return true }
    if case .array(let entries) = json { return entries.contains { has($0, names) } }
    return json[name].map { has($0, names.dropFirst()) } ?? false
  }

  @Test func theRecordKeepsEverythingButTheAuthorization() throws {
    for message in Self.messages("request") {
      let kept = try #require(HookRequest.withoutAuthorization(message.bytes))
      var expected = try message.json
      expected["fhirAuthorization"] = nil
      #expect(JSON(try Document(kept, syntax: .json).root) == expected)
    }
  }
}
