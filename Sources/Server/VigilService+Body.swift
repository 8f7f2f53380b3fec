// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Hummingbird

extension VigilService {
  /// The whole body, before anything is parsed.
  ///
  /// - Throws: `.tooLarge`; `.overloaded` when there is no room for it among the bodies of all requests; `.requestTimeout` when
  ///   it does not come to its end.
  func body(of request: Request, _ context: ServiceContext) async throws(CDSHooksError) -> [UInt8] {
    let limit = configuration.limits.bodyBytes
    // A declared length is believed at once, so that nobody has to send what will be refused.
    let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard (0...limit).contains(declared) else { throw CDSHooksError(.tooLarge) }
    var (bytes, room): ([UInt8], Int) = ([], declared)
    guard context.share?.take(declared) != false else { throw CDSHooksError(.overloaded) }
    bytes.reserveCapacity(declared)
    do {
      for try await chunk in request.body {
        guard bytes.count + chunk.readableBytes <= limit else { throw CDSHooksError(.tooLarge) }
        if bytes.count + chunk.readableBytes > room {
          guard context.share?.take(chunk.readableBytes) != false else { throw CDSHooksError(.overloaded) }
          room += chunk.readableBytes
        }
        bytes += chunk.readableBytesView
      }
    } catch let error as CDSHooksError {
      throw error
    } catch {
      // The connection was cut off or given up.
      throw CDSHooksError(.requestTimeout)
    }
    return bytes
  }

  /// Computes when it is the caller's turn.
  ///
  /// - Throws: what `work` throws; `.overloaded` when the queue is full or took too long.
  func compute<Value>(
    _ context: ServiceContext, bytes: Int, _ work: () throws(CDSHooksError) -> Value
  ) async throws(CDSHooksError) -> Value {
    do throws(WorkFailure<CDSHooksError>) {
      return try await gate.work.run(for: context.client ?? context.origin, bytes: bytes, work)
    } catch {
      switch error {
      case .refused: throw CDSHooksError(.overloaded)
      case .failed(let error): throw error
      }
    }
  }
}
