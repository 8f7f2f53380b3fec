// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import TestSupport
import Testing

extension HoldTests {
  /// What is living and held, as a dictionary of sets has it.
  private struct Model {
    /// Of each living patient the cases that hold them, and the hours of their first and last answer.
    var patients: [Int: (cases: Set<String?>, first: Int64, last: Int64)] = [:]

    func held(for legalCase: String?) -> [Int] {
      patients.keys.filter { patients[$0]?.cases.contains(legalCase) == true }.sorted()
    }

    mutating func answer(_ number: Int, hour: Int64) {
      patients[number] = (patients[number]?.cases ?? [], patients[number]?.first ?? hour, hour)
    }

    mutating func hold(_ number: Int, for legalCase: String?) -> AuditError.Code? {
      guard patients[number] != nil else { return .unknownPatient }
      patients[number]?.cases.insert(legalCase)
      return nil
    }

    mutating func release(_ number: Int, from legalCase: String?) -> AuditError.Code? {
      guard let patient = patients[number] else { return .unknownPatient }
      guard patient.cases.contains(legalCase) else { return .notFound }
      patients[number]?.cases.remove(legalCase)
      return nil
    }

    /// - Returns: whom it holds anew.
    mutating func hold(allBefore hour: Int64, for legalCase: String) -> [Int] {
      let found = patients.filter { $0.value.first < hour && !$0.value.cases.contains(legalCase) }.keys.sorted()
      for number in found { patients[number]?.cases.insert(legalCase) }
      return found
    }

    mutating func close(_ legalCase: String) -> AuditError.Code? {
      let found = held(for: legalCase)
      for number in found { patients[number]?.cases.remove(legalCase) }
      return found.isEmpty ? .notFound : nil
    }

    mutating func erase(_ number: Int) -> AuditError.Code? {
      guard let patient = patients[number] else { return .unknownPatient }
      guard patient.cases.isEmpty else { return .held }
      patients[number] = nil
      return nil
    }

    mutating func purge(before hour: Int64) -> AuditError.Code? {
      let found = patients.filter { $0.value.cases.isEmpty && $0.value.last < hour }
      for number in found.keys { patients[number] = nil }
      return found.isEmpty ? .notFound : nil
    }
  }

  private func code(_ work: () async throws -> Void) async throws -> AuditError.Code? {
    do {
      try await work()
      return nil
    } catch let error as AuditError {
      return error.code
    }
  }

  private func purge(_ trail: AuditTrail, before hour: Int64) async throws {
    var proposal = AuditEntry(time: Self.noon, kind: .proposal)
    (proposal.outcome, proposal.origin, proposal.reason) = (Proposal.purge.rawValue, "officer", "yearly")
    proposal.instant = Self.answer(0, hour: hour).time
    var approval = Self.approval(of: try await trail.perform(proposal))
    approval.outcome = Proposal.purge.rawValue
    _ = try await trail.perform(approval)
  }

  /// Random lives of a few patients: what is allowed and who is held is what the model says, after each step.
  @Test(arguments: TestStore.atHand) func whoIsHeldIsWhomAModelHolds(_ store: TestStore) async throws {
    var random = SplitMix64(seed: 54)
    let cases: [String?] = [nil, "2026-17", "2026-18"]
    var (done, refused): (Set<Int>, Set<String>) = ([], [])
    for _ in 0..<(store == .sqlite ? 12 : 4) {
      let directory = try TemporaryDirectory(store)
      let trail = try AuditTrail(directory: directory.data)
      let reader = try AuditReader(directory: directory.data)
      var model = Model()
      for step in Int64(1)...50 {
        let number = Int.random(in: 1...5, using: &random)
        let patient = Self.patient(number)
        let legalCase = cases.randomElement(using: &random) ?? nil
        let named = legalCase ?? "2026-17"
        let (expected, found): (AuditError.Code?, AuditError.Code?)
        let choice = Int.random(in: 0..<9, using: &random)
        switch choice {
        case 0...1:
          model.answer(number, hour: step)
          (expected, found) = (nil, try await code { _ = try await trail.append(Self.answer(number, hour: step)) })
        case 2...3:
          expected = model.hold(number, for: legalCase)
          found = try await code { _ = try await trail.hold(patient, Self.deed(legalCase)) }
        case 4:
          let wanted = model.hold(allBefore: step / 2, for: named)
          var search = AuditReader.Search()
          search.until = Self.answer(0, hour: step / 2).time
          let scope = try Self.scope(directory, named, search)
          #expect(scope.patients.pseudonyms == wanted.map(Self.patient), "step \(step)")
          expected = wanted.isEmpty ? .notFound : nil
          found = try await code { _ = try await trail.perform(Self.hold(named), showing: scope.patients) }
        case 5:
          expected = model.release(number, from: legalCase)
          found = try await code { _ = try await trail.done(.release, to: patient, of: legalCase) }
        case 6:
          expected = model.close(named)
          found = try await code { _ = try await trail.done(.release, to: nil, of: named) }
        case 7:
          expected = model.erase(number)
          found = try await code { _ = try await trail.done(.erasure, to: patient) }
        default:
          let hour = step - Int64.random(in: 0...10, using: &random)
          expected = model.purge(before: hour)
          found = try await code { try await purge(trail, before: hour) }
        }
        #expect(found == expected, "step \(step), \(choice)")
        if let found { refused.insert("\(choice) \(found)") } else { done.insert(choice) }
        for legalCase in cases {
          let held = try reader.patientsHeld(for: legalCase)
          #expect(held == Set(model.held(for: legalCase).map(Self.patient)), "step \(step), \(choice)")
        }
        let living = try trail.store.read { database in
          try database.number("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL")
        }
        #expect(living == Int64(model.patients.count), "step \(step), \(choice)")
      }
      try trail.close()
      #expect(try Self.faults(directory) == [])
    }
    #expect(done == Set(0...8) && refused.count >= 9, "\(refused)")
  }
}
