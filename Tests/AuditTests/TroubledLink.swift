// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Synchronization

/// Stands between a trail and its PostgreSQL, and does to their connections what networks and servers do.
final class TroubledLink: Sendable {
  enum Trouble: Sendable, Equatable {
    case none
    /// Nothing comes through, and nothing is closed.
    case silence
    /// Connections are closed at once.
    case closed
    /// Whatever the server says comes three seconds late.
    case slow
    /// What the server answers is lost, with the connection, when all these texts stand in it; afterwards there is this trouble.
    indirect case losesAnswer([String], then: Trouble)
    /// What the server is asked is lost so.
    indirect case losesRequest([String], then: Trouble)
    /// What the server is asked is kept back when all these texts stand in it: there is silence then, until there is other trouble.
    case holdsRequest([String])
  }

  /// Bytes of what was said before that are looked at again with what comes next: some answers of statements.
  private static let kept = 256
  /// Where it listens, on loopback.
  let port: Int
  private let listener: Int32
  private let host: String
  private let target: String
  private let state = Mutex(Trouble.none)

  /// - Parameter connection: libpq's connection string of the server, with `host` and `port`.
  init(to connection: String) throws {
    func value(_ key: String) -> String? {
      connection.split(separator: " ").first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }
    (host, target) = (value("host") ?? "127.0.0.1", value("port") ?? "5432")
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in(
      sin_family: sa_family_t(AF_INET), sin_port: 0, sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian),
      sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard bound else { throw CocoaError(.featureUnsupported) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self, listener] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        if trouble == .closed {
          close(client)
        } else {
          Thread.detachNewThread { [self] in carry(client) }
        }
      }
    }
  }

  var trouble: Trouble {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  /// Ends it; connections that are open end with their ends.
  func end() {
    trouble = .closed
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func carry(_ client: Int32) {
    defer { close(client) }
    guard let server = connect() else { return }
    defer { close(server) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    // What each side said last since there is trouble: what is to be lost may come in parts.
    var said: [[UInt8]] = [[], []]
    while true {
      let now = trouble
      if now == .closed { return }
      var places = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if now == .silence {
        usleep(20_000)
        continue
      }
      _ = unsafe poll(&places, 2, 20)
      for (side, place) in places.enumerated() where place.revents != 0 {
        let other = side == 0 ? server : client
        let count = unsafe read(place.fd, &buffer, buffer.count)
        guard count > 0 else { return }
        // What it is now: it may have come while something was waited for.
        said[side] = trouble == .none ? [] : said[side].suffix(Self.kept) + buffer[..<count]
        if side == 1, trouble == .slow { sleep(3) }
        if loses(said[side], isAnswer: side == 1) { return }
        if side == 0 { hold(said[side]) }
        var sent = 0
        while sent < count {
          let more = unsafe buffer[sent..<count].withUnsafeBytes { bytes in
            unsafe send(other, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
          }
          guard more > 0 else { return }
          sent += more
        }
      }
    }
  }

  private static func has(_ texts: [String], _ bytes: [UInt8]) -> Bool {
    texts.allSatisfy { Data(bytes).range(of: Data($0.utf8)) != nil }
  }

  /// Whether something is to be lost, which happens once.
  private func loses(_ bytes: [UInt8], isAnswer: Bool) -> Bool {
    state.withLock { state in
      switch state {
      case .losesAnswer(let texts, let next) where isAnswer && Self.has(texts, bytes): state = next
      case .losesRequest(let texts, let next) where !isAnswer && Self.has(texts, bytes): state = next
      default: return false
      }
      return true
    }
  }

  /// Waits where something is to be kept back.
  private func hold(_ bytes: [UInt8]) {
    let isHeld = state.withLock { state in
      guard case .holdsRequest(let texts) = state, Self.has(texts, bytes) else { return false }
      state = .silence
      return true
    }
    while isHeld, trouble == .silence { usleep(5000) }
  }

  /// Waits until something was kept back.
  func untilItHolds() async throws {
    while trouble != .silence { try await Task.sleep(for: .milliseconds(5)) }
  }

  private func connect() -> Int32? {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, target, &hints, &found) == 0, let first = unsafe found else { return nil }
    defer { unsafe freeaddrinfo(first) }
    let server = unsafe socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
    guard unsafe Glibc.connect(server, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
      close(server)
      return nil
    }
    return server
  }
}
