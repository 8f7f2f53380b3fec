// SPDX-License-Identifier: Apache-2.0

/// A failure that a sandbox shows when it is told to, so that a client's behaviour can be seen.
package enum SandboxFault: Sendable, Equatable {
  /// Answers with this status and an OperationOutcome.
  case status(Int)
  /// Answers with 200 and an OperationOutcome.
  case outcome
  /// Waits this many seconds before it answers.
  case delay(Double)
  /// Sends the head at once, then a byte every so many seconds.
  case drip(Double)
  /// Redirects to this URL.
  case redirect(String)
  /// Answers with text that is no JSON.
  case garbage
  /// Every page says that another one follows.
  case endless
  /// The next page is said to be at this URL.
  case nextAt(String)

  /// Reads `500`, `outcome`, `delay:2.5`, `drip:0.5`, `redirect:URL`, `garbage`, `endless` or `next:URL`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("outcome", 1): self = .outcome
    case ("garbage", 1): self = .garbage
    case ("endless", 1): self = .endless
    case ("delay", 2):
      guard let seconds = Double(parts[1]), (0...3600).contains(seconds) else { return nil }
      self = .delay(seconds)
    case ("drip", 2):
      guard let seconds = Double(parts[1]), (0...3600).contains(seconds) else { return nil }
      self = .drip(seconds)
    case ("redirect", 2): self = .redirect(parts[1])
    case ("next", 2): self = .nextAt(parts[1])
    case (let number?, 1):
      guard let status = Int(number), (400...599).contains(status) else { return nil }
      self = .status(status)
    default: return nil
    }
  }
}
