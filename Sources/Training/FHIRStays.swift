// SPDX-License-Identifier: Apache-2.0
package import FHIR
package import Features
import FoundationEssentials
import Replay

/// Reads a hospital's own stays: FHIR in any form that `vigil replay` reads (documents, bundles, NDJSON, bulk exports,
/// archives), and what became of the patients in `labels.csv`.
///
/// Charts are read by the code that serves, so a network is trained on what it will be shown: no known fault of a data
/// set is repaired, units are converted and codes matched by the terminology. A large export is read share by share of
/// its patients: it is parsed several times, and only a part of it is held.
package struct FHIRStays: StayReader {
  package static let name = "fhir"
  /// The input and the share of its patients, in words.
  package let files: [String]
  private let parts: [String: (input: ChartInput, share: PatientShare)]
  private let labels: [String: [StayLabel]]
  /// Rows of `labels.csv`.
  package var labelled: Int { labels.values.reduce(0) { $0 + $1.count } }
  private let reader: ChartReader

  /// Bytes of NDJSON for which a share of the patients is held at a time.
  private static let bytesPerShare = 256 << 20

  /// The stays of a folder that holds `labels.csv` and the FHIR of those patients.
  ///
  /// - Parameter terminology: folder of the value sets and of the hospital's concept maps.
  package init(directory: String, profile: FeatureProfile, terminology: String) throws(DatasetError) {
    let path = directory + "/" + StayLabel.file
    guard FileManager.default.fileExists(atPath: path) else { throw .noRecords(path: directory) }
    let inputs: [ChartInput]
    do throws(ReplayError) { inputs = try ChartInput.inputs(at: directory) } catch {
      throw .noRecords(path: directory)
    }
    do throws(TerminologyError) {
      reader = ChartReader(profile, try Terminology(directory: terminology))
    } catch {
      throw .unreadable(path: terminology)
    }
    labels = Dictionary(grouping: try StayLabel.read(path), by: \.patient)
    var names: [String] = []
    var parts: [String: (ChartInput, PatientShare)] = [:]
    for input in inputs {
      let bytes = input.files.filter(\.isNDJSON).reduce(0) { $0 + $1.packedBytes * ($1.isGzip ? 10 : 1) }
      let count = bytes / Self.bytesPerShare + 1
      for index in 0..<count {
        let name = count == 1 ? input.name : "\(input.name), share \(index + 1) of \(count)"
        names.append(name)
        parts[name] = (input, PatientShare(index, of: count))
      }
    }
    files = names
    self.parts = parts
  }

  package func read(_ file: String) throws(DatasetError) -> StayFile {
    guard let (input, share) = parts[file] else { throw .unreadable(path: file) }
    let reading = ChartReading(input, lanes: Lanes(1), share: share)
    var found = StayFile([])
    for chart in reading.charts {
      guard let id = chart.patientID, share.holds(patient: id) else { continue }
      guard let own = labels[id] else {
        found.leftOut.add("patient without a row in \(StayLabel.file)")
        continue
      }
      let observations = ObservationTable(chart, reader.terminology)
      for label in own {
        do throws(Ineligibility) {
          found.stays.append(try Stay(chart, observations, label, reader))
        } catch {
          found.leftOut.add(error.text)
        }
      }
    }
    if share.index == 0 { for (code, count) in reading.refused.ranked { found.leftOut.add(code, count) } }
    return found
  }
}

extension Stay {
  /// After every stay: the last one before it is the patient's last.
  private static let always = Instant(milliseconds: 253_402_214_400_000)  // 9999-12-31

  /// The stay of a chart that a label is of, over its whole course.
  ///
  /// - Throws: why it teaches nothing: there is no such stay, or nobody is ever asked about it.
  package init(
    _ chart: Chart, _ observations: ObservationTable, _ label: StayLabel, _ reader: ChartReader
  ) throws(Ineligibility) {
    guard let bounds = reader.stay(in: chart, at: label.start ?? Self.always),
      label.start.map({ start in bounds.end.map { $0 >= start } ?? true }) ?? true
    else { throw .noICUStay }
    let end = label.end ?? bounds.end ?? chart.lastInstant ?? bounds.start
    let timeline = reader.timeline(of: chart, observations, at: end)
    guard timeline.origin == bounds.start else { throw .noICUStay }
    // Nobody is ever asked about these; other reasons are of the last instant alone.
    for reason in timeline.ineligibility {
      switch reason {
      case .tooYoung, .noPatient: throw reason
      default: continue
      }
    }
    self.init(
      id: label.id, patient: label.patient, site: label.site, timeline: timeline.withoutSources(reader.profile),
      outcome: label.outcome(length: end.hours(since: bounds.start)))
  }
}
