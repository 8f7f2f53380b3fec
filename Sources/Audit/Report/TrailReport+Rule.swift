// SPDX-License-Identifier: Apache-2.0

extension TrailReport.Kind {
  /// The rule that asks for such a report, with the version of its text that the report was made for. Rules are moved and amended:
  /// who reads a report years later must not have to guess which text it answers.
  package var rule: String {
    switch self {
    case .access: "45 CFR 170.315(d)(3), audit reports (2015 Edition, 16 October 2015); ASTM E2147-18"
    case .disclosures:
      "45 CFR 164.528, accounting of disclosures (as amended 14 August 2002), and treatment, which it exempts"
    case .activity:
      "45 CFR 164.308(a)(1)(ii)(D), review of information system activity (as amended 25 January 2013); "
        + "45 CFR 170.315(d)(3) (2015 Edition, 16 October 2015)"
    case .failures:
      "45 CFR 164.308(a)(5)(ii)(C), log-in monitoring (as amended 25 January 2013); OWASP ASVS 5.0.0, chapter V16"
    case .changes: "21 CFR 11.10(e), audit trails (20 March 1997); 45 CFR 170.315(d)(2) (2015 Edition, 16 October 2015)"
    case .gaps: "45 CFR 164.312(b), audit controls (as amended 25 January 2013)"
    case .recall: "45 CFR 170.315(b)(11)(vi), intervention risk management (HTI-1, 9 January 2024)"
    case .minimum:
      "45 CFR 164.502(b), minimum necessary (as amended 25 January 2013), also of treatment, which it exempts"
    }
  }
}
