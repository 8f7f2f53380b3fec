// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// Why a command ends without having done its work: a line on standard error and the exit code of sysexits.h that fits.
enum Failure {
  case noInput(String)
  case address(String)
  case trail(String)
  case configuration(String)

  /// Says it and gives what to throw.
  func exit() -> ExitCode {
    let (text, code): (String, Int32) =
      switch self {
      case .noInput(let text): (text, 66)
      case .address(let text): (text, 69)
      case .trail(let text): (text, 73)
      case .configuration(let text): (text, 78)
      }
    FileHandle.standardError.write(Data("vigil: \(text)\n".utf8))
    return ExitCode(code)
  }
}
