// SPDX-License-Identifier: Apache-2.0
import CAllocations
import FHIR
import Features
import Testing

/// From text to features the heap is asked a few times a resource, whatever the machine: a count, not a time.
@Suite struct AllocationTests {
  #if os(Linux)
    @Test(arguments: [("septic-deterioration", 2.7), ("stable-postoperative", 2.7)])
    func countPerResourceIsPinned(name: String, most: Double) throws {
      let bytes = try Fixture.bytes("FixturesFHIR/\(name).json")
      let (profile, terminology) = (try Fixture.prognosis.get(), try Fixture.terminology.get())
      let end = try Fixture.end(of: name)
      func features() throws -> Int {
        let document = try Document(bytes, syntax: .json)
        let chart = Chart.charts(in: [document])[0]
        let timeline = profile.timeline(of: chart, at: end, terminology: terminology)
        _ = profile.vector(timeline, atHour: 48)
        return document.root.elements("entry").reduce(0) { count, _ in count + 1 }
      }
      _ = try features()  // tables that are made once
      allocations_begin()
      let resources = try features()
      let count = Double(allocations_end()) / Double(resources)
      #expect(count > 0)
      #expect(count <= most)
    }
  #endif
}
