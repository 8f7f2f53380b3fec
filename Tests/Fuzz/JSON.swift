// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Any text as JSON: refused, or read into a document that survives its own writing and a chart's gathering. As NDJSON each of
/// its lines is what it is by itself.
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
  checkLines(of: bytes)
  return 0
}

private func checkLines(of bytes: [UInt8]) {
  var lines: [NDJSON.Line] = []
  let read: Void? = try? NDJSON().read(ByteStream(bytes)) {
    Array($0)
  } emit: {
    lines += $0
  }
  precondition(read != nil, "bytes in memory are read")
  var rest = lines[...]
  for (number, text) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
    if text.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
    let line = rest.removeFirst()
    precondition(line.number == number + 1, "lines are counted")
    let alone = Result { () throws(FHIRError) in try Document(Array(text), syntax: .json) }
    switch (line.document, alone) {
    case (.success(let found), .success(let expected)):
      precondition(found.root == expected.root && found.line.elementsEqual(text), "a line is a document of its own")
    case (.failure(let found), .failure(let expected)):
      precondition(
        found.code == expected.code && found.offset == expected.offset && found.path == expected.path,
        "a line is refused as by itself")
    default: preconditionFailure("a line is judged by itself")
    }
  }
  precondition(rest.isEmpty, "there is no line more")
}
