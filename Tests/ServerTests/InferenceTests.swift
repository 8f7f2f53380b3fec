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
    for path in ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/small-prognosis/ready"] {
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
    for path in ["/v2/", "/v2/models", "/v2/models/none", "/v2/models/small-diagnosis/versions/9.9.9", "/v2/x"] {
      let response = try await tested.send(.get, path)
      #expect(response.status == .notFound, "\(path)")
      #expect(try response.json()["error"]?.string?.isEmpty == false, "\(path)")
    }
    #expect(try await tested.send(.get, Self.path).status == .methodNotAllowed)
  }

  static let wrong: [(body: String, status: Int, place: String)] = [
    ("{", 400, "CDS001"), ("[]", 422, "CDS003"), ("{}", 422, "inputs"), (#"{"inputs": 1}"#, 422, "inputs"),
    (#"{"inputs": []}"#, 422, "inputs.features"), (#"{"inputs": [{}]}"#, 422, "inputs[0].name"),
    (#"{"inputs": [{"name": "x"}]}"#, 422, "inputs[0].name"),
    (#"{"inputs": [{"name": "hour", "shape": [1], "data": [1]}]}"#, 422, "inputs[0].datatype"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP16", "shape": [1], "data": [1]}]}"#, 422, "inputs[0].datatype"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [2], "data": [1]}]}"#, 422, "inputs[0].data"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [-1], "data": []}]}"#, 422, "inputs[0].shape"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [1.5], "data": [1]}]}"#, 422, "inputs[0].shape"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [1], "data": ["a"]}]}"#, 422, "inputs[0].data"),
    (#"{"inputs": [{"name": "hour", "datatype": "FP32", "shape": [1], "data": [[[1]]]}]}"#, 422, "inputs[0].data"),
    (
      #"{"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}"#, 422,
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
    #expect(try tested.records().last?.entry.service == "$infer")
  }
}
