// SPDX-License-Identifier: Apache-2.0

extension Chart {
  /// The last moment that the chart tells of: the latest measurement, else the latest start or end of an encounter.
  ///
  /// Times without a zone name no moment and are passed over, as are resources that may not be relied on.
  package var lastInstant: Instant? {
    var last: Instant?
    for position in own where table.resources[Int(position)].kind == .observation {
      let resource = table.resources[Int(position)]
      let tape = table.view(of: resource)
      let elements = ObservationElements(tape, resource.index)
      let context = elements.context(tape) { Observation(node: table.node(resource)) }
      guard context.isUsable, !context.isModified, !context.isOfAnother, let moment = Self.moment(context.time) else {
        continue
      }
      last = max(last ?? moment, moment)
    }
    if let last { return last }
    return encounters.filter { !$0.isExcluded }
      .compactMap { Self.moment($0.period?.end ?? $0.period?.start) }.max()
  }

  private static func moment(_ time: DateTime?) -> Instant? {
    time.flatMap { $0.hasTimeZone ? $0.earliest : nil }
  }
}
