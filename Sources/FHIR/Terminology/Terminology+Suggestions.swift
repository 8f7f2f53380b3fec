// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Terminology {
  /// A concept that an unmapped code might stand for. A proposal to a person who writes the concept map, never used to
  /// read a chart.
  package struct Suggestion: Sendable, Equatable {
    /// The concept.
    package let concept: Concept
    /// The value set it would bring the code into.
    package let valueSet: String
    /// Similarity of the texts, 0 to 1.
    package let score: Double
  }

  /// Concepts of the value sets whose texts resemble `text`, the display or name of a local code; best first.
  ///
  /// Texts are compared as sets of words weighted by rarity (the cosine of their inverse document frequencies). Words
  /// match whole, or by sharing most of their letter triples, which bridges spellings and languages ("Kreatinin").
  /// A specimen named in the text must be named in the concept: "Glucose, urine" suggests no blood glucose. The same holds
  /// of words that say that no measurement is meant: "Heart rate alarm, high" suggests no heart rate.
  package func suggestions(for text: String, limit: Int = 3) -> [Suggestion] {
    let words = Words(text)
    guard !words.list.isEmpty else { return [] }
    var frequency: [String: Int] = [:]
    var candidates: [(concept: Concept, valueSet: String, words: Words)] = []
    for valueSet in valueSets where valueSet.concepts.contains(where: \.isMeasurement) {
      for concept in valueSet.concepts {
        let words = Words(valueSet.title + " " + concept.display)
        for word in words.list { frequency[word, default: 0] += 1 }
        candidates.append((concept, valueSet.id, words))
      }
    }
    let total = Double(candidates.count)
    func weight(_ word: String) -> Double { log(1 + total / Double(frequency[word] ?? 1)) }
    let norm = words.list.reduce(0) { $0 + weight($1) * weight($1) }.squareRoot()
    var best: [String: Suggestion] = [:]
    for candidate in candidates where words.specimens.isSubset(of: candidate.words.specimens) {
      let overlap = words.list.reduce(0.0) { sum, word in
        guard let match = candidate.words.match(for: word) else { return sum }
        return sum + weight(word) * weight(match.word) * match.similarity
      }
      let other = candidate.words.list.reduce(0) { $0 + weight($1) * weight($1) }.squareRoot()
      let score = overlap / (norm * other)
      guard score >= 0.1 else { continue }
      let found = Suggestion(concept: candidate.concept, valueSet: candidate.valueSet, score: min(score, 1))
      if let known = best[candidate.valueSet], !Suggestion.precedes(found, known) { continue }
      best[candidate.valueSet] = found
    }
    return Array(best.values.sorted(by: Suggestion.precedes).prefix(limit))
  }
}

extension Terminology.Concept {
  /// Whether this is a term of LOINC: every set of measurements has one, while answers (`LA...`) and places are none.
  fileprivate var isMeasurement: Bool { system == "http://loinc.org" && !code.hasPrefix("LA") }
}

extension Terminology.Suggestion {
  /// Best first; ties by value set and code, so that the order never depends on the run.
  fileprivate static func precedes(_ left: Self, _ right: Self) -> Bool {
    if left.score != right.score { return left.score > right.score }
    return (left.valueSet, left.concept.code) < (right.valueSet, right.concept.code)
  }
}

/// The distinct words of a text, in order.
private struct Words {
  private(set) var list: [String] = []
  private(set) var specimens: Set<String> = []
  private var triples: [Set<String>] = []

  /// Words that say nothing about what is measured.
  private static let idle: Set<String> = [
    "in", "of", "by", "or", "and", "the", "to", "at", "not", "method", "level", "total", "serum", "plasma", "blood",
    "volume", "mass", "moles", "s", "p", "bld", "ser", "plas",
  ]

  /// Words that name where a sample comes from, or how a value was measured, and so exclude what does not say the same.
  private static let specimen: [String: String] = [
    "urine": "urine", "urin": "urine", "ur": "urine", "csf": "csf", "cerebrospinal": "csf", "liquor": "csf",
    "fluid": "fluid", "pleural": "fluid", "ascites": "fluid", "peritoneal": "fluid", "synovial": "fluid",
    "joint": "fluid", "stool": "stool", "faeces": "stool", "feces": "stool", "sweat": "sweat", "saliva": "saliva",
    "sputum": "sputum", "cord": "cord", "dialysate": "dialysate", "hair": "hair", "fetal": "fetal",
    // What stands in a flowsheet beside the measurements: limits, care of lines, dates, cultures, findings in words.
    "alarm": "alarm", "alarms": "alarm", "goal": "goal", "target": "goal", "date": "date", "insertion": "care",
    "dressing": "care", "tubing": "care", "change": "care", "cap": "care", "placement": "care", "tube": "care",
    "culture": "culture", "rhythm": "finding", "assessment": "finding", "narrative": "finding", "quality": "finding",
    "location": "finding", "site": "finding", "position": "finding", "type": "finding",
  ]

  init(_ text: String) {
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init) {
      if let specimen = Words.specimen[word] {
        specimens.insert(specimen)
        continue
      }
      guard !Words.idle.contains(word), !list.contains(word) else { continue }
      list.append(word)
      triples.append(Words.triples(word))
    }
  }

  /// The word of this text that comes nearest to `word`, when one is near enough.
  func match(for word: String) -> (word: String, similarity: Double)? {
    if list.contains(word) { return (word, 1) }
    let own = Words.triples(word)
    guard !own.isEmpty else { return nil }
    var best: (word: String, similarity: Double)?
    for (other, theirs) in zip(list, triples) where !theirs.isEmpty {
      let dice = 2 * Double(own.intersection(theirs).count) / Double(own.count + theirs.count)
      if dice >= 0.4, dice > best?.similarity ?? 0 { best = (other, dice) }
    }
    return best
  }

  private static func triples(_ word: String) -> Set<String> {
    let letters = Array(word)
    guard letters.count >= 4 else { return [] }
    return Set((0...letters.count - 3).map { String(letters[$0..<$0 + 3]) })
  }
}
