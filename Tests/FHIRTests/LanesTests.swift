// SPDX-License-Identifier: Apache-2.0
import Dispatch
import FHIR
import Synchronization
import Testing

@Suite struct LanesTests {
  private struct Stop: Error, Equatable { let at: Int }

  @Test(arguments: [1, 2, 3, 8])
  func resultsComeInTheOrderOfTheItems(count: Int) {
    var (waiting, found) = ((0..<2_000).makeIterator(), [Int]())
    Lanes(count).run {
      waiting.next()
    } work: { item in
      // Some items take longer than others.
      (0..<(item % 7 * 100)).reduce(item) { $0 ^ $1 ^ $1 }
    } emit: {
      found.append($0)
    }
    #expect(found == Array(0..<2_000))
  }

  /// What is done early waits in memory for what is late, so nobody may run far ahead.
  @Test func oneSlowItemHoldsTheOthersUp() {
    let lanes = 4
    let begun = Mutex(0)
    let most = Mutex(0)
    var waiting = (0..<1_000).makeIterator()
    Lanes(lanes).run {
      waiting.next()
    } work: { item in
      begun.withLock { $0 += 1 }
      // The first ends when the others have come as far as they may, or to the end.
      if item == 0 {
        var (last, same) = (0, 0)
        while same < 50 {
          let now = begun.withLock { $0 }
          same = now == last ? same + 1 : 0
          last = now
          _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(1))
        }
        most.withLock { $0 = last }
      }
    } emit: { _ in
    }
    #expect(most.withLock { $0 } <= 16)
  }

  @Test(arguments: [1, 2, 5]) func theFirstFailureEndsIt(count: Int) {
    for place in [0, 1, 17, 99] {
      var (waiting, given) = ((0..<100).makeIterator(), [Int]())
      #expect(throws: Stop(at: place)) {
        try Lanes(count).run { () throws(Stop) in
          waiting.next()
        } work: {
          $0
        } emit: { (item) throws(Stop) in
          if item == place { throw Stop(at: item) }
          given.append(item)
        }
      }
      #expect(given == Array(0..<place))
    }
  }

  /// What came before a stream broke is given out whole, whatever the number of threads and whichever item takes long.
  @Test(arguments: [1, 2, 4]) func whatCameBeforeAFaultIsGivenOut(count: Int) {
    for round in 0..<200 {
      var (next, given) = (0, [Int]())
      #expect(throws: Stop(at: 20)) {
        try Lanes(count).run { () throws(Stop) in
          if next == 20 { throw Stop(at: next) }
          defer { next += 1 }
          return next
        } work: { item in
          (0..<(item % 3 == round % 3 ? 2_000 : 1)).reduce(item) { $0 ^ $1 ^ $1 }
        } emit: { (item) throws(Stop) in
          given.append(item)
        }
      }
      #expect(given == Array(0..<20))
    }
  }
}
