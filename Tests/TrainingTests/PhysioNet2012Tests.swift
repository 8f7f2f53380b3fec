// SPDX-License-Identifier: Apache-2.0
import Features
import Testing
import Training

@Suite struct PhysioNet2012Tests {
  private let folder: TemporaryFolder
  private let profile: FeatureProfile

  init() throws {
    folder = try TemporaryFolder()
    profile = try shippedProfile("icu-prognosis")
  }

  private func stay(_ rows: String) throws -> Timeline {
    let path = try folder.write("Time,Parameter,Value\n00:00,RecordID,7\n" + rows, to: "7.txt")
    return try PhysioNet2012(records: folder.path, outcomes: nil, profile: profile).stay(path).timeline
  }

  private func values(_ timeline: Timeline, _ signal: String) throws -> [Double] {
    let index = try #require(profile.signals.firstIndex { $0.id == signal })
    return timeline.samples[index].map(\.value)
  }

  @Test(arguments: [
    ("pH", "735", "ph", [7.35]), ("pH", "73.5", "ph", [7.35]), ("pH", "7.35", "ph", [7.35]), ("pH", "0", "ph", []),
    ("pH", "95", "ph", []), ("Temp", "36.6", "temperature", [36.6]), ("Temp", "-17.8", "temperature", []),
    ("Temp", "98.6", "temperature", [37]), ("Temp", "2.5", "temperature", [36.5]), ("Temp", "0", "temperature", []),
    ("WBC", "12500", "wbc", [12.5]), ("SaO2", "0.97", "sao2", [97]), ("SaO2", "0", "sao2", []),
    ("FiO2", "40", "fio2", [0.4]), ("SysABP", "-1", "sbp-invasive", []), ("SysABP", "0", "sbp-invasive", []),
    ("Weight", "-1", "body-weight", []), ("Urine", "0", "urine-output", [0]), ("", "5", "heart-rate", []),
    ("HR", "x", "heart-rate", []), ("HR", "", "heart-rate", []), ("HR", "NaN", "heart-rate", []),
    ("HR", "9e1", "heart-rate", [90]),
  ])
  func repairsFaultsAndDropsTheImplausible(
    parameter: String, value: String, signal: String, expected: [Double]
  ) throws {
    let found = try values(stay("01:30,\(parameter),\(value)\n"), signal)
    #expect(found.count == expected.count)
    for (one, other) in zip(found, expected) { #expect(abs(one - other) < 1e-9) }
  }

  @Test(arguments: [("462", 181.9), ("1.8", 180), ("15", 180), ("-1", nil), ("178", 178)] as [(String, Double?)])
  func repairsHeight(value: String, expected: Double?) throws {
    let timeline = try stay("00:00,Height,\(value)\n")
    let index = try #require(profile.statics.firstIndex { $0.id == "height" })
    if let expected {
      #expect(abs(timeline.statics[index] - expected) < 0.1)
    } else {
      #expect(timeline.statics[index].isNaN)
    }
  }

  @Test func readsTimesCarriageReturnsAndDisorder() throws {
    let timeline = try stay("48:00,HR,80\r\n00:30,HR,70\r\n\r\n12:15,HR,75\r\nHR,75\r\n")
    let index = try #require(profile.signals.firstIndex { $0.id == "heart-rate" })
    #expect(timeline.samples[index].map(\.hours) == [0.5, 12.25, 48])
    #expect(timeline.samples[index].map(\.value) == [70, 75, 80])
  }

  @Test func ofOneInstantTheFirstUsableValueStands() throws {
    #expect(try values(stay("01:20,HR,-1\n01:20,HR,70\n01:20,HR,75\n01:21,HR,75\n"), "heart-rate") == [70, 75])
  }

  @Test func aProfileThatMergesPressuresTakesTheArterialLinesFirst() throws {
    let merged = try shippedProfile("icu-diagnosis")
    let path = try folder.write(
      "Time,Parameter,Value\n01:00,NIMAP,60\n01:00,MAP,70\n02:00,NIMAP,80\n03:00,MAP,90\n", to: "8.txt")
    let timeline = try PhysioNet2012(records: folder.path, outcomes: nil, profile: merged).stay(path).timeline
    let index = try #require(merged.signals.firstIndex { $0.id == "map" })
    #expect(timeline.samples[index].map(\.hours) == [1, 2, 3])
    #expect(timeline.samples[index].map(\.value) == [70, 80, 90])
  }

  @Test func faultsAreTheDataSetsNotLiveData() throws {
    // A live value never passes through a fault: a WBC of 1000 is plausible and stays, 12,500 would be out of range.
    #expect(profile.faults.keys.sorted() == ["physionet2012"])
    #expect(try shippedProfile("icu-diagnosis").faults.keys.sorted() == ["physionet2012", "physionet2019"])
  }

  @Test func outcomesByTheirColumnNames() async throws {
    _ = try folder.write(
      "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\r\n1,6,1,5,-1,0\r\n2,6,1,5,1,1\r\n3,6,1,5,0,0\r\n"
        + "4,6,1,5,200,0\r\n", to: "Outcomes-a.txt")
    for id in 1...5 { _ = try folder.write("Time,Parameter,Value\n00:00,RecordID,\(id)\n", to: "set-a/\(id).txt") }
    let reader = try PhysioNet2012(directory: folder.path, profile: profile)
    var outcomes: [(String, HospitalOutcome?)] = []
    try await reader.forEach(jobs: 2) {
      ($0.id, $0.outcome.hospital)
    } take: {
      outcomes.append($0)
    }
    // Record 5 has no outcome and teaches nothing.
    #expect(outcomes.map(\.0) == ["1", "2", "3", "4"])
    #expect(outcomes.map { $0.1?.died } == [false, true, false, false])
    #expect(outcomes.map { $0.1?.survivalDays } == [nil, 1, nil, 200])
    #expect(outcomes.map { $0.1?.isSurvivalValid } == [true, true, false, true])
  }

  @Test func scoringReadsRecordsWithoutOutcomeOrMeasurements() async throws {
    let outcomes = try folder.write("RecordID,In-hospital_death\n1,1\n", to: "out/Outcomes.txt")
    _ = try folder.write("Time,Parameter,Value\n00:00,RecordID,1\n00:00,Age,70\n", to: "set/1.txt")
    _ = try folder.write("", to: "set/2.txt")
    let reader = try PhysioNet2012(records: folder.path + "/set", outcomes: outcomes, profile: profile)
    var stays: [(String, Bool?)] = []
    try await reader.forEach(jobs: 1) {
      ($0.id, $0.outcome.hospital?.died)
    } take: {
      stays.append($0)
    }
    #expect(stays.map(\.0) == ["1", "2"])
    #expect(stays.map(\.1) == [true, nil])
  }

  @Test func saysWhatIsMissing() throws {
    #expect(throws: DatasetError.self) { try PhysioNet2012(directory: folder.path, profile: profile) }
    #expect(throws: DatasetError.self) { try PhysioNet2012(directory: folder.path + "/no", profile: profile) }
    let outcomes = try folder.write("RecordID,SOFA\n1,1\n", to: "Outcomes-a.txt")
    #expect(throws: DatasetError.missingColumn(path: outcomes, column: "In-hospital_death")) {
      try PhysioNet2012(directory: folder.path, profile: profile)
    }
  }
}
