// SPDX-License-Identifier: Apache-2.0

/// What made a report: without it nobody could make it again.
package struct RunFacts: Sendable {
  /// The command as it was typed.
  package var command: String
  /// The commit of the source, where the program was built in a working copy of it.
  package var commit: String?
  /// SHA-256 of the program.
  package var program: String
  /// The digest of models, terminology and services.
  package var configuration: String
  /// What was read, in words.
  package var input: String
  /// The moments, as they were asked for.
  package var moments: String
  /// Where the labels come from, in words; nil without any.
  package var labels: String?

  package init(
    command: String, commit: String?, program: String, configuration: String, input: String, moments: String,
    labels: String?
  ) {
    self.command = command
    self.commit = commit
    self.program = program
    self.configuration = configuration
    self.input = input
    self.moments = moments
    self.labels = labels
  }
}
