// SPDX-License-Identifier: Apache-2.0
package import Audit
import CTimex

extension ClockState {
  /// The kernel's state of its clock, which is read and not changed; nil where it says nothing, as a sandbox may have it.
  package static var ofKernel: ClockState? {
    var kernel = timex()
    // Nothing is to be changed: modes is 0. The kernel writes into the structure during the call.
    guard unsafe adjtimex(&kernel) >= 0 else { return nil }
    let perMicrosecond = kernel.status & STA_NANO != 0 ? 1000 : 1
    return ClockState(
      isSynchronised: kernel.status & STA_UNSYNC == 0, offset: Int64(kernel.offset / perMicrosecond),
      estimatedError: Int64(kernel.esterror), maximumError: Int64(kernel.maxerror))
  }
}
