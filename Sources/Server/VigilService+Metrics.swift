// SPDX-License-Identifier: Apache-2.0
import Audit
import Hummingbird

extension VigilService {
  /// `GET /metrics`: Prometheus' text format.
  func metrics() -> Response {
    let moment = ServiceMetrics.Moment(
      waiting: gate.work.waitingCount, uncommitted: trail.waitingCount, connections: gate.connections.total,
      isWritable: trail.isWritable, unsent: unsent, feed: feed.snapshot, process: .now)
    return Response(mediaType: PrometheusText.mediaType, bytes: Array(gate.metrics.prometheus(moment).utf8))
  }
}
