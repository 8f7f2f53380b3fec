// SPDX-License-Identifier: Apache-2.0
import CLibZip

extension ZipArchive {
  /// Writes files into a new archive as they are, without compression, replacing what is at `path` once it is complete.
  ///
  /// - Parameter files: each one's name in the archive and its path.
  /// - Returns: whether all of it was written.
  package static func write(_ files: [(name: String, path: String)], to path: String) -> Bool {
    var fault: CInt = 0
    // libzip copies names and paths, and reads the files when the archive is closed.
    guard let archive = unsafe zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &fault) else {
      return false
    }
    for file in files {
      guard let source = unsafe zip_source_file(archive, file.path, 0, -1) else { break }
      let index = unsafe zip_file_add(archive, file.name, source, ZIP_FL_ENC_UTF_8)
      guard index >= 0 else {
        // A source that was not taken is still ours.
        unsafe zip_source_free(source)
        break
      }
      _ = unsafe zip_set_file_compression(archive, zip_uint64_t(index), ZIP_CM_STORE, 0)
    }
    guard unsafe Int(zip_get_num_entries(archive, 0)) == files.count, unsafe zip_close(archive) == 0 else {
      // What was not written belongs to nobody.
      unsafe zip_discard(archive)
      return false
    }
    return true
  }
}
