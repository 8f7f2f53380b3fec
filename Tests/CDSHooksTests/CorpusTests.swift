// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import FHIR
import Foundation
import Testing

/// Real messages with what a strict JSON Schema of the 3.0 ballot finds in each (`manifest.json`).
@Suite struct CorpusTests {
  struct Message {
    var file: String
    var kind: String
    var errors: [String]
    var bytes: [UInt8]
  }

  static let messages: [Message]? = {
    let environment = ProcessInfo.processInfo.environment
    guard let folder = environment["VIGIL_DATA_UNPACKED"].map({ "\($0)/cds-hooks-examples/cds-hooks-examples" }),
      let manifest = FileManager.default.contents(atPath: "\(folder)/manifest.json"),
      let document = try? Document(Array(manifest), syntax: .json)
    else {
      print("skipped: set VIGIL_DATA_UNPACKED to the folder with cds-hooks-examples")
      return nil
    }
    return document.root.children.compactMap { entry in
      guard let file = entry["file"]?.string, let kind = entry["kind"]?.string,
        let bytes = FileManager.default.contents(atPath: "\(folder)/\(file)")
      else { return nil }
      return Message(
        file: file, kind: kind, errors: entry.elements("schema_errors").compactMap(\.string), bytes: Array(bytes))
    }
  }()

  /// Where we are stricter than the schema, and why.
  static let stricter: [String: String] = [:]

  @Test func strictReadingAcceptsExactlyTheConformantRequests() throws {
    guard let messages = Self.messages else { return }
    let requests = messages.filter { $0.kind == "request" }
    #expect(requests.count == 76)
    for request in requests where Self.stricter[request.file] == nil {
      let code = errorCode(request.bytes, .strict)
      #expect(
        (code == nil) == request.errors.isEmpty, "\(request.file): \(code?.rawValue ?? "accepted"), \(request.errors)")
    }
  }

  @Test func tolerantReadingRefusesOnlyWhatHasNoPatientOrNoOrders() throws {
    guard let messages = Self.messages else { return }
    var refused: [String] = []
    for request in messages where request.kind == "request" {
      do {
        let read = try HookRequest(request.bytes)
        #expect(!read.context.patientID.contains("/"))
        #expect(request.errors.isEmpty || read.deviations.contains { $0.kind.breaksSpecification }, "\(request.file)")
      } catch {
        #expect(!request.errors.isEmpty && error.path?.hasPrefix("context") == true, "\(request.file): \(error)")
        refused.append(request.file)
      }
    }
    #expect(refused.count == 6, "\(refused)")
  }

  @Test func responsesDiscoveriesAndFeedbackAreJudgedAsTheManifestExpects() throws {
    guard let messages = Self.messages else { return }
    for message in messages {
      let root = try Document(message.bytes, syntax: .json).root
      switch message.kind {
      case "response":
        let violations = Violation.inResponse(JSON(root))
        #expect(violations.isEmpty == message.errors.isEmpty, "\(message.file): \(violations) \(message.errors)")
      case "discovery":
        let violations = Violation.inDiscovery(JSON(root), isOurs: false)
        #expect(violations.isEmpty == message.errors.isEmpty, "\(message.file): \(violations) \(message.errors)")
      case "feedback":
        #expect((try? FeedbackRequest(message.bytes)) != nil, "\(message.file)")
      default: break
      }
    }
  }

  @Test func theRecordKeepsEverythingButTheAuthorization() throws {
    guard let messages = Self.messages else { return }
    for message in messages where message.kind == "request" {
      let kept = try #require(HookRequest.withoutAuthorization(message.bytes))
      var expected = JSON(try Document(message.bytes, syntax: .json).root)
      expected["fhirAuthorization"] = nil
      #expect(JSON(try Document(kept, syntax: .json).root) == expected)
    }
  }
}
