// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Judgement
import Testing
import Training

/// What happened, from a hospital's file.
@Suite struct OutcomeLabelsTests {
  private func read(_ text: String) throws -> OutcomeLabels {
    let path = NSTemporaryDirectory() + "vigil-labels-" + UUID().uuidString + ".csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try OutcomeLabels(path: path, known: ["death", "sepsis"])
  }

  @Test func aRowWithATimeGoesBeforeTheRowOfThePatient() throws {
    let labels = try read("patient,time,death,ward,sepsis\na,,1,x,\na,2026-03-01T01:00:00+01:00,0,x,1\nb,,0,x,0\n")
    let (then, other) = (try #require(Instant("2026-03-01T00:00:00Z")), try #require(Instant("2026-03-01T01:00:00Z")))
    #expect(labels.heads == ["death", "sepsis"])
    #expect(labels.label("death", of: "a", at: then) == false)
    #expect(labels.label("death", of: "a", at: other) == true)
    #expect(labels.label("sepsis", of: "a", at: then) == true)
    #expect(labels.label("sepsis", of: "a", at: other) == nil)
    #expect(labels.label("sepsis", of: "b", at: other) == false)
    #expect(labels.label("death", of: "c", at: then) == nil)
    #expect(labels.label("aki", of: "a", at: then) == nil)
  }

  @Test func whatMeansNothingIsNamedByItsPlace() {
    func code(_ text: String) -> DatasetError.Code? {
      do {
        _ = try read(text)
        return nil
      } catch {
        return (error as? DatasetError)?.code
      }
    }
    #expect(code("") == .missingColumn)
    #expect(code("patient,ward\na,x\n") == .missingColumn)
    #expect(code("id,death\na,1\n") == .missingColumn)
    #expect(code("patient,death\na,yes\n") == .invalidField)
    #expect(code("patient,death\n,1\n") == .invalidField)
    #expect(code("patient,time,death\na,yesterday,1\n") == .invalidField)
    #expect(code("patient,death\na,1\n") == nil)
  }
}
