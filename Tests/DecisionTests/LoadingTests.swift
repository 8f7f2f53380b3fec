// SPDX-License-Identifier: Apache-2.0
import Decision
import Foundation
import Testing

/// Which packages answer: the newest at a start, and in a running service those that were chosen.
@Suite struct LoadingTests {
  /// Once a service runs, what nobody chose neither changes nor begins to answer.
  @Test func whatIsHeldStaysAndNothingUnnamedBegins() throws {
    try Samples.withPackageFolder { folder in
      let package = try ModelPackage.load(folder)
      let prognosis = try Samples.package(.prognosis)
      let id = package.manifest.id
      let models = "\(NSTemporaryDirectory())/vigil-models-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: models) }
      for name in [id, "another"] {
        try FileManager.default.createDirectory(atPath: "\(models)/\(name)", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: folder, toPath: "\(models)/\(name)/9.0.0")
      }
      let old = try Samples.package(.diagnosis)
      let held = try ModelPackage.loadAll(models, keeping: [prognosis, old])
      #expect(held.map(\.digest) == [old.digest, prognosis.digest])
      let chosen = try ModelPackage.loadAll(models, versions: [id: "9.0.0"], keeping: [prognosis])
      #expect(chosen.map(\.digest) == [package.digest, prognosis.digest])
      #expect(old.digest != package.digest)
    }
  }
}
