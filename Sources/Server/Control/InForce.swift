// SPDX-License-Identifier: Apache-2.0
package import Decision
import Synchronization

/// What is in force now: the models and services that answer, and what the operator stopped. A request takes it once, at its
/// beginning, and is answered by it whatever is changed meanwhile.
package final class InForce: Sendable {
  /// Loads the models in the versions named; of a running service the packages that are held stay, and nothing that is neither
  /// held nor named begins to answer.
  package typealias Loading = @Sendable (_ versions: [String: String], _ held: [ModelPackage]?) throws -> Assessor

  /// What holds at one moment.
  struct Current: Sendable {
    var assessor: Assessor
    var control: Control
  }

  private struct State {
    var current: Current
    /// What came of the last look at the control file.
    var read: Result<Control, Control.Fault>
  }

  private let state: Mutex<State>
  /// How models are loaded; nil where they stay what they are.
  let load: Loading?

  /// Models that answer.
  ///
  /// - Parameter control: what the operator said before; its versions are those of the assessor.
  package init(_ assessor: Assessor, control: Control = Control(), load: Loading? = nil) {
    state = Mutex(State(current: Current(assessor: assessor, control: control), read: .success(control)))
    self.load = load
  }

  /// Models as the operator's file wants them.
  ///
  /// - Throws: `Control.Fault` where a package is not the one that two people approved; what loading throws.
  package convenience init(_ control: Control, load: @escaping Loading) throws {
    let assessor = try load(control.versions, nil)
    try control.check(assessor.packages)
    self.init(assessor, control: control, load: load)
  }

  /// The models and services that answer now.
  package var assessor: Assessor { current.assessor }

  /// What the operator said that is in force now.
  package var control: Control { current.control }

  /// What holds now.
  var current: Current { state.withLock { $0.current } }

  /// Whether the control file does not say what it said at the last look; it then does.
  func isNew(_ read: Result<Control, Control.Fault>) -> Bool {
    state.withLock { state in
      defer { state.read = read }
      return state.read != read
    }
  }

  /// All that is said but for versions and their approvals, which come in force with their models.
  func set(saying control: Control) {
    state.withLock {
      $0.current.control.stops = control.stops
      $0.current.control.activations.removeAll { $0.approvedBy == nil }
      $0.current.control.activations += control.activations.filter { $0.approvedBy == nil }
    }
  }

  func set(_ assessor: Assessor, _ control: Control) {
    state.withLock {
      $0.current.assessor = assessor
      $0.current.control.versions = control.versions
      $0.current.control.activations = control.activations
    }
  }
}
