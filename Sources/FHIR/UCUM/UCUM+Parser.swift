// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// A symbol of the unit table.
  struct Atom: Sendable {
    var unit: Unit
    /// True when prefixes may stand before it.
    var isMetric: Bool
  }

  /// Recursive descent over the grammar of UCUM, section 2, on the bytes of one unit.
  ///
  ///     mainTerm  = ["/"] term
  ///     term      = component { ("." | "/") component }
  ///     component = "(" term ")" | factor [annotation] | symbol [exponent] [annotation] | annotation
  struct Parser {
    let bytes: [UInt8]
    let atoms: [String: Atom]
    private var position = 0

    init(bytes: [UInt8], atoms: [String: Atom]) {
      self.bytes = bytes
      self.atoms = atoms
    }

    /// The longest unit read, in bytes; the longest in use are below 60. It also bounds the depth of recursion.
    static let lengthLimit = 200

    mutating func unit() throws(UCUMError) -> Unit {
      guard bytes.count <= Parser.lengthLimit else { throw UCUMError(.outOfRange, at: Parser.lengthLimit) }
      var result = Unit()
      if take("/") {
        result = try place { parser throws(UCUMError) in try result / parser.component() }
      } else {
        result = try component()
      }
      result = try term(startingWith: result)
      guard position == bytes.count else { throw UCUMError(.syntax, at: position) }
      return result
    }

    private mutating func term(startingWith first: Unit) throws(UCUMError) -> Unit {
      var result = first
      while true {
        if take(".") {
          result = try place { parser throws(UCUMError) in try result * parser.component() }
        } else if take("/") {
          result = try place { parser throws(UCUMError) in try result / parser.component() }
        } else {
          return result
        }
      }
    }

    private mutating func component() throws(UCUMError) -> Unit {
      guard position < bytes.count else { throw UCUMError(.syntax, at: position) }
      if take("(") {
        let inner = try term(startingWith: component())
        guard take(")") else { throw UCUMError(.syntax, at: position) }
        return inner
      }
      if bytes[position] == UInt8(ascii: "{") {
        try annotation()
        return Unit()
      }
      let isFactor = isDigit(bytes[position]) && !isPowerOfTenSymbol
      let result = isFactor ? try factor() : try symbolWithExponent()
      if position < bytes.count, bytes[position] == UInt8(ascii: "{") { try annotation() }
      guard position == bytes.count || ends(bytes[position]) else { throw UCUMError(.syntax, at: position) }
      return result
    }

    private mutating func factor() throws(UCUMError) -> Unit {
      let start = position
      guard let number = digits(), let magnitude = Magnitude(number) else { throw UCUMError(.outOfRange, at: start) }
      return Unit(magnitude: magnitude)
    }

    private mutating func symbolWithExponent() throws(UCUMError) -> Unit {
      let start = position
      let unit = try lookUp(symbol(), at: start)
      let exponentStart = position
      let isNegative = take("-")
      let isSigned = isNegative || take("+")
      guard position < bytes.count, isDigit(bytes[position]) else {
        if isSigned { throw UCUMError(.syntax, at: position) }
        return unit
      }
      guard let exponent = digits(), exponent <= Unit.exponentLimit else {
        throw UCUMError(.outOfRange, at: exponentStart)
      }
      do {
        return try unit.raised(to: isNegative ? -Int(exponent) : Int(exponent))
      } catch {
        throw UCUMError(error.code, at: start)
      }
    }

    /// The bytes of a symbol: everything to the next delimiter, square brackets taken whole.
    private mutating func symbol() throws(UCUMError) -> Range<Int> {
      let start = position
      if isPowerOfTenSymbol {
        position += 3
        return start..<position
      }
      while position < bytes.count {
        let byte = bytes[position]
        if byte == UInt8(ascii: "[") {
          guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "]")) else {
            throw UCUMError(.syntax, at: position)
          }
          position = end + 1
        } else if isSymbol(byte) {
          position += 1
        } else {
          break
        }
      }
      guard position > start else { throw UCUMError(.syntax, at: position) }
      return start..<position
    }

    private func lookUp(_ range: Range<Int>, at offset: Int) throws(UCUMError) -> Unit {
      if let atom = atom(range) { return atom.unit }
      var takesNone = false
      for length in [2, 1] where range.count > length {
        let name = String(decoding: bytes[range.lowerBound..<range.lowerBound + length], as: UTF8.self)
        guard let prefix = UCUM.prefixes[name], let atom = atom(range.dropFirst(length)) else { continue }
        guard atom.isMetric else {
          takesNone = true
          continue
        }
        var unit = atom.unit
        if unit.special == nil {
          unit.magnitude = prefix * unit.magnitude
        } else {
          unit.scale = prefix
        }
        return unit
      }
      throw UCUMError(takesNone ? .prefixNotAllowed : .unknownUnit, at: offset)
    }

    private func atom(_ range: Range<Int>) -> Atom? {
      atoms[String(decoding: bytes[range], as: UTF8.self)]
    }

    /// Text in braces, which has no meaning: printable ASCII without blanks and braces.
    private mutating func annotation() throws(UCUMError) {
      position += 1
      while position < bytes.count, bytes[position] != UInt8(ascii: "}") {
        let byte = bytes[position]
        guard (33...126).contains(byte), byte != UInt8(ascii: "{") else { throw UCUMError(.syntax, at: position) }
        position += 1
      }
      guard take("}") else { throw UCUMError(.syntax, at: position) }
    }

    /// The digits at the position as a number; nil beyond 64 bits.
    private mutating func digits() -> UInt64? {
      var number: UInt64? = 0
      while position < bytes.count, isDigit(bytes[position]) {
        let digit = UInt64(bytes[position] - UInt8(ascii: "0"))
        let (tens, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
        number = number == nil || overflow || tens > UInt64.max - digit ? nil : tens + digit
        position += 1
      }
      return number
    }

    /// Gives an error of the algebra, which knows no place, the place of the component at fault.
    private mutating func place(_ body: (inout Parser) throws(UCUMError) -> Unit) throws(UCUMError) -> Unit {
      let start = position
      do {
        return try body(&self)
      } catch {
        throw UCUMError(error.code, at: error.offset ?? start)
      }
    }

    private mutating func take(_ delimiter: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: delimiter) else { return false }
      position += 1
      return true
    }

    /// True at `10*` or `10^`, the one symbol that begins with a digit.
    private var isPowerOfTenSymbol: Bool {
      position + 2 < bytes.count && bytes[position] == UInt8(ascii: "1") && bytes[position + 1] == UInt8(ascii: "0")
        && (bytes[position + 2] == UInt8(ascii: "*") || bytes[position + 2] == UInt8(ascii: "^"))
    }

    private func isDigit(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private func ends(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ")")
    }

    private func isSymbol(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: "%"), UInt8(ascii: "'"):
        true
      default: false
      }
    }
  }
}
