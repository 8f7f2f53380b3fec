// SPDX-License-Identifier: Apache-2.0
package import Features

extension ModelManifest {
  /// What one head's probability is of, and when it may be stated.
  package struct Outcome: Codable, Sendable, Equatable {
    /// The head of the networks, of kind `sigmoid` with one output.
    package var head: String
    /// Code of the outcome.
    package var code: String
    /// The code's system.
    package var system: String
    /// The code's display.
    package var display: String
    /// How a card's summary begins, such as `Risk of sepsis within 6 h`.
    package var summary: String
    /// Hours over which the probability reaches; nil when it is for the whole hospital stay.
    package var horizonHours: Double?
    /// One sentence: how the outcome was labelled. The card says it.
    package var definition: String
    /// The bands of risk, ascending; the first begins at 0, `high` begins at the alarm's threshold. An outcome without
    /// `high` has no alarm, for none would be right often enough, and never gives a card of its own.
    package var bands: [Band]
    /// Ids of signals or derived series; of each inner list at least one must have a value that is not stale, else
    /// the outcome is not assessed.
    package var requires: [[String]]
    /// The state whose onset the outcome is, where it is one: a patient who is in it already, or of whom that cannot be
    /// told, is not assessed, for of such the networks learned nothing.
    package var excludes: Criterion?
    /// The last hour of the stay at which the networks learned of this outcome, where that is before the profile's last.
    package var lastHour: Double?

    /// An outcome.
    package init(
      head: String, code: String, system: String, display: String, summary: String, horizonHours: Double? = nil,
      definition: String, bands: [Band], requires: [[String]] = [], excludes: Criterion? = nil,
      lastHour: Double? = nil
    ) {
      self.head = head
      self.code = code
      self.system = system
      self.display = display
      self.summary = summary
      self.horizonHours = horizonHours
      self.definition = definition
      self.bands = bands
      self.requires = requires
      self.excludes = excludes
      self.lastHour = lastHour
    }

    /// The calibrated probability from which an alarm sounds: where the band `high` begins; infinite without one.
    package var alarm: Double { bands.last { $0.name == "high" }?.from ?? .infinity }

    /// The band of a probability.
    package func band(of probability: Double) -> Band {
      bands.last { $0.from <= probability } ?? bands[0]
    }
  }
}
