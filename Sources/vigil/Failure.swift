// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation
import Replay

/// Why a command ends without having done its work: a line on standard error and the exit code of sysexits.h that fits.
enum Failure {
  case damaged(String)
  case noInput(String)
  case address(String)
  case trail(String)
  case configuration(String)

  /// Says it and gives what to throw.
  func exit() -> ExitCode {
    let (text, code): (String, Int32) =
      switch self {
      case .damaged(let text): (text, 65)
      case .noInput(let text): (text, 66)
      case .address(let text): (text, 69)
      case .trail(let text): (text, 73)
      case .configuration(let text): (text, 78)
      }
    Self.warn(text)
    return ExitCode(code)
  }

  /// Says what is wrong with the trail or what was asked of it and gives what to throw: 65 for what was done but for what is damaged, 66 for
  /// what is not there, else 73.
  ///
  /// - Parameter json: whether it is said on standard output as well, in the place of the result.
  static func exit(_ error: AuditError, json: Bool = false) -> ExitCode {
    if json { print(error.json.text()) }
    if error.code == .recordsPassedOver { return damaged("\(error)").exit() }
    return [.notFound, .unknownPatient].contains(error.code) ? noInput("\(error)").exit() : trail("\(error)").exit()
  }

  /// The exit code when something was refused: 66 when a file could not be opened, else 65; nil when nothing was.
  static func code(_ refused: Tally) -> ExitCode? {
    if refused.count(of: FHIRError.Code.unreadable.rawValue) > 0 { return ExitCode(66) }
    return refused.total > 0 ? ExitCode(65) : nil
  }

  /// Says what went wrong on standard error, and the command goes on.
  static func warn(_ text: String) { say("vigil: \(text)") }

  /// A line for the person at the terminal, on standard error, where it never mixes with results.
  static func say(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
  }
}
