// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import HTTPTypes
import HummingbirdTesting
import Server
import Synchronization
import Testing

/// A model answers by the word of two people, and is the package that they spoke of.
@Suite struct ActivationTests {
  static let model = "small-diagnosis"
  static let digest = SmallModels.digest(.diagnosis)
  static let other = String(repeating: "3f", count: 32)

  static func proposal(
    _ version: String = "0.0.2", by: String = "Ann Lee", digest: String = digest
  ) -> Control.Activation {
    .init(model, version: version, digest: digest, by: by, reason: "validated", at: septicEnd)
  }

  static func instant(_ minutes: Int64) -> Instant {
    Instant(milliseconds: septicEnd.milliseconds + 60_000 * minutes)
  }

  /// What two people chose.
  static func chosen(_ version: String, _ minutes: Int64 = 0, digest: String = digest) throws -> Control {
    var control = Control()
    control.propose(proposal(version, digest: digest))
    try control.approve(model, version: version, digest: digest, by: "Bob", at: instant(minutes))
    return control
  }

  /// Why a start does not take what a file says; nil when it does.
  static func fault(_ control: Control, _ assessor: Assessor) -> Control.Fault? {
    do {
      _ = try InForce(control, load: { _, _ in assessor })
      return nil
    } catch {
      return error as? Control.Fault
    }
  }

  static func version(_ tested: ServiceUnderTest) -> String { tested.service.assessor.packages[0].manifest.version }

  /// Nobody puts in force what is his own (separation of duties): not through the command, not by writing the file.
  @Test func aVersionTakesTwoPeople() async throws {
    let old = try SmallModels.assessor.get()
    let renamed = try SmallModels.assessor(version: "0.0.2")
    let tested = try ServiceUnderTest(load: { versions, _ in versions[Self.model] == nil ? old : renamed })
    var control = Control()
    #expect(throws: Control.ApprovalRefusal.nothingWaits) {
      try control.approve(Self.model, version: "0.0.2", digest: Self.digest, by: "bob", at: septicEnd)
    }
    control.propose(Self.proposal())
    try await tested.control(control)
    #expect(Self.version(tested) == "0.0.1" && control.waiting(Self.model) != nil)
    #expect(try ControlTests.notes(tested) == ["proposed: small-diagnosis 0.0.2, by Ann Lee: validated"])
    // Written by hand: alone, in nobody's name, or in a name of one's own.
    var forged = control
    forged.versions[Self.model] = "0.0.2"
    try await tested.control(forged)
    for name in ["ann lee", "", " \u{200B}", "Ann\u{200B} Lee"] {
      forged.activations[0].approvedBy = name
      forged.activations[0].approvedAt = septicEnd.description
      try await tested.control(forged)
      #expect(try ControlTests.notes(tested).last == "refused: CTL004: small-diagnosis", "\(name)")
    }
    #expect(Self.version(tested) == "0.0.1")
    try control.approve(Self.model, version: "0.0.2", digest: Self.digest, by: "Bob", at: septicEnd)
    try await tested.control(control)
    #expect(Self.version(tested) == "0.0.2" && control.waiting(Self.model) == nil)
    #expect(
      try ControlTests.notes(tested).last?.hasSuffix(
        "; small-diagnosis 0.0.2 proposed by Ann Lee, approved by Bob: validated") == true)
    // A stop needs nobody else.
    control.stops = [ControlTests.stop(.all)]
    try await tested.control(control)
    #expect(try await tested.call(try ControlTests.request.get()).status == .serviceUnavailable)
  }

  /// Who writes a name otherwise is the same person.
  @Test(arguments: [
    "Ann Lee", "ann  lee", " ANN LEE ", "Ann\u{A0}Lee", "Ann\tLee", "An\u{200B}n Lee", "Ann\u{2060} Lee",
    "\u{FF21}nn Lee", "Ann Lee\u{FEFF}", "A\u{AD}nn\u{202E} Lee", "AnnLee",
  ])
  func oneOwnNameWrittenOtherwiseIsNoSecondPerson(_ name: String) {
    var control = Control()
    control.propose(Self.proposal())
    #expect(throws: Control.ApprovalRefusal.ownProposal) {
      try control.approve(Self.model, version: "0.0.2", digest: Self.digest, by: name, at: septicEnd)
    }
    #expect(control.versions.isEmpty)
  }

  @Test func whatIsApprovedIsWhatWasProposed() {
    var control = Control()
    control.propose(Self.proposal("0.0.2"))
    control.propose(Self.proposal("0.0.3", by: "Eve"))
    #expect(throws: Control.ApprovalRefusal.otherVersion) {
      try control.approve(Self.model, version: "0.0.2", digest: Self.digest, by: "Bob", at: septicEnd)
    }
    #expect(throws: Control.ApprovalRefusal.otherPackage) {
      try control.approve(Self.model, version: "0.0.3", digest: Self.other, by: "Bob", at: septicEnd)
    }
    for name in ["", "\u{200B}\u{2060} "] {
      #expect(throws: Control.ApprovalRefusal.nameless) {
        try control.approve(Self.model, version: "0.0.3", digest: Self.digest, by: name, at: septicEnd)
      }
    }
    #expect(control.versions.isEmpty && control.waiting(Self.model)?.proposedBy == "Eve")
  }

  /// The approval is of a package's bytes: another one under the same version answers neither in a running service nor after a
  /// start, and can be approved in its turn.
  @Test func anotherPackageUnderTheVersionDoesNotAnswer() async throws {
    let exchanged = try SmallModels.assessor(version: "0.0.2", digests: [.diagnosis: Self.other])
    let tested = try ServiceUnderTest(load: { _, _ in exchanged })
    try await tested.control(try Self.chosen("0.0.2"))
    #expect(Self.version(tested) == "0.0.1")
    #expect(
      try ControlTests.notes(tested).last
        == "refused: activation: CTL005; small-diagnosis 0.0.2 proposed by Ann Lee, approved by Bob: validated")
    let control = try Self.chosen("0.0.2")
    #expect(Self.fault(control, exchanged) == .otherPackage)
    try await tested.control(try Self.chosen("0.0.2", 1, digest: Self.other))
    #expect(tested.service.assessor.packages[0].digest == Self.other)
  }

  /// A start takes no version of a model but the one that was approved last.
  @Test func aStartHoldsTheFileAgainstItsApprovals() throws {
    let assessor = try SmallModels.assessor(version: "0.0.2")
    let approved = try Self.chosen("0.0.2")
    #expect(Self.fault(approved, assessor) == nil)
    for version in ["0.0.1", nil] {
      var control = approved
      control.versions[Self.model] = version
      #expect(Self.fault(control, assessor) == .unapproved)
    }
    var nameless = approved
    nameless.activations[0].approvedBy = ""
    #expect(Self.fault(nameless, assessor) == .unapproved)
    // Of a time when one person's word was enough.
    #expect(Self.fault(Control(versions: [Self.model: "0.0.2"]), assessor) == nil)
  }

  /// An approval that was once in force and was followed by another is no approval when an old file is put back.
  @Test func anOldApprovalIsNotReplayed() async throws {
    let (old, new) = (try SmallModels.assessor.get(), try SmallModels.assessor(version: "0.0.2"))
    let tested = try ServiceUnderTest(load: { versions, _ in versions[Self.model] == "0.0.2" ? new : old })
    let kept = try Self.chosen("0.0.2", 0)
    try await tested.control(kept)
    // Approved after it, though the clock was stepped back in between.
    var rolledBack = kept
    rolledBack.propose(Self.proposal("0.0.1"))
    try rolledBack.approve(Self.model, version: "0.0.1", digest: Self.digest, by: "Bob", at: Self.instant(-60))
    try await tested.control(rolledBack)
    #expect(Self.version(tested) == "0.0.1")
    try await tested.control(kept)
    #expect(Self.version(tested) == "0.0.1")
    #expect(try ControlTests.notes(tested).last == "refused: CTL004: small-diagnosis")
  }

  /// Who stood behind it is on record when it fails and when it then succeeds; other models stay what they are.
  @Test func bothNamesAreOnRecordWhenTheFirstLoadFailed() async throws {
    let new = try SmallModels.assessor(version: "0.0.2")
    let attempts = Counter()
    let tested = try ServiceUnderTest(load: { _, held in
      #expect(held?.map(\.manifest.id) == ["small-prognosis"])
      guard attempts.next() > 1 else { throw CDSHooksError(.internalError) }
      return new
    })
    var control = try Self.chosen("0.0.2")
    try await tested.control(control)
    #expect(Self.version(tested) == "0.0.1")
    control.stops = [ControlTests.stop(.model, "nothing")]
    try await tested.control(control)
    #expect(Self.version(tested) == "0.0.2")
    let notes = try ControlTests.notes(tested).filter { !$0.hasPrefix("stopped") }
    #expect(notes.count == 2 && notes.allSatisfy { $0.hasSuffix("proposed by Ann Lee, approved by Bob: validated") })
    #expect(notes.first?.hasPrefix("refused") == true && notes.last?.hasPrefix("activated") == true)
  }
}

/// Counts across tasks.
private final class Counter: Sendable {
  private let value = Mutex(0)

  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}
