// SPDX-License-Identifier: Apache-2.0
import Audit
import Hummingbird

extension VigilService {
  /// `GET /metrics`: Prometheus' text format.
  func metrics() -> Response {
    let feeds = configuration.auditRepositories.map { repository in
      ServiceMetrics.Feed(
        form: repository.form, unsent: unsent(to: repository.form), status: feed.snapshot(of: repository.form))
    }
    let moment = ServiceMetrics.Moment(
      waiting: gate.work.waitingCount, uncommitted: trail.waitingCount, connections: gate.connections.total,
      isWritable: trail.isWritable, feeds: feeds, process: .now)
    return Response(mediaType: PrometheusText.mediaType, bytes: Array(gate.metrics.prometheus(moment).utf8))
  }
}
