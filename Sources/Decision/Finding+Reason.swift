// SPDX-License-Identifier: Apache-2.0
import FHIR
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

    /// What the outcome cannot be judged without was not measured, or too long ago.
    ///
    /// - Parameter needs: for each need that is not met the titles of the signals of which one would do.
    init(needs: [[String]]) {
      let texts = needs.map { $0.joined(separator: " or ") }
      self.init(
        code: "needed-signal-missing", text: "it needs a current value of \(texts.joined(separator: "; and of "))")
    }

    /// The chart is unlike those of the training patients.
    init(_ unlikeness: Unlikeness) {
      let few = unlikeness.signals.prefix(3)
      let names = few.isEmpty ? "" : " (\(few.joined(separator: ", ")))"
      self.init(
        code: "out-of-distribution", text: "its values are unlike those of the patients the model learned from\(names)")
    }

    /// The state whose onset is asked for has begun.
    ///
    /// - Parameters:
    ///   - signal: the title of the signal that showed it last.
    ///   - instant: when.
    init(presentBy signal: String, at instant: Instant?) {
      let time = instant.map { " at \(CardDetail.utc($0))" } ?? ""
      self.init(code: "already-present", text: "it is present already, last by \(signal)\(time)")
    }

    /// Nothing that bears on the state whose onset is asked for was measured.
    static let stateUnknown = Reason(
      code: "state-unknown", text: "nothing measured so far tells whether it is present already")

    /// The operator stopped the model.
    static let stopped = Reason(code: "stopped", text: "the model is stopped")

    /// The networks gave something that is no number.
    static let notFinite = Reason(code: "not-finite", text: "the model gave no number")
  }
}
