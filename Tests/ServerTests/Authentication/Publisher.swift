// SPDX-License-Identifier: Apache-2.0
import Server
import Synchronization

/// Hands out a client's key set, and keeps the addresses at which it was asked for.
final class Publisher: Sendable {
  private let served: Mutex<KeySetCache.Fetched?>
  private let addresses = Mutex<[String]>([])

  init(_ bytes: [UInt8]?, maxAge: Int64? = nil) {
    served = Mutex(bytes.map { KeySetCache.Fetched(bytes: $0, maxAge: maxAge) })
  }

  var asked: [String] { addresses.withLock { $0 } }

  func set(_ bytes: [UInt8]?) {
    served.withLock { $0 = bytes.map { KeySetCache.Fetched(bytes: $0, maxAge: nil) } }
  }

  func serve(_ url: String) -> KeySetCache.Fetched? {
    addresses.withLock { $0.append(url) }
    return served.withLock { $0 }
  }

  func cache() -> KeySetCache {
    KeySetCache { url, _ in self.serve(url) }
  }
}
