// SPDX-License-Identifier: Apache-2.0

/// A condition of a PlanDefinition's action, in the part of FHIRPath that recommendations need.
///
///     %band = 'high' and %lactate.empty()
///     %probability >= 0.2 and %`mean-arterial-pressure` < 65
///
/// Comparisons of a variable with a number or a string, `exists()` and `empty()`, joined by `and`. As in FHIRPath a
/// comparison with nothing is empty, which does not hold. Variables are `band`, `probability`, `hour` and the ids of the
/// profile's signals and derived series, whose value is the last one that is not stale.
package struct Applicability: Sendable, Equatable {
  /// What a variable holds.
  package enum Value: Sendable, Equatable {
    case number(Double)
    case text(String)
  }

  private enum Test: Sendable, Equatable {
    case exists(Bool)
    case equal(Value)
    case unequal(Value)
    case less(Double)
    case lessOrEqual(Double)
    case greater(Double)
    case greaterOrEqual(Double)
  }

  private struct Term: Sendable, Equatable {
    var variable: String
    var test: Test
  }

  private let terms: [Term]

  /// The variables it reads.
  package var variables: [String] { terms.map(\.variable) }

  /// Parses an expression; nil when it is outside this part of FHIRPath.
  package init?(_ text: String) {
    var terms: [Term] = []
    for part in text.split(separator: " and ", omittingEmptySubsequences: false) {
      guard let term = Self.term(part) else { return nil }
      terms.append(term)
    }
    self.terms = terms
  }

  /// Whether it holds.
  package func holds(_ value: (String) -> Value?) -> Bool {
    terms.allSatisfy { term in
      let found = value(term.variable)
      switch (term.test, found) {
      case (.exists(let expected), _): return (found != nil) == expected
      case (_, nil): return false
      case (.equal(let other), let value?): return value == other
      case (.unequal(let other), let value?): return value != other
      case (.less(let bound), .number(let number)?): return number < bound
      case (.lessOrEqual(let bound), .number(let number)?): return number <= bound
      case (.greater(let bound), .number(let number)?): return number > bound
      case (.greaterOrEqual(let bound), .number(let number)?): return number >= bound
      default: return false
      }
    }
  }

  private static func term(_ text: Substring) -> Term? {
    var rest = text.drop { $0 == " " }
    guard rest.first == "%" else { return nil }
    rest = rest.dropFirst()
    let name: Substring
    if rest.first == "`" {
      name = rest.dropFirst().prefix { $0 != "`" }
      rest = rest.dropFirst(name.count + 1)
      guard rest.first == "`" else { return nil }
      rest = rest.dropFirst()
    } else {
      name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      rest = rest.dropFirst(name.count)
    }
    guard !name.isEmpty, let test = test(String(rest)) else { return nil }
    return Term(variable: String(name), test: test)
  }

  private static func test(_ text: String) -> Test? {
    let text = text.split(separator: " ").joined(separator: " ")
    if text == ".exists()" { return .exists(true) }
    if text == ".empty()" { return .exists(false) }
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    if parts[1].hasPrefix("'"), parts[1].hasSuffix("'"), parts[1].count >= 2 {
      let value = Value.text(String(parts[1].dropFirst().dropLast()))
      return parts[0] == "=" ? .equal(value) : parts[0] == "!=" ? .unequal(value) : nil
    }
    guard let number = Double(parts[1]), number.isFinite else { return nil }
    return switch parts[0] {
    case "=": .equal(.number(number))
    case "!=": .unequal(.number(number))
    case "<": .less(number)
    case "<=": .lessOrEqual(number)
    case ">": .greater(number)
    case ">=": .greaterOrEqual(number)
    default: nil
    }
  }
}
