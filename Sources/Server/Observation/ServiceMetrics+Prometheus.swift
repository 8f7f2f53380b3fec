// SPDX-License-Identifier: Apache-2.0
import CDSHooks

extension ServiceMetrics {
  /// What only the moment knows.
  struct Moment: Sendable {
    /// Requests that wait for a processor.
    var waiting: Int
    /// Entries that wait for their commit.
    var uncommitted: Int
    /// Connections that are open.
    var connections: Int
    /// Whether the trail can be written.
    var isWritable: Bool
    /// Records that the audit repository does not have; nil where none is configured.
    var unsent: Int64?
    /// How the sending to it stands.
    var feed: FeedStatus.Snapshot
    /// This process.
    var process: ProcessUsage?
  }

  /// All of it in Prometheus' text format, in an order that is always the same.
  func prometheus(_ moment: Moment) -> String {
    let snapshot = snapshot
    var text = PrometheusText()
    text.family("vigil_requests_total", .counter, "Requests that were answered.")
    for endpoint in Self.endpoints {
      for (status, count) in snapshot.requests[endpoint, default: [:]].sorted(by: { $0.key < $1.key }) {
        text.sample("vigil_requests_total", ["endpoint": Self.label(endpoint), "status": "\(status)"], count)
      }
    }
    text.family("vigil_request_duration_seconds", .histogram, "From a request's header fields to its answer.")
    for endpoint in Self.endpoints {
      guard let durations = snapshot.durations[endpoint] else { continue }
      Self.write(durations, of: endpoint, to: &text)
    }
    text.family("vigil_refusals_total", .counter, "Callers that were not let in, by reason.")
    for refusal in TokenRefusal.allCases {
      text.sample("vigil_refusals_total", ["reason": refusal.rawValue], snapshot.refusals[refusal, default: 0])
    }
    text.family("vigil_errors_total", .counter, "Requests that were refused, by the code of the error.")
    for code in CDSHooksError.Code.allCases {
      guard let count = snapshot.errors[code] else { continue }
      text.sample("vigil_errors_total", ["code": code.rawValue], count)
    }
    text.family("vigil_connections_cut_total", .counter, "Connections that were refused or cut off.")
    for event in Event.allCases {
      text.sample("vigil_connections_cut_total", ["reason": event.label], snapshot.events[event.rawValue])
    }
    Self.write(moment, snapshot, to: &text)
    return text.text
  }

  private static func write(_ durations: Durations, of endpoint: Endpoint, to text: inout PrometheusText) {
    var sum = 0
    for (bound, count) in zip(bounds, durations.counts) {
      sum += count
      text.sample(
        "vigil_request_duration_seconds_bucket",
        ["endpoint": Self.label(endpoint), "le": "\(Double(bound) / 1_000_000)"], sum)
    }
    let total = durations.counts.reduce(0, +)
    text.sample("vigil_request_duration_seconds_bucket", ["endpoint": Self.label(endpoint), "le": "+Inf"], total)
    text.sample(
      "vigil_request_duration_seconds_sum", ["endpoint": Self.label(endpoint)],
      Double(durations.microseconds) / 1_000_000)
    text.sample("vigil_request_duration_seconds_count", ["endpoint": Self.label(endpoint)], total)
  }

  private static func write(_ moment: Moment, _ snapshot: Snapshot, to text: inout PrometheusText) {
    let gauges: [(String, String, Int)] = [
      ("vigil_requests_in_flight", "Requests that are being answered.", snapshot.inFlight),
      ("vigil_requests_waiting", "Requests that wait for a processor.", moment.waiting),
      ("vigil_trail_waiting", "Entries of the audit trail that wait for their commit.", moment.uncommitted),
      ("vigil_trail_writable", "Whether the audit trail can be written.", moment.isWritable ? 1 : 0),
      (
        "vigil_trail_emergencies_unreviewed",
        "Readings of what names a patient in an emergency that no other person has reviewed yet.", snapshot.emergencies
      ),
      ("vigil_connections", "Connections that are open.", moment.connections),
    ]
    for (name, help, value) in gauges {
      text.family(name, .gauge, help)
      text.sample(name, [:], value)
    }
    if let unsent = moment.unsent { write(moment.feed, unsent: unsent, to: &text) }
    guard let process = moment.process else { return }
    text.family("process_cpu_seconds_total", .counter, "Processor time of this process.")
    text.sample("process_cpu_seconds_total", [:], process.processorSeconds)
    text.family("process_resident_memory_bytes", .gauge, "Memory of this process.")
    text.sample("process_resident_memory_bytes", [:], process.residentBytes)
    text.family("process_open_fds", .gauge, "Open file descriptors of this process.")
    text.sample("process_open_fds", [:], process.openFiles)
  }

  private static func write(_ feed: FeedStatus.Snapshot, unsent: Int64, to text: inout PrometheusText) {
    text.family(
      "vigil_audit_repository_record", .gauge, "Number of the last record that the audit repository was sent.")
    text.sample("vigil_audit_repository_record", [:], feed.sent)
    text.family("vigil_audit_repository_waiting", .gauge, "Records that the audit repository was not sent yet.")
    text.sample("vigil_audit_repository_waiting", [:], unsent)
    text.family("vigil_audit_repository_failures_total", .counter, "Tries to send records that came to nothing.")
    text.sample("vigil_audit_repository_failures_total", [:], feed.failures)
    text.family("vigil_audit_repository_refused_total", .counter, "Records that the audit repository does not take.")
    text.sample("vigil_audit_repository_refused_total", [:], feed.refused)
  }

  /// In the order of the text.
  private static let endpoints: [Endpoint] = Operation.allCases + [nil]

  private static func label(_ endpoint: Endpoint) -> String {
    switch endpoint {
    case .discovery: "discovery"
    case .hook: "hook"
    case .assess: "assess"
    case .auditEvents: "audit-events"
    case .inference: "inference"
    case .description: "description"
    case .explanation: "explanation"
    case .metrics: "metrics"
    case .health: "health"
    case nil: "none"
    }
  }
}
