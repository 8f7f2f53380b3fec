// SPDX-License-Identifier: Apache-2.0
import FHIR

extension Examination {
  /// Calls with tokens that no service may take, and with a good one twice.
  mutating func tokenRules(_ service: Listed) async throws {
    guard let tokens else { return }
    let body = request(service.hook, instance: 20).encoded()
    var refusals: [Exchange.Response] = []
    func call(_ authorization: String) async throws -> Exchange.Response {
      let headers = ["Content-Type": "application/json", "Authorization": authorization]
      return try await send(.init(method: "POST", path: service.path, headers: headers, body: body))
    }
    let faults: [(TokenMaker.Fault, Requirement)] = [
      (.algorithmNone, .tokenAlgorithm), (.symmetric, .tokenAlgorithm), (.otherAudience, .tokenAudience),
      (.expired, .tokenTime), (.brokenSignature, .tokenSignature),
    ]
    for (fault, requirement) in faults {
      let response = try await call(try tokens.authorization(for: service.path, fault))
      report.expect(requirement, response.status == 401, "\(response.status) to \(fault)")
      refusals.append(response)
    }
    let bare = try await call("")
    report.expect(.tokenNeeded, bare.status == 401, "\(bare.status)")
    refusals.append(bare)
    let good = try tokens.authorization(for: service.path)
    _ = try await call(good)
    let replayed = try await call(good)
    report.expect(.tokenReplay, replayed.status == 401, "\(replayed.status) to the same token again")
    refusals.append(replayed)
    let bodies = Set(refusals.filter { $0.status == 401 }.map(\.body))
    report.expect(.bareRefusal, bodies.count <= 1, "\(bodies.count) different bodies")
  }
}
