// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import Server
import Synchronization
import Testing

/// What an operator says while the service runs: in force at once, on record, and nobody's request is lost.
@Suite struct ControlTests {
  static let request = Result { try Fixture.bytes("hooks/patient-view-septic.json") }

  static func stop(_ scope: Control.Stop.Scope, _ id: String? = nil) -> Control.Stop {
    Control.Stop(scope, id: id, by: "ann", reason: "units changed", since: septicEnd)
  }

  static func notes(_ tested: ServiceUnderTest) throws -> [String] {
    try tested.records().map(\.entry).filter { $0.kind == .control }.map { "\($0.outcome ?? ""): \($0.note ?? "")" }
  }

  @Test func aStopIsInForceOnRecordAndOutlivesARestart() async throws {
    let tested = try ServiceUnderTest()
    let body = try Self.request.get()
    for stop in [Self.stop(.all), Self.stop(.service, "patient-risk")] {
      try await tested.control(Control(stops: [stop]))
      let response = try await tested.call(body)
      #expect(response.status == .serviceUnavailable)
      #expect(try response.json()["issue"]?.elements.first?["details"]?["coding"]?.elements.first?["code"] == "CDS036")
      let other = try await tested.send(
        .post, "/cds-services/patient-risk-v3", [.contentType: "application/json"], body)
      #expect(other.status == (stop.scope == .all ? .serviceUnavailable : .ok))
      // What clinicians did with earlier cards is still told.
      let feedback = try await tested.send(
        .post, "/cds-services/patient-risk/feedback", [.contentType: "application/json"],
        Array(
          #"{"feedback":[{"card":"4e0a3a1e-3d8b-8e5c-9d6f-0123456789ab","outcome":"overridden","outcomeTimestamp":"2026-03-12T13:30:00Z"}]}"#
            .utf8))
      #expect(feedback.status == .ok)
    }
    #expect(try Self.notes(tested).contains("stopped: everything, by ann: units changed"))
    // The same file is read by the next process.
    #expect(try Control(in: tested.trail.directory).stops.count == 1)
    try await tested.control(Control())
    #expect(try await tested.call(body).status == .ok)
    #expect(try Self.notes(tested).last == "resumed: service patient-risk")
  }

  @Test func aStoppedModelLeavesTheOthersAndTheAnswerCanBeGivenAgain() async throws {
    let tested = try ServiceUnderTest()
    try await tested.control(Control(stops: [Self.stop(.model, "small-diagnosis")]))
    let response = try await tested.call(try Self.request.get())
    let summaries = try response.json()["cards"]?.elements.compactMap { $0["summary"]?.string } ?? []
    #expect(summaries.count == 2 && summaries[0].contains("stopped") && !summaries[1].contains("stopped"))
    let entry = try #require(try tested.records().last).entry
    let state = try #require(AnswerState(record: entry.payload?.state))
    #expect(state.stoppedModels == ["small-diagnosis"])
  }

  @Test func aFileThatIsNoControlChangesNothing() async throws {
    let tested = try ServiceUnderTest()
    try await tested.control(Control(stops: [Self.stop(.service, "patient-risk")]))
    try Data("{".utf8).write(to: URL(filePath: Control.file(in: tested.trail.directory)))
    await tested.obey()
    #expect(try await tested.call(try Self.request.get()).status == .serviceUnavailable)
    #expect(try Self.notes(tested).last == "refused: CTL001")
    // It is said once, not ten times a second.
    await tested.obey()
    #expect(try Self.notes(tested).count == 2)
  }

  /// A file that is there and cannot be read, and one that is gone, resume nothing (an operator resumes by saying so).
  @Test func aFileThatCannotBeReadResumesNothing() async throws {
    let tested = try ServiceUnderTest()
    try await tested.control(Control(stops: [Self.stop(.all)]))
    let file = Control.file(in: tested.trail.directory)
    try FileManager.default.removeItem(atPath: file)
    await tested.obey()
    // A folder in its place: every read of it fails, whoever reads.
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
    for _ in 0..<2 { await tested.obey() }
    #expect(try await tested.call(try Self.request.get()).status == .serviceUnavailable)
    #expect(try Self.notes(tested) == ["stopped: everything, by ann: units changed", "refused: CTL003"])
    try FileManager.default.removeItem(atPath: file)
    try await tested.control(Control())
    #expect(try await tested.call(try Self.request.get()).status == .ok)
  }

  @Test func theServiceBeginsWithWhatWasStopped() async throws {
    let control = Control(stops: [Self.stop(.all)])
    let tested = try ServiceUnderTest(control: control)
    // Nothing is new: what was stopped is no news, and the start has it on record.
    try await tested.control(control)
    #expect(try await tested.call(try Self.request.get()).status == .serviceUnavailable)
    #expect(try Self.notes(tested).isEmpty)
    try await tested.control(Control())
    #expect(try await tested.call(try Self.request.get()).status == .ok)
  }

  /// Each reads what is there and writes it with a stop more: none of them is lost.
  @Test func ofTwoOperatorsBothAreHeard() async throws {
    let tested = try ServiceUnderTest()
    let directory = tested.trail.directory
    await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<64 {
        group.addTask {
          try Control.change(in: directory) { $0.stops.append(Self.stop(.model, "\(number)")) }
        }
      }
    }
    #expect(try Control(in: directory).stoppedModels.count == 64)
    // What cannot be read is not written over: it may hold a stop.
    try Data("{\"stops\":[".utf8).write(to: URL(filePath: Control.file(in: directory)))
    #expect(throws: Control.Fault.invalid) { try Control.change(in: directory) { $0.stops = [] } }
    #expect(FileManager.default.contents(atPath: Control.file(in: directory))?.count == 10)
  }

  @Test func aModelIsActivatedAndRolledBackUnderLoad() async throws {
    let old = try SmallModels.assessor.get()
    let renamed = try SmallModels.assessor(version: "0.0.2")
    let tested = try ServiceUnderTest(load: { versions, _ in
      switch versions["small-diagnosis"] {
      case "0.0.1": old
      case "0.0.2": renamed
      default: throw CDSHooksError(.internalError)
      }
    })
    let body = try Self.request.get()
    let done = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          while !done.isSet {
            let response = try await tested.call(body)
            #expect(response.status == .ok)
          }
        }
      }
      group.addTask {
        for (minute, version) in ["0.0.2", "0.0.1", "9.9.9", "0.0.2"].enumerated() {
          try await tested.control(.choosing(version, minute))
          #expect(try await tested.call(body).status == .ok)
        }
        done.set()
      }
      try await group.waitForAll()
    }
    let outcomes = try tested.records().map(\.entry).filter { $0.kind == .control }.map(\.outcome)
    #expect(outcomes == ["activated", "activated", "refused", "activated"])
    // Every answer names the model that gave it.
    for entry in try tested.records().map(\.entry) where entry.kind == .answer {
      let version = entry.models.first { $0.id == "small-diagnosis" }?.version
      let card = entry.payload.flatMap { try? Document($0.outputs, syntax: .json).root }
      #expect(card.flatMap { Array($0.elements("models")).first?["version"]?.string } == version)
    }
    #expect(tested.service.assessor.packages[0].manifest.version == "0.0.2")
  }

  /// What an earlier version of this program wrote still holds.
  @Test func aFileOfOnePersonsTimeIsRead() throws {
    let text = #"{"stops":[],"versions":{"icu-prognosis":"1.0.0"}}"#
    let control = try JSONDecoder().decode(Control.self, from: Data(text.utf8))
    #expect(control == Control(versions: ["icu-prognosis": "1.0.0"]))
  }

  /// A policy that asks about the past comes in force with a model: what was acted on before is known to it, and counted once.
  @Test func anActivatedPolicyKnowsThePast() async throws {
    let alerting = AlertPolicy(acknowledgedHours: 8, unitCeiling: 100)
    let asking = try SmallModels.assessor(alerting: alerting)
    let tested = try ServiceUnderTest(load: { _, _ in asking })
    let body = try Self.request.get()
    let cards = try await tested.call(body).json()["cards"]?.elements ?? []
    let told: JSON = [
      "feedback": .array(
        cards.map {
          [
            "card": $0["uuid"], "outcome": "accepted", "acceptedSuggestions": [["id": "none"]],
            "outcomeTimestamp": .string(septicEnd.description),
          ]
        })
    ]
    let feedback = try await tested.send(
      .post, "/cds-services/patient-risk/feedback", [.contentType: "application/json"], told.encoded())
    #expect(feedback.status == .ok)
    #expect(try await tested.call(body).json()["cards"]?.elements.count == cards.count)
    try await tested.control(.choosing("0.0.1"))
    // Read again, as at the start.
    try tested.service.remember()
    #expect(try await tested.call(body).json()["cards"] == [])
    let state = try #require(AnswerState(record: try tested.records().last?.entry.payload?.state))
    #expect(state.history.shownOnUnits.values.first == 2 * cards.count)
  }

  /// What was shown is remembered from the trail, and what a clinician acted on is not shown again.
  @Test func theMemoryOfAlertsSurvivesARestart() async throws {
    let alerting = AlertPolicy(acknowledgedHours: 8)
    let tested = try ServiceUnderTest(alerting: alerting)
    let body = try Self.request.get()
    let cards = try await tested.call(body).json()["cards"]?.elements ?? []
    #expect(!cards.isEmpty)
    let told: JSON = [
      "feedback": .array(
        cards.map {
          ["card": $0["uuid"], "outcome": "overridden", "outcomeTimestamp": .string(septicEnd.description)]
        })
    ]
    let feedback = try await tested.send(
      .post, "/cds-services/patient-risk/feedback", [.contentType: "application/json"], told.encoded())
    #expect(feedback.status == .ok)
    #expect(try await tested.call(body).json()["cards"] == [])
    let held = try #require(try tested.records().last).entry.cards.compactMap(\.heldBack)
    #expect(held.count { $0 == "acknowledged" } == cards.count)
    // Another process on the same trail.
    let next = try tested.restarted(alerting: alerting)
    #expect(try await next.call(body).json()["cards"] == [])
    // Hours later it is news again.
    next.set(Instant(milliseconds: septicEnd.milliseconds + 9 * 3_600_000))
    #expect(try await next.call(body).status == .ok)
    #expect(try next.records().last?.entry.cards.contains { $0.heldBack == "acknowledged" } == false)
  }
}

extension Control {
  /// A version that two people chose.
  fileprivate static func choosing(_ version: String, _ minute: Int = 0) throws -> Control {
    let instant = Instant(milliseconds: septicEnd.milliseconds + 60_000 * Int64(minute))
    let digest = SmallModels.digest(.diagnosis)
    var control = Control()
    control.propose(
      .init("small-diagnosis", version: version, digest: digest, by: "ann", reason: "trial", at: instant))
    try control.approve("small-diagnosis", version: version, digest: digest, by: "bob", at: instant)
    return control
  }
}

/// Says across tasks that something is over.
private final class Flag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }

  func set() { value.withLock { $0 = true } }
}
