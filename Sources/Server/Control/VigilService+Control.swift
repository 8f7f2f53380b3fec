// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import Foundation
package import Logging
import NIOPosix
import ServiceLifecycle

extension VigilService {
  /// Reads the control file and does what it says when it has changed. A stop is in force first and on record then; a model
  /// answers once it is loaded, and a model that cannot be loaded changes nothing. What cannot be read changes nothing either.
  package func obey(_ logger: Logger) async {
    let read = await said()
    guard inForce.isNew(read) else { return }
    let before = inForce.control
    let control: Control
    do throws(Control.Fault) {
      control = try read.get()
    } catch {
      logger.error("control refused", metadata: ["code": "\(error.rawValue)"])
      return await note("refused", error.rawValue, logger)
    }
    inForce.set(saying: control)
    for stop in control.stops where !before.stops.contains(stop) {
      await note("stopped", "\(stop.target), by \(stop.by): \(stop.reason)", logger)
    }
    for stop in before.stops where !control.stops.contains(where: { $0.isOfSame(as: stop) }) {
      await note("resumed", stop.target, logger)
    }
    for activation in control.activations where activation.approvedBy == nil && !before.activations.contains(activation)
    {
      await note("proposed", "\(activation.target), by \(activation.proposedBy): \(activation.reason)", logger)
    }
    let changed = control.changed(since: before)
    guard !changed.isEmpty, let load = inForce.load else { return }
    let unapproved = control.unapproved(since: before)
    guard unapproved.isEmpty else {
      let code = Control.Fault.unapproved.rawValue
      logger.error("activation refused", metadata: ["code": "\(code)"])
      return await note("refused", "\(code): \(unapproved.joined(separator: ", "))", logger)
    }
    let people = changed.compactMap { control.approval($0) }.map { "; \($0.people)" }.joined()
    do {
      // What nobody chose anew goes on as it is, whatever lies in its folder by now.
      let held = self.assessor.packages.filter { !changed.contains($0.manifest.id) }
      // Off the threads that answer: reading weights takes a while.
      let assessor = try await Task.detached(priority: .utility) { try load(control.versions, held) }.value
      try control.check(assessor.packages)
      let hours = self.assessor.services.memoryHours
      inForce.set(assessor, control)
      // Policies that ask about more of the past than those before them must not find it empty.
      if assessor.services.memoryHours > hours {
        try await NIOThreadPool.singleton.runIfActive { try self.remember() }
      }
      let models = models(of: assessor).map { "\($0.id) \($0.version)" }.joined(separator: ", ")
      await note("activated", models + people, logger)
    } catch {
      let code =
        (error as? ModelPackageError)?.code.rawValue ?? (error as? AuditError)?.code.rawValue
        ?? (error as? Control.Fault)?.rawValue ?? "the profiles cannot be read"
      logger.error("activation refused", metadata: ["code": "\(code)"])
      await note("refused", "activation: \(code)\(people)", logger)
    }
  }

  /// What the control file says. `vigil control` never takes it away, so one that is gone resumes nothing.
  private func said() async -> Result<Control, Control.Fault> {
    do throws(Control.Fault) {
      if let control = try await Control.read(trail) { return .success(control) }
      return inForce.control == Control() ? .success(Control()) : .failure(.unreadable)
    } catch {
      return .failure(error)
    }
  }

  private func note(_ outcome: String, _ text: String, _ logger: Logger) async {
    let assessor = self.assessor
    var entry = AuditEntry(time: now(), kind: .control)
    entry.outcome = outcome
    entry.note = text
    entry.configuration = AuditRecord.bytes(hexadecimal: assessor.digest)
    entry.models = models(of: assessor)
    do {
      _ = try await trail.append(entry)
      logger.notice("control", metadata: ["outcome": "\(outcome)"])
    } catch {
      logger.critical("control not on record", metadata: ["code": "\(error.code.rawValue)"])
    }
  }
}

/// Looks at the control file ten times a second.
struct ControlClock: ServiceLifecycle.Service {
  let service: VigilService
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .milliseconds(100))
        await service.obey(logger)
      }
    }
  }
}
