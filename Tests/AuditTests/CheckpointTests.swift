// SPDX-License-Identifier: Apache-2.0
import Audit
import FHIR
import Foundation
import Testing

/// Signed notes, checkpoints and keys as C2SP writes them down.
@Suite struct CheckpointTests {
  /// The key and note of Go's own documentation of `golang.org/x/mod/sumdb/note`.
  static let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
  static let note = """
    If you think cryptography is the answer to your problem,
    then you don't know what your problem is.

    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

    """

  @Test func aNoteOfAnotherImplementationIsRead() throws {
    let key = try #require(NoteKey(vkey: Self.vkey))
    #expect(key.name == "PeterNeumann" && key.kind == .log && key.vkey == Self.vkey)
    let note = try #require(SignedNote(Self.note))
    #expect(note.description == Self.note)
    #expect(note.isSigned(by: [key]))
    var changed = note
    changed.text = note.text.replacing("answer", with: "Answer")
    #expect(!changed.isSigned(by: [key]))
  }

  @Test(arguments: [
    "", "text\n", "text\n\n", "text\n\nno dash\n", "text\n\n\u{2014} name\n", "text\n\n\u{2014} name AAAA\n",
    "text\n\n\u{2014} na+me AAAAAAAA\n", "text\n\n\u{2014} name AAAAAAAA", "te\rxt\n\n\u{2014} name AAAAAAAA\n",
    "text\n\n\u{2014} name AAAAAAA!\n", "text\n\n\u{2014} name AAAAAAB=\n", "text\n\n\u{2014} name AAAAAAAA AAAA\n",
  ])
  func whatIsNoNoteIsRefused(text: String) {
    #expect(SignedNote(text) == nil)
  }

  @Test func aCheckpointIsThreeLines() throws {
    let root = MerkleHash.leaf([1])
    let checkpoint = Checkpoint(origin: "example.com/log", size: 7, root: root)
    #expect(checkpoint.text == "example.com/log\n7\n\(Data(root.bytes).base64EncodedString())\n")
    #expect(Checkpoint(text: checkpoint.text) == checkpoint)
    #expect(Checkpoint(text: checkpoint.text + "extension\n") == checkpoint)
    for wrong in [
      checkpoint.text.replacing("\n7\n", with: "\n07\n"), checkpoint.text.replacing("\n7\n", with: "\n-7\n"),
      checkpoint.text.replacing("\n7\n", with: "\n+7\n"), String(checkpoint.text.dropLast()),
      checkpoint.text + "\n", String(checkpoint.text.dropLast(5)) + "\n", "\n" + checkpoint.text,
    ] {
      #expect(Checkpoint(text: wrong) == nil, "\(wrong)")
    }
  }

  @Test(arguments: [NoteKey.Kind.log, .witness])
  func aKeyFileIsReadBack(kind: NoteKey.Kind) throws {
    let signer = try #require(NoteSigner(name: "example.com/k", kind: kind))
    let again = try #require(NoteSigner(text: signer.text))
    #expect(again.key == signer.key && NoteKey(vkey: signer.key.vkey) == signer.key)
    #expect(NoteSigner(text: signer.text.replacing("example", with: "exemple")) == nil)
    #expect(NoteKey(vkey: signer.key.vkey.replacing("example", with: "exemple")) == nil)
    #expect(NoteKey(vkey: signer.key.vkey + "A") == nil && NoteKey(vkey: "a+b+") == nil)
  }

  @Test func aWitnessSignsTimeAndText() throws {
    let signer = try #require(NoteSigner(name: "example.com/w", kind: .witness))
    let signature = try signer.cosign("a\n1\nb\n", at: Instant(milliseconds: 1_700_000_000_999))
    #expect(NoteKey.time(ofCosignature: signature.bytes) == 1_700_000_000)
    #expect(signer.key.isValid(signature.bytes, of: "a\n1\nb\n"))
    var later = signature.bytes
    later[7] ^= 1
    #expect(!signer.key.isValid(later, of: "a\n1\nb\n"))
    #expect(!signer.key.isValid(signature.bytes, of: "a\n2\nb\n"))
  }
}
