// SPDX-License-Identifier: Apache-2.0
import FHIR

extension DecisionPage {
  /// Every value that was read, once, with where it came from and which models read it.
  var inputs: String {
    let features = payload.list("features")
    guard !features.isEmpty else { return "" }
    var places: [[UInt8]: Int] = [:]
    var rows: [(source: JSON, models: [String])] = []
    for model in features {
      let name = HTML.text(model["model"])
      for source in model.list("sources") {
        let key = source.encoded()
        if let place = places[key] {
          if rows[place].models.last != name { rows[place].models.append(name) }
        } else {
          places[key] = rows.count
          rows.append((source, [name]))
        }
      }
    }
    let names = ["resource", "version", "code", "value", "unit", "instant", "conversion"]
    return section(
      "Inputs",
      HTML.table(
        ["Resource", "Version", "Code", "Value", "Unit", "When", "Conversion", "Read by"],
        rows.map { row in
          names.map { HTML.text(row.source[$0]) }
            + [row.models.count == features.count ? "all models" : row.models.joined(separator: ", ")]
        }, style: "inputs"))
  }

  /// What the networks were given, in the order of each profile's columns.
  var vectors: String {
    let vectors = payload.list("features").filter { !$0.list("values").isEmpty }
    guard !vectors.isEmpty else { return "" }
    return section(
      "Vectors",
      vectors.map { features in
        """
        <details><summary>\(HTML.text(features["model"])): \(features.list("values").count) values in the profile's order, the same in \
        <code>vigil audit show \(record.sequence)</code></summary>
        <p class="mono">\(HTML.text(features["values"]))</p></details>
        """
      }.joined(separator: "\n"))
  }
}
