// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Replay
import Testing

@Suite struct ContainerTests {
  private func files() throws -> [Packing.File] {
    let documents = try ["sparse.json", "child.xml", "early.json"].map {
      Packing.File(name: "charts/\($0)", bytes: try Samples.bytes($0))
    }
    let export = try Samples.lines(of: "outpatient").map {
      Packing.File(name: "export/\($0.key).ndjson", bytes: Array($0.value.joined(separator: "\n").utf8))
    }
    return documents + export + [Packing.File(name: "README.txt", bytes: [1, 2, 3])]
  }

  @Test func gzipAndZipGiveWhatPlainFilesGive() throws {
    let folder = try TemporaryFolder()
    for file in try files() {
      try folder.write("plain/\(file.name)", file.bytes)
      try folder.write("gzip/\(file.name).gz", Packing.gzip(file.bytes))
    }
    let zip = try folder.write("all.zip", Packing.zip(try files().reversed()))
    let gzipped = try files().map { Packing.File(name: $0.name + ".gz", bytes: Packing.gzip($0.bytes)) }
    let both = try folder.write("both/all.zip", Packing.zip(gzipped))
    let plain = try Samples.run(folder.path + "/plain")
    #expect(plain.rows.count == 4)
    #expect(plain.summary.isClean)
    for path in [folder.path + "/gzip", zip, both, folder.path + "/both"] {
      let packed = try Samples.run(path, lanes: 2)
      #expect(packed.rows.map(Samples.text) == plain.rows.map(Samples.text))
      #expect(packed.summary == plain.summary)
    }
  }

  @Test func aBadFileOfAnArchiveIsNamedAndTheRestGoesOn() throws {
    let folder = try TemporaryFolder()
    let chart = try Samples.bytes("sparse.json")
    let path = try folder.write(
      "some.zip",
      Packing.zip([
        Packing.File(name: "a.json", bytes: chart, isEncrypted: true),
        Packing.File(name: "b.json", bytes: chart, isDamaged: true), Packing.File(name: "../../c.json", bytes: chart),
        Packing.File(name: "d\u{1B}[2J.json", bytes: Array("{".utf8)),
      ]))
    let (rows, summary) = try Samples.run(path)
    #expect(rows.map(\.input) == ["\(path)/../../c.json"])
    #expect(
      summary.problems.map { FHIRError.Code(rawValue: $0.code) } == [.encryptedFile, .badZip, .unclosedContainer])
    #expect(summary.problems.allSatisfy { !$0.file.contains("\u{1B}") })
    // Names are labels: nothing was written beside the archive.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["some.zip"])
  }

  @Test func anArchiveKeepsTheLimits() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "two.zip", Packing.zip(["a.json", "b.json"].map { Packing.File(name: $0, bytes: [0x7B]) }))
    var limits = Limits.files
    limits.entries = 2
    #expect(try ChartInput.inputs(at: path, limits: limits).count == 2)
    limits.entries = 1
    let refused = try #require(try ChartInput.inputs(at: path, limits: limits).first)
    #expect(throws: FHIRError(.tooManyFiles)) { try refused.files[0].stream(limits: limits) }
    limits.entries = 2
    limits.expansion = 0
    let input = try #require(try ChartInput.inputs(at: path, limits: limits).first)
    #expect(throws: FHIRError(.expandsTooMuch)) { try input.files[0].stream(limits: limits).rest(limit: 10) }
  }

  @Test func everyCutOfAnArchiveIsRefusedOrRead() throws {
    let folder = try TemporaryFolder()
    let archive = Packing.zip([Packing.File(name: "a.json", bytes: try Samples.bytes("outpatient.json"))])
    for length in stride(from: 4, to: archive.count, by: 97) {
      let path = try folder.write("cut.zip", Array(archive.prefix(length)))
      let (rows, summary) = try Samples.run(path)
      #expect(rows.isEmpty)
      #expect(summary.refused.count(of: FHIRError.Code.badZip.rawValue) == 1)
    }
  }

  @Test func gzipIsUnpackedChunkByChunk() throws {
    let text = Array(repeating: UInt8(ascii: "a"), count: 3_000_000)
    let packed = Packing.gzip(text)
    for size in [997, 65_536, 1 << 20] {
      var chunks = stride(from: 0, to: packed.count, by: size)
        .map { Array(packed[$0..<min($0 + size, packed.count)]) }[...]
      let stream = ByteStream { () throws(FHIRError) in chunks.popFirst() ?? [] }
      #expect(try stream.unpacked(limits: .files).rest(limit: 3_000_000) == text)
    }
  }
}
