// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson

extension Tape {
  /// Parses FHIR XML; with the tape come the things R4 does not know.
  static func read(xml bytes: [UInt8], limits: Limits) throws(FHIRError) -> (Tape, [Issue]) {
    // The reader keeps no pointer to the bytes.
    var reading = unsafe bytes.withUnsafeBufferPointer { unsafe XMLReader.read($0, limits: limits) }
    guard unsafe reading.tape.node_count > 0 else {
      unsafe vigil_tape_release(&reading.tape)
      throw unsafe reading.fault ?? FHIRError(.empty, offset: 0)
    }
    let tape = unsafe Tape(bytes: bytes, record: reading.tape)  // owns and releases the memory
    if var fault = unsafe reading.fault {
      fault.path = unsafe Node(tape: tape, index: reading.faultNode).path
      throw fault
    }
    return unsafe (tape, issues(reading.remarks, in: tape))
  }

  /// Remarks with the paths of the nodes they are about. Both stand in the order of the input.
  private static func issues(_ remarks: [XMLRemark], in tape: Tape) -> [Issue] {
    var index: UInt32 = 0
    return remarks.map { remark in
      while index + 1 < tape.count && tape.view.source(index) < remark.offset { index += 1 }
      return Issue(.information, remark.kind.code, remark.kind.title, at: Node(tape: tape, index: index))
    }
  }
}

extension XMLRemark.Kind {
  fileprivate var code: String {
    switch self {
    case .unknownElement: "unknown-element"
    case .unknownResource: "unknown-resource"
    case .repeatedElement: "repeated-element"
    case .elementOrder: "element-order"
    }
  }

  fileprivate var title: String {
    switch self {
    case .unknownElement: "the element is not in R4 at this place; it was read by its looks"
    case .unknownResource: "the resource type is not in R4; its elements were read by their looks"
    case .repeatedElement: "the element occurs at most once in R4; it was read as an array"
    case .elementOrder: "the element stands after one that R4's schema puts later"
    }
  }
}
