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
  package func holds(patient id: String) -> Bool { holds(DocumentOwner.number(of: id.utf8)) }

  /// Whether a document may belong to a patient in it: what does not name its patient may.
  func mayHold(_ owner: DocumentOwner) -> Bool {
    if case .patient(let number) = owner { holds(number) } else { true }
  }

  private func holds(_ number: UInt64) -> Bool { Int(number % UInt64(count)) == index }
}
