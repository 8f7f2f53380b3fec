// SPDX-License-Identifier: Apache-2.0
package import Decision
import Foundation
import Synchronization

/// What is in force now: the models and services that answer, and what the operator stopped. A request takes it once, at its
/// beginning, and is answered by it whatever is changed meanwhile.
package final class InForce: Sendable {
  /// Loads the models in the versions named.
  package typealias Loading = @Sendable (_ versions: [String: String]) throws -> Assessor

  /// What holds at one moment.
  struct Current: Sendable {
    var assessor: Assessor
    var control: Control
  }

  private struct State {
    var current: Current
    /// The bytes of the control file as they were last read.
    var read: Data?
  }

  private let state: Mutex<State>
  /// How models are loaded; nil where they stay what they are.
  let load: Loading?

  /// Models that answer, with nothing stopped.
  package init(_ assessor: Assessor, load: Loading? = nil) {
    state = Mutex(State(current: Current(assessor: assessor, control: Control())))
    self.load = load
  }

  /// The models and services that answer now.
  package var assessor: Assessor { current.assessor }

  /// What holds now.
  var current: Current { state.withLock { $0.current } }

  /// Whether these bytes of the control file have not been seen; they then have.
  func isNew(_ bytes: Data?) -> Bool {
    state.withLock { state in
      defer { state.read = bytes }
      return state.read != bytes
    }
  }

  func set(stops: [Control.Stop]) { state.withLock { $0.current.control.stops = stops } }

  func set(_ assessor: Assessor, versions: [String: String]) {
    state.withLock {
      $0.current.assessor = assessor
      $0.current.control.versions = versions
    }
  }
}
