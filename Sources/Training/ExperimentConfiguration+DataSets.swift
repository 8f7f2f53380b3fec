// SPDX-License-Identifier: Apache-2.0

extension ExperimentConfiguration {
  /// The same training without some of its data sets, and without the heads that only they can teach; nil when the first
  /// outcome, or everything, is among those.
  package func without(dataSets absent: Set<String>) -> ExperimentConfiguration? {
    var result = self
    result.dataSets.removeAll { absent.contains($0.reader) }
    result.heads.removeAll { head in
      guard let carriers = head.dataSets else { return false }
      return absent.isSuperset(of: carriers)
    }
    let names = Set(result.heads.map(\.name))
    result.model.outcomes.removeAll { !names.contains($0.head) }
    guard !result.dataSets.isEmpty, result.model.outcomes.first == model.outcomes.first else { return nil }
    if let survival = result.model.survival, !names.contains(survival.head) { result.model.survival = nil }
    if let site = result.validation.acrossSites, absent.contains(site) { result.validation.acrossSites = nil }
    result.sampling?.positives?.removeAll { !names.contains($0) }
    result.sampling?.whole?.removeAll { absent.contains($0) }
    for index in result.networks.indices {
      result.networks[index].headWeights = networks[index].headWeights?.filter { names.contains($0.key) }
      guard case .branches(var branches) = networks[index].architecture else { continue }
      for place in branches.indices { branches[place].heads.removeAll { !names.contains($0) } }
      result.networks[index].architecture = .branches(of: branches.filter { !$0.heads.isEmpty })
    }
    return result
  }
}
