// SPDX-License-Identifier: Apache-2.0
import FHIR

/// The completed years of life that a birth date, perhaps without day or month, allows on a given day.
struct Age: Equatable {
  /// Fewest completed years the birth date allows.
  var least: Int
  /// Most completed years the birth date allows.
  var most: Int

  /// Nil when either text is no FHIR date, when `day` is no full date, or when the birth date lies after it.
  ///
  /// - Parameters:
  ///   - birthDate: R4 Patient.birthDate: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
  ///   - day: the calendar day, `YYYY-MM-DD`, of the place whose day counts; what follows is not read.
  init?(birthDate: String, on day: String) {
    let date = String(day.prefix(10))
    guard DateTime(birthDate) != nil, DateTime(date)?.precision == .day, birthDate.utf8.count <= 10 else { return nil }
    let born = birthDate.split(separator: "-").compactMap { Int($0) }
    let now = date.split(separator: "-").compactMap { Int($0) }
    guard let year = born.first, now.count == 3 else { return nil }
    // Somebody born on 29 February completes a year on 1 March of a common year: (3, 1) > (2, 29).
    func completed(_ month: Int, _ day: Int) -> Int {
      now[0] - year - ((now[1], now[2]) < (month, day) ? 1 : 0)
    }
    let month = born.count > 1 ? born[1] : nil
    let dayOfMonth = born.count > 2 ? born[2] : nil
    most = completed(month ?? 1, dayOfMonth ?? 1)
    least = completed(month ?? 12, dayOfMonth ?? 31)
    guard most >= 0 else { return nil }
    least = max(0, least)
  }
}
