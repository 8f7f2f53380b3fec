// SPDX-License-Identifier: Apache-2.0
import Crypto

/// What the verifier finds of what a record was made of, by the description in `docs/trail.md`.
enum VerifiedPayload: Sendable {
  /// There is none, and there should be none.
  case none
  case unexpected, missing, changed, keyLost
  /// As the leaf says, under a key that was destroyed.
  case erased
  /// Its seal is as the leaf says, and there is no key to open it.
  case sealed
  /// Opened, and what the leaf commits to.
  case opened
  /// Of before data keys, and what the leaf commits to.
  case plain

  /// - Parameter opening: what there is to be had of the key that it lies under; nil where there is none.
  init(_ row: StoredRows.Row, _ leaf: VerifiedLeaf, in bytes: [UInt8], _ opening: VerifiedKeys.Opening?) {
    let leafBytes = bytes.span.extracting(row.leaf)
    guard let commitment = leaf.commitment else {
      self = row.encoding == nil ? .none : .unexpected
      return
    }
    guard let number = row.encoding, let place = row.payload else {
      self = .missing
      return
    }
    guard let encoding = PayloadEncoding(rawValue: number) else {
      self = .changed
      return
    }
    let stored = bytes[place]
    if let digest = leaf.sealedDigest,
      !Self.is(SHA256.hash(data: stored), leafBytes.extracting(digest))
    {
      self = .changed
      return
    }
    guard encoding.isSealed else {
      self = Self.holds(Array(stored), encoding, leafBytes.extracting(commitment)) ? .plain : .changed
      return
    }
    switch opening {
    case nil: self = .keyLost
    case .destroyed: self = .erased
    // Of a key that was changed it is said by itself: nothing follows for what lies under it.
    case .sealed, .changed: self = .sealed
    case .open(let key):
      let compressed = key.open(stored)
      self = compressed.map { Self.holds($0, encoding, leafBytes.extracting(commitment)) } == true ? .opened : .changed
    }
  }

  /// Whether compressed bytes are a payload, and the one that a leaf commits to.
  private static func holds(_ compressed: [UInt8], _ encoding: PayloadEncoding, _ commitment: Span<UInt8>) -> Bool {
    guard let plain = encoding.decompress(compressed), Self.is(SHA256.hash(data: plain), commitment),
      plain.first == 1
    else { return false }
    var fields = FieldReader(1..<plain.count)
    var found: UInt16 = 0
    var before: UInt8 = 0
    while !fields.isAtEnd {
      guard let (tag, _) = fields.next(in: plain.span), tag > before else { return false }
      before = tag
      if tag < 16 { found |= 1 << UInt16(tag) }
    }
    // Fields 2 to 8 are in every payload. The digest of the request among them is committed to with the rest.
    return found & 0b1_1111_1100 == 0b1_1111_1100
  }

  private static func `is`(_ digest: SHA256.Digest, _ bytes: Span<UInt8>) -> Bool {
    // Both live for the call.
    unsafe digest.withUnsafeBytes { digest in
      unsafe bytes.withUnsafeBytes { unsafe digest.elementsEqual($0) }
    }
  }
}
