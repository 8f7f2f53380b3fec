// SPDX-License-Identifier: Apache-2.0
import Crypto
import Decision
import Foundation
import Networks

/// A folder in which a training leaves its state after every epoch, so that it can be stopped at any moment, even by
/// kill -9, and go on to the same weights.
///
/// `identity` names the training: its configuration and data. A file is written beside its place and renamed, so it is
/// whole or not there.
package struct TrainingCheckpoints: Sendable {
  private let directory: String

  /// Opens or makes the folder.
  ///
  /// - Throws: `ExperimentError.foreignCheckpoint` when it belongs to another training.
  package init(directory: String, configuration: [UInt8], table: StayTable, seed: UInt64) throws(ExperimentError) {
    self.directory = directory
    let identity = Self.identity(configuration, table, seed)
    let path = "\(directory)/training"
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      if let found = FileManager.default.contents(atPath: path) {
        guard found == Data(identity.utf8) else { throw ExperimentError(.foreignCheckpoint, detail: directory) }
      } else {
        try Data(identity.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      }
    } catch let error as ExperimentError {
      throw error
    } catch {
      throw ExperimentError(.unwritable, detail: directory)
    }
  }

  private static func identity(_ configuration: [UInt8], _ table: StayTable, _ seed: UInt64) -> String {
    var hash = SHA256()
    hash.update(data: configuration)
    hash.update(data: Data("\(seed)".utf8))
    update(&hash, table)
    return PackageSeal.hexadecimal(hash.finalize()) + "\n"
  }

  /// The digest of all features and labels of a table.
  static func digest(of table: StayTable) -> String {
    var hash = SHA256()
    update(&hash, table)
    return PackageSeal.hexadecimal(hash.finalize())
  }

  private static func update(_ hash: inout SHA256, _ table: StayTable) {
    for index in 0..<table.hours.count {
      unsafe table.features.row(index).withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    }
    for labels in table.labels {
      unsafe labels.values.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
      unsafe labels.weights.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    }
  }

  /// The state of a member; nil when it has not begun.
  func load(stage: String, member: Int, of trainer: Trainer) throws -> Checkpoint? {
    guard let data = FileManager.default.contents(atPath: path(stage, member)) else { return nil }
    return try trainer.checkpoint([UInt8](data))
  }

  /// Keeps the state of a member. A state that cannot be written costs time later, not the training.
  func save(_ checkpoint: Checkpoint, stage: String, of trainer: Trainer) {
    let file = URL(fileURLWithPath: path(stage, checkpoint.member))
    try? FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? Data(trainer.encoded(checkpoint)).write(to: file, options: .atomic)
  }

  private func path(_ stage: String, _ member: Int) -> String { "\(directory)/\(stage)/member-\(member).safetensors" }
}
