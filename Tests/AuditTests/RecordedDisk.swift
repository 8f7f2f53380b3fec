// SPDX-License-Identifier: Apache-2.0
import CPowerLoss
import Foundation
import TestSupport

/// What SQLite did to the files of one folder, in order, and what had been acknowledged when.
struct RecordedDisk: Sendable {
  enum Step: Sendable {
    case create(String)
    case write(String, at: Int, [UInt8])
    case truncate(String, to: Int)
    case sync(String)
    /// Durable at once when the folder was synced with it.
    case delete(String, isSynced: Bool)
    /// What the test was told: everything of that number is on the disk.
    case acknowledged(Int64)
  }

  /// The files before the first step.
  let before: [String: [UInt8]]
  let steps: [Step]

  /// Records what happens to the files of a folder while `work` runs. One recording at a time in one process.
  static func record(_ folder: String, while work: () async throws -> Void) async throws -> RecordedDisk {
    guard powerloss_install() == 0 else { throw CocoaError(.featureUnsupported) }
    var before: [String: [UInt8]] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where isDatabase(name) {
      before[name] = Array(FileManager.default.contents(atPath: folder + "/" + name) ?? Data())
    }
    unsafe powerloss_begin(folder)
    do {
      try await work()
    } catch {
      powerloss_end()
      throw error
    }
    return RecordedDisk(before: before, steps: (0..<powerloss_end()).compactMap { step(at: $0) })
  }

  /// Says that the work has been told that everything up to `number` is on the disk.
  static func acknowledge(_ number: Int64) { powerloss_mark(number) }

  /// The shared memory beside a database is no part of it: SQLite makes it anew when nobody has the database open.
  static func isDatabase(_ name: String) -> Bool { name.hasPrefix("trail.sqlite") && !name.hasSuffix("-shm") }

  private static func step(at index: Int) -> Step? {
    // Name and bytes are the recorder's and live until the next recording; they are copied here.
    let step = unsafe powerloss_at(index)
    let name = unsafe step.name.map { unsafe String(cString: $0) } ?? ""
    let bytes = unsafe Array(UnsafeBufferPointer(start: step.bytes, count: step.length))
    switch unsafe Int(step.kind) {
    case POWERLOSS_CREATE: return .create(name)
    case POWERLOSS_WRITE: return unsafe .write(name, at: Int(step.offset), bytes)
    case POWERLOSS_TRUNCATE: return unsafe .truncate(name, to: Int(step.offset))
    case POWERLOSS_SYNC: return .sync(name)
    case POWERLOSS_DELETE: return unsafe .delete(name, isSynced: step.offset != 0)
    default: return unsafe .acknowledged(step.offset)
    }
  }

  // MARK: - The loss of power

  /// A file on the disk: what is surely there, and what was written since its last sync.
  private struct File {
    var durable: [UInt8] = []
    var pending: [Step] = []
    /// Whether the name is surely there.
    var isNamed = false

    mutating func sync() {
      for step in pending { File.apply(step, to: &durable) }
      pending = []
      isNamed = true
    }

    static func apply(_ step: Step, to bytes: inout [UInt8]) {
      switch step {
      case .write(_, let offset, let new):
        if bytes.count < offset + new.count { bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count) }
        bytes.replaceSubrange(offset..<(offset + new.count), with: new)
      case .truncate(_, let size):
        bytes = Array(bytes.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - bytes.count))
      default: break
      }
    }

    /// The file when the power goes: of what was not synced any part is there, in any order, torn at any sector of 512 bytes.
    func lost(_ random: inout SplitMix64) -> [UInt8] {
      var bytes = durable
      enum Manner: CaseIterable { case all, nothing, beginning, some, shuffled, torn }
      let manner = Manner.allCases.randomElement(using: &random) ?? .all
      var steps = pending
      switch manner {
      case .all: break
      case .nothing: return bytes
      case .beginning: steps = Array(steps.prefix(Int.random(in: 0...steps.count, using: &random)))
      case .some: steps = steps.filter { _ in Bool.random(using: &random) }
      case .shuffled, .torn:
        steps = steps.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }.shuffled(using: &random)
      }
      for step in steps {
        guard manner == .torn, case .write(let name, let offset, let new) = step else {
          File.apply(step, to: &bytes)
          continue
        }
        var start = offset
        while start < offset + new.count {
          let end = min((start / 512 + 1) * 512, offset + new.count)
          let kept = Int.random(in: 0..<8, using: &random)
          // A sector that was being written may hold what never was in any file.
          let sector =
            kept == 0
            ? (start..<end).map { _ in UInt8.random(in: 0...255, using: &random) }
            : Array(new[(start - offset)..<(end - offset)])
          if kept != 1 { File.apply(.write(name, at: start, sector), to: &bytes) }
          start = end
        }
      }
      return bytes
    }
  }

  /// The files as a loss of power after `count` steps may have left them, and the highest number acknowledged before.
  func files(afterLossAt count: Int, _ random: inout SplitMix64) -> (files: [String: [UInt8]], acknowledged: Int64) {
    var live = before.mapValues { File(durable: $0, isNamed: true) }
    // Files whose name was removed, but not surely.
    var removed: [String: File] = [:]
    var acknowledged: Int64 = 0
    for step in steps.prefix(count) {
      switch step {
      case .create(let name): live[name] = File()
      case .write(let name, _, _), .truncate(let name, _): live[name]?.pending.append(step)
      case .sync(let name):
        // SQLite syncs the folder with the first sync of a file that it made (os_unix.c, UNIXFILE_DIRSYNC); ext4 and XFS do so
        // of themselves.
        if live[name]?.isNamed == false { removed = [:] }
        live[name]?.sync()
      case .delete(let name, let isSynced):
        if let file = live.removeValue(forKey: name), file.isNamed { removed[name] = file }
        if isSynced { removed = [:] }
      case .acknowledged(let number): acknowledged = max(acknowledged, number)
      }
    }
    var files: [String: [UInt8]] = [:]
    for name in Set(live.keys).union(removed.keys).sorted() {
      if let file = live[name], file.isNamed || Bool.random(using: &random) {
        files[name] = file.lost(&random)
      } else if let file = removed[name], Bool.random(using: &random) {
        files[name] = file.lost(&random)
      }
    }
    return (files, acknowledged)
  }
}
