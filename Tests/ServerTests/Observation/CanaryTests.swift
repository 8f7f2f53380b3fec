// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Server
import Testing

/// A patient whose every field holds a word that occurs nowhere else goes through every path of the service; none of the words may
/// come out by the log, by the metrics or by an error.
@Suite struct CanaryTests {
  /// All the words begin with this.
  private static let word = "Zyx9Canary"

  /// The words, numbered as they are planted.
  private struct Planting {
    private(set) var count = 0

    mutating func next() -> JSON {
      count += 1
      return .string("\(word)\(count)")
    }

    /// A resource with words in all its texts, and in fields that it did not have.
    mutating func planted(in resource: JSON) -> JSON {
      var resource = resource
      resource["text"] = ["status": "generated", "div": .string("<div>\(word)\(count)</div>")]
      resource["language"] = next()
      resource["note"] = [["text": next()]]
      resource["extension"] = [["url": "https://example.org/x", "valueString": next()]]
      resource["identifier"] = [["system": "https://example.org/mrn", "value": next()]]
      return resource
    }

    mutating func patient(_ patient: JSON) -> JSON {
      var patient = planted(in: patient)
      patient["name"] = [["family": next(), "given": [next(), next()], "text": next()]]
      patient["telecom"] = [["system": "phone", "value": next()], ["system": "email", "value": next()]]
      patient["address"] = [["line": [next()], "city": next(), "postalCode": next(), "text": next()]]
      patient["contact"] = [["name": ["text": next()]]]
      patient["generalPractitioner"] = [["display": next()]]
      return patient
    }
  }

  /// A hook request full of words, and how many there are.
  private static func request() throws -> (json: JSON, words: Int) {
    var planting = Planting()
    var request = JSON(try Document(try Fixture.bytes("hooks/patient-view-septic.json"), syntax: .json).root)
    guard case .object(let members) = request["prefetch"] else { return (request, 0) }
    var prefetch: [JSON.Member] = []
    for member in members {
      if member.value["resourceType"] == "Patient" {
        prefetch.append(JSON.Member(member.name, planting.patient(member.value)))
      } else if let entries = member.value["entry"]?.elements {
        var bundle = member.value
        bundle["entry"] = .array(
          entries.enumerated().map { position, entry in
            guard position < 8, let resource = entry["resource"] else { return entry }
            var entry = entry
            entry["resource"] = planting.planted(in: resource)
            return entry
          })
        prefetch.append(JSON.Member(member.name, bundle))
      } else {
        prefetch.append(member)
      }
    }
    request["prefetch"] = .object(prefetch)
    request["extension"] = ["org.example.x": planting.next()]
    var context = request["context"] ?? [:]
    context["userId"] = .string("Practitioner/\(word)0")
    request["context"] = context
    request["fhirServer"] = .string("https://\(word).example.org/fhir")
    request["fhirAuthorization"] = [
      "access_token": planting.next(), "token_type": "Bearer", "expires_in": 300, "scope": planting.next(),
      "subject": planting.next(),
    ]
    return (request, planting.count)
  }

  @Test func noWordOfAPatientComesOutByTheBack() async throws {
    let (request, words) = try Self.request()
    #expect(words >= 60)
    let word = Self.word
    let good = request.encoded()
    var wrongPatient = request
    wrongPatient["context"] = ["userId": .string("Practitioner/\(word)"), "patientId": .string(word)]
    var wrongHook = request
    wrongHook["hook"] = .string(word)
    let feedback: JSON = [
      "feedback": [
        [
          "card": .string(word), "outcome": "overridden", "outcomeTimestamp": "2026-03-12T13:20:00Z",
          "overrideReason": ["userComment": .string(word)],
        ]
      ]
    ]
    var badFeedback = feedback
    badFeedback["feedback"] = [["card": .string(word), "outcome": .string(word)]]
    let hook = "/cds-services/patient-risk"
    let calls: [(method: HTTPRequest.Method, path: String, body: [UInt8], status: HTTPResponse.Status)] = [
      (.post, hook, good, .ok), (.post, hook, wrongPatient.encoded(), .unprocessableContent),
      (.post, hook, wrongHook.encoded(), .unprocessableContent), (.post, hook, Array(good.dropLast(200)), .badRequest),
      (.post, hook, Array(word.utf8), .badRequest), (.post, "/cds-services/\(word)", good, .notFound),
      (.get, "/\(word)?patient=\(word)", [], .notFound), (.delete, hook + "?x=\(word)", good, .methodNotAllowed),
      (.post, "/fhir/$assess", good, .unprocessableContent), (.post, hook + "/feedback", feedback.encoded(), .ok),
      (.post, hook + "/feedback", badFeedback.encoded(), .unprocessableContent),
    ]
    for limits in [ServerLimits(), Self.tight] {
      let tested = try ServiceUnderTest(limits: limits)
      for (method, path, body, status) in calls {
        let headers: HTTPFields = [
          .contentType: "application/json", .userAgent: word, .cookie: "session=\(word)",
          .authorization: "Bearer \(word)",
          .referer: "https://example.org/\(word)", .origin: "https://\(word).example.org", .acceptLanguage: word,
        ]
        let response = try await tested.send(method, path, headers, body)
        if limits == ServerLimits() { #expect(response.status == status, "\(method) \(path.count)") }
        // What a card says of the chart is for the clinician; nothing else may repeat any of it.
        if response.status != .ok { #expect(!response.text.contains(word), "\(response.status)") }
        for field in response.headers { #expect(!field.value.contains(word)) }
      }
      let metrics = try await tested.send(.get, "/metrics")
      #expect(metrics.status == .ok)
      #expect(!metrics.text.contains(word))
      #expect(!tested.log.text.isEmpty)
      #expect(!tested.log.text.contains(word))
    }
  }

  /// Limits at which the same calls fail in other places.
  private static var tight: ServerLimits {
    var limits = ServerLimits()
    limits.bodyBytes = 4096
    return limits
  }
}
