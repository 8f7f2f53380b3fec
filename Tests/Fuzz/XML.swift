// SPDX-License-Identifier: Apache-2.0
import CBaseline
import FHIR
import Glibc

/// Any text as XML: both syntax and content as libxml2 has them; as FHIR XML refused, or read into a document that has a JSON
/// twin and survives a chart's gathering.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  compareWithLibXML2(bytes)
  do throws(FHIRError) {
    let document = try Document(bytes, syntax: .xml)
    precondition((try? Document.checkSyntax(of: bytes, as: .xml)) != nil, "a document is XML")
    for issue in document.issues { precondition(issue.path != nil) }
    for chart in Chart.charts(in: [document]) { precondition(chart.lastInstant?.milliseconds != .min) }
    let twin = try Document(JSON(document.root).encoded(), syntax: .json)
    precondition(twin.root == document.root && twin.nodeCount == document.nodeCount, "the tape is what JSON says")
    if let json = try? document.converted(to: .json) {
      let twin = try Document(json, syntax: .json)
      precondition(twin.root == document.root, "JSON that was written means the same")
      if let xml = try? twin.converted(to: .xml) {
        precondition(
          (try? Document(xml, syntax: .xml).root == document.root) == true, "XML that was written means the same")
      }
    }
  } catch {
    precondition(error.offset.map { $0 >= 0 && $0 <= count } ?? true, "an error points into the text")
    precondition(error.code != .outOfMemory)
  }
  return 0
}

/// The rule of `XMLOracleTests.difference`.
private func compareWithLibXML2(_ bytes: [UInt8]) {
  let canonical = unsafe bytes.withUnsafeBufferPointer { unsafe CanonicalXML.canonical($0) }
  do throws(FHIRError) {
    try XMLSyntax.check(bytes, limits: .unbounded)
    precondition(canonical != nil, "two passes agree")
  } catch {
    precondition(canonical == nil, "two passes agree")
    if [.otherEncoding, .invalidUTF8, .empty].contains(error.code) || bytes.contains(0) { return }
    // The declaration, where libxml2 lets two slips pass, is in what comes before the first `>`.
    if bytes.prefix(8).contains(UInt8(ascii: "?")), error.offset ?? 0 < bytes.firstIndex(of: UInt8(ascii: ">")) ?? 0 {
      return
    }
  }
  var output: UnsafeMutablePointer<UInt8>?
  var count = 0
  let verdict = unsafe baseline_xml_canonical(bytes, bytes.count, &output, &count)
  defer { unsafe free(output) }
  precondition((verdict == Int32(BASELINE_XML_ACCEPTED.rawValue)) == (canonical != nil), "libxml2 has the same verdict")
  let theirs = unsafe UnsafeBufferPointer(start: output, count: count)
  if let canonical { precondition(unsafe theirs.elementsEqual(canonical), "libxml2 has the same content") }
}

extension Limits {
  fileprivate static var unbounded: Limits {
    var limits = Limits.files
    limits.depth = .max
    return limits
  }
}
