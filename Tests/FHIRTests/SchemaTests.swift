// SPDX-License-Identifier: Apache-2.0
import FHIR
import Foundation
import Testing

@Suite struct SchemaTests {
  let table = ElementTable.r4Table

  func element(_ type: String, _ name: String) throws -> ElementTable.Element {
    let owner = try #require(table.type(named: type))
    return table.elements[Int(try #require(table.element(of: owner, named: name)))]
  }

  @Test func holdsEveryResourceAndResolvesEveryType() throws {
    // The elements of fhir-single.xsd's ResourceContainer.
    #expect(table.types.filter(\.isResource).count == 146)
    for type in table.types where type.form == .complex && type.name != "Element" {
      #expect(!type.elements.isEmpty, "\(type.name) has no elements")
    }
    #expect(try element("Bundle.Entry", "request").type == table.type(named: "Bundle.Request"))
  }

  @Test(arguments: [
    ("Observation", "status", "code", false), ("Observation", "component", "Observation.Component", true),
    ("Observation", "valueQuantity", "Quantity", false), ("Observation", "contained", "ResourceContainer", true),
    ("Observation.Component", "modifierExtension", "Extension", true),
    ("Bundle.Entry", "resource", "ResourceContainer", false),
    ("Parameters.Parameter", "part", "Parameters.Parameter", true), ("HumanName", "given", "string", true),
    ("Quantity", "value", "decimal", false), ("Age", "value", "decimal", false),
    ("Patient", "active", "boolean", false),
    ("Narrative", "div", "xhtml", false), ("Extension", "url", "string", false), ("Patient", "id", "id", false),
  ])
  func knowsElement(type: String, name: String, target: String, repeats: Bool) throws {
    let found = try element(type, name)
    #expect(table.types[Int(found.type)].name == target)
    #expect(found.repeats == repeats)
  }

  @Test func tellsAttributesFromElements() throws {
    #expect(try element("Extension", "url").isAttribute)
    #expect(try element("Quantity", "id").isAttribute)
    #expect(try element("Patient", "id").isAttribute == false)
    #expect(table.type(named: "Patient").flatMap { table.element(of: $0, named: "valueQuantity") } == nil)
    #expect(table.resource(named: "Quantity") == nil)
  }

  @Test func everyElementIsFoundByItsName() {
    for (index, type) in table.types.enumerated() {
      for element in type.elements {
        #expect(table.element(of: Int32(index), name: table.elements[element].name) == Int32(element))
      }
    }
  }

  @Test func isWhatItsGeneratorWrites() throws {
    guard let data = SharedData.folder("fhir-r4-examples") else { return }
    let output = FileManager.default.temporaryDirectory.appendingPathComponent("vigil-table-\(UUID().uuidString)")
    let schema = data.appendingPathComponent("hl7-r4-schema/fhir-single.xsd").path
    guard SharedData.run("python3", ["Sources/FHIR/Schema/generate.py", schema], output: output) == 0 else {
      print("skipped: python3 is not at hand")
      return
    }
    let table = URL(fileURLWithPath: "Sources/FHIR/Schema/ElementTable+R4.swift")
    #expect(try SharedData.bytes(output) == SharedData.bytes(table))
    try? FileManager.default.removeItem(at: output)
  }
}
