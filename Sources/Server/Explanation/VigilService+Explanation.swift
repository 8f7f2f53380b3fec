// SPDX-License-Identifier: Apache-2.0
import Audit
import CDSHooks
import Decision
import FHIR
import HTTPTypes
import Hummingbird
import Logging
import NIOPosix

extension VigilService {
  /// Hours for which a link opens: a shift, and the round after it.
  static let pageHours = 24.0

  /// What makes the address of a card's page out of the card's uuid: `URL/explanations/PSEUDONYM?at=MILLISECONDS&client=ID&
  /// signature=HEX`, without a client where none are configured. Of the answers that show a card, the instant means one.
  ///
  /// The uuid itself is made of the patient's id and keyed by nothing; it stays out of addresses, which proxies write down.
  ///
  /// - Returns: nil where browsers do not know the service, or where nothing is on record to be shown.
  func pages(for client: String, at instant: Instant) -> ((_ card: String) -> String)? {
    guard isRecorded, let url = configuration.externalURL else { return nil }
    let address = url.hasSuffix("/") ? String(url.dropLast()) : url
    let caller = client.isEmpty ? "" : "&client=\(WireFormat.percentEncoded(client))"
    return { [pseudonyms = trail.pseudonyms] uuid in
      let card = pseudonyms.card(uuid, of: client)
      let signature = pseudonyms.explanation(of: card, at: instant.milliseconds, client: client)
      return "\(address)/explanations/\(AuditRecord.hexadecimal(card))?at=\(instant.milliseconds)\(caller)"
        + "&signature=\(AuditRecord.hexadecimal(signature))"
    }
  }

  /// `GET /explanations/{card}?at=MILLISECONDS&client=ID&signature=HEX`: why a card says what it says, for the clinician.
  ///
  /// The link is the permission: it was sent with the card, opens that one card of that one answer, and for a day. That somebody
  /// read it, or came too late, is on record with patient and card before anything is sent.
  func explain(_ request: Request, _ context: ServiceContext) async throws(CDSHooksError) -> Response {
    let rate = configuration.limits.pagesPerSecond
    guard gate.pages.take(context.origin, rate: rate, burst: max(1, 4 * rate)) == nil else {
      throw CDSHooksError(.tooManyRequests)
    }
    let name = request.uri.path.dropFirst("/explanations/".count)
    let query = request.uri.queryParameters
    let client = query["client"].map(String.init) ?? ""
    guard let card = AuditRecord.bytes(hexadecimal: String(name)), AuditRecord.hexadecimal(card) == name,
      let at = query["at"].flatMap({ Int64($0) }), let given = query["signature"],
      // Beyond any clock; what is farther away could not be reckoned with.
      (0...253_402_300_799_999).contains(at),
      Self.isSame(
        AuditRecord.hexadecimal(trail.pseudonyms.explanation(of: card, at: at, client: client)), String(given)),
      // Who is let in no longer, opens nothing any more either.
      gate.access?.knows(client) != false
    else { throw CDSHooksError(.unknownExplanation) }
    let instant = Instant(milliseconds: at)
    let isLate = now() > instant.advanced(byHours: Self.pageHours)
    let record: AuditRecord
    do {
      // It waits for the disk, or for a network.
      record = try await NIOThreadPool.singleton.runIfActive { [directory = trail.directory] in
        let reader = try AuditReader(directory: directory, patience: directory.patience)
        guard let record = try reader.answer(showing: card, at: instant) else {
          throw AuditError(.notFound)
        }
        return record
      }
    } catch {
      switch (error as? AuditError)?.code {
      case .notFound: throw CDSHooksError(.unknownExplanation)
      case .erased: throw CDSHooksError(.expiredExplanation)
      case let code: throw CDSHooksError(.trailUnavailable, detail: code?.rawValue)
      }
    }
    let html =
      isLate
      ? nil
      : try await compute(context, bytes: 0) { () throws(CDSHooksError) -> String? in
        ExplanationPage(record, card: card) { trail.pseudonyms.card($0, of: client) }?.html
      }
    let late = CDSHooksError(.expiredExplanation)
    var entry = AuditEntry(time: now(), kind: html == nil ? .rejection : .read)
    entry.client = client.isEmpty ? nil : client
    entry.patient = record.entry.patient
    entry.origin = context.origin
    entry.cards = [AuditEntry.Card(key: card)]
    entry.note = "explanation of record \(record.sequence)"
    entry.status = 200
    if html == nil {
      entry.status = late.status
      entry.reason = late.code.rawValue
      gate.metrics.count(late.code)
    }
    do {
      let sequence = try await trail.append(entry)
      context.logger.info(
        html == nil ? "refused" : "explained", metadata: ["sequence": .stringConvertible(sequence)])
    } catch {
      throw CDSHooksError(.trailUnavailable, detail: error.code.rawValue)
    }
    return html.map { Response(page: $0) } ?? Response(page: late)
  }

  /// Every byte is looked at, so that time tells nothing of how many were right.
  private static func isSame(_ wanted: String, _ given: String) -> Bool {
    let (wanted, given) = (Array(wanted.utf8), Array(given.utf8))
    // `|` and `^` bind alike: without the inner brackets all but the last byte would count for nothing.
    return wanted.count == given.count && zip(wanted, given).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
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
