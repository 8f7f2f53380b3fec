// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation

extension Lanes {
  /// One for each processor.
  static let all = Lanes(ProcessInfo.processInfo.activeProcessorCount)
}
