// SPDX-License-Identifier: Apache-2.0

/// The identifiers that a de-identified record must not hold, 45 CFR 164.514(b)(2)(i)(A) to (R).
package enum SafeHarborKind: String, Sendable, CaseIterable {
  case name, place, date, telephone, fax, email
  case socialSecurity = "social-security"
  case medicalRecord = "medical-record"
  case healthPlan = "health-plan"
  case account
  case licence
  case vehicle, device, url
  case address = "ip-address"
  case biometric, photograph, other

  /// The kind of what stands in elements of this name, whatever it looks like; nil for names that say nothing of it.
  init?(element: String) {
    switch element {
    case "name", "family", "given", "prefix", "suffix", "alias", "contact", "performer", "participant", "practitioner",
      "author", "recorder", "asserter", "requester":
      self = .name
    case "line", "city", "district", "position", "birthPlace": self = .place
    case "telecom": self = .telephone
    case "photo", "image": self = .photograph
    case "data", "content", "attachment", "valueAttachment": self = .biometric
    case "serialNumber", "udiCarrier", "lotNumber", "deviceIdentifier": self = .device
    case "text", "div", "display", "note", "comment", "description", "title", "patientInstruction", "conclusion",
      "userSelected", "source", "security", "tag", "profile", "extension", "valueMarkdown":
      self = .other
    default: return nil
    }
  }

  /// The kind that a text looks like; `other` for what looks like none, which is no less an identifier.
  init(of text: String) {
    let lower = text.lowercased()
    let digits = text.utf8.count { (0x30...0x39).contains($0) }
    func begins(_ words: String...) -> Bool { words.contains { lower.hasPrefix($0) } }
    if begins("data:image") {
      self = .photograph
    } else if text.contains("@"), text.contains(".") {
      self = .email
    } else if begins("http:", "https:", "ftp:", "www.") || text.contains("://") {
      self = .url
    } else if text.wholeMatch(of: /\d{1,3}(\.\d{1,3}){3}|([0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}/) != nil {
      self = .address
    } else if begins("fax") {
      self = .fax
    } else if text.wholeMatch(of: /\d{3}-\d{2}-\d{4}/) != nil || begins("ssn") {
      self = .socialSecurity
    } else if begins("mrn", "pat") {
      self = .medicalRecord
    } else if begins("plan", "member", "hic", "mbi") {
      self = .healthPlan
    } else if begins("acc", "iban") {
      self = .account
    } else if begins("lic", "cert", "npi", "dea") {
      self = .licence
    } else if text.wholeMatch(of: /[A-HJ-NPR-Z0-9]{17}/) != nil || begins("vin", "plate") {
      self = .vehicle
    } else if begins("udi", "serial", "sn", "(01)", "lot") {
      self = .device
    } else if begins("fingerprint", "voice", "iris", "retina") {
      self = .biometric
    } else if text.contains(/\d{4}-\d{2}-\d{2}|\d{1,2}[.\/]\d{1,2}[.\/]\d{2,4}/) {
      self = .date
    } else if text.wholeMatch(of: /\d{5}(-\d{4})?/) != nil || text.contains(/\d+ [A-Z][a-z]+ (St|Street|Road|Ave)/) {
      self = .place
    } else if digits >= 7, text.wholeMatch(of: /[+()\d .\/x-]+/) != nil {
      self = .telephone
    } else if text.wholeMatch(of: /\p{Lu}[\p{L}'-]+(,? \p{Lu}[\p{L}.'-]*)*/) != nil {
      self = .name
    } else {
      self = .other
    }
  }
}
