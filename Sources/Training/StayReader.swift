// SPDX-License-Identifier: Apache-2.0
package import Features
import FoundationEssentials
package import Replay

/// Reads the stays of one data set into timelines of a profile, file by file.
package protocol StayReader: Sendable {
  /// The data set's name in configurations and in a profile's `faults`.
  static var name: String { get }
  /// What is read one by one, in the order of the stays: paths of records, or parts of an export.
  var files: [String] { get }
  /// Reads the stays of one of `files`.
  func read(_ file: String) throws(DatasetError) -> StayFile
}

/// What one file of a data set holds.
package struct StayFile: Sendable {
  package var stays: [Stay]
  /// What cannot be learned from, by reason.
  package var leftOut: Tally

  package init(_ stays: [Stay], leftOut: Tally = Tally()) {
    self.stays = stays
    self.leftOut = leftOut
  }
}

extension StayReader {
  /// Reads all stays, `jobs` at a time, makes something of each, and hands the results to `take` in the order of `files`.
  ///
  /// No more than a few hundred files' results exist at a time, so that what `take` keeps is all the memory that is needed.
  ///
  /// - Returns: what was left out, by reason.
  @discardableResult package func forEach<Result: Sendable>(
    jobs: Int, progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in },
    _ make: @escaping @Sendable (Stay) -> Result, take: (Result) throws -> Void
  ) async throws -> Tally {
    let files = files
    // Few files are large ones.
    let chunk = files.count < 256 ? 1 : 64
    return try await withThrowingTaskGroup(of: (Int, [Result], Tally).self) { group in
      var waiting: [Int: [Result]] = [:]
      var leftOut = Tally()
      var (running, next) = (0, 0)
      func collect() async throws {
        guard let (start, results, without) = try await group.next() else { return }
        running -= 1
        waiting[start] = results
        leftOut.add(without)
        while let ready = waiting.removeValue(forKey: next) {
          for result in ready { try take(result) }
          next += chunk
          progress(min(next, files.count), files.count)
        }
      }
      for start in stride(from: 0, to: files.count, by: chunk) {
        // A slow chunk holds back those after it; they wait in memory, so not too many may run ahead.
        while running >= max(jobs, 1) || waiting.count >= 4 * max(jobs, 1) { try await collect() }
        running += 1
        group.addTask {
          var (results, leftOut) = ([Result](), Tally())
          for file in files[start..<min(start + chunk, files.count)] {
            let found = try read(file)
            results += found.stays.map(make)
            leftOut.add(found.leftOut)
          }
          return (start, results, leftOut)
        }
      }
      while running > 0 { try await collect() }
      return leftOut
    }
  }
}

/// The data sets that can be read, by name.
package enum DataSets {
  /// All of them; a folder is of the first whose records it holds.
  package static let names = [FHIRStays.name, PhysioNet2019.name, PhysioNet2012.name]

  /// A reader of the data set below any of the folders; nil when none of them holds its records.
  ///
  /// - Parameter terminology: folder of the value sets by which FHIR is read.
  /// - Throws: `DatasetError` when a folder cannot be read, or holds the data set in a state that cannot be.
  package static func reader(
    _ name: String, in folders: [String], profile: FeatureProfile, terminology: String
  ) throws -> (any StayReader)? {
    for folder in folders {
      do throws(DatasetError) {
        switch name {
        case PhysioNet2012.name: return try PhysioNet2012(directory: folder, profile: profile)
        case PhysioNet2019.name: return try PhysioNet2019(directory: folder, profile: profile)
        case FHIRStays.name:
          return try FHIRStays(directory: folder, profile: profile, terminology: terminology)
        default: throw .unknown(name)
        }
      } catch {
        if case .noRecords = error { continue }
        throw error
      }
    }
    return nil
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
