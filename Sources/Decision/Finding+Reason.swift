// SPDX-License-Identifier: Apache-2.0
import Features

extension Finding {
  /// Why there is no probability.
  package struct Reason: Sendable, Equatable {
    /// A permanent name.
    package var code: String
    /// Completes "not assessed, because ...".
    package var text: String

    init(code: String, text: String) {
      self.code = code
      self.text = text
    }

    /// The stay itself may not be assessed.
    init(_ ineligibility: Ineligibility) {
      self.init(code: ineligibility.code, text: ineligibility.text)
    }

    /// What the outcome cannot be judged without was not measured.
    ///
    /// - Parameter needs: for each need that is not met the titles of the signals of which one would do.
    init(needs: [[String]]) {
      let texts = needs.map { $0.joined(separator: " or ") }
      self.init(
        code: "needed-signal-missing", text: "it needs a usable value of \(texts.joined(separator: "; and of "))")
    }

    /// The networks gave something that is no number.
    static let notFinite = Reason(code: "not-finite", text: "the model gave no number")
  }
}
