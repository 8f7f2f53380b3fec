// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Foundation
import Testing
import Training

/// A record read directly and the same record as FHIR give the same features, bit for bit.
@Suite struct FHIRExportTests {
  /// How a bit pattern differs says more than that it does.
  private func check(_ reader: any StayReader, _ path: String, _ profile: FeatureProfile, hours: [Double]) throws {
    let stay = try #require(reader.read(path).stays.first)
    let export = try FHIRExport(
      profile: profile, dataSet: type(of: reader).name, terminology: repository("Profiles/terminology"))
    let terminology = try Terminology(directory: repository("Profiles/terminology"))
    let resources = try export.resources(of: stay).map { try Document($0.encoded(), syntax: .json).root }
    let chart = Chart(resources: resources, patientID: nil)
    let admission = try #require(Instant("2026-01-01T00:00:00Z"))
    for hour in hours {
      let timeline = profile.timeline(
        of: chart, at: admission.advanced(byHours: hour), terminology: terminology)
      #expect(timeline.origin == admission)
      #expect(timeline.ignored.filter { $0.reason != .future }.isEmpty)
      let direct = profile.vector(stay.timeline, atHour: hour)
      let throughFHIR = profile.vector(timeline, atHour: hour)
      for (column, (one, other)) in zip(profile.columns, zip(direct.values, throughFHIR.values)) {
        #expect(
          one.bitPattern == other.bitPattern || one.isNaN && other.isNaN,
          "\(stay.id) hour \(hour) \(column.id): \(one) and \(other)")
      }
    }
  }

  @Test func synthetic2012() throws {
    let folder = try TemporaryFolder()
    let profile = try shippedProfile("icu-prognosis")
    let path = try folder.write(
      """
      Time,Parameter,Value
      00:00,RecordID,7
      00:00,Age,71
      00:00,Gender,1
      00:00,Height,175.3
      00:00,ICUType,3
      00:00,Weight,80.6
      00:07,HR,88
      00:07,HR,91
      01:20,HR,77
      01:20,NISysABP,121
      01:20,SysABP,117
      02:10,Temp,98.6
      03:33,pH,735
      05:01,MechVent,1
      05:01,FiO2,0.4
      05:41,PaO2,101
      07:59,Urine,120
      07:59,Urine,80
      11:11,Creatinine,1.3
      23:50,WBC,12500
      47:59,GCS,14
      48:00,HR,64
      """, to: "7.txt")
    let reader = try PhysioNet2012(records: folder.path, outcomes: nil, profile: profile)
    try check(reader, path, profile, hours: [1, 4, 5.7, 24, 48])
  }

  @Test func synthetic2019() throws {
    let folder = try TemporaryFolder()
    let profile = try shippedProfile("icu-diagnosis")
    let path = try folder.write(
      """
      HR|O2Sat|Temp|MAP|FiO2|Lactate|Age|Gender|Unit1|Unit2|HospAdmTime|ICULOS|SepsisLabel
      97|NaN|36.61|75.33|NaN|NaN|83.14|0|0|1|-118.03|1|0
      89|99|NaN|86|0.28|NaN|83.14|0|0|1|-118.03|2|0
      90|95|NaN|NaN|50|2.7|83.14|0|0|1|-118.03|3|1
      """, to: "p000001.psv")
    try check(PhysioNet2019(directory: folder.path, profile: profile), path, profile, hours: [1, 2, 3, 5])
    let bare = try folder.write("HR|ICULOS\n80|1\nNaN|2\n", to: "p100002.psv")
    try check(PhysioNet2019(directory: folder.path, profile: profile), bare, profile, hours: [1, 2])
  }

  @Test func idsAndOrderAreTheRecords() throws {
    let folder = try TemporaryFolder()
    let profile = try shippedProfile("icu-diagnosis")
    let path = try folder.write("HR|MAP|ICULOS\n80|70|1\n81|71|2\n", to: "p000003.psv")
    let reader = try PhysioNet2019(directory: folder.path, profile: profile)
    let export = try FHIRExport(
      profile: profile, dataSet: "physionet2019", terminology: repository("Profiles/terminology"))
    let resources = export.resources(of: try reader.stay(path))
    #expect(
      resources.map { $0["id"] } == [
        "physionet2019-p000003", "physionet2019-p000003-icu", "physionet2019-p000003-000001",
        "physionet2019-p000003-000002", "physionet2019-p000003-000003", "physionet2019-p000003-000004",
      ])
    #expect(export.resources(of: try reader.stay(path)) == resources)
  }

  /// Every 400th stay of the real sets, where they lie.
  @Test(arguments: [("physionet2012-ab", "icu-prognosis"), ("physionet2019-train", "icu-diagnosis")])
  func realStays(folder: String, id: String) throws {
    let root = ProcessInfo.processInfo.environment["VIGIL_DATA_UNPACKED"]
    guard let root, FileManager.default.fileExists(atPath: "\(root)/\(folder)") else {
      print("skipped: \(folder) is not at hand; set VIGIL_DATA_UNPACKED")
      return
    }
    let place = "\(root)/\(folder)"
    let profile = try shippedProfile(id)
    let reader: any StayReader =
      id == "icu-prognosis"
      ? try PhysioNet2012(directory: place, profile: profile) : try PhysioNet2019(directory: place, profile: profile)
    for path in stride(from: 7, to: reader.files.count, by: 400).map({ reader.files[$0] }) {
      try check(reader, path, profile, hours: [4, 12, 48])
    }
  }
}
