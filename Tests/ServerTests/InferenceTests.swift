// SPDX-License-Identifier: Apache-2.0
import Audit
import Decision
import FHIR
import Hummingbird
import HummingbirdTesting
import Server
import Testing

/// The models by the Open Inference Protocol v2: the same numbers as a chart gives, the same abstention, the same record.
@Suite struct InferenceTests {
  static let path = "/v2/models/small-diagnosis/infer"

  static func tensor(_ name: String, _ type: String, _ shape: [Int], _ data: [JSON]) -> JSON {
    [
      "name": .string(name), "datatype": .string(type), "shape": .array(shape.map(JSON.number)), "data": .array(data),
    ]
  }

  /// What the networks saw of the septic chart, as raw features.
  static func features(_ tested: ServiceUnderTest) async throws -> (values: [JSON], hour: JSON, probability: JSON?) {
    _ = try await tested.call(try Fixture.bytes("hooks/patient-view-septic.json"))
    let payload = try #require(try tested.records().last?.entry.payload)
    let seen = try #require(JSON(try Document(payload.features, syntax: .json).root).elements.first)
    let said = try #require(JSON(try Document(payload.outputs, syntax: .json).root)["models"]?.elements.first)
    return (
      seen["values"]?.elements ?? [], try #require(seen["hour"]), said["findings"]?.elements.first?["probability"]
    )
  }

  static func output(_ response: TestResponse, _ name: String) throws -> [JSON] {
    try response.json()["outputs"]?.elements.first { $0["name"] == .string(name) }?["data"]?.elements ?? []
  }

  static func infer(_ tested: ServiceUnderTest, _ body: JSON, _ path: String = path) async throws -> TestResponse {
    try await tested.send(.post, path, [.contentType: "application/json"], body.encoded())
  }

  @Test func rawFeaturesGiveWhatTheChartGave() async throws {
    let tested = try ServiceUnderTest()
    let (values, hour, probability) = try await Self.features(tested)
    let columns = values.count
    let body: JSON = [
      "id": "r1", "parameters": ["patient": "syn-septic"],
      "inputs": [
        Self.tensor("features", "FP32", [2, columns], [.array(values), .array(values.map { _ in .null })]),
        Self.tensor("hour", "FP64", [2], [hour, hour]),
      ],
    ]
    let response = try await Self.infer(tested, body)
    #expect(response.status == .ok, "\(response.text)")
    let answer = try response.json()
    #expect(answer["model_name"] == "small-diagnosis" && answer["model_version"] == "0.0.1" && answer["id"] == "r1")
    #expect(answer["outputs"]?.elements.allSatisfy { $0["shape"] == [2, 1] } == true)
    #expect(try Self.output(response, "probability")[0] == probability && probability != nil)
    #expect(try Self.output(response, "assessed")[0] == true)
    let record = try #require(try tested.records().last).entry
    #expect(
      record.service == "$infer/small-diagnosis" && record.patient == tested.trail.pseudonyms.patient("syn-septic"))
    // Given again from the record.
    let payload = try #require(record.payload)
    let again = try tested.service.assessor.answer(
      inference: payload.request, model: "small-diagnosis", at: try #require(record.instant))
    #expect(again.response == payload.response && again.outputs == payload.outputs)
    // One output alone, flat data, by version.
    let flat: JSON = [
      "inputs": [
        Self.tensor("features", "FP64", [1, columns], values), Self.tensor("hour", "INT32", [1, 1], [999]),
      ], "outputs": [["name": "reason"]],
    ]
    let late = try await Self.infer(tested, flat, "/v2/models/small-diagnosis/versions/0.0.1/infer")
    #expect(try late.json()["outputs"]?.elements.count == 1)
    #expect(try Self.output(late, "reason") == ["too-late"])
  }

  @Test func whatIsThereAndWhetherItAnswers() async throws {
    let tested = try ServiceUnderTest()
    for path in ["/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models/small-prognosis/ready"] {
      #expect(try await tested.send(.get, path).status == .ok, "\(path)")
    }
    let metadata = try await tested.send(.get, "/v2/models/small-diagnosis/versions/0.0.1").json()
    #expect(metadata["versions"] == ["0.0.1"])
    #expect(metadata["inputs"]?.elements.map { $0["name"] } == ["features", "hour", "absent"])
    let (values, hour, _) = try await Self.features(tested)
    let body: JSON = [
      "inputs": [
        Self.tensor("features", "FP32", [1, values.count], values), Self.tensor("hour", "FP64", [1], [hour]),
      ]
    ]
    #expect(try await Self.infer(tested, body).status == .ok)
    try await tested.control(Control(stops: [ControlTests.stop(.model, "small-diagnosis")]))
    #expect(try await tested.send(.get, "/v2/models/small-diagnosis/ready").status == .serviceUnavailable)
    #expect(try await Self.infer(tested, body).status == .serviceUnavailable)
    for path in ["/v2//", "/v2/models", "/v2/models/none", "/v2/models/small-diagnosis/versions/9.9.9", "/v2/x"] {
      let response = try await tested.send(.get, path)
      #expect(response.status == .notFound, "\(path)")
      #expect(try response.json()["error"]?.string?.isEmpty == false, "\(path)")
    }
    #expect(try await tested.send(.get, Self.path).status == .methodNotAllowed)
  }

  /// What a JSON value of a schema of the protocol's OpenAPI (kserve/open-inference-protocol, open_inference_rest.yaml) has to be.
  indirect enum Shape: Sendable {
    case text, integer, tensorData
    case list(Shape)
    case object(required: [String: Shape], optional: [String: Shape])

    static let tensor = Shape.object(
      required: ["name": .text, "datatype": .text, "shape": .list(.integer)], optional: ["parameters": .parameters])
    static let parameters = Shape.object(required: [:], optional: [:])
    static let error = Shape.object(required: ["error": .text], optional: [:])
    static let server = Shape.object(
      required: ["name": .text, "version": .text, "extensions": .list(.text)], optional: [:])
    static let model = Shape.object(
      required: ["name": .text, "platform": .text],
      optional: ["versions": .list(.text), "inputs": .list(.tensor), "outputs": .list(.tensor)])
    static let response = Shape.object(
      required: [
        "model_name": .text,
        "outputs": .list(
          .object(
            required: ["name": .text, "datatype": .text, "shape": .list(.integer), "data": .tensorData],
            optional: ["parameters": .parameters])),
      ], optional: ["model_version": .text, "id": .text, "parameters": .parameters])

    func allows(_ json: JSON) -> Bool {
      switch (self, json) {
      case (.text, .string): true
      case (.integer, .number(let literal)): Int(literal) != nil
      case (.list(let shape), .array(let elements)): elements.allSatisfy(shape.allows)
      case (.tensorData, .array(let elements)):
        elements.allSatisfy { element in
          switch element {
          case .array: allows(element)
          case .number, .string, .boolean: true
          case .null, .object: false
          }
        }
      case (.object(let required, let optional), .object(let members)):
        required.keys.allSatisfy { name in members.contains { $0.name == name } }
          && members.allSatisfy { (required[$0.name] ?? optional[$0.name])?.allows($0.value) ?? true }
      default: false
      }
    }
  }

  /// Also of a row of which nothing is stated: the protocol's data holds no null.
  @Test func everyAnswerIsAsTheProtocolPublishesIt() async throws {
    let tested = try ServiceUnderTest()
    let (values, hour, _) = try await Self.features(tested)
    for path in ["/v2", "/v2/"] {
      let metadata = try await tested.send(.get, path).json()
      #expect(Shape.server.allows(metadata), "\(path)")
    }
    for path in ["/v2/models/small-diagnosis", "/v2/models/small-prognosis/versions/0.0.1"] {
      let metadata = try await tested.send(.get, path).json()
      #expect(Shape.model.allows(metadata), "\(path)")
    }
    let rows = values + values.map { _ in .null } + values.map { _ in "NaN" }
    let body: JSON = [
      "inputs": [
        Self.tensor("features", "FP32", [3, values.count], rows),
        Self.tensor("hour", "FP64", [3], [hour, 999, 999]),
      ]
    ]
    let response = try await Self.infer(tested, body)
    let answer = try response.json()
    #expect(response.status == .ok && Shape.response.allows(answer), "\(response.text)")
    let stated = try Self.output(response, "probability")
    let width = stated.count / 3
    #expect(stated[0] != "NaN" && stated[width] == "NaN" && stated[width...].prefix(width) == stated[(2 * width)...])
    for (path, body) in [("/v2/models/none/infer", "{}"), (Self.path, "{}"), (Self.path, "{")] {
      let refused = try await tested.send(.post, path, [.contentType: "application/json"], Array(body.utf8))
      let error = try refused.json()
      #expect(refused.status.code >= 400 && Shape.error.allows(error), "\(path)")
    }
  }

  static let wrong: [(body: String, status: Int, place: String)] = [
    ("{", 400, "CDS001"), ("[]", 400, "CDS003"), ("{}", 400, "inputs"), (#"{"inputs": 1}"#, 400, "inputs"),
    (#"{"inputs": []}"#, 400, "inputs.features"), (#"{"inputs": [{}]}"#, 400, "inputs[0].name"),
    (#"{"inputs": [{"name": "x"}]}"#, 400, "inputs[0].name"),
    (#"{"inputs": [{"name": "hour", "shape": [1], "data": [1]}]}"#, 400, "inputs[0].datatype"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP16", "shape": [1], "data": [1]}]}"#, 400, "inputs[0].datatype"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [2], "data": [1]}]}"#, 400, "inputs[0].data"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [-1], "data": []}]}"#, 400, "inputs[0].shape"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [1.5], "data": [1]}]}"#, 400, "inputs[0].shape"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [1], "data": ["a"]}]}"#, 400, "inputs[0].data"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [1], "data": [[[1]]]}]}"#, 400, "inputs[0].data"),
    (
      #"{"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}"#, 400,
      "inputs[0].shape"
    ),
  ]

  @Test(arguments: wrong.indices)
  func rubbishIsRefusedWithItsPlace(_ index: Int) async throws {
    let (body, status, place) = Self.wrong[index]
    let tested = try ServiceUnderTest()
    let response = try await tested.send(
      .post, Self.path, [.contentType: "application/json"], Array(body.utf8))
    #expect(Int(response.status.code) == status, "\(response.text)")
    #expect(try response.json()["error"]?.string?.contains(place) == true, "\(response.text)")
    let entry = try #require(try tested.records().last).entry
    #expect(entry.service == "$infer" && entry.status == status)
  }
}
