// SPDX-License-Identifier: Apache-2.0

/// What XML does not say and JSON does (R4 xml.html, json.html): which elements of a type repeat, which are numbers or
/// booleans, which are XML attributes, and in which order the schema wants them. Generated from HL7's XSD; see
/// `generate.py` for the grammar of the text. Lookups touch flat arrays and allocate nothing.
package struct ElementTable: Sendable {
  /// How the value of a type is written in JSON.
  package enum Form: UInt8, Sendable { case complex, string, number, boolean, xhtml, resource }

  /// A type: its name, JSON form and elements (inherited ones first, attributes before all).
  package struct FHIRType: Sendable {
    package let name: String
    package var form: Form
    package var isResource = false
    /// Indices into `elements`, in schema order.
    package var elements = 0..<0
  }

  /// One element of a type.
  package struct Element: Sendable {
    /// Number of the name among all distinct names of the table.
    package let name: Int32
    package let type: Int32
    package let repeats: Bool
    package let isAttribute: Bool
    /// The form of `type`.
    package let form: Form
  }

  /// All types; resources, data types and the backbone types inside them.
  package private(set) var types: [FHIRType] = []
  /// The elements of all types, a range of it for each type.
  package private(set) var elements: [Element] = []
  /// Distinct element names.
  package private(set) var names: [String] = []
  /// The index of `Element`, the type of an element about which nothing else is known.
  package private(set) var elementType: Int32 = 0

  /// One element of one type, in one place of memory.
  struct Entry {
    /// The type it is an element of, or -1 in an empty slot.
    var owner: Int32
    /// Index into `elements`; negative for an element that the table does not have.
    var index: Int32
    var element: Element
  }

  private var typeIndex: [String: Int32] = [:]
  /// The numbers of the names by their bytes.
  private(set) var dictionary = NameDictionary()
  /// Open addressing by type and number of the name.
  private var slots: [Entry] = []

  /// FHIR R4 (4.0.1).
  package static let r4Table = ElementTable(parsing: r4)

  /// The index of the type of that name.
  package func type(named name: String) -> Int32? { typeIndex[name] }

  /// The index of the resource type of that name.
  package func resource(named name: String) -> Int32? {
    typeIndex[name].flatMap { types[Int($0)].isResource ? $0 : nil }
  }

  /// The number of the name, when any type has an element of that name.
  package func name(_ text: String) -> Int32? {
    var text = text
    return text.withUTF8 { unsafe name($0) }
  }

  /// The number of the name whose UTF-8 bytes are given, when any type has an element of that name.
  func name(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32? { unsafe dictionary.number(of: bytes) }

  /// What is known of a type's element by the number of its name, or nil; no name has the number -1.
  @inline(__always)
  func entry(of type: Int32, name: Int32) -> Entry? {
    var slot = Self.hash(type, name) & (slots.count - 1)
    while slots[slot].owner >= 0 {
      if slots[slot].owner == type && slots[slot].element.name == name { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// The index in `elements` of a type's element by the number of its name, or nil.
  package func element(of type: Int32, name: Int32) -> Int32? { entry(of: type, name: name)?.index }

  /// The index in `elements` of a type's element by its name, or nil.
  package func element(of type: Int32, named name: String) -> Int32? {
    self.name(name).flatMap { element(of: type, name: $0) }
  }

  private static func hash(_ type: Int32, _ name: Int32) -> Int {
    let key = UInt64(UInt32(bitPattern: type)) << 32 | UInt64(UInt32(bitPattern: name))
    return Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 40)
  }

  /// A line of the text: a type with its own elements, before inheritance.
  private struct Declaration {
    var base: String?
    var words: [Substring]
  }

  /// Reads the text written by generate.py; it is ours, so a line that does not fit is skipped, and a test sees to it
  /// that none is.
  private init(parsing text: StaticString) {
    var declarations: [Declaration] = []
    for line in Self.lines(text) {
      var words = line.split(separator: " ")
      guard !words.isEmpty else { continue }
      var head = words.removeFirst()
      if head.first == "!" {
        let form: Form = head == "!number" ? .number : head == "!boolean" ? .boolean : .string
        for word in words { declare(String(word), word == "xhtml" ? .xhtml : form, isResource: false) }
        declarations += words.map { _ in Declaration(base: nil, words: []) }
      } else {
        let isResource = head.first == "+"
        if isResource { head.removeFirst() }
        let parts = head.split(separator: "<")
        declare(String(parts[0]), .complex, isResource: isResource)
        declarations.append(Declaration(base: parts.count > 1 ? String(parts[1]) : nil, words: words))
      }
    }
    declare("ResourceContainer", .resource, isResource: false)
    declarations.append(Declaration(base: nil, words: []))
    var owners: [Int32] = []
    var numbers: [String: Int32] = [:]
    for index in types.indices {
      flatten(index, declarations, &numbers)
      owners += repeatElement(Int32(index), count: elements.count - owners.count)
    }
    elementType = typeIndex["Element"] ?? 0
    dictionary = NameDictionary(of: names)
    fillSlots(owners)
  }

  private mutating func declare(_ name: String, _ form: Form, isResource: Bool) {
    typeIndex[name] = Int32(types.count)
    types.append(FHIRType(name: name, form: form, isResource: isResource))
  }

  /// Appends the elements of a type: attributes, then those of its bases from the root down, then its own.
  private mutating func flatten(_ index: Int, _ declarations: [Declaration], _ numbers: inout [String: Int32]) {
    var chain: [Int] = []
    var next: Int? = index
    while let current = next, !chain.contains(current) {
      chain.append(current)
      next = declarations[current].base.flatMap { typeIndex[$0] }.map(Int.init)
    }
    let first = elements.count
    for attributes in [true, false] {
      for type in chain.reversed() {
        let owner = types[type].name.prefix { $0 != "." }
        for word in declarations[type].words where (word.first == "@") == attributes {
          append(word, owner: owner, &numbers)
        }
      }
    }
    types[index].elements = first..<elements.count
  }

  private mutating func append(_ word: Substring, owner: Substring, _ numbers: inout [String: Int32]) {
    let isAttribute = word.first == "@"
    guard let mark = isAttribute ? word.endIndex : word.firstIndex(where: { $0 == ":" || $0 == "*" }) else { return }
    let name = String(isAttribute ? word.dropFirst() : word[..<mark])
    let typeName = isAttribute ? "string" : String(word[word.index(after: mark)...])
    guard let target = typeIndex[typeName.first == "." ? owner + typeName : typeName] else { return }
    let number = numbers[name] ?? Int32(names.count)
    if number == names.count {
      names.append(name)
      numbers[name] = number
    }
    let repeats = !isAttribute && word[mark] == "*"
    let form = types[Int(target)].form
    elements.append(Element(name: number, type: target, repeats: repeats, isAttribute: isAttribute, form: form))
  }

  private mutating func fillSlots(_ owners: [Int32]) {
    var size = 1024
    while size < elements.count * 2 { size *= 2 }
    let nothing = Element(name: -1, type: 0, repeats: false, isAttribute: false, form: .complex)
    slots = Array(repeating: Entry(owner: -1, index: -1, element: nothing), count: size)
    for (index, element) in elements.enumerated() {
      var slot = Self.hash(owners[index], element.name) & (size - 1)
      while slots[slot].owner >= 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Entry(owner: owners[index], index: Int32(index), element: element)
    }
  }

  /// The lines of the text, continuations joined.
  private static func lines(_ text: StaticString) -> [String] {
    var lines: [String] = []
    for part in text.description.split(separator: "\n") {
      if part.first == " ", !lines.isEmpty { lines[lines.count - 1] += part } else { lines.append(String(part)) }
    }
    return lines
  }
}

extension ElementTable.Form {
  /// Whether values of this form are JSON primitives, which may carry `id` and `extension` beside them in `_name`.
  package var isPrimitive: Bool { self == .string || self == .number || self == .boolean }
}
