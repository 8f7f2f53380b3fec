// SPDX-License-Identifier: Apache-2.0
package import Features
import FoundationEssentials

/// One ICU stay of a data set.
package struct Stay<Outcome: Sendable>: Sendable {
  /// The data set's record id.
  package var id: String
  /// What was measured.
  package var timeline: Timeline
  /// What is to be predicted.
  package var outcome: Outcome
}

/// Reads the stays of one public data set, a file each, into timelines of a profile.
package protocol StayReader: Sendable {
  associatedtype Outcome: Sendable
  /// Paths of the records, in the order of their ids.
  var files: [String] { get }
  /// Reads one record.
  func stay(_ path: String) throws(DatasetError) -> Stay<Outcome>
}

extension StayReader {
  /// Reads all stays, `jobs` at a time, and makes something of each; results are in the order of `files`.
  package func map<Result: Sendable>(
    jobs: Int, progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in },
    _ make: @escaping @Sendable (Stay<Outcome>) -> Result
  ) async throws -> [Result] {
    let files = files
    let chunk = 256
    return try await withThrowingTaskGroup(of: (Int, [Result]).self) { group in
      var parts: [Int: [Result]] = [:]
      var (running, done) = (0, 0)
      func collect() async throws {
        guard let (start, results) = try await group.next() else { return }
        parts[start] = results
        running -= 1
        done += results.count
        progress(done, files.count)
      }
      for start in stride(from: 0, to: files.count, by: chunk) {
        if running >= max(jobs, 1) { try await collect() }
        running += 1
        group.addTask {
          (start, try files[start..<min(start + chunk, files.count)].map { make(try stay($0)) })
        }
      }
      while running > 0 { try await collect() }
      return stride(from: 0, to: files.count, by: chunk).flatMap { parts[$0] ?? [] }
    }
  }
}

/// Repairs a data set's known faults and drops implausible values, as the profile lists them for that data set.
struct Cleaning: Sendable {
  private var signals: [String: Int] = [:]
  private var statics: [String: Int] = [:]
  private var signalRanges: [ClosedRange<Double>]
  private var staticRanges: [ClosedRange<Double>]
  private var signalFaults: [[Fault]]
  private var staticFaults: [[Fault]]

  init(_ profile: FeatureProfile, dataSet: String) {
    let faults = profile.faults[dataSet] ?? []
    for (index, signal) in profile.signals.enumerated() { signals[signal.id] = index }
    for (index, known) in profile.statics.enumerated() { statics[known.id] = index }
    signalRanges = profile.signals.map(\.range)
    staticRanges = profile.statics.map(\.range)
    signalFaults = profile.signals.map { signal in faults.filter { $0.of == signal.id } }
    staticFaults = profile.statics.map { known in faults.filter { $0.of == known.id } }
  }

  /// Index of a signal of the profile.
  func signal(_ id: String) -> Int? { signals[id] }

  /// Adds a sample unless its value is implausible.
  func add(_ value: Double, hours: Double, signal: Int, to timeline: inout Timeline) {
    guard let clean = clean(value, signalFaults[signal], signalRanges[signal]) else { return }
    timeline.samples[signal].append(Sample(hours: hours, value: clean))
  }

  /// Sets a static unless its value is implausible or the profile has no such static.
  func set(_ id: String, _ value: Double, in timeline: inout Timeline) {
    guard let index = statics[id], let clean = clean(value, staticFaults[index], staticRanges[index]) else { return }
    timeline.statics[index] = clean
  }

  private func clean(_ value: Double, _ faults: [Fault], _ range: ClosedRange<Double>) -> Double? {
    let repaired = faults.first { $0.within.contains(value) }?.repair(value) ?? value
    return range.contains(repaired) ? repaired : nil
  }
}

/// The paths of the files below `directory` whose names end so, in the order of their names.
func files(below directory: String, suffix: String) throws(DatasetError) -> [String] {
  guard let names = try? FileManager.default.subpathsOfDirectory(atPath: directory) else {
    throw .unreadable(path: directory)
  }
  let found = names.filter {
    $0.lowercased().hasSuffix(suffix) && !$0.split(separator: "/").contains { $0.hasPrefix(".") }
  }
  return found.map { (name: $0.split(separator: "/").last ?? "", path: $0) }.sorted {
    ($0.name, $0.path) < ($1.name, $1.path)
  }
  .map { directory + "/" + $0.path }
}

/// The name of a file without folder and extension.
func stem(_ path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
  return String(name[..<dot])
}
