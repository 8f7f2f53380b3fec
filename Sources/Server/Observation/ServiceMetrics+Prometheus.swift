// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks

extension ServiceMetrics {
  /// How the sending to an audit repository stands.
  struct Feed: Sendable {
    /// As what it takes records.
    var form: FeedForm
    /// Records that it does not have.
    var unsent: Int64
    /// The sending.
    var status: FeedStatus.Snapshot
  }

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
    /// The audit repositories that are configured.
    var feeds: [Feed]
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
    for feed in moment.feeds { write(feed, to: &text) }
    guard let process = moment.process else { return }
    text.family("process_cpu_seconds_total", .counter, "Processor time of this process.")
    text.sample("process_cpu_seconds_total", [:], process.processorSeconds)
    text.family("process_resident_memory_bytes", .gauge, "Memory of this process.")
    text.sample("process_resident_memory_bytes", [:], process.residentBytes)
    text.family("process_open_fds", .gauge, "Open file descriptors of this process.")
    text.sample("process_open_fds", [:], process.openFiles)
  }

  private static func write(_ feed: Feed, to text: inout PrometheusText) {
    let name = "vigil_audit_\(feed.form.rawValue)"
    let receiver =
      switch feed.form {
      case .fhir: "audit repository"
      case .otlp: "OpenTelemetry collector"
      case .syslog: "syslog receiver"
      }
    text.family("\(name)_record", .gauge, "Number of the last record that the \(receiver) was sent.")
    text.sample("\(name)_record", [:], feed.status.sent)
    text.family("\(name)_waiting", .gauge, "Records that the \(receiver) was not sent yet.")
    text.sample("\(name)_waiting", [:], feed.unsent)
    text.family("\(name)_failures_total", .counter, "Tries to send records that came to nothing.")
    text.sample("\(name)_failures_total", [:], feed.status.failures)
    text.family("\(name)_refused_total", .counter, "Records that the \(receiver) does not take.")
    text.sample("\(name)_refused_total", [:], feed.status.refused)
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
