// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Testing

@Suite struct AccessScopeTests {
  static let all: AccessScope.Permissions = [.create, .read, .update, .delete, .search]
  static let read: [(text: String, type: String?, permissions: AccessScope.Permissions, narrowing: String?)] = [
    // SMART App Launch 1
    ("patient/Observation.read", "Observation", [.read, .search], nil),
    ("user/*.write", nil, [.create, .update, .delete], nil),
    ("system/*.*", nil, all, nil),
    // SMART App Launch 2
    ("patient/Observation.rs", "Observation", [.read, .search], nil),
    ("user/Encounter.r", "Encounter", .read, nil),
    ("patient/*.cruds", nil, all, nil),
    ("patient/Observation.s?category=laboratory", "Observation", .search, "category=laboratory"),
    (
      "patient/Observation.rs?category=http://a.example/x|y.z", "Observation", [.read, .search],
      "category=http://a.example/x|y.z"
    ),
  ]

  @Test(arguments: read)
  func bothSpellingsAreRead(
    _ text: String, _ type: String?, _ permissions: AccessScope.Permissions, _ narrowing: String?
  ) throws {
    let scope = try #require(AccessScope(text))
    #expect(scope.compartment.rawValue == text.prefix { $0 != "/" })
    #expect(scope.resourceType == type)
    #expect(scope.permissions == permissions)
    #expect(scope.narrowing == narrowing)
  }

  @Test(arguments: [
    "launch", "openid", "launch/patient", "fhirUser", "offline_access", "", "patient/", "patient/.read",
    "patient/Observation", "patient/Observation.", "patient/Observation.sr", "patient/Observation.rr",
    "patient/Observation.rx", "patient/Obs_x.read", "group/Observation.read", "patient/Observation.READ",
  ])
  func whatIsNoScopeOfResourcesIsNone(_ text: String) {
    #expect(AccessScope(text) == nil)
  }

  static func authorization(_ scope: String) throws -> FHIRAuthorization {
    let more = """
      "fhirServer":"https://a.example","fhirAuthorization":{"access_token":"x","token_type":"Bearer",\
      "expires_in":1,"scope":"\(scope)","subject":"c","patient":"123"}
      """
    return try #require(try HookRequest(requestText(more: more)).fhirAuthorization)
  }

  @Test func aTokenPermitsWhatItsScopesGrantTogether() throws {
    let token = try Self.authorization("openid patient/Observation.r patient/Observation.s user/Patient.read")
    #expect(token.scopes.count == 3)
    #expect(token.permits([.read, .search], on: "Observation"))
    #expect(token.permits(.read, on: "Patient") && !token.permits(.update, on: "Patient"))
    #expect(!token.permits(.search, on: "Encounter"))
    #expect(try Self.authorization("user/*.rs").permits(.search, on: "Encounter"))
    // Which resources such a token opens only the server can say.
    #expect(try Self.authorization("openid launch").permits(.search, on: "Encounter"))
  }
}
