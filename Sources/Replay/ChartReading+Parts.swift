// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Foundation

extension ChartReading {
  /// Reads an input in parts of the patients, of which each fits in memory: in one, mostly.
  ///
  /// An export that is larger is sorted by patient on disk first, then its parts are read side by side. An export in
  /// which a document does not say by itself whose it is (`DocumentOwner.unclear`), or versions of one resource name several
  /// patients, is one part, whatever its size.
  ///
  /// - Parameters:
  ///   - done: how many times `emit` was called in an earlier run over the same input: it goes on after that.
  ///   - held: bytes of text from which on an input is sorted on disk.
  ///   - folder: the disk.
  ///   - read: called with the length of each chunk that comes from the input, while it is read for the first time.
  ///   - work: called for each part, by several threads at once; the lanes are those it may use itself. Of an input in several
  ///     parts the first has no charts, but counts the documents, bytes and refusals of all.
  ///   - emit: gets what `work` made of each part, one part at a time, in an order that only depends on the input; of a part
  ///     that was itself too large all at once.
  /// - Throws: what `emit` throws.
  package static func parts<Value: Sendable, Failure: Error>(
    of input: ChartInput, from done: Int = 0, limits: Limits = .files, lanes: Lanes, held: Int = 32 << 20,
    folder: URL = FileManager.default.temporaryDirectory, read: @escaping @Sendable (Int) -> Void = { _ in },
    work: @escaping @Sendable (ChartReading, Lanes) -> Value, emit: @escaping ([Value]) throws(Failure) -> Void
  ) throws(Failure) {
    // What is known to be larger need not be held first: it would wait for one thread to put it on disk.
    let isLarger = input.isExport && input.files.reduce(0) { $0 + $1.packedBytes } > held
    let intake = ChartIntake(limits: limits, lanes: lanes, held: held, isLarger: isLarger, folder: folder)
    for file in input.files { intake.read(file, read: read) }
    guard let parts = intake.finish(input.name) else {
      if done == 0 { try emit([work(ChartReading(intake), lanes)]) }
      return
    }
    if done == 0 { try emit([work(ChartReading(before: intake), lanes)]) }
    let shared = intake.gathering
    var waiting = parts.indices.dropFirst(max(done - 1, 0)).makeIterator()
    try lanes.run { () throws(Failure) in
      waiting.next()
    } work: { part in
      // Each lane has one, and all of them should take no more than the whole did before.
      ChartReading.values(
        of: part, in: parts, named: input.name, limits: limits, beside: shared, digit: 1, held: held / 4,
        folder: folder,
        work: work)
    } emit: { (values) throws(Failure) in
      try emit(values)
    }
  }

  /// Digits of the patients' numbers that are sorted by at most: parts of a larger one are as large as they are.
  private static let mostDigits = 3

  private static func values<Value: Sendable>(
    of part: Int, in parts: PatientParts, named name: String, limits: Limits, beside shared: Gathering, digit: Int,
    held: Int, folder: URL,
    work: @Sendable (ChartReading, Lanes) -> Value
  ) -> [Value] {
    let intake = ChartIntake(
      limits: limits, lanes: Lanes(1), shared: shared, digit: digit, held: digit < mostDigits ? held : .max,
      folder: folder)
    intake.read(part, of: parts)
    guard let smaller = intake.finish(name) else { return [work(ChartReading(intake, beside: shared), Lanes(1))] }
    return smaller.indices.flatMap {
      values(
        of: $0, in: smaller, named: name, limits: limits, beside: shared, digit: digit + 1, held: held, folder: folder,
        work: work)
    }
  }
}
