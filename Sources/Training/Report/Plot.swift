// SPDX-License-Identifier: Apache-2.0
import FHIR

/// A plot as inline SVG. Colours are the page's classes, so that it follows its light, dark and printed faces.
package struct Plot {
  /// An axis of numbers.
  package struct Axis {
    var label: String
    var range: ClosedRange<Double>
    /// Where ticks stand and what they say; nil: at round numbers.
    var ticks: [(place: Double, name: String)]?
    var isPercent = false

    package init(
      label: String, range: ClosedRange<Double>, ticks: [(place: Double, name: String)]? = nil, isPercent: Bool = false
    ) {
      self.label = label
      self.range = range
      self.ticks = ticks
      self.isPercent = isPercent
    }
  }

  /// What is drawn; `style` is a class of the page: `main`, `other`, `quiet`.
  package enum Mark {
    case line([OutcomeReport.Point], style: String)
    /// Dots with the interval of their y.
    case dots([(x: Double, y: Double, low: Double, high: Double)], style: String)
    /// Columns that stand on the x axis between two numbers each.
    case columns([(from: Double, to: Double, y: Double)], style: String)
    /// A line across at y.
    case level(Double, style: String)
    /// Text at a point, to its right.
    case note(x: Double, y: Double, String)
  }

  /// What it shows, for those who cannot see it.
  var title: String
  var x: Axis
  var y: Axis
  var marks: [Mark]

  private static let width = 440.0
  private static let height = 330.0
  private static let (left, right, top, bottom) = (66.0, 26.0, 12.0, 48.0)

  package init(_ title: String, x: Axis, y: Axis, _ marks: [Mark]) {
    self.title = title
    self.x = x
    self.y = y
    self.marks = marks
  }

  /// The `svg` element.
  package var svg: String {
    var parts = [
      "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">"
    ]
    parts.append(grid)
    for mark in marks { parts.append(draw(mark)) }
    parts.append(labels)
    return parts.joined() + "</svg>"
  }

  private var grid: String {
    var parts: [String] = []
    for tick in ticks(x) {
      parts.append(
        "<line class=\"grid\" x1=\"\(at(x: tick.place))\" x2=\"\(at(x: tick.place))\" y1=\"\(number(Self.top))\" "
          + "y2=\"\(number(Self.height - Self.bottom))\"/><text class=\"tick\" text-anchor=\"middle\" "
          + "x=\"\(at(x: tick.place))\" y=\"\(number(Self.height - Self.bottom + 16))\">\(HTML.escaped(tick.name))</text>"
      )
    }
    for tick in ticks(y) {
      parts.append(
        "<line class=\"grid\" y1=\"\(at(y: tick.place))\" y2=\"\(at(y: tick.place))\" x1=\"\(number(Self.left))\" "
          + "x2=\"\(number(Self.width - Self.right))\"/><text class=\"tick\" text-anchor=\"end\" "
          + "x=\"\(number(Self.left - 7))\" y=\"\(at(y: tick.place))\" dy=\"0.32em\">\(HTML.escaped(tick.name))</text>")
    }
    return parts.joined()
  }

  private var labels: String {
    let (middleX, middleY) = ((Self.left + Self.width - Self.right) / 2, (Self.top + Self.height - Self.bottom) / 2)
    return "<text class=\"axis\" text-anchor=\"middle\" x=\"\(number(middleX))\" y=\"\(number(Self.height - 8))\">"
      + "\(HTML.escaped(x.label))</text><text class=\"axis\" text-anchor=\"middle\" "
      + "transform=\"translate(14 \(number(middleY))) rotate(-90)\">\(HTML.escaped(y.label))</text>"
  }

  private func draw(_ mark: Mark) -> String {
    switch mark {
    case .line(let points, let style):
      let path = points.map { "\(at(x: $0.x)) \(at(y: $0.y))" }.joined(separator: " ")
      return "<polyline class=\"line \(style)\" points=\"\(path)\"/>"
    case .dots(let dots, let style):
      return dots.map { dot in
        "<line class=\"whisker \(style)\" x1=\"\(at(x: dot.x))\" x2=\"\(at(x: dot.x))\" y1=\"\(at(y: dot.low))\" "
          + "y2=\"\(at(y: dot.high))\"/><circle class=\"dot \(style)\" cx=\"\(at(x: dot.x))\" cy=\"\(at(y: dot.y))\" "
          + "r=\"3.5\"/>"
      }.joined()
    case .columns(let columns, let style):
      return columns.map { column in
        let (from, to) = (
          position(column.from, x, Self.left, Self.width - Self.right) + 2,
          position(column.to, x, Self.left, Self.width - Self.right) - 2
        )
        let height =
          position(y.range.lowerBound, y, Self.height - Self.bottom, Self.top)
          - position(column.y, y, Self.height - Self.bottom, Self.top)
        return "<rect class=\"column \(style)\" x=\"\(number(from))\" width=\"\(number(max(to - from, 1)))\" "
          + "y=\"\(at(y: column.y))\" height=\"\(number(max(height, 0)))\" rx=\"2\"/>"
      }.joined()
    case .level(let level, let style):
      return "<line class=\"line \(style)\" x1=\"\(number(Self.left))\" x2=\"\(number(Self.width - Self.right))\" "
        + "y1=\"\(at(y: level))\" y2=\"\(at(y: level))\"/>"
    case .note(let x, let y, let text):
      return "<text class=\"note\" x=\"\(at(x: x))\" y=\"\(at(y: y))\" dx=\"6\" dy=\"-5\">\(HTML.escaped(text))</text>"
    }
  }

  /// A place on an axis, held within the plot.
  private func position(_ value: Double, _ axis: Axis, _ start: Double, _ end: Double) -> Double {
    let span = axis.range.upperBound - axis.range.lowerBound
    let part = span > 0 ? (value - axis.range.lowerBound) / span : 0
    return start + (end - start) * min(max(part, 0), 1)
  }

  private func at(x value: Double) -> String { number(position(value, x, Self.left, Self.width - Self.right)) }
  private func at(y value: Double) -> String { number(position(value, y, Self.height - Self.bottom, Self.top)) }

  /// At most one decimal: a tenth of a unit is not seen.
  private func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }

  private func ticks(_ axis: Axis) -> [(place: Double, name: String)] {
    if let ticks = axis.ticks { return ticks }
    let span = axis.range.upperBound - axis.range.lowerBound
    guard span > 0 else { return [] }
    // The widest of 1, 2, 5 times a power of ten that gives at least four steps.
    var step = 1.0
    while step > span { step /= 10 }
    while step * 10 <= span { step *= 10 }
    for part in [5.0, 2, 1, 0.5, 0.2] where span / (step * part) >= 4 {
      step *= part
      break
    }
    let first = (axis.range.lowerBound / step - 1e-9).rounded(.up)
    let last = (axis.range.upperBound / step + 1e-9).rounded(.down)
    let shown = axis.isPercent ? 100 * step : step
    let decimals = shown >= 1 ? 0 : shown >= 0.1 ? 1 : shown >= 0.01 ? 2 : 3
    return stride(from: first, through: last, by: 1).map { count in
      (count * step, HTML.fixed(count * shown, decimals) + (axis.isPercent ? " %" : ""))
    }
  }
}
