// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// What this process uses, as the kernel counts it.
struct ProcessUsage: Sendable {
  /// Processor time of all threads, in seconds.
  let processorSeconds: Double
  /// Memory that is in use, in bytes.
  let residentBytes: Int
  /// Open file descriptors.
  let openFiles: Int

  /// Now; nil where there is no `/proc`.
  static var now: ProcessUsage? {
    guard let status = FileManager.default.contents(atPath: "/proc/self/statm"),
      let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    else { return nil }
    // proc(5): total size, then resident pages.
    let pages = String(decoding: status, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return ProcessUsage(
      processorSeconds: Double(clock()) / Double(CLOCKS_PER_SEC),
      residentBytes: (pages ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))), openFiles: files.count)
  }
}
