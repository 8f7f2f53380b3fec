// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson
internal import CXML

/// FHIR XML in, the tape of the JSON twin out (R4 xml.html and json.html): an element's `value` becomes a primitive, its
/// `id` and extensions the `_name` object beside it, repeated elements an array, a resource in `contained` or `resource`
/// an object that begins with `resourceType`, the narrative a string with its XML text. What XML leaves open
/// (which elements repeat, which are numbers) comes from the `ElementTable`.
///
/// The tape is written in document order. Nodes whose place is known only later (an array around an element that
/// nobody announced, the `_name` array of an array of primitives) are moved in the short tail of the tape they end.
///
/// Unsafe: it writes the tape's memory and reads what `XMLScanner` points to.
@unsafe struct XMLReader: ~Copyable {
  /// An element that is open, and the object its children go to.
  struct Frame {
    enum Kind: UInt8 { case document, object, primitive, resource }
    var kind: Kind
    /// The tape index of the object; -1 when it was not begun.
    var object: Int32
    /// The type of the object, an index into the table.
    var type: Int32
    /// For `primitive` and `resource`: the number of the element's name, or -1 in an array.
    var name: Int32 = -1
    /// For `primitive`: whether there was a value. For `resource`: whether the resource was met.
    var isFilled = false
    /// Index in the table of the furthest element met, to see order and repetition.
    var furthest: Int32 = -1
    /// Whether members of this object are in `seen`.
    var isTracked = false
    /// The children of one name that are being read: where they begin on the tape, and what is known of them.
    var group: Int32 = -1
    var groupName: Int32 = -1
    var isArray = false
    var isPrimitive = false
    var hasBeside = false
  }

  /// Where a name stands in the side buffer.
  struct Name {
    var start: UInt32 = 0
    var length: UInt16 = 0
  }

  let scanner: XMLScanner
  /// What the scanner met last.
  let event: UnsafeMutablePointer<vigil_xml_event>
  let input: UnsafePointer<UInt8>
  let table: ElementTable
  let limits: Limits
  /// The numbers of `value` and `id`.
  let valueName: Int32
  let idName: Int32
  var tape = unsafe vigil_tape()
  var remarks: [XMLRemark] = []
  var frames = unsafe FrameStack()
  /// Nested objects and arrays that are open.
  var depth = 0
  /// Names in the side buffer: for each name of the table, and then for those it does not know, the place after the
  /// underscore of `_name`; 0 when not there yet.
  var names: [Name]
  /// The numbers of names that the table does not know; slices of the input.
  var unknownNames: [TextSlice: Int32] = [:]
  /// Unknown elements, by type and name, that were remarked on, as far as they are counted.
  var remarked: Set<UInt64> = []
  /// Members of objects where an element came out of order: tape index of the object and number of the name.
  var seen: Set<UInt64> = []
  /// Whether a prefix stands for XHTML outside the narrative.
  var hasOuterPrefix = false
  /// The node where the fault happened, when that is not the innermost open object.
  var faultNode: UInt32 = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>, table: ElementTable, limits: Limits) throws(FHIRError) {
    unsafe scanner = try unsafe XMLScanner(bytes, limits: limits)
    unsafe event = unsafe scanner.event
    unsafe input = unsafe bytes.baseAddress.unsafelyUnwrapped  // the scanner refuses empty text
    unsafe self.table = table
    unsafe self.limits = limits
    unsafe valueName = table.name("value") ?? -1
    unsafe idName = table.name("id") ?? -1
    unsafe names = Array(repeating: Name(), count: table.names.count)
    unsafe frames.append(Frame(kind: .document, object: -1, type: table.elementType))
  }

  /// Reads a resource. The tape is the caller's, who gives it back with `vigil_tape_release`.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>, limits: Limits) -> XMLReading {
    do throws(FHIRError) {
      var reader = try unsafe XMLReader(bytes, table: .r4Table, limits: limits)
      do throws(FHIRError) {
        try unsafe reader.readDocument(byteCount: bytes.count)
      } catch {
        return unsafe XMLReading(tape: reader.tape, remarks: [], fault: error, faultNode: reader.placeOfFault)
      }
      return unsafe XMLReading(tape: reader.tape, remarks: reader.remarks, fault: nil, faultNode: 0)
    } catch {
      return unsafe XMLReading(tape: vigil_tape(), remarks: [], fault: error, faultNode: 0)
    }
  }

  private mutating func readDocument(byteCount: Int) throws(FHIRError) {
    // A resource has about one node in thirty bytes; more room is made as it is needed.
    guard unsafe vigil_tape_reserve_nodes(&tape, UInt32(truncatingIfNeeded: byteCount / 20 + 64)) else {
      throw FHIRError(.outOfMemory, offset: 0)
    }
    unsafe try appendSide(Self.resourceType)
    while true {
      switch try unsafe scanner.next() {
      case .start: try unsafe start(isEmpty: false)
      case .empty: try unsafe start(isEmpty: true)
      case .end: try unsafe end()
      case .text: try unsafe text()
      case .cdata: throw unsafe FHIRError(.cdataSection, offset: endOffset)
      case .done, .fault: return
      }
    }
  }

  /// A fault belongs to the innermost open object unless a node was named.
  private var placeOfFault: UInt32 {
    if unsafe faultNode > 0 { return unsafe faultNode }
    for index in unsafe (0..<frames.count).reversed() where unsafe frames[index].object >= 0 {
      return unsafe UInt32(frames[index].object)
    }
    return 0
  }
}

/// What came of reading: a tape, which the caller takes over, and the fault that ended it early.
@unsafe struct XMLReading {
  var tape: vigil_tape
  var remarks: [XMLRemark]
  var fault: FHIRError?
  /// Where on the tape the fault happened.
  var faultNode: UInt32
}

/// Something recoverable met while reading, at a byte of the input.
struct XMLRemark: Sendable {
  enum Kind: Sendable { case unknownElement, unknownResource, repeatedElement, elementOrder }
  var kind: Kind
  var offset: Int
}
