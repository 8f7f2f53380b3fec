// SPDX-License-Identifier: Apache-2.0
import CDSHooks
import Decision
import FHIR
import Features
import Testing

/// The minimum necessary (45 CFR 164.502(b)): what is published asks for all that the models read, and for nothing that nobody reads.
@Suite struct TemplateNeedTests {
  /// Categories of Observations by which a template asks for signals, whatever codes a hospital has for them.
  static let categories: [String: Signal.Category] = ["vital-signs": .vital, "laboratory": .lab]

  /// What one template asks for.
  struct Asked {
    let key: String
    let type: String
    let category: String?
    let codes: [String]

    init(_ template: Service.Template) {
      key = template.key
      type = String(template.query.prefix { $0 != "?" && $0 != "/" })
      var parameters: [String: String] = [:]
      for part in template.query.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
        parameters[String(part.prefix { $0 != "=" })] = String(part.drop { $0 != "=" }.dropFirst())
      }
      category = parameters["category"]
      codes = parameters["code"].map { $0.split(separator: ",").map(String.init) } ?? []
    }
  }

  static func asked(of assessor: Assessor) -> [[Asked]] {
    assessor.services.discovery.services.map { $0.prefetch.map { Asked($0) } }
  }

  static func codes(_ valueSets: [String], _ terminology: Terminology) -> [String] {
    valueSets.flatMap { set in
      terminology.position(ofValueSet: set).map { terminology.valueSets[$0].concepts.map(\.code) } ?? []
    }
  }

  /// The models of these tests, and those that are shipped where they are at hand.
  static func assessors() throws -> [Assessor] {
    [try Samples.assessor()] + [GoldenCardTests.assessor].compactMap(\.self)
  }

  @Test func allThatIsReadIsAskedFor() throws {
    for assessor in try Self.assessors() {
      for service in Self.asked(of: assessor) {
        let observations = service.filter { $0.type == "Observation" }
        let codes = Set(observations.flatMap(\.codes))
        // Beside codes a category asks for these alone.
        let categories = observations.filter { $0.codes.isEmpty }
          .compactMap { $0.category.flatMap { Self.categories[$0] } }
        for profile in assessor.packages.map(\.profile) {
          for signal in profile.signals where !categories.contains(signal.category) {
            let own = Self.codes(signal.valueSets, assessor.terminology)
            #expect(!own.isEmpty && codes.isSuperset(of: own), "\(profile.id) reads \(signal.id)")
          }
          for item in profile.statics {
            let own = Self.codes(item.valueSets ?? [], assessor.terminology)
            #expect(item.valueSets == nil || !own.isEmpty, "\(profile.id) reads \(item.id)")
            #expect(codes.isSuperset(of: own), "\(profile.id) reads \(item.id)")
          }
        }
        // Age and sex, the stay, and the kind of its unit.
        #expect(Set(service.map(\.type)).isSuperset(of: ["Patient", "Encounter", "Location", "Observation"]))
      }
    }
  }

  @Test func nothingElseIsAskedFor() throws {
    for assessor in try Self.assessors() {
      let profiles = assessor.packages.map(\.profile)
      let signals = profiles.flatMap(\.signals)
      let sets = signals.flatMap(\.valueSets) + profiles.flatMap { $0.statics.flatMap { $0.valueSets ?? [] } }
      let read = Set(Self.codes(sets, assessor.terminology))
      for template in Self.asked(of: assessor).joined() {
        // Orders in place are not suggested again; the other types are those that vectors and stays are made of.
        #expect(["Patient", "Encounter", "Location", "Observation", "ServiceRequest"].contains(template.type))
        #expect(Set(template.codes).isSubset(of: read), "\(template.key)")
        #expect(Set(template.codes).count == template.codes.count, "\(template.key) asks for a code twice")
        guard template.type == "Observation" else { continue }
        // No template asks for whatever there is.
        #expect(template.category != nil || !template.codes.isEmpty, "\(template.key)")
        if let category = template.category {
          let wanted = Self.categories[category]
          #expect(signals.contains { $0.category == wanted }, "no model reads \(category)")
        }
      }
    }
  }

  /// Where no model reads a signal, its template is not published.
  @Test func whatNoModelReadsIsNotAskedFor() throws {
    let terminology = try #require(Samples.terminology)
    let definitions = try ServiceDefinition.load("\(Samples.root)/Profiles/services")
    let services = try ServiceCatalog(definitions, profiles: [], terminology: terminology)
    for service in services.discovery.services {
      #expect(!service.prefetch.contains { $0.query.hasPrefix("Observation") })
    }
    #expect(!services.discovery.services.isEmpty)
  }
}
