// SPDX-License-Identifier: Apache-2.0

/// What a caller may do here.
package enum Role: String, Sendable, Hashable, CaseIterable {
  /// A CDS client: an EHR that fires hooks, or asks for assessments of a chart.
  case client
  /// Another program that asks for assessments of a chart, or the networks themselves.
  case application
  /// Reads the metrics.
  case monitor
  /// Stops and starts services and models.
  case administrator
  /// Reads the trail.
  case auditor
}

/// What callers ask for, and who may.
package enum Operation: Sendable, Hashable, CaseIterable {
  /// `GET /cds-services`
  case discovery
  /// `POST /cds-services/{id}` and its feedback
  case hook
  /// `POST /fhir/$assess`
  case assess
  /// `/v2`: the models themselves, but for their health
  case inference
  /// `GET /openapi.json`, `GET /fhir/metadata`: what every copy of this program says
  case description
  /// `GET /explanations/{card}`: the link itself is the permission
  case explanation
  /// `GET /metrics`
  case metrics
  /// `GET /fhir/AuditEvent`, `GET /fhir/AuditEvent/{id}`: who did what to whom
  case auditEvents
  /// `GET /healthz`, `GET /readyz`: says nothing that a port scan would not
  case health

  /// The roles of which a caller must have one; nil when anybody may.
  package var roles: Set<Role>? {
    switch self {
    case .discovery, .hook: [.client]
    case .assess: [.client, .application]
    case .inference: [.application]
    case .metrics: [.monitor, .administrator]
    case .auditEvents: [.auditor]
    case .health, .description, .explanation: nil
    }
  }
}
