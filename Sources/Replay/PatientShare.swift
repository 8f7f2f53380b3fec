// SPDX-License-Identifier: Apache-2.0
import FHIR

/// One of several equal parts of the patients of an export: what is too large to hold at once is read share by share.
package struct PatientShare: Sendable, Equatable {
  /// Its number, from 0.
  package let index: Int
  /// The number of shares.
  package let count: Int

  package init(_ index: Int, of count: Int) {
    (self.index, self.count) = (index, max(1, count))
  }

  /// Whether a patient is in it, by the bare id.
  package func holds(patient id: String) -> Bool {
    // FNV-1a: a number of the id that is the same on every machine.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(hash % UInt64(count)) == index
  }

  /// Whether a resource may belong to a patient in it. What does not name its patient by a literal reference may.
  func mayHold(_ resource: Node) -> Bool {
    guard count > 1 else { return true }
    if resource.isResource("Patient") { return resource["id"]?.text.map(holds(patient:)) ?? true }
    guard let subject = resource["subject"] ?? resource["patient"], let text = subject["reference"]?.text else {
      return true
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let place = parts.lastIndex(of: "Patient"), place + 1 < parts.count else { return true }
    return holds(patient: String(parts[place + 1]))
  }
}
