// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Any text as JSON: refused, or read into a document that survives its own writing and a chart's gathering.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let syntax: Result<Void, FHIRError> = Result { () throws(FHIRError) in
    try Document.checkSyntax(of: bytes, as: .json)
  }
  do throws(FHIRError) {
    let document = try Document(bytes, syntax: .json)
    precondition((try? syntax.get()) != nil, "a document is JSON")
    let again = try Document(JSON(document.root).encoded(), syntax: .json)
    precondition(again.root == document.root && again.nodeCount == document.nodeCount, "writing loses nothing")
    for chart in Chart.charts(in: [document]) { precondition(chart.lastInstant?.milliseconds != .min) }
    if let xml = try? document.converted(to: .xml) {
      let twin = try Document(xml, syntax: .xml)
      precondition(twin.root == document.root, "XML that was written means the same")
    }
  } catch {
    precondition(error.offset.map { $0 >= 0 && $0 <= count } ?? true, "an error points into the text")
  }
  return 0
}
