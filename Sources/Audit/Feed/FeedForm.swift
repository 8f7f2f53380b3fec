// SPDX-License-Identifier: Apache-2.0

/// As what a trail is sent, and so to whom. The raw value is a part of metrics' and options' names.
package enum FeedForm: String, Sendable, CaseIterable {
  /// AuditEvents in batches, to an audit record repository (IHE ITI-20, FHIR feed; docs/decisions/0050).
  case fhir = "repository"
  /// Log records over HTTP in JSON, to an OpenTelemetry collector (OTLP 1.x; docs/decisions/0058).
  case otlp
  /// Messages over TLS, to a syslog receiver (RFC 5424 and 5425; docs/decisions/0058).
  case syslog
}
