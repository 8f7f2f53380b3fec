// SPDX-License-Identifier: Apache-2.0
package import FHIR

/// The answer to `GET {baseUrl}/cds-services`.
public struct DiscoveryDocument: Sendable, Equatable {
  /// The services in the order they are listed; may be empty.
  public var services: [Service]
  /// What was agreed with clients.
  public var extensions: JSONObject?

  /// A document of services.
  public init(services: [Service], extensions: JSONObject? = nil) {
    self.services = services
    self.extensions = extensions
  }

  /// The service that answers a hook under an id: both are the routing key.
  public func service(id: String, hook: String) -> Service? {
    services.first { $0.id == id && $0.hook == hook }
  }

  /// The wire form.
  package var json: JSON { ["services": .array(services.map(\.json)), "extension": extensions?.json] }

  /// The body to send. A document that breaks a rule cannot be sent.
  ///
  /// - Throws: `CDSHooksError.responseBreaksRules`.
  public func encoded() throws(CDSHooksError) -> [UInt8] {
    let json = json
    if let violation = Violation.inDiscovery(json).first {
      throw CDSHooksError(.responseBreaksRules, path: violation.path, detail: violation.rule.rawValue)
    }
    return json.encoded()
  }
}
