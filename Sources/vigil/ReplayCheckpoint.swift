// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Decision
import Foundation
import Replay

/// How far a replay has come: a file beside its output, so that an interrupted run goes on and gives the same bytes.
struct ReplayCheckpoint: Codable {
  /// Of the charts, the models and the options: what is resumed must be the same run.
  var fingerprint: String
  var position = Replay.Position()
  /// Bytes of the rows and of the evidence that belong to it; what was written after is written again.
  var rows: UInt64 = 0
  var evidence: UInt64 = 0
  var summary = ReplaySummary()
  var gathered: ReplayJudge.State?

  init(fingerprint: String) { self.fingerprint = fingerprint }

  /// The checkpoint that an interrupted run left.
  ///
  /// - Throws: exit code 66 when there is none, 65 when it is of another run.
  init(at path: String?, fingerprint: String) throws(ExitCode) {
    guard let path, let bytes = FileManager.default.contents(atPath: path) else {
      throw Failure.noInput("no interrupted run to go on with").exit()
    }
    guard let found = try? JSONDecoder().decode(ReplayCheckpoint.self, from: bytes), found.fingerprint == fingerprint
    else {
      Failure.warn("\(path): the interrupted run had other charts, models or options; start anew without --resume")
      throw ExitCode(65)
    }
    self = found
  }

  /// A digest of all that decides what a run writes.
  static func fingerprint(_ assessor: Assessor, _ inputs: [ChartInput], labels: [String], options: [String]) -> String {
    var lines = [ProgramIdentity.digest, assessor.digest] + options
    for path in inputs.flatMap({ $0.files.map(\.name) }) + labels {
      // A member of a zip archive is as old as the archive.
      var url = URL(fileURLWithPath: path)
      while !FileManager.default.fileExists(atPath: url.path), url.path.count > 1 { url.deleteLastPathComponent() }
      let values = try? url.resourceValues(forKeys: [.fileSizeKey, .contentModificationDateKey])
      let time = values?.contentModificationDate.map { "\($0.timeIntervalSinceReferenceDate)" } ?? ""
      lines.append("\(path)|\(values?.fileSize ?? 0)|\(time)")
    }
    return PackageSeal.digest(Array(lines.joined(separator: "\n").utf8))
  }

  /// The file at a path, empty or cut to the length that is known to be right; standard output without one.
  static func file(_ path: String?, from length: UInt64?) throws(ExitCode) -> FileHandle {
    guard let path else { return .standardOutput }
    do {
      guard let length else { return try FileHandle.emptied(at: path) }
      guard let file = FileHandle(forUpdatingAtPath: path), try file.seekToEnd() >= length else {
        throw ReplayError.unwritable(path)
      }
      try file.truncate(atOffset: length)
      try file.seekToEnd()
      return file
    } catch {
      throw Failure.trail("\(error)").exit()
    }
  }

  /// Writes checkpoints now and then.
  final class Keeper {
    private(set) var checkpoint: ReplayCheckpoint
    private let path: String?
    private let rows: FileHandle?
    private let judge: ReplayJudge?
    private static let leastPause = Duration.milliseconds(250)
    private var last = ContinuousClock.now
    private var pause = Keeper.leastPause

    /// - Parameter path: where; nil for a run that cannot go on.
    init(_ checkpoint: ReplayCheckpoint, at path: String?, rows: FileHandle?, judge: ReplayJudge?) throws {
      (self.checkpoint, self.path, self.rows, self.judge) = (checkpoint, path, rows, judge)
      guard path != nil else { return }
      try write()
      // What is on disk is all that is needed, so there is nothing to end.
      signal(SIGINT) { _ in
        let text: StaticString =
          "\nvigil: interrupted; the same command with --resume goes on, after reading again an export that is not done\n"
        _ = unsafe Foundation.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(130)
      }
    }

    /// Takes what a part of the run was; after it the run may go on from `position`.
    func add(_ summary: ReplaySummary, upTo position: Replay.Position?) throws {
      checkpoint.summary.add(summary)
      guard let position else { return }
      checkpoint.position = position
      let now = ContinuousClock.now
      guard path != nil, last.duration(to: now) >= pause else { return }
      try write()
      last = .now
      // At most a thirtieth of the time goes into it.
      pause = max(Self.leastPause, now.duration(to: last) * 30)
    }

    private func write() throws {
      guard let path else { return }
      if let rows { checkpoint.rows = try rows.offset() }
      if let judge { (checkpoint.gathered, checkpoint.evidence) = try judge.state() }
      try JSONEncoder().encode(checkpoint).write(to: URL(fileURLWithPath: path), options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// The run is done: nothing is left of it but its output.
    func finish() throws {
      if let path { try FileManager.default.removeItem(atPath: path) }
    }
  }
}
