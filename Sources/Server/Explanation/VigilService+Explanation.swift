// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import HTTPTypes
import Hummingbird
import Logging

extension VigilService {
  /// Where the cards of an answer lead; nil where browsers do not know the service, or where nothing is on record to be shown.
  func explanationLinks(of client: String, at instant: Instant) -> ExplanationLinks? {
    guard isRecorded, let address = configuration.externalURL else { return nil }
    return ExplanationLinks(
      address: address.hasSuffix("/") ? String(address.dropLast()) : address,
      key: trail.pseudonyms.explanations(at: instant.milliseconds, of: client))
  }

  /// `GET /explanations/{card}?at=MILLISECONDS&client=ID&signature=HEX`: why a card says what it says, for the clinician.
  ///
  /// The link is the permission: it was sent with the card, opens that one card of that one answer, and for a day. That somebody
  /// read it is on record before the page is sent.
  func explain(_ request: Request, _ context: ServiceContext) async throws(CDSHooksError) -> Response {
    let uuid = request.uri.path.dropFirst("/explanations/".count).lowercased()
    let query = request.uri.queryParameters
    let client = query["client"].map(String.init) ?? ""
    guard WireFormat.isUUID(uuid), let at = query["at"].flatMap({ Int64($0) }), let signature = query["signature"],
      // Beyond any clock; what is farther away could not be reckoned with.
      (0...253_402_300_799_999).contains(at),
      case let links = ExplanationLinks(address: "", key: trail.pseudonyms.explanations(at: at, of: client)),
      links.opens(card: uuid, signature: String(signature))
    else { throw CDSHooksError(.unknownExplanation) }
    let instant = Instant(milliseconds: at)
    guard now() <= instant.advanced(byHours: ExplanationLinks.validHours) else {
      throw CDSHooksError(.expiredExplanation)
    }
    let key = trail.pseudonyms.card(uuid, of: client)
    do {
      guard let record = try AuditReader(directory: trail.directory).answer(showing: key, at: instant) else {
        throw CDSHooksError(.unknownExplanation)
      }
      guard let page = ExplanationPage(record, card: uuid, key: key) else { throw CDSHooksError(.expiredExplanation) }
      var entry = AuditEntry(time: now(), kind: .read)
      entry.client = client.isEmpty ? nil : client
      entry.patient = record.entry.patient
      entry.origin = context.origin
      entry.note = "explanation of record \(record.sequence)"
      let sequence = try await trail.append(entry)
      context.logger.info("explained", metadata: ["sequence": .stringConvertible(sequence)])
      return Response(page: page.html)
    } catch let error as CDSHooksError {
      throw error
    } catch let error as AuditError {
      throw error.code == .erased
        ? CDSHooksError(.expiredExplanation) : CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    } catch {
      throw CDSHooksError(.internalError)
    }
  }
}

extension Response {
  /// A page for a browser. What led to it is not told to the pages that it leads to: the link is a permission.
  init(status: HTTPResponse.Status = .ok, page html: String) {
    self.init(status: status, mediaType: "text/html; charset=utf-8", bytes: Array(html.utf8))
    headers[.contentSecurityPolicy] = ClinicianPage.policy
    if let field = HTTPField.Name("Referrer-Policy") { headers[field] = "no-referrer" }
  }

  /// An error, for somebody who followed a link.
  init(page error: CDSHooksError) {
    let body = """
      <h1>\(HTML.escaped(error.title))</h1>
      <p>Open the patient's chart again: the card has a new link. (\(error.code.rawValue))</p>
      """
    self.init(
      status: HTTPResponse.Status(code: error.status),
      page: ClinicianPage(title: HTML.escaped(error.title), body: body).html)
    if [429, 503].contains(error.status) { headers[.retryAfter] = "5" }
  }
}
