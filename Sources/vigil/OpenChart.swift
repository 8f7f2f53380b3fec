// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import FoundationNetworking

/// Opens a chart as an EHR does: fires the service's own hook with a request from a file, moved in time so that the chart
/// ends now, and prints the cards as they came.
struct OpenChart {
  /// A CDS Hooks request for `patient-risk`.
  let file: String
  /// The service.
  let address: String
  /// Where the moved copy is kept for the `curl` that is printed.
  let copy: String

  /// What went wrong; never a reason to stop the service.
  enum Fault: Error, CustomStringConvertible {
    case unreadable(String)
    case noMoment(String)
    case refused(Int)

    var description: String {
      switch self {
      case .unreadable(let file): "\(file): cannot be opened"
      case .noMoment(let file): "\(file): the chart tells of no moment"
      case .refused(let status): "the service answered with status \(status)"
      }
    }
  }

  /// Fires the hook and prints the cards and the `curl` that does the same.
  func fire(at now: Instant) async throws {
    let request = try movedCopy(endingAt: now)
    try Data(request).write(to: URL(filePath: copy))
    let url = "\(address)/cds-services/patient-risk"
    guard let target = URL(string: url) else { throw Fault.unreadable(url) }
    var call = URLRequest(url: target)
    call.httpMethod = "POST"
    call.setValue("application/json", forHTTPHeaderField: "Content-Type")
    call.httpBody = Data(request)
    let (body, response) = try await URLSession.shared.data(for: call)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard status == 200 else { throw Fault.refused(status) }
    print("\nOpened the chart of \(file), moved in time to end at \(now):\n")
    for card in try Document(Array(body), syntax: .json).root.elements("cards") { print(CardText(card).text) }
    print("The same by hand (the copy ages: after an hour the prognosis will say that its hour is over):\n")
    print("curl -s -H 'Content-Type: application/json' --data-binary @\(copy) \(url)\n")
  }

  /// The request with every date moved, and a call id of its own.
  private func movedCopy(endingAt now: Instant) throws -> [UInt8] {
    guard let bytes = FileManager.default.contents(atPath: file) else { throw Fault.unreadable(file) }
    let document = try Document(Array(bytes), syntax: .json)
    let values = (document.root["prefetch"]?.children).map(Array.init) ?? []
    guard let last = Chart(resources: values, patientID: nil).lastInstant else { throw Fault.noMoment(file) }
    let seconds = (now.milliseconds - last.milliseconds) / 1000
    var request = JSON(document.root).shifted(bySeconds: seconds)
    request["hookInstance"] = .string(UUID().uuidString.lowercased())
    return request.encoded()
  }
}
