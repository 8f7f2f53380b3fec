// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation

/// A bundle in the four spellings that are measured.
struct BenchInput {
  let name: String
  /// Whether it is one of the charts made dense.
  let isDense: Bool
  /// Text of each spelling; XML is missing where R4's schema cannot hold the bundle.
  let texts: [(title: String, syntax: Syntax, bytes: [UInt8])]

  init(name: String, bundle: JSON, isDense: Bool = false) throws {
    self.name = name
    self.isDense = isDense
    var texts: [(title: String, syntax: Syntax, bytes: [UInt8])] = [
      ("JSON pretty", .json, bundle.encoded(pretty: true)), ("JSON minified", .json, bundle.encoded()),
    ]
    let document = try Document(texts[1].bytes, syntax: .json, limits: .files)
    do throws(FHIRError) {
      let xml = try document.converted(to: .xml)
      texts += [("XML pretty", .xml, Self.indented(xml)), ("XML minified", .xml, xml)]
    } catch {
      Failure.warn("\(name): not measured as XML: \(error)")
    }
    self.texts = texts
  }

  /// The bundles named by paths (below a folder those of 1 to 4.5 MB, at most 12), or without any the project's own
  /// charts grown to that size.
  static func inputs(at paths: [String]) throws -> [BenchInput] {
    if paths.isEmpty {
      return try [("septic-deterioration", 10), ("stable-postoperative", 25)].map { name, times in
        let chart = try Document(FHIRCommands.contents(of: "FixturesFHIR/\(name).json"), syntax: .json)
        return try BenchInput(name: name, bundle: grown(JSON(chart.root), times: times))
      }
    }
    return try paths.flatMap(files).map { path in
      try BenchInput(name: path, bundle: JSON(Document(FHIRCommands.contents(of: path), limits: .files).root))
    }
  }

  private static func files(at path: String) throws -> [String] {
    let files = FileManager.default
    guard (try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true else {
      return [path]
    }
    let names = (try? files.subpathsOfDirectory(atPath: path)) ?? []
    let fitting = names.sorted().map { "\(path)/\($0)" }.filter { file in
      let size = (try? files.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
      return (file.hasSuffix(".json") || file.hasSuffix(".xml")) && (1_000_000...4_500_000).contains(size)
    }
    guard !fitting.isEmpty else { throw Failure.noInput("\(path): no bundle of 1 to 4.5 MB below it").exit() }
    return Array(fitting.prefix(12))
  }

  /// The bundle with its Observations `times` over, each time under new ids and a minute later.
  static func grown(_ bundle: JSON, times: Int) -> JSON {
    guard case .array(let entries)? = bundle["entry"] else { return bundle }
    let observations = entries.filter { $0["resource"]?["resourceType"] == "Observation" }
    var grown = bundle
    grown["entry"] = .array(
      entries
        + (1..<max(1, times)).flatMap { time in
          observations.map { observation in
            var entry = observation.shifted(bySeconds: Int64(time) * 60)
            if case .string(let url)? = entry["fullUrl"] { entry["fullUrl"] = .string("\(url)-\(time)") }
            if var resource = entry["resource"], case .string(let id)? = resource["id"] {
              resource["id"] = .string("\(id)-\(time)")
              entry["resource"] = resource
            }
            return entry
          }
        })
    return grown
  }

  /// XML with every element on a line of its own, indented by its depth.
  private static func indented(_ xml: [UInt8]) -> [UInt8] {
    let (open, slash) = (UInt8(ascii: "<"), UInt8(ascii: "/"))
    var result: [UInt8] = []
    var depth = 0
    for (place, byte) in xml.enumerated() {
      if byte == open, place > 0, xml[place - 1] == UInt8(ascii: ">") {
        let closes = xml[place + 1] == slash
        let indent = max(0, closes ? depth - 1 : depth)
        result.append(UInt8(ascii: "\n"))
        result += repeatElement(UInt8(ascii: " "), count: indent * 2)
      }
      if byte == open { depth += xml[place + 1] == slash ? -1 : xml[place + 1] == UInt8(ascii: "?") ? 0 : 1 }
      if byte == slash, place + 1 < xml.count, xml[place + 1] == UInt8(ascii: ">") { depth -= 1 }
      result.append(byte)
    }
    return result
  }
}
