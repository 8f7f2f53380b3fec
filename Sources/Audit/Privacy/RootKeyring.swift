// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The root keys that data keys may lie under: those in `root.key`, of which there are two from the moment a new one is made until all
/// data keys lie under it (`AuditTrail+RootKey`), and those that were there before, as far as this process has seen them.
///
/// The file is read again when a data key opens under none of them: another process may have put a new one there.
package final class RootKeyring: Sendable {
  private struct State {
    /// The newest first.
    var keys: [RootKey]
    /// What new data keys are wrapped under.
    var inForce: RootKey
  }

  private let directory: DataDirectory
  private let state: Mutex<State>

  /// Reads the file. What wraps is the older of two until a record says otherwise (`enforce`).
  ///
  /// - Throws: `keyUnusable`.
  init(_ directory: DataDirectory) throws(AuditError) {
    self.directory = directory
    let keys = try directory.loadRootKeys()
    guard let oldest = keys.last else { throw AuditError(.keyUnusable) }
    state = Mutex(State(keys: keys, inForce: oldest))
  }

  /// What new data keys are wrapped under.
  var inForce: RootKey { state.withLock(\.inForce) }

  /// Wraps under the key that a record put in force.
  ///
  /// - Parameter fingerprint: `RootKey.fingerprint`.
  /// - Throws: `keyUnusable` when neither this process nor the file has it.
  func enforce(_ fingerprint: [UInt8]) throws(AuditError) {
    if take(fingerprint) { return }
    try readAgain()
    guard take(fingerprint) else { throw AuditError(.keyUnusable) }
  }

  /// Whether one of the keys has the fingerprint, which then is in force.
  private func take(_ fingerprint: [UInt8]) -> Bool {
    state.withLock { state in
      guard let key = ([state.inForce] + state.keys).first(where: { $0.fingerprint == fingerprint }) else {
        return false
      }
      state.inForce = key
      return true
    }
  }

  /// Whether the file held two keys when it was read.
  var hasOthers: Bool { state.withLock { $0.keys.count > 1 } }

  /// Opens data keys under the one in force alone from now on.
  func forgetOthers() {
    state.withLock { $0.keys = [$0.inForce] }
  }

  /// A data key as it is stored from now on.
  func wrap(_ key: SubjectKey, of pseudonym: [UInt8]) throws(AuditError) -> [UInt8] {
    try inForce.wrap(key, of: pseudonym)
  }

  /// Reads a stored data key.
  ///
  /// - Throws: `olderSchema` for one of before keys were bound to their patients; `keyChanged` when it was made under none of the root
  ///   keys, changed, moved from another row, or lies beside another's pseudonym, or none.
  func unwrap(_ wrapped: [UInt8], id: Int64, of pseudonym: [UInt8]?) throws(AuditError) -> SubjectKey {
    guard wrapped.count != RootKey.unboundLength else { throw AuditError(.olderSchema) }
    if let key = opened({ $0.unwrap(wrapped, id: id, of: pseudonym) }) { return key }
    // A file that is gone meanwhile opens it no more than before.
    if (try? readAgain()) == true, let key = opened({ $0.unwrap(wrapped, id: id, of: pseudonym) }) { return key }
    throw AuditError(.keyChanged)
  }

  /// Reads a data key of before they were bound to their patients; nil when it is none of this row's.
  func unwrapUnbound(_ wrapped: [UInt8], id: Int64) -> SubjectKey? {
    guard wrapped.count == RootKey.unboundLength else { return nil }
    return opened { $0.unwrapUnbound(wrapped, id: id) }
  }

  private func opened(_ open: (RootKey) -> SubjectKey?) -> SubjectKey? {
    for key in state.withLock(\.keys) {
      if let found = open(key) { return found }
    }
    return nil
  }

  /// Takes in what the file holds by now; whether there is a key that was not known.
  @discardableResult
  func readAgain() throws(AuditError) -> Bool {
    let found = try directory.loadRootKeys()
    return state.withLock { state in
      let new = found.filter { !state.keys.contains($0) }
      state.keys = new + state.keys
      return !new.isEmpty
    }
  }
}
