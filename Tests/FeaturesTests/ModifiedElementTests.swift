// SPDX-License-Identifier: Apache-2.0
import FHIR
import Features
import Testing

/// What a modifier element changes in a way that is not understood is not read (R4 extensibility.html#modifierExtension).
@Suite struct ModifiedElementTests {
  @Test func aModifiedPatientIsNotRead() throws {
    for element in [
      #""implicitRules":"http://a.example""#, #""modifierExtension":[{"url":"http://a.example","valueBoolean":true}]"#,
      #""animal":{"species":{"text":"dog"}}"#,
    ] {
      var chart = TestChart()
      chart.patient = #"{"resourceType":"Patient","id":"p","birthDate":"1960-05-05",\#(element)}"#
      #expect(try chart.timeline().ineligibility.map(\.code).contains("no-patient"))
      #expect(try chart.chart().issues.map(\.code).contains("modifier"))
    }
  }

  @Test func placesOfAModifiedStayAreNotRead() throws {
    var chart = TestChart()
    chart.encounters = [
      chart.encounters[0].replacing(
        #""location":[{"#, with: #""location":[{"modifierExtension":[{"url":"http://a.example","valueBoolean":true}],"#)
    ]
    #expect(try chart.timeline().ineligibility.map(\.code).contains("no-icu-stay"))
  }
}
