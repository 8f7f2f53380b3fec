// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR

extension VigilService {
  /// The first of a call's needs without which there is no answer; for the others it is not worth failing.
  func required(_ needs: [HookCall.Need]) -> HookCall.Need? {
    needs.first { $0.template.isRequired && $0.need != .query(.emptyRead) }
  }

  /// What a call lacks, fetched from its client's FHIR server; nil when nothing can be had and nothing must.
  ///
  /// - Parameter needs: the call's.
  /// - Throws: `CDSHooksError.missingData` (412) naming the first key that is required and cannot be had, and why;
  ///   `.overloaded` when there is no room for what is fetched.
  func fetch(
    _ needs: [HookCall.Need], for call: HookCall, _ context: ServiceContext
  ) async throws(CDSHooksError) -> [UInt8]? {
    let instant = now()
    let required = required(needs)
    let deadline = ContinuousClock.now + .seconds(configuration.fetchLimits.seconds)
    let budget = FetchBudget(configuration.fetchLimits, share: context.share)
    let access: FHIRServerAccess
    do throws(FetchFailure) {
      access = try await self.access(for: call.request, trace: context.trace, deadline: deadline, budget: budget)
    } catch {
      guard let required else { return nil }
      if case .pages = required.need, error == .noAccess {
        // The client paged and gave no way to the rest.
        throw CDSHooksError(
          .missingData, path: "prefetch.\(required.template.key)", detail: "only a page of it was sent")
      }
      throw PrefetchFetching.missing(required.template.key, error)
    }
    return try await PrefetchFetching(call: call, instant: instant, budget: budget)
      .run(server: access.server) { path throws(FetchFailure) in try await access.get(path) }
  }

  private func access(
    for request: HookRequest, trace: TraceContext?, deadline: ContinuousClock.Instant, budget: FetchBudget
  ) async throws(FetchFailure) -> FHIRServerAccess {
    // Every request to a FHIR server carries a token (cds-hooks 2.0, FHIR Resource Access).
    guard let text = request.fhirServer, let authorization = request.fhirAuthorization else { throw .noAccess }
    guard let (server, entry) = configuration.outbound.permitted(text) else { throw .notPermitted }
    let client = try await clients.client(for: server, isInternal: entry.isInternal, deadline: deadline)
    return FHIRServerAccess(
      server: server, client: client, authorization: authorization, trace: trace, deadline: deadline, budget: budget)
  }
}
