// SPDX-License-Identifier: Apache-2.0
import CLibZip
import Glibc
import Synchronization

/// A zip archive whose files are read where they lie: nothing is written to disk, and names are only labels.
package final class ZipArchive: Sendable {
  /// The names of its files and folders (which end in `/`), in the archive's order; control characters are shown as `?`.
  package let names: [String]
  private let state: Mutex<State>

  // libzip's handle is for one thread at a time: every use is under the lock.
  @safe private struct State: @unchecked Sendable {
    let archive: OpaquePointer
    var bound: Int
  }

  /// Whether `bytes` start as a zip archive does, an empty one included.
  package static func isZip(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4b, 0x05, 0x06])
  }

  /// Opens an archive. All its files together may unpack to `Limits.expansion` times its own size.
  ///
  /// - Throws: `badZip`, `tooManyFiles` above `Limits.entries`, `unreadable`, `outOfMemory`.
  package init(path: String, limits: Limits) throws(FHIRError) {
    var fault: CInt = 0
    // libzip copies the path and keeps the file open until it is discarded.
    guard let archive = unsafe zip_open(path, ZIP_RDONLY, &fault) else {
      throw FHIRError(ZipArchive.code(fault))
    }
    let count = unsafe Int(zip_get_num_entries(archive, 0))
    var file = stat()
    // `stat` reads the path's bytes and writes the structure given during the call only.
    let size = unsafe stat(path, &file) == 0 ? Int(file.st_size) : 0
    var names: [String] = []
    if count <= limits.entries {
      for index in 0..<max(0, count) {
        // The name lives as long as the archive and is copied here.
        let name = unsafe zip_get_name(archive, zip_uint64_t(index), 0).map { unsafe String(cString: $0) } ?? ""
        names.append(
          String(name.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) }))
      }
    }
    self.names = names
    let (bound, overflow) = size.multipliedReportingOverflow(by: limits.expansion)
    unsafe state = Mutex(State(archive: archive, bound: overflow ? .max : bound))
    guard count <= limits.entries else { throw FHIRError(.tooManyFiles) }
  }

  deinit {
    // Nothing was changed, so there is nothing to write.
    state.withLock { unsafe zip_discard($0.archive) }
  }

  /// The content of the file at `index` of `names`.
  ///
  /// - Throws: `encryptedFile`; `badZip` for damage and methods of packing that libzip does not know, found at the end of
  ///   the content where only the checksum tells; `expandsTooMuch`.
  package func stream(of index: Int) throws(FHIRError) -> ByteStream {
    let result: Result<ZipFile, FHIRError> = state.withLock { state in
      var status = unsafe zip_stat_t()
      guard unsafe zip_stat_index(state.archive, zip_uint64_t(index), 0, &status) == 0 else {
        return .failure(FHIRError(.badZip))
      }
      guard unsafe status.encryption_method == UInt16(ZIP_EM_NONE) else { return .failure(FHIRError(.encryptedFile)) }
      guard let file = unsafe zip_fopen_index(state.archive, zip_uint64_t(index), 0) else {
        let fault = unsafe zip_error_code_zip(zip_get_error(state.archive))
        return .failure(FHIRError(ZipArchive.code(fault)))
      }
      return unsafe .success(ZipFile(file, of: self))
    }
    let file = try result.get()
    return ByteStream { () throws(FHIRError) in try self.read(file) }
  }

  fileprivate func close(_ file: OpaquePointer) {
    state.withLock { _ in _ = unsafe zip_fclose(file) }
  }

  private func read(_ file: ZipFile) throws(FHIRError) -> [UInt8] {
    let result: Result<[UInt8], FHIRError> = state.withLock { state in
      var got = 0
      // `zip_fread` writes at most as many bytes as there is room for.
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: ByteStream.chunk) { target, count in
        got = unsafe Int(zip_fread(file.pointer, target.baseAddress, zip_uint64_t(ByteStream.chunk)))
        count = max(0, got)
      }
      guard got >= 0 else { return .failure(FHIRError(.badZip)) }
      state.bound -= got
      return state.bound < 0 ? .failure(FHIRError(.expandsTooMuch)) : .success(bytes)
    }
    return try result.get()
  }

  private static func code(_ fault: CInt) -> FHIRError.Code {
    switch fault {
    case ZIP_ER_MEMORY: .outOfMemory
    case ZIP_ER_OPEN, ZIP_ER_READ, ZIP_ER_SEEK, ZIP_ER_NOENT: .unreadable
    default: .badZip
    }
  }
}

/// An open file of an archive, used under the archive's lock.
@safe private final class ZipFile: @unchecked Sendable {
  let pointer: OpaquePointer
  private let archive: ZipArchive

  init(_ pointer: OpaquePointer, of archive: ZipArchive) {
    unsafe self.pointer = pointer
    self.archive = archive
  }

  deinit { unsafe archive.close(pointer) }
}
