// SPDX-License-Identifier: Apache-2.0
import Networks

/// Intervals of scores under resampling of whole patients (Efron 1979): all hours of all stays of a patient are drawn together.
package struct PatientBootstrap: Sendable {
  var replicates: Int
  var seed: UInt64
  /// Threads; they change no bit.
  var jobs: Int

  package init(replicates: Int, seed: UInt64, jobs: Int) {
    self.replicates = replicates
    self.seed = seed
    self.jobs = jobs
  }

  /// 95 % intervals by the names of the scores. Alarms are taken as they are.
  func intervals(_ rows: ScoredRows) async -> [String: BootstrapInterval] {
    var sums = [StaySums](repeating: StaySums(), count: rows.patientCount)
    for ((stay, days), patient) in zip(zip(rows.stays.indices, rows.days), rows.patients) {
      sums[patient].add(StaySums(rows, stay: stay, days: days), copies: 1)
    }
    let patients = sums
    let ranked = RankedRows(probabilities: rows.probabilities, labels: rows.labels, units: rows.units)
    let (isHourly, hasUtility) = (rows.isHourly, rows.hasUtility)
    let values = await replicated(patients: patients.count) { copies in
      let measures = ranked.measures(copies: copies, bins: isHourly ? 20 : 10, withLemeshowH: !isHourly)
      var total = StaySums()
      for (patient, copy) in copies.enumerated() where copy > 0 { total.add(patients[patient], copies: copy) }
      var result: [String: Double?] = [
        "auroc": measures.auroc, "auprc": measures.auprc, "brier": measures.brier, "ece": measures.ece,
        "sensitivity": total.sensitivity, "specificity": total.specificity, "precision": total.precision,
      ]
      if isHourly {
        result["alarmsPerPatientDay"] = total.alarmsPerPatientDay
      } else {
        result["score1"] = total.score1
        result["score2"] = measures.lemeshowH
      }
      if hasUtility { result["utility"] = total.utility }
      return result.compactMapValues(\.self)
    }
    var names: [String: [Double]] = [:]
    for replicate in values { for (name, value) in replicate { names[name, default: []].append(value) } }
    return names.compactMapValues { try? BootstrapInterval(of: $0) }
  }

  /// The interval of the AUROC; nil when no sample has one.
  func auroc(_ rows: ScoredRows) async -> BootstrapInterval? {
    let ranked = RankedRows(probabilities: rows.probabilities, labels: rows.labels, units: rows.units)
    let values = await replicated(patients: rows.patientCount) {
      ranked.measures(copies: $0, bins: 10, withLemeshowH: false).auroc
    }
    return try? BootstrapInterval(of: values.compactMap(\.self))
  }

  /// Draws as many patients as there are, with replacement, and asks `measure` by how many copies each has; the results are
  /// in the order of the replicates.
  package func replicated<Result: Sendable>(
    patients: Int, _ measure: @escaping @Sendable (_ copies: [Int]) -> Result
  ) async -> [Result] {
    guard patients > 0 else { return [] }
    let parts = max(jobs, 1)
    let (replicates, seed) = (replicates, seed)
    return await withTaskGroup(of: (Int, [Result]).self) { group in
      for part in 0..<parts {
        group.addTask {
          let own = stride(from: part, to: replicates, by: parts).map { replicate in
            var random = RandomSource(seed: seed, stream: UInt64(replicate))
            var copies = [Int](repeating: 0, count: patients)
            for _ in 0..<patients { copies[random.index(below: patients)] += 1 }
            return measure(copies)
          }
          return (part, own)
        }
      }
      var results = [Result?](repeating: nil, count: replicates)
      for await (part, own) in group {
        for (index, result) in own.enumerated() { results[part + index * parts] = result }
      }
      return results.compactMap(\.self)
    }
  }
}
