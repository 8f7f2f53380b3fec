// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import FHIR
import Foundation
import GRDB

/// `vigil bench audit`: the trail beside bare SQLite on the same disk.
struct BenchAudit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Measure the trail against bare SQLite on the same disk.",
    discussion: """
      Example: vigil bench audit
               vigil bench audit --records 1000000 --json
               vigil bench audit --search --records 10000000
               vigil bench audit --root-key --records 1000000
               vigil bench audit --postgresql /etc/vigil/bench.connection

      Appends one half with 64 callers, each waiting for its commit, whose added latency is told, and the other with 256, which is what can be
      sustained; then in the same folder inserts rows of the same size with bare SQLite (WAL, synchronous=FULL) at 100 rows a commit. Then proves single records and verifies the whole trail. Written to a
      folder of its own, which is removed. Between the two the whole trail is sent to an audit repository of this process that answers at once.

      With --postgresql it does the same in an empty database as well, beside bare inserts there by the same connection; afterwards
      the database is to be dropped.

      With --search it fills a trail with records of all kinds without payloads, and while a writer goes on looks for what a reviewer
      looks for: the first page of 20 records and the one after it. With --root-key it replaces the root key of such a trail while
      callers go on. Exit codes: 0 measured, 64 wrong usage, 73 the folder cannot be written.
      """)

  @Option(help: "Records to append.") var records = 20_000
  @Option(help: "Bytes of a request; what else is stored of an answer is as large again.") var request = 1_000
  @Option(help: "Where the folder is made: the disk that is measured.") var directory = NSTemporaryDirectory()
  @Option(help: "File of the connection string of an empty PostgreSQL database, to be measured as well.")
  var postgresql: String?
  @Flag(help: "Measure searches instead.") var search = false
  @Flag(help: "Measure the replacement of the root key instead.") var rootKey = false
  @Flag(help: "Print one JSON object.") var json = false

  /// Callers of which the added latency is told.
  private static let writers = 64
  /// Callers of a trail that has as much to do as it can.
  private static let manyWriters = 256
  private static let rowsInCommit = 100

  func validate() throws {
    guard records >= 1000, request >= 0 else { throw ValidationError("--records must be 1000 or more") }
  }

  func run() async throws {
    let folder = DataDirectory(path: "\(directory)/vigil-bench-audit-\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    var figures: [(name: String, value: Double, unit: String)] = []
    do {
      if rootKey {
        let filled = BenchAuditSearch(records: records, folder: folder)
        return report(try await BenchAuditRootKey(trail: filled).figures())
      }
      if search { return report(try await BenchAuditSearch(records: records, folder: folder).figures()) }
      figures = try await measure(folder)
      if let postgresql {
        let shared = DataDirectory(path: folder.path + "/postgresql")
        try FileManager.default.createDirectory(atPath: shared.path, withIntermediateDirectories: true)
        guard let settings = FileManager.default.contents(atPath: postgresql) else { throw AuditError(.readFailed) }
        try shared.write(Array(settings), to: shared.connection)
        let inSQLite = figures[1].value
        let measured = try await measure(shared)
        figures += measured.map { ("PostgreSQL: \($0.name)", $0.value, $0.unit) }
        figures.append(("PostgreSQL beside SQLite", measured[1].value / inSQLite, ""))
      }
    } catch let error as AuditError {
      throw Failure.trail("\(error)").exit()
    }
    report(figures)
  }

  /// What the trail of a folder takes, and bare rows of the same size where it lies.
  private func measure(_ folder: DataDirectory) async throws -> [(name: String, value: Double, unit: String)] {
    var figures: [(name: String, value: Double, unit: String)] = []
    let trail = try AuditTrail(directory: folder)
    let appending = try await append(records / 2, to: trail, writers: Self.writers, first: 0)
    let first = appending.latencies.count
    let sustained = try await append(records / 2, to: trail, writers: Self.manyWriters, first: first)
    let count = Double(first + sustained.latencies.count)
    let sending = try await send(trail)
    let log = trail.logKey
    let isShared = trail.isShared
    try trail.close()
    let (leafBytes, payloadBytes, file) = try sizes(folder, isShared: isShared)
    let bytes = Int((leafBytes + payloadBytes) / count)
    let bare = try isShared ? insertBarePostgreSQL(folder, bytes) : insertBare(folder, bytes)
    figures.append(("one flush of the disk", try flush(folder) * 1e3, "ms"))
    figures.append(("audited decisions, sustained", sustained.rate, "/s"))
    figures.append(("bare rows of \(bytes) bytes", bare, "/s"))
    figures.append(("ratio", sustained.rate / bare, "(level 0.5)"))
    figures.append(("processor time", sustained.processor * 1e6, "us a decision"))
    figures.append(("\(Self.writers) callers: audited decisions", appending.rate, "/s"))
    figures.append(("ratio", appending.rate / bare, ""))
    figures.append(("processor time", appending.processor * 1e6, "us a decision"))
    figures.append(("added latency, median", appending.latencies[appending.latencies.count / 2] * 1e3, "ms"))
    figures.append(
      ("added latency, p99", appending.latencies[appending.latencies.count * 99 / 100] * 1e3, "ms (level 25)"))
    figures.append(("events to an audit repository", count / sending.seconds, "/s"))
    figures.append(("processor time", sending.processor / count * 1e6, "us an event"))
    figures.append(("growth beside the payload", (file - payloadBytes) / count, "bytes a record (level 1,500)"))
    figures.append(("one proof", try prove(folder) * 1e3, "ms (level 5)"))
    let start = ContinuousClock.now
    var anchors = TrailVerification.Anchors(log: log)
    anchors.root = try folder.loadRootKey()
    let result = try TrailVerification(folder, against: anchors)
    guard result.isIntact, Double(result.records) == count, result.opened == result.records else {
      throw AuditError(.treeDamaged)
    }
    let verified = start.duration(to: .now) / .seconds(1)
    figures.append(("full verification", verified / count * 1e6, "s a million records (level 10)"))
    return figures
  }

  /// Sends the whole trail to an audit repository of this process that takes everything at once.
  private func send(_ trail: AuditTrail) async throws(AuditError) -> (seconds: Double, processor: Double) {
    var feed = try AuditEventFeed(of: trail, to: "https://bench.invalid/", now: { Instant(Date()) }) { bundle in
      guard let root = try? Document(bundle, syntax: .json).root else { return nil }
      let entry: JSON = ["response": ["status": "201 Created"]]
      let answer: JSON = [
        "resourceType": "Bundle", "type": "batch-response",
        "entry": .array(root.elements("entry").map { _ in entry }),
      ]
      return AuditEventFeed.Answer(status: 200, body: answer.encoded())
    }
    let (start, used) = (ContinuousClock.now, Self.processorSeconds)
    var turn = AuditEventFeed.Turn()
    repeat {
      turn = await feed.ship(at: .now)
      if let failure = turn.failure { throw failure }
    } while turn.sent < turn.recorded
    return (start.duration(to: .now) / .seconds(1), Self.processorSeconds - used)
  }

  private func report(_ figures: [(name: String, value: Double, unit: String)]) {
    if json {
      print(JSON.object(figures.map { JSON.Member($0.name, .number($0.value)) }).text())
    } else {
      for (name, value, unit) in figures {
        print(name.padding(toLength: 40, withPad: " ", startingAt: 0) + String(format: "%12.3f ", value) + unit)
      }
    }
  }

  private func entry(_ number: Int) -> AuditEntry {
    var entry = AuditEntry(time: Instant(milliseconds: 1_700_000_000_000 + Int64(number)), kind: .answer)
    entry.service = "patient-risk"
    entry.hook = "patient-view"
    entry.hookInstance = UUID().uuidString.lowercased()
    // A patient comes back some twenty times.
    entry.patient = [UInt8](repeating: UInt8(number / 20 % 256), count: 16) + withBytes(number / 20)
    entry.status = 200
    entry.duration = 5_000
    entry.configuration = [UInt8](repeating: 7, count: 32)
    entry.models = [
      AuditEntry.Model(id: "icu-diagnosis", version: "2.0.1", digest: [UInt8](repeating: 1, count: 32)),
      AuditEntry.Model(id: "icu-prognosis", version: "2.0.1", digest: [UInt8](repeating: 2, count: 32)),
    ]
    // As hard to compress as numbers in text; SplitMix64, as the system's random source would take longer than the trail.
    var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    func text(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in
        state &+= 0x9E37_79B9_7F4A_7C15
        let mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return 48 + UInt8(((mixed ^ (mixed >> 27)) >> 32) % 10)
      }
    }
    entry.cards = (0..<2).map { card in
      AuditEntry.Card(
        key: withBytes(number &* 0x5851_F42D) + withBytes(card), model: "icu-prognosis", outcome: "in-hospital death",
        indicator: "warning")
    }
    entry.payload = AuditPayload(
      request: text(request), requestMediaType: "application/json", features: text(request / 2), outputs: [],
      response: text(request / 2), responseMediaType: "application/json")
    return entry
  }

  private func withBytes(_ number: Int) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 8))) }
  }

  /// Records a second, seconds of all cores a record, and what each caller waited, in ascending order.
  private struct Appending {
    var rate = 0.0
    var processor = 0.0
    var latencies: [Double] = []
  }

  private func append(
    _ records: Int, to trail: AuditTrail, writers: Int, first: Int
  ) async throws -> Appending {
    var result = Appending()
    var seconds = 0.0
    let share = max(1, min(records / writers, 12_800 / writers))
    var made = first
    while made < first + records {
      // Entries are made beforehand, some thousands at a time: what is measured is the trail.
      let next = made
      let entries = (0..<writers).map { writer in (0..<share).map { entry(next + writer * share + $0) } }
      made += share * writers
      let start = ContinuousClock.now
      let used = Self.processorSeconds
      result.latencies += try await withThrowingTaskGroup(of: [Double].self) { group in
        for part in entries {
          group.addTask {
            var times: [Double] = []
            for entry in part {
              let begin = ContinuousClock.now
              _ = try await trail.append(entry)
              times.append(begin.duration(to: .now) / .seconds(1))
            }
            return times
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      seconds += start.duration(to: .now) / .seconds(1)
      result.processor += Self.processorSeconds - used
    }
    result.rate = Double(result.latencies.count) / seconds
    result.processor /= Double(result.latencies.count)
    result.latencies.sort()
    return result
  }

  /// What this process has used of all cores, in seconds.
  private static var processorSeconds: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

  /// Bytes of all leaves, of all payloads, and of what the store takes for everything.
  private func sizes(_ folder: DataDirectory, isShared: Bool) throws -> (leaf: Double, payload: Double, file: Double) {
    try folder.openForReading().read { database in
      func number(_ sql: String) throws -> Double { Double(try database.number(sql) ?? 0) }
      return (
        try number("SELECT sum(length(leaf)) FROM record"), try number("SELECT sum(length(bytes)) FROM payload"),
        try isShared
          ? number(
            """
            SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
            WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
            """)
          : Double(FileManager.default.attributesOfItem(atPath: folder.trail)[.size] as? Int ?? 0)
      )
    }
  }

  /// Seconds that the disk takes for a flush of little (fdatasync(2)), in the median: whoever flushes seldom is nearer to bare rows the
  /// longer it takes.
  private func flush(_ folder: DataDirectory) throws(AuditError) -> Double {
    let path = folder.path + "/flushed"
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw AuditError(.writeFailed) }
    var seconds: [Double] = []
    for _ in 0..<101 {
      let start = ContinuousClock.now
      file.write(Data(Self.row(4096)))
      guard fdatasync(file.fileDescriptor) == 0 else { throw AuditError(.writeFailed) }
      seconds.append(start.duration(to: .now) / .seconds(1))
    }
    return seconds.sorted()[seconds.count / 2]
  }

  /// Rows a second that SQLite itself takes.
  private func insertBare(_ folder: DataDirectory, _ bytes: Int) throws -> Double {
    var configuration = Configuration()
    configuration.journalMode = .wal
    let database = try DatabaseQueue(path: folder.path + "/bare.sqlite", configuration: configuration)
    try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    try database.write { try $0.execute(sql: "CREATE TABLE bare (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT") }
    let row = Data(Self.row(bytes))
    let start = ContinuousClock.now
    var done = 0
    while done < records {
      try database.write { database in
        let insert = try database.cachedStatement(sql: "INSERT INTO bare (bytes) VALUES (?)")
        for _ in 0..<Self.rowsInCommit { try insert.execute(arguments: [row]) }
      }
      done += Self.rowsInCommit
    }
    return Double(done) / (start.duration(to: .now) / .seconds(1))
  }

  /// Rows a second that PostgreSQL itself takes: sent ahead by libpq, so that it waits for the network once a commit.
  private func insertBarePostgreSQL(_ folder: DataDirectory, _ bytes: Int) throws -> Double {
    let store = try folder.openForReading()
    try store.write { database in
      try database.execute("CREATE TABLE bare (id BIGINT PRIMARY KEY, bytes BYTEA NOT NULL)", [])
      try database.execute("ALTER TABLE bare ALTER bytes SET STORAGE EXTERNAL", [])
    }
    let row = Self.row(bytes)
    let start = ContinuousClock.now
    var done = 0
    while done < records {
      let first = done
      try store.write { database in
        for number in 0..<Self.rowsInCommit {
          try database.execute(
            "INSERT INTO bare (id, bytes) VALUES (?, ?)", [.number(Int64(first + number)), .bytes(row)])
        }
      }
      done += Self.rowsInCommit
    }
    return Double(done) / (start.duration(to: .now) / .seconds(1))
  }

  private static func row(_ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

  /// Seconds for one proof, over records from everywhere.
  private func prove(_ folder: DataDirectory) throws(AuditError) -> Double {
    let reader = try AuditReader(directory: folder)
    let start = ContinuousClock.now
    let count = 100
    for number in 0..<count { _ = try reader.proof(of: Int64(1 + number * (records - 1) / count)) }
    return start.duration(to: .now) / .seconds(1) / Double(count)
  }
}
