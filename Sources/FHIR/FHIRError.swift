// SPDX-License-Identifier: Apache-2.0

/// Why a document was refused: a permanent code and a place, never a piece of the document's text.
package struct FHIRError: Error, Sendable, Equatable {
  /// What is wrong.
  package var code: Code
  /// The byte of the input at which it is wrong.
  package var offset: Int?
  /// The element it is wrong in, such as `Bundle.entry[3].resource.code`.
  package var path: String?
  /// The line of the input, from 1, where the input is read by lines (NDJSON).
  package var line: Int?

  package init(_ code: Code, offset: Int? = nil, path: String? = nil, line: Int? = nil) {
    self.code = code
    self.offset = offset
    self.path = path
    self.line = line
  }

  /// Permanent codes. A code is never given another meaning, and never given again once retired.
  package enum Code: String, Sendable, CaseIterable {
    // Any syntax
    case outOfMemory = "FHR001"
    case tooLarge = "FHR002"
    case unknownSyntax = "FHR003"
    case empty = "FHR004"
    case invalidUTF8 = "FHR005"
    case tooDeep = "FHR006"
    case stringTooLong = "FHR007"
    case nameTooLong = "FHR008"
    case tooManyMembers = "FHR009"
    case tooManyEntries = "FHR010"
    case numberTooLong = "FHR011"
    case tooManyValues = "FHR012"
    // JSON, RFC 8259
    case byteOrderMark = "FHR020"
    case controlCharacter = "FHR021"
    case unclosedString = "FHR022"
    case unexpectedCharacter = "FHR023"
    case badLiteral = "FHR024"
    case badNumber = "FHR025"
    case badEscape = "FHR026"
    case loneSurrogate = "FHR027"
    case unclosedContainer = "FHR028"
    case trailingText = "FHR029"
    case duplicateName = "FHR030"
    // Files and packing: gzip (RFC 1952), zip archives
    case badGzip = "FHR032"
    case expandsTooMuch = "FHR033"
    case unreadable = "FHR034"
    case badZip = "FHR035"
    case encryptedFile = "FHR036"
    case tooManyFiles = "FHR037"
    case noRoom = "FHR038"
    // XML 1.0 and FHIR's rules for it (R4 xml.html)
    case notWellFormed = "FHR040"
    case documentType = "FHR041"
    case undeclaredEntity = "FHR042"
    case otherEncoding = "FHR043"
    case badNamespace = "FHR044"
    case textBetweenElements = "FHR045"
    case cdataSection = "FHR046"
    case unknownAttribute = "FHR047"
    case emptyElement = "FHR048"
    case repeatedElement = "FHR049"
    case unexpectedElement = "FHR050"
    // From JSON to XML
    case unknownElement = "FHR051"
    case wrongShape = "FHR052"
    case forbiddenCharacter = "FHR053"
    case badNarrative = "FHR054"
    case emptyValue = "FHR055"
    // FHIR, both syntaxes
    case notAResource = "FHR060"

    /// One line for people.
    package var title: String {
      switch self {
      case .outOfMemory: "memory is exhausted"
      case .tooLarge: "the text is larger than allowed"
      case .unknownSyntax: "the text is neither JSON nor XML"
      case .empty: "the text is empty"
      case .invalidUTF8: "the text is not UTF-8"
      case .tooDeep: "objects, arrays or elements are nested deeper than allowed"
      case .stringTooLong: "a string is longer than allowed"
      case .nameTooLong: "a member or element name is longer than allowed"
      case .tooManyMembers: "an object has more members than allowed"
      case .tooManyEntries: "an array has more entries than allowed"
      case .numberTooLong: "a number has more characters than allowed"
      case .tooManyValues: "the document has more values than allowed"
      case .byteOrderMark: "the text starts with a byte order mark"
      case .controlCharacter: "a string holds a control character that is not escaped"
      case .unclosedString: "a string is not closed"
      case .unexpectedCharacter: "a character stands where JSON allows none such"
      case .badLiteral: "a literal is neither true, false nor null"
      case .badNumber: "a number breaks JSON's grammar"
      case .badEscape: "an escape sequence breaks JSON's grammar"
      case .loneSurrogate: "an escape stands for half of a surrogate pair"
      case .unclosedContainer: "the text ends inside an object or array"
      case .trailingText: "text follows the end of the document"
      case .duplicateName: "an object has two members of one name"
      case .badGzip: "the gzip data is damaged or cut short"
      case .expandsTooMuch: "the packed data expands more than allowed"
      case .unreadable: "the system does not give the file's bytes"
      case .badZip: "the zip archive or a file in it is damaged, or packed by a method that is not known"
      case .encryptedFile: "the file in the zip archive is encrypted"
      case .tooManyFiles: "the zip archive holds more files than allowed"
      case .noRoom: "there is no room on disk for what does not fit in memory"
      case .notWellFormed: "the text is not well-formed XML"
      case .documentType: "the text has a document type declaration, which FHIR forbids"
      case .undeclaredEntity: "an entity other than the five predefined ones is named"
      case .otherEncoding: "the text declares an encoding other than UTF-8"
      case .badNamespace: "an element is not in the namespace it must be in, or a prefix is not declared"
      case .textBetweenElements: "text stands between elements, where only white space may"
      case .cdataSection: "a CDATA section stands outside the narrative"
      case .unknownAttribute: "an element has an attribute that FHIR does not give it"
      case .emptyElement: "an element has neither value nor content"
      case .repeatedElement: "elements of one name stand apart under one parent, or an attribute is given twice"
      case .unexpectedElement: "an element stands where it may not"
      case .unknownElement: "a member is not an element of its type in R4, so its XML form is not known"
      case .wrongShape: "a value is not of the kind that its element has in R4"
      case .forbiddenCharacter: "a string holds a character that XML 1.0 cannot hold"
      case .badNarrative: "a narrative is not one well-formed XHTML div"
      case .emptyValue: "an empty object, empty array or lone null has no XML form"
      case .notAResource: "the document is not a FHIR resource"
      }
    }
  }
}

extension FHIRError: CustomStringConvertible {
  /// `FHR030 an object has two members of one name at byte 17, Patient.gender`.
  package var description: String {
    var text = "\(code.rawValue) \(code.title)"
    if let line { text += " on line \(line)" }
    if let offset { text += " at byte \(offset)" }
    if let path, !path.isEmpty { text += ", \(path)" }
    return text
  }
}
