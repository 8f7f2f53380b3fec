// SPDX-License-Identifier: Apache-2.0
package import Audit
import Foundation
import Glibc

extension Control {
  /// Why the file is not obeyed. It is the operator's own.
  package enum Fault: String, Error, Sendable, CaseIterable {
    case invalid = "CTL001"
    case unwritable = "CTL002"
    case unreadable = "CTL003"
    case unapproved = "CTL004"
    case otherPackage = "CTL005"

    /// One sentence a person can act on.
    package var title: String {
      switch self {
      case .invalid: "control.json is not what vigil control writes; mend it, or move it away and stop again"
      case .unwritable: "control.json cannot be written"
      case .unreadable: "control.json cannot be read; what held before holds on"
      case .unapproved: "control.json chooses a version for which no two people stand; what held before holds on"
      case .otherPackage:
        "the folder of a chosen version holds another package than was approved; put it back, or propose it anew"
      }
    }
  }

  /// Where it lies.
  package static func file(in directory: DataDirectory) -> String { directory.path + "/control.json" }

  /// What the file of a data directory says; nil where there is none.
  ///
  /// Only that there is no file means that nothing was said: one that cannot be opened (too many open files, no permission) may
  /// hold a stop.
  package static func read(in directory: DataDirectory) throws(Fault) -> Control? {
    if directory.isShared {
      let bytes: [UInt8]?
      do {
        bytes = try SharedControl.read(in: directory)
      } catch {
        throw .unreadable
      }
      return try decode(bytes)
    }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: file(in: directory)))
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      return nil
    } catch {
      throw .unreadable
    }
    return try decode(bytes)
  }

  /// The same by way of a running service's own connection, where there is one.
  static func read(_ trail: AuditTrail) async throws(Fault) -> Control? {
    guard trail.isShared else { return try read(in: trail.directory) }
    let bytes: [UInt8]?
    do {
      bytes = try await trail.control()
    } catch {
      throw .unreadable
    }
    return try decode(bytes)
  }

  private static func decode(_ shared: [UInt8]?) throws(Fault) -> Control? {
    try shared.map { bytes throws(Fault) in try decode(Data(bytes)) }
  }

  private static func decode(_ bytes: Data) throws(Fault) -> Control {
    do {
      return try JSONDecoder().decode(Control.self, from: bytes)
    } catch {
      throw .invalid
    }
  }

  private func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }

  /// Reads the file of a data directory; nothing is stopped where there is none.
  package init(in directory: DataDirectory) throws(Fault) { self = try Self.read(in: directory) ?? Control() }

  /// Writes the file, whole or not at all, and durably: a stop outlives a loss of power.
  package func write(in directory: DataDirectory) throws(Fault) {
    do {
      // Whoever writes it, the service must be able to read it; the folder is closed to others.
      try directory.write(encoded(), to: Self.file(in: directory), mode: 0o644)
    } catch {
      throw .unwritable
    }
  }

  /// Changes what the file says, one change after the other: of two operators who speak at once, both are heard.
  ///
  /// - Throws: also when the file that is there cannot be read: what it says would be lost.
  package static func change(in directory: DataDirectory, _ change: (inout Control) -> Void) throws(Fault) {
    if directory.isShared { return try changeShared(in: directory, change) }
    // `open` reads the path's bytes during the call only. The folder itself is locked, so that no further file is needed.
    let descriptor = unsafe open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX) == 0 else { throw .unwritable }
    var control = try Control(in: directory)
    change(&control)
    try control.write(in: directory)
  }

  private static func changeShared(in directory: DataDirectory, _ change: (inout Control) -> Void) throws(Fault) {
    do {
      try SharedControl.change(in: directory) { bytes in
        var control = try bytes.map { try decode(Data($0)) } ?? Control()
        change(&control)
        return try control.encoded()
      }
    } catch {
      throw error as? Fault ?? .unwritable
    }
  }
}
