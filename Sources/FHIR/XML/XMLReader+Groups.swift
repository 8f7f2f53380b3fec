// SPDX-License-Identifier: Apache-2.0
internal import CSimdjson

/// Elements of one name under one parent, which are one JSON member. Unsafe: see `XMLReader`.
extension XMLReader {
  /// Makes ready for a child of that name: one more entry, or a new member after closing the group before.
  @inline(__always)
  mutating func enterGroup(
    _ top: Int, _ name: Int32, _ element: Int32, repeats: Bool, form: ElementTable.Form
  ) throws(FHIRError) {
    if unsafe frames[top].groupName == name {
      if unsafe !frames[top].isArray {
        if element >= 0 { unsafe remark(.repeatedElement) }
        try unsafe makeArray(top, name)
      }
      let group = unsafe Int(frames[top].group)
      unsafe tape.nodes[group].length += 1
      guard unsafe tape.nodes[group].length <= limits.entries else { throw unsafe refusal(.tooManyEntries) }
      return
    }
    try unsafe closeGroup(top)
    try unsafe checkFirst(top, name, element)
    try unsafe countMember(top)
    unsafe frames[top].groupName = name
    unsafe frames[top].isPrimitive = form.isPrimitive
    unsafe frames[top].hasBeside = false
    unsafe frames[top].isArray = repeats
    if repeats {
      let array = try unsafe openContainer(VIGIL_ARRAY, name: name, source: tagOffset)
      unsafe tape.nodes[Int(array)].length = 1
      unsafe frames[top].group = array
    } else {
      unsafe frames[top].group = Int32(tape.node_count)
    }
  }

  /// One more member of the object of a frame.
  @inline(__always)
  mutating func countMember(_ top: Int) throws(FHIRError) {
    let object = unsafe Int(frames[top].object)
    unsafe tape.nodes[object].length += 1
    guard unsafe tape.nodes[object].length <= limits.members else { throw unsafe refusal(.tooManyMembers) }
  }

  /// Refuses a group whose name was closed in this object before. Elements in the order of the schema cannot repeat;
  /// from the first that is out of order or unknown the object's members are remembered.
  @inline(__always)
  private mutating func checkFirst(_ top: Int, _ name: Int32, _ element: Int32) throws(FHIRError) {
    if unsafe element > frames[top].furthest {
      unsafe frames[top].furthest = element
      if unsafe !frames[top].isTracked { return }
    } else if element >= 0 {
      unsafe remark(.elementOrder)
    }
    try unsafe remember(top, name)
  }

  /// Remembers a member of an object whose members are out of order.
  @inline(never)  // rare; keeps the common path short
  private mutating func remember(_ top: Int, _ name: Int32) throws(FHIRError) {
    let object = unsafe UInt64(frames[top].object)
    if unsafe !frames[top].isTracked {
      unsafe frames[top].isTracked = true
      var node = unsafe Int(frames[top].object) + 1
      while unsafe node < Int(tape.node_count) {
        let nameStart = unsafe tape.nodes[node].name_start
        unsafe seen.insert(object << 32 | UInt64(nameStart))
        node = unsafe Int(tape.nodes[node].next)
      }
    }
    // A member's `_name` may stand without `name`.
    let start = try unsafe UInt64(nameStart(name))
    guard unsafe !seen.contains(object << 32 | (start - 1)), unsafe seen.insert(object << 32 | start).inserted else {
      throw unsafe refusal(.repeatedElement)
    }
  }

  /// Ends the group of a frame, putting the objects beside primitives of an array into an array of their own.
  @inline(__always)
  mutating func closeGroup(_ top: Int) throws(FHIRError) {
    let group = unsafe Int(frames[top].group)
    guard group >= 0 else { return }
    if unsafe frames[top].isArray {
      unsafe depth -= 1
      unsafe tape.nodes[group].next = tape.node_count
      if unsafe frames[top].hasBeside && frames[top].isPrimitive { try unsafe splitArray(top, group) }
    }
    unsafe frames[top].group = -1
    unsafe frames[top].groupName = -1
  }

  /// `[a, null, {..}, b]`, objects after their value, becomes `name: [a, null, b]` and `_name: [null, {..}, null]`
  /// (R4 json.html#primitive); the first is left out when no entry has a value.
  @inline(never)  // rare; keeps the common path short
  private mutating func splitArray(_ top: Int, _ group: Int) throws(FHIRError) {
    let name = unsafe frames[top].groupName
    let tail = unsafe Array(UnsafeBufferPointer(start: tape.nodes + group + 1, count: Int(tape.node_count) - group - 1))
    let array = unsafe tape.nodes[group]
    try unsafe reserve(tail.count * 2 + 2)
    unsafe tape.node_count = UInt32(group)
    var values: [vigil_node] = []
    var places: [Int?] = []
    var index = 0
    while index < tail.count {
      if tail[index].kind == UInt8(VIGIL_OBJECT.rawValue) {
        places[places.count - 1] = index
      } else {
        values.append(tail[index])
        places.append(nil)
      }
      index = Int(tail[index].next) - group - 1
    }
    let hasValues = values.contains { $0.kind != UInt8(VIGIL_NULL.rawValue) }
    if hasValues {
      unsafe append(array)
      for value in values { unsafe append(value) }
      unsafe tape.nodes[group].next = tape.node_count
      try unsafe countMember(top)
    }
    let beside = unsafe Int(tape.node_count)
    unsafe append(array)
    try unsafe nameBeside(Int32(beside), name)
    for (entry, place) in places.enumerated() {
      guard let place else {
        try unsafe appendNull(source: Int(values[entry].source))
        continue
      }
      let end = Int(tail[place].next) - group - 1
      let shift = unsafe Int(tape.node_count) - (group + 1 + place)
      for node in place..<end {
        unsafe append(tail[node])
        unsafe tape.nodes[Int(tape.node_count) - 1].next = UInt32(Int(tail[node].next) + shift)
      }
    }
    unsafe tape.nodes[beside].next = tape.node_count
  }

  /// An element that the table does not say repeats met a second time: what was a single member becomes the array's
  /// first entry.
  @inline(never)  // rare; keeps the common path short
  private mutating func makeArray(_ top: Int, _ name: Int32) throws(FHIRError) {
    let group = unsafe Int(frames[top].group)
    var tail = unsafe Array(UnsafeBufferPointer(start: tape.nodes + group, count: Int(tape.node_count) - group))
    let source = Int(tail[0].source)
    try unsafe reserve(Self.nodesPerElement)
    let isValueless = unsafe frames[top].isPrimitive && tail[0].kind == UInt8(VIGIL_OBJECT.rawValue)
    unsafe tape.node_count = UInt32(group)
    let array = try unsafe openContainer(VIGIL_ARRAY, name: name, source: source)
    unsafe tape.nodes[Int(array)].length = 1
    if unsafe frames[top].isPrimitive && frames[top].hasBeside && !isValueless {
      unsafe tape.nodes[Int(frames[top].object)].length -= 1  // `name` and `_name` are one member again
    }
    if isValueless { try unsafe appendNull(source: source) }
    let shift = UInt32(isValueless ? 2 : 1)
    var index = 0
    while index < tail.count {
      let next = Int(tail[index].next) - group
      tail[index].name_start = 0
      tail[index].name_length = 0
      tail[index].flags &= ~UInt8(VIGIL_NAME_IN_SIDE.rawValue)
      index = next
    }
    for node in tail {
      unsafe append(node)
      unsafe tape.nodes[Int(tape.node_count) - 1].next = node.next + shift
    }
    unsafe frames[top].isArray = true
  }
}
