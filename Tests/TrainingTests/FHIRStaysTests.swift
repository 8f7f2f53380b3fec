// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation
import Replay
import Testing
import Training

/// A hospital's own FHIR and labels as a data set.
@Suite struct FHIRStaysTests {
  private static let terminology = repository("Profiles/terminology")

  private func reader(_ folder: String, _ profile: FeatureProfile) throws -> FHIRStays {
    try FHIRStays(directory: folder, profile: profile, terminology: Self.terminology)
  }

  /// Writes a public data set as FHIR beside its labels, as `vigil import` does.
  private func export(_ reader: any StayReader, files: [String], _ profile: FeatureProfile, to folder: TemporaryFolder)
    throws
  {
    let export = try FHIRExport(profile: profile, dataSet: type(of: reader).name, terminology: Self.terminology)
    let stays = try files.flatMap { try reader.read($0).stays }
    let lines = stays.flatMap { export.resources(of: $0).map { String(decoding: $0.encoded(), as: UTF8.self) } }
    _ = try folder.write(lines.joined(separator: "\n") + "\n", to: "all.ndjson")
    let labels = [StayLabel.header] + stays.map(export.label)
    _ = try folder.write(labels.joined(separator: "\n") + "\n", to: StayLabel.file)
  }

  /// The rows that a configuration makes of some stays read directly, and of the same stays read from FHIR.
  private func compare(_ reader: any StayReader, files: [String], _ id: String) throws {
    let profile = try shippedProfile(id)
    var configuration = try Synthetic.configuration(id)
    for index in configuration.heads.indices { configuration.heads[index].dataSets = nil }
    let folder = try TemporaryFolder()
    try export(reader, files: files, profile, to: folder)
    let fhir = try self.reader(folder.path, profile)
    let read = try fhir.files.flatMap { try fhir.read($0).stays }
    let direct = try files.flatMap { try reader.read($0).stays }
    #expect(read.map(\.id) == direct.map(\.id) && !read.isEmpty)
    let dataSet = try #require(configuration.dataSets.first { $0.reader == type(of: reader).name })
    for (one, other) in zip(direct, read) {
      #expect(one.site == other.site && one.outcome == other.outcome)
      let (left, right) = (
        StayTable.rows(of: one, dataSet: dataSet, configuration: configuration, profile: profile),
        StayTable.rows(of: other, dataSet: dataSet, configuration: configuration, profile: profile)
      )
      #expect(left.labels == right.labels && left.scored == right.scored)
      #expect(left.vectors.map(\.hour) == right.vectors.map(\.hour))
      let bits = { (rows: StayTable.Rows) in rows.vectors.flatMap { $0.values.map { $0.isNaN ? 0 : $0.bitPattern } } }
      #expect(bits(left) == bits(right), "\(one.id)")
      #expect(
        [left.record.age, left.record.sex, left.record.unitType] == [
          right.record.age, right.record.sex, right.record.unitType,
        ])
    }
  }

  @Test func challenge2012ThroughFHIRGivesTheSameRows() throws {
    let folder = try TemporaryFolder()
    func record(_ id: Int, _ lines: String) throws {
      _ = try folder.write(
        "Time,Parameter,Value\n00:00,RecordID,\(id)\n00:00,Age,\(40 + id)\n00:00,Gender,1\n00:00,ICUType,\(id)\n"
          + lines,
        to: "set/\(id).txt")
    }
    try record(
      1,
      """
      00:00,Height,175.3
      00:00,Weight,80.6
      00:07,HR,88
      00:07,HR,91
      01:20,NISysABP,121
      01:20,SysABP,117
      02:10,Temp,98.6
      05:01,MechVent,1
      05:01,FiO2,0.4
      05:41,PaO2,101
      07:59,Urine,120
      07:59,Urine,80
      11:11,Creatinine,1.3
      30:00,Creatinine,2.9
      48:00,HR,64
      """)
    try record(2, "03:33,pH,735\n23:50,WBC,12500\n40:00,Lactate,4.4\n40:10,MAP,55\n")
    try record(3, "01:00,HR,71\n")
    let outcomes = try folder.write(
      """
      RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death
      1,6,1,5,-1,0
      2,16,8,8,7,1
      3,16,8,8,0,1
      """, to: "Outcomes.txt")
    let profile = try shippedProfile("icu-prognosis")
    let reader = try PhysioNet2012(records: folder.path + "/set", outcomes: outcomes, profile: profile)
    try compare(reader, files: reader.files, "icu-prognosis")
  }

  @Test func challenge2019ThroughFHIRGivesTheSameRows() throws {
    let folder = try TemporaryFolder()
    let header = "HR|MAP|Lactate|Age|Gender|Unit1|Unit2|HospAdmTime|ICULOS|SepsisLabel\n"
    var septic = header
    for hour in 1...30 { septic += "\(80 + hour)|\(80 - hour)|NaN|71|1|1|0|-3.5|\(hour)|\(hour > 20 ? 1 : 0)\n" }
    _ = try folder.write(septic, to: "p000001.psv")
    _ = try folder.write(header + "80|NaN|2.5|60|0|NaN|NaN|-1|3|0\n81|70|NaN|60|0|NaN|NaN|-1|4|0\n", to: "p100002.psv")
    let profile = try shippedProfile("icu-diagnosis")
    let reader = try PhysioNet2019(directory: folder.path, profile: profile)
    try compare(reader, files: reader.files, "icu-diagnosis")
  }

  /// Every 200th stay of the real sets, where they lie.
  @Test(arguments: [("physionet2012-ab", "icu-prognosis"), ("physionet2019-train", "icu-diagnosis")])
  func realStays(folder: String, id: String) throws {
    let root = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"]
    guard let root, FileManager.default.fileExists(atPath: "\(root)/\(folder)") else {
      print("skipped: \(folder) is not at hand; set VIGIL_DATA_UNPACKED")
      return
    }
    let profile = try shippedProfile(id)
    let reader: any StayReader =
      id == "icu-prognosis"
      ? try PhysioNet2012(directory: "\(root)/\(folder)", profile: profile)
      : try PhysioNet2019(directory: "\(root)/\(folder)", profile: profile)
    let files = stride(from: 11, to: reader.files.count, by: 200).map { reader.files[$0] }
    try compare(reader, files: files, id)
  }

  private static let patients = """
    {"resourceType":"Patient","id":"a","gender":"female","birthDate":"1950-01-01"}
    {"resourceType":"Encounter","id":"ea","status":"finished","subject":{"reference":"Patient/a"},"location":[\
    {"location":{"display":"ICU"},"physicalType":{"coding":[{"system":\
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"ICU"}]},\
    "period":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T06:00:00Z"}}]}
    {"resourceType":"Encounter","id":"ea2","status":"finished","subject":{"reference":"Patient/a"},"location":[\
    {"location":{"display":"ICU"},"physicalType":{"coding":[{"system":\
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"ICU"}]},\
    "period":{"start":"2026-02-01T00:00:00Z","end":"2026-02-01T10:00:00Z"}}]}
    {"resourceType":"Patient","id":"child","birthDate":"2024-01-01"}
    {"resourceType":"Encounter","id":"ec","status":"finished","subject":{"reference":"Patient/child"},"location":[\
    {"location":{"display":"ICU"},"physicalType":{"coding":[{"system":\
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"ICU"}]},\
    "period":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z"}}]}
    {"resourceType":"Patient","id":"ward","birthDate":"1960-01-01"}
    {"resourceType":"Patient","id":"unlabelled","birthDate":"1960-01-01"}
    """.replacing("\\\n", with: "")

  @Test func severalStaysOfAPatientAndWhatIsLeftOut() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.patients + "\nnot json\n", to: "export.ndjson")
    _ = try folder.write(
      """
      PATIENT,icu_start,died_in_hospital,survival_days,sepsis_onset_hour
      a,2026-01-01T05:00:00Z,0,,12.5
      a,,1,5,
      child,,0,,
      ward,,0,,
      """, to: "labels.csv")
    let fhir = try reader(folder.path, try shippedProfile("icu-diagnosis"))
    let found = try fhir.read(fhir.files[0])
    try #require(found.stays.count == 2)
    #expect(found.stays.map(\.id) == ["a", "a-2"] && Set(found.stays.map(\.patient)) == ["a"])
    #expect(found.stays.map(\.outcome.hours.count) == [30, 10])
    #expect(found.stays[0].outcome.sepsis?.firstIndex(of: true) == 6)  // hour 7 is the first after 12.5 - 6
    #expect(found.stays[1].outcome.sepsis == Array(repeating: false, count: 10))
    #expect(found.stays[0].outcome.hospital == HospitalOutcome(died: false, survivalDays: nil, isSurvivalValid: true))
    #expect(found.stays[1].outcome.hospital == HospitalOutcome(died: true, survivalDays: 5, isSurvivalValid: true))
    #expect(found.leftOut.total == 4)
    #expect(found.leftOut.count(of: "patient without a row in labels.csv") == 1)
    #expect(found.leftOut.ranked.contains { $0.name.contains("younger than") })
    // Both stays of a patient lie in one fold.
    let folds = Folds(strata: [0, 1, 0, 1], patients: ["a", "b", "c", "a"], count: 2, seed: 3)
    #expect(folds.fold[3] == folds.fold[0])
  }

  /// A large export is read share by share: each patient once, whatever the number of shares.
  @Test func sharesHoldEveryPatientOnce() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.patients, to: "export.ndjson")
    let input = try ChartInput.inputs(at: path)[0]
    let whole = ChartReading(input, lanes: Lanes(1)).charts
    for count in [1, 2, 5] {
      var ids: [String] = []
      for index in 0..<count {
        let share = PatientShare(index, of: count)
        let charts = ChartReading(input, lanes: Lanes(1), share: share).charts
        for chart in charts where share.holds(patient: chart.patientID ?? "") {
          ids.append(chart.patientID ?? "")
          #expect(chart.encounters.count == whole.first { $0.patientID == chart.patientID }?.encounters.count)
        }
      }
      #expect(ids.sorted() == whole.compactMap(\.patientID).sorted())
    }
  }

  @Test func whatIsUnknownTeachesNothing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "patient,died_in_hospital,survival_days,sepsis_onset_hour\na,,,unknown\nb,1,,\nc,0,unknown,4\nd,0,12,\n",
      to: "labels.csv")
    let labels = try StayLabel.read(path)
    #expect(labels[0].hospital == nil && labels[0].outcome(length: 3).sepsis == nil)
    #expect(labels[1].hospital?.isSurvivalValid == false && labels[2].hospital?.isSurvivalValid == false)
    #expect(labels[3].hospital?.survivalDays == 12)
    #expect(labels[2].outcome(length: 2.9).hours == [1, 2])
    let bare = try folder.write("patient\na\n", to: "bare.csv")
    #expect(try StayLabel.read(bare)[0] == StayLabel(patient: "a", id: "a"))
  }

  @Test(arguments: [
    ("patient,died_in_hospital\na,1\nb,maybe\n", "DAT006", 3), ("patient,icu_start\na,yesterday\n", "DAT006", 2),
    ("patient,survival_days,died_in_hospital\na,-3,1\n", "DAT006", 2), ("patient\n \n", "DAT006", 2),
    ("id\n7\n", "DAT003", 0),
  ])
  func aFieldThatMeansNothingIsNamedByItsLine(text: String, code: String, line: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, to: "labels.csv")
    let error = #expect(throws: DatasetError.self) { try StayLabel.read(path) }
    #expect(error?.code.rawValue == code)
    if line > 0 { #expect(error?.description.contains("line \(line),") == true) }
  }

  @Test func aFolderWithoutLabelsIsNoDataSet() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.patients, to: "export.ndjson")
    let profile = try shippedProfile("icu-diagnosis")
    #expect(
      try DataSets.reader("fhir", in: [folder.path], profile: profile, terminology: Self.terminology) == nil)
  }
}
