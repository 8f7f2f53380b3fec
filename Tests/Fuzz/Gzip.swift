// SPDX-License-Identifier: Apache-2.0
import FHIR

/// Any bytes as gzip data: refused, or unpacked within the limits.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var limits = Limits()
  limits.bytes = 1 << 18
  do throws(FHIRError) {
    let text = try Gzip.inflated(bytes, limits: limits)
    precondition(text.count <= min(limits.bytes, count * limits.expansion), "the limits hold")
  } catch {
    precondition([.badGzip, .expandsTooMuch, .tooLarge].contains(error.code))
    precondition(error.offset.map { $0 >= 0 && $0 <= count } ?? true, "an error points into the data")
  }
  return 0
}
