// SPDX-License-Identifier: Apache-2.0
internal import CLibXML2
internal import CSimdjson

/// FHIR XML in, the tape of the JSON twin out (R4 xml.html and json.html): an element's `value` becomes a primitive, its
/// `id` and extensions the `_name` object beside it, repeated elements an array, a resource in `contained` or `resource`
/// an object that begins with `resourceType`, the narrative a string with its XML text. What XML leaves open
/// (which elements repeat, which are numbers) comes from the `ElementTable`.
///
/// The tape is written in document order. Nodes whose place is known only later (an array around an element that
/// nobody announced, the `_name` array of an array of primitives) are moved in the short tail of the tape they end.
///
/// Unsafe: the tape is C memory, and names and values are pointers that libxml2 lends for the time of a callback.
@unsafe struct XMLReader {
  /// An element that is open, and the object its children go to.
  struct Frame {
    enum Kind: UInt8 { case document, object, primitive, resource, narrative }
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

  let table: ElementTable
  let limits: Limits
  var tape = unsafe vigil_tape()
  var remarks: [XMLRemark] = []
  var frames = unsafe FrameStack()
  /// Nested objects and arrays that are open.
  var depth = 0
  /// Names in the side buffer: for each name of the table, and then for those it does not know, the place after the
  /// underscore of `_name`; 0 when not there yet.
  var names: [Name]
  var unknownNames: [String: Int32] = [:]
  var cache = unsafe NameCache()
  /// Members of objects where an element came out of order: tape index of the object and number of the name.
  var seen: Set<UInt64> = []
  /// Nested elements of the narrative; 0 outside.
  var narrativeDepth = 0
  /// Where the narrative's `<div` starts, and whether its text is rewritten to the side buffer rather than taken as is.
  var narrativeStart = 0
  var rewrites: NarrativeWriter?
  /// Whether a prefix stands for XHTML outside the narrative.
  var hasOuterPrefix = false
  /// The node where the first fault happened, when that is not the innermost open object.
  var faultNode: UInt32 = 0
  /// The parser, for as long as it runs, and the pointers by which it knows names.
  var parser: xmlParserCtxtPtr?
  var interned = unsafe InternedNames()

  init(table: ElementTable, limits: Limits) {
    unsafe self.table = table
    unsafe self.limits = limits
    unsafe names = Array(repeating: Name(), count: table.names.count)
    unsafe frames.append(Frame(kind: .document, object: -1, type: table.elementType))
  }

  /// Reads a resource. The tape is the caller's, who gives it back with `vigil_tape_release`.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>, limits: Limits) -> XMLReading {
    var reader = unsafe XMLReader(table: .r4Table, limits: limits)
    defer { unsafe reader.frames.deallocate() }
    // A resource has about one node in thirty bytes; more room is made as it is needed.
    guard unsafe vigil_tape_reserve_nodes(&reader.tape, UInt32(truncatingIfNeeded: bytes.count / 20 + 64)),
      unsafe reader.appendSide(resourceType)
    else {
      return unsafe XMLReading(tape: reader.tape, remarks: [], fault: FHIRError(.outOfMemory, offset: 0), faultNode: 0)
    }
    do {
      try unsafe withUnsafeMutablePointer(to: &reader) { pointer throws(FHIRError) in
        try unsafe XMLSource.parse(
          bytes, reader: UnsafeMutableRawPointer(pointer), handlers: handlers, limits: limits,
          prepare: { parser in
            unsafe pointer.pointee.parser = unsafe parser
            unsafe pointer.pointee.interned = unsafe InternedNames(parser)
          })
      }
    } catch {
      return unsafe XMLReading(tape: reader.tape, remarks: [], fault: error, faultNode: reader.faultNode)
    }
    return unsafe XMLReading(tape: reader.tape, remarks: reader.remarks, fault: nil, faultNode: 0)
  }

  private static var handlers: XMLSource.Handlers {
    unsafe XMLSource.Handlers(
      start: { context, name, prefix, uri, namespaceCount, namespaces, attributeCount, _, attributes in
        guard let reader = unsafe XMLSource.reader(context, XMLReader.self), let name = unsafe name else { return }
        unsafe reader.pointee.start(
          XMLStart(
            name: name, prefix: prefix, uri: uri, namespaceCount: Int(namespaceCount), namespaces: namespaces,
            attributeCount: Int(attributeCount), attributes: attributes))
      },
      end: { context, name, prefix, _ in
        guard let reader = unsafe XMLSource.reader(context, XMLReader.self), let name = unsafe name else { return }
        unsafe reader.pointee.end(name, prefix)
      },
      text: { context, text, length in
        guard let reader = unsafe XMLSource.reader(context, XMLReader.self) else { return }
        unsafe reader.pointee.text(UnsafeBufferPointer(start: text, count: Int(length)))
      },
      cdata: { context, text, length in
        guard let reader = unsafe XMLSource.reader(context, XMLReader.self) else { return }
        unsafe reader.pointee.cdata(UnsafeBufferPointer(start: text, count: Int(length)))
      },
      fault: { parser in
        guard let source = unsafe XMLSource.of(UnsafeMutableRawPointer(parser))?.1 else { return }
        let reader = unsafe source.pointee.reader.assumingMemoryBound(to: XMLReader.self)
        unsafe reader.pointee.noteFault()
      })
  }
}

/// The open elements. Unsafe: plain memory, since an array's checks at each change cost as much as the work itself;
/// libxml2 stops at 257 levels, and so does `isFull`.
@unsafe struct FrameStack {
  private static let capacity = 260
  private let base = UnsafeMutablePointer<XMLReader.Frame>.allocate(capacity: capacity)
  private(set) var count = 0

  func deallocate() { unsafe base.deallocate() }

  var isFull: Bool { unsafe count >= Self.capacity - 1 }

  @inline(__always)
  mutating func append(_ frame: XMLReader.Frame) {
    unsafe (base + count).initialize(to: frame)
    unsafe count += 1
  }

  @inline(__always)
  mutating func removeLast() { unsafe count -= 1 }

  /// The frame at `index`, which must lie in `0 ..< count`.
  subscript(_ index: Int) -> XMLReader.Frame {
    @inline(__always) get { unsafe base[index] }
    @inline(__always) nonmutating _modify { yield unsafe &base[index] }
  }
}

/// The start of an element as libxml2 gives it.
@unsafe struct XMLStart {
  let name: UnsafePointer<UInt8>
  let prefix: UnsafePointer<UInt8>?
  let uri: UnsafePointer<UInt8>?
  let namespaceCount: Int
  /// Pairs of prefix and URI.
  let namespaces: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
  let attributeCount: Int
  /// Fives of local name, prefix, URI, first byte of the value, end of the value.
  let attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?

  /// The parts of attribute number `index`.
  @inline(__always)
  func attribute(_ index: Int) -> XMLAttribute {
    let five = unsafe attributes.unsafelyUnwrapped + 5 * index
    let first = unsafe five[3].unsafelyUnwrapped
    return unsafe XMLAttribute(
      name: five[0].unsafelyUnwrapped, prefix: five[1], uri: five[2],
      value: UnsafeBufferPointer(start: first, count: five[4].unsafelyUnwrapped - first))
  }
}

/// One attribute of an element; the value has its references resolved.
@unsafe struct XMLAttribute {
  let name: UnsafePointer<UInt8>
  let prefix: UnsafePointer<UInt8>?
  let uri: UnsafePointer<UInt8>?
  let value: UnsafeBufferPointer<UInt8>
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
