// SPDX-License-Identifier: Apache-2.0
package import CDSHooks
package import FHIR
import Features

/// What a model says of rows of raw features, as the Open Inference Protocol v2 writes it.
package enum InferenceAnswer {
  /// The tensors that come out, each rows x outcomes.
  static let outputs: [(name: String, datatype: String)] = [
    ("probability", "FP64"), ("low", "FP64"), ("high", "FP64"), ("assessed", "BOOL"), ("band", "BYTES"),
    ("reason", "BYTES"),
  ]

  /// What a model takes and gives: the protocol's metadata.
  package static func metadata(of package: ModelPackage) -> JSON {
    let columns = package.profile.columns
    let outcomes = package.predictors.map(\.outcome)
    func tensor(_ name: String, _ datatype: String, _ width: Int, _ parameters: JSON? = nil) -> JSON {
      [
        "name": .string(name), "datatype": .string(datatype), "shape": [-1, .number(width)],
        "parameters": parameters,
      ]
    }
    return [
      "name": .string(package.manifest.id), "versions": [.string(package.manifest.version)], "platform": "vigil",
      "inputs": [
        tensor("features", "FP32", columns.count, ["columns": .string(columns.map(\.id).joined(separator: ","))]),
        tensor("hour", "FP64", 1),
        tensor(
          "absent", "BOOL", outcomes.count,
          [
            "optional": true,
            "needed_for": .string(outcomes.filter { $0.excludes != nil }.map(\.head).joined(separator: ",")),
          ]),
      ],
      "outputs": .array(
        outputs.map {
          tensor(
            $0.name, $0.datatype, outcomes.count, ["outcomes": .string(outcomes.map(\.head).joined(separator: ","))])
        }),
      "parameters": ["package": .string(package.digest)],
    ]
  }

  /// The answer of the protocol. A probability that is not stated is "NaN", and `reason` says why: JSON has no
  /// such number, and a tensor's data are numbers, texts and booleans, never null (tensor_data of the protocol's OpenAPI).
  static func json(_ findings: [[Finding]], to request: InferenceRequest, of package: ModelPackage) -> JSON {
    let all = findings.flatMap { $0 }
    func data(_ name: String) -> [JSON] {
      all.map { finding in
        switch name {
        case "probability": finding.risk.map { .number($0.probability) } ?? "NaN"
        case "low": finding.risk.map { .number($0.low) } ?? "NaN"
        case "high": finding.risk.map { .number($0.high) } ?? "NaN"
        case "assessed": .boolean(finding.risk != nil)
        case "band": .string(finding.risk?.band ?? "")
        default: .string(finding.reasons.map(\.code).joined(separator: ","))
        }
      }
    }
    let wanted = outputs.filter { request.outputs?.contains($0.name) ?? true }
    return [
      "model_name": .string(package.manifest.id), "model_version": .string(package.manifest.version),
      "id": request.id.map(JSON.string),
      "outputs": .array(
        wanted.map { name, datatype in
          [
            "name": .string(name), "datatype": .string(datatype),
            "shape": [.number(findings.count), .number(package.predictors.count)], "data": .array(data(name)),
          ]
        }),
    ]
  }
}

extension Finding {
  /// Why there is no probability; empty where there is one.
  var reasons: [Reason] {
    if case .notAssessed(let reasons) = conclusion { reasons } else { [] }
  }
}

extension Answer {
  /// The name under which `/v2` stands in the record, before the model's id: `$infer/icu-diagnosis`.
  package static let inferenceService = "$infer"
}

extension Assessor {
  /// A model that answers, by its id and, where it is said, its version.
  ///
  /// - Throws: `unknownService`.
  package func package(_ id: String, version: String? = nil) throws(CDSHooksError) -> ModelPackage {
    guard let package = packages.first(where: { $0.manifest.id == id }),
      version == nil || package.manifest.version == version
    else { throw CDSHooksError(.unknownService) }
    return package
  }

  /// What a model says of rows of raw features.
  ///
  /// - Throws: `CDSHooksError` with status and place; `stopped` when the model is.
  package func answer(
    inference bytes: [UInt8], model id: String, version: String? = nil, state: AnswerState = AnswerState(),
    at instant: Instant
  ) throws(CDSHooksError) -> Answer {
    let package = try package(id, version: version)
    guard !state.stoppedModels.contains(id) else { throw CDSHooksError(.stopped) }
    let request = try InferenceRequest(bytes, for: package)
    let findings = request.rows.map(package.findings)
    let record: JSON = [
      "configuration": .string(digest), "model": .string(id), "package": .string(package.digest),
      "rows": .array(
        findings.map { row in
          .array(
            row.map { finding in
              [
                "outcome": .string(finding.outcome.head), "probability": finding.risk.map { .number($0.probability) },
                "band": finding.risk.map { .string($0.band) },
                "notAssessed": finding.risk == nil ? .array(finding.reasons.map { .string($0.code) }) : nil,
                "memberLogits": .array(finding.memberLogits.map(JSON.number)),
              ]
            })
        }),
    ]
    return Answer(
      service: "\(Answer.inferenceService)/\(id)", patientID: request.patientID, instant: instant, request: bytes,
      state: state.record, features: [], abstentions: Answer.abstentions(of: id, in: findings.joined()),
      outputs: record.encoded(), thresholds: JSON.array([package.thresholds(groups: nil)]).encoded(),
      response: InferenceAnswer.json(findings, to: request, of: package).encoded(), mediaType: "application/json")
  }
}
