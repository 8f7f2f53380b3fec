// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Whose patient a command is about.
struct PatientArguments: ParsableArguments {
  @Option(help: "The patient's identifier, as the requests give it.") var patient: String
  @Option(help: "Id of the client whose patient it is; left out where no clients were configured.") var client = ""
}
