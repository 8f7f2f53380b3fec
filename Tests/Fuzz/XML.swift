// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Any text as XML: refused, or read into a document that survives its own writing in both syntaxes.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  do throws(FHIRError) {
    let document = try Document(bytes, syntax: .xml)
    precondition((try? Document.checkSyntax(of: bytes, as: .xml)) != nil, "a document is XML")
    for issue in document.issues { precondition(issue.path != nil) }
    for chart in Chart.charts(in: [document]) { precondition(chart.lastInstant?.milliseconds != .min) }
    if let json = try? document.converted(to: .json) {
      let twin = try Document(json, syntax: .json)
      precondition(twin.root == document.root, "JSON that was written means the same")
    }
  } catch {
    precondition(error.offset.map { $0 >= 0 && $0 <= count } ?? true, "an error points into the text")
    precondition(error.code != .outOfMemory)
  }
  return 0
}
