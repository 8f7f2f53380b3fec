#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Vigil's synthetic patients: every chart as R4 JSON and as its XML twin, and a CDS Hooks request for each.

    python3 FixturesFHIR/generate.py            write all files beside this script
    python3 FixturesFHIR/generate.py --check    exit 1 when a file on disk is not what the generator writes

Nobody here exists: names, values and times come from a seeded generator. The same script writes the same bytes on
every machine (whole-number arithmetic on a linear congruential generator, no library randomness).
"""

import datetime
import os
import sys
import uuid
from xml.sax.saxutils import quoteattr

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
HSLOC = "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html"
PHYSICAL_TYPE = "http://terminology.hl7.org/CodeSystem/location-physical-type"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
MDC = "urn:iso:std:iso:11073:10101"
LOCAL = "http://hospital.example/codes/laboratory"
SERVER = "https://fhir.hospital.example/r4/"

# Signal -> LOINC code, display, UCUM unit, decimals, category. Serum and blood codes of one analyte both occur.
SIGNALS = {
    "hr": ("8867-4", "Heart rate", "/min", 0, "vital-signs"),
    "rr": ("9279-1", "Respiratory rate", "/min", 0, "vital-signs"),
    "temp": ("8310-5", "Body temperature", "Cel", 1, "vital-signs"),
    "spo2": ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", 0, "vital-signs"),
    "weight": ("29463-7", "Body weight", "kg", 1, "vital-signs"),
    "height": ("8302-2", "Body height", "cm", 0, "vital-signs"),
    "gcs": ("9269-2", "Glasgow coma score total", "{score}", 0, "survey"),
    "urine": ("9187-6", "Urine output", "mL", 0, "procedure"),
    "fio2": ("3150-6", "Inhaled oxygen concentration", "%", 0, "procedure"),
    "peep": ("20077-4", "Positive end expiratory pressure setting Ventilator", "cm[H2O]", 0, "procedure"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 2, "laboratory"),
    "creatinine-blood": ("38483-4", "Creatinine [Mass/volume] in Blood", "mg/dL", 2, "laboratory"),
    "bun": ("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "mg/dL", 0, "laboratory"),
    "bun-blood": ("6299-2", "Urea nitrogen [Mass/volume] in Blood", "mg/dL", 0, "laboratory"),
    "lactate": ("2524-7", "Lactate [Moles/volume] in Serum or Plasma", "mmol/L", 1, "laboratory"),
    "lactate-art": ("2518-9", "Lactate [Moles/volume] in Arterial blood", "mmol/L", 1, "laboratory"),
    "glucose": ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 0, "laboratory"),
    "glucose-blood": ("2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 0, "laboratory"),
    "sodium": ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 0, "laboratory"),
    "potassium": ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 1, "laboratory"),
    "chloride": ("2075-0", "Chloride [Moles/volume] in Serum or Plasma", "mmol/L", 0, "laboratory"),
    "hco3": ("1963-8", "Bicarbonate [Moles/volume] in Serum or Plasma", "mmol/L", 0, "laboratory"),
    "magnesium": ("19123-9", "Magnesium [Mass/volume] in Serum or Plasma", "mg/dL", 1, "laboratory"),
    "wbc": ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 1, "laboratory"),
    "platelets": ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 0, "laboratory"),
    "hct": ("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 1, "laboratory"),
    "hgb": ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, "laboratory"),
    "bilirubin": ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", 1, "laboratory"),
    "alt": ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0,
            "laboratory"),
    "ast": ("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0,
            "laboratory"),
    "alp": ("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, "laboratory"),
    "albumin": ("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", 1, "laboratory"),
    "troponin-t": ("6598-7", "Troponin T.cardiac [Mass/volume] in Serum or Plasma", "ng/mL", 2, "laboratory"),
    "inr": ("6301-6", "INR in Platelet poor plasma by Coagulation assay", "{INR}", 1, "laboratory"),
    "ph": ("2744-1", "pH of Arterial blood", "[pH]", 2, "laboratory"),
    "pco2": ("2019-8", "Carbon dioxide [Partial pressure] in Arterial blood", "mm[Hg]", 0, "laboratory"),
    "po2": ("2703-7", "Oxygen [Partial pressure] in Arterial blood", "mm[Hg]", 0, "laboratory"),
    "sao2": ("2713-6", "Oxygen saturation Calculated from oxygen partial pressure in Arterial blood", "%", 0,
             "laboratory"),
}
# Systolic, diastolic and mean, by an arterial line and by cuff.
PRESSURES = {
    "invasive": ("76215-3", "76213-8", "76214-6"),
    "cuff": ("8480-6", "8462-4", "8478-0"),
}
UNIT_TEXT = {"Cel": "°C", "mm[Hg]": "mmHg", "10*3/uL": "K/uL", "cm[H2O]": "cmH2O", "{score}": "score", "[pH]": "pH"}


class Number(str):
    """A decimal as its own text: both syntaxes carry exactly these characters."""


class Dice:
    """Linear congruential generator of Knuth's MMIX constants; whole numbers only, so every machine agrees."""

    def __init__(self, seed):
        self.state = seed

    def noise(self, width):
        """A whole number of thousandths between -width and width, highest near 0."""
        total = 0
        for _ in range(3):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            total += (self.state >> 33) % 2001 - 1000
        return total / 3000 * width


def fixed(value, decimals):
    return Number(f"{value:.{decimals}f}")


def concept(system, code, display=None):
    coding = {"system": system, "code": code}
    if display:
        coding["display"] = display
    return {"coding": [coding]}


def quantity(value, code, comparator=None, unit=None, system=UCUM):
    result = {"value": value}
    if comparator:
        result["comparator"] = comparator
    result["unit"] = unit or UNIT_TEXT.get(code, code)
    if system:
        result["system"] = system
    if code:
        result["code"] = code
    return result


class Chart:
    """One patient's resources, in the order they were charted."""

    def __init__(self, name, seed, admission, offset, patient, shift=None):
        self.name, self.dice, self.admission, self.offset = name, Dice(seed), admission, offset
        self.summer = shift  # (instant UTC, offset after it): a clock change during the stay
        self.patient = patient
        self.encounters, self.locations, self.observations, self.conditions = [], [], [], []
        self.reference = "Patient/" + patient["id"]
        self.encounter = "Encounter/" + patient["id"] + "-inpatient"
        self.count = 0

    def instant(self, hours, zone=None):
        """The text of the moment `hours` after ICU admission, in the ward's zone, in UTC ("Z") or another offset."""
        moment = self.admission + datetime.timedelta(minutes=round(hours * 60))
        offset = self.offset if zone is None else zone
        if zone is None and self.summer and moment >= self.summer[0]:
            offset = self.summer[1]
        if offset == "Z":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        sign = -1 if offset[0] == "-" else 1
        minutes = sign * (int(offset[1:3]) * 60 + int(offset[4:6]))
        return (moment + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S") + offset

    def add(self, hours, code, body, category="vital-signs", status="final", zone=None, effective=None, meta=None,
            identity=None, subject=None, before_status=None):
        self.count += 1
        observation = {"resourceType": "Observation", "id": identity or f"{self.name[:3]}-o{self.count:04d}"}
        if meta:
            observation["meta"] = meta
        observation.update(before_status or {})
        observation["status"] = status
        observation["category"] = [{"coding": [{"system": CATEGORY, "code": category}]}]
        observation["code"] = code
        if subject != "":
            observation["subject"] = {"reference": subject or self.reference}
        observation["encounter"] = {"reference": self.encounter}
        observation.update(effective or {"effectiveDateTime": self.instant(hours, zone)})
        observation.update(body)
        self.observations.append(observation)
        return observation

    def measure(self, hours, signal, value, comparator=None, unit=None, decimals=None, **more):
        """One value of `signal`; laboratories write UTC, the ward its own zone."""
        code, display, canonical, digits, category = SIGNALS[signal]
        digits = digits if decimals is None else decimals
        more.setdefault("category", category)
        if category == "laboratory":
            more.setdefault("zone", "Z")
        body = {"valueQuantity": quantity(fixed(value, digits), unit or canonical, comparator)}
        return self.add(hours, concept(LOINC, code, display), body, **more)

    def pressure(self, hours, systolic, diastolic, mean, kind, **more):
        rows = zip(PRESSURES[kind], (systolic, diastolic, mean))
        body = {"component": [{"code": concept(LOINC, code), "valueQuantity": quantity(fixed(value, 0), "mm[Hg]")}
                              for code, value in rows if value is not None]}
        return self.add(hours, concept(LOINC, "85354-9", "Blood pressure panel with all children optional"), body,
                        **more)

    def coma(self, hours, eyes, verbal, motor, **more):
        rows = (("9267-6", eyes), ("9270-0", verbal), ("9268-4", motor))
        body = {"valueQuantity": quantity(fixed(eyes + verbal + motor, 0), "{score}"),
                "component": [{"code": concept(LOINC, code), "valueQuantity": quantity(fixed(value, 0), "{score}")}
                              for code, value in rows]}
        return self.add(hours, concept(LOINC, "9269-2", "Glasgow coma score total"), body, category="survey", **more)

    def urine(self, start, end, value, **more):
        """Volume collected over a period: effectivePeriod, not an instant."""
        period = {"effectivePeriod": {"start": self.instant(start), "end": self.instant(end)}}
        return self.measure(end, "urine", value, effective=period, **more)

    def ventilated(self, hours):
        body = {"valueCodeableConcept": concept(SNOMED, "286812008", "Pressure controlled ventilation")}
        self.add(hours, concept(LOINC, "20124-4", "Ventilation mode Ventilator"), body, category="procedure")

    def condition(self, code, display, onset, icd=None):
        coding = [{"system": SNOMED, "code": code, "display": display}]
        if icd:
            coding.append({"system": "http://hl7.org/fhir/sid/icd-10", "code": icd})
        self.conditions.append({
            "resourceType": "Condition", "id": f"{self.name[:3]}-c{len(self.conditions) + 1}",
            "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
            "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed",
                                          "Confirmed"),
            "code": {"coding": coding}, "subject": {"reference": self.reference},
            "encounter": {"reference": self.encounter}, "onsetDateTime": onset})

    def location(self, key, name, types):
        self.locations.append({
            "resourceType": "Location", "id": key, "status": "active", "name": name,
            "type": [{"coding": [{"system": system, "code": code, "display": display}]}
                     for system, code, display in types],
            "physicalType": concept(PHYSICAL_TYPE, "wa", "Ward")})

    def admit(self, unit, emergency=-4.0, status="in-progress", ward=None):
        """An inpatient encounter that passes the emergency department (and a ward) before the ICU at hour 0."""
        self.location("emergency", "Emergency department", [(ROLE_CODE, "ER", "Emergency room")])
        stations = [("emergency", emergency, ward if ward is not None else 0.0)]
        if ward is not None:
            self.location("ward-3", "Ward 3", [(ROLE_CODE, "HU", "Hospital unit")])
            stations.append(("ward-3", ward, 0.0))
        key, name, types = unit
        self.location(key, name, types)
        stations.append((key, 0.0, None))
        places = []
        for place, start, end in stations:
            period = {"start": self.instant(start)}
            if end is not None:
                period["end"] = self.instant(end)
            places.append({"location": {"reference": "Location/" + place},
                           "status": "active" if end is None else "completed",
                           "physicalType": concept(PHYSICAL_TYPE, "wa", "Ward"), "period": period})
        self.encounters.append({
            "resourceType": "Encounter", "id": self.encounter.split("/")[1], "status": status,
            "class": {"system": ACT_CODE, "code": "IMP", "display": "inpatient encounter"},
            "subject": {"reference": self.reference}, "period": {"start": self.instant(emergency)},
            "location": places})

    def resources(self):
        return [self.patient] + self.locations + self.encounters + self.conditions + self.observations


MEDICAL_ICU = ("micu-1", "Medical intensive care unit",
               [(ROLE_CODE, "ICU", "Intensive care unit"), (SNOMED, "441994008", "Medical intensive care unit")])
CARDIAC_RECOVERY = ("csru-1", "Cardiac surgery recovery unit",
                    [(ROLE_CODE, "ICU", "Intensive care unit"),
                     (HSLOC, "1032-2", "Surgical Cardiothoracic Critical Care")])
PLAIN_ICU = ("icu-2", "Intensive care unit 2", [(ROLE_CODE, "ICU", "Intensive care unit")])
PAEDIATRIC_ICU = ("picu-1", "Paediatric intensive care unit", [(ROLE_CODE, "PEDICU", "Pediatric intensive care unit")])


def person(key, family, given, gender, birth, narrative=False, extra=None):
    patient = {"resourceType": "Patient", "id": key,
               "meta": {"versionId": "3", "lastUpdated": "2026-01-05T08:00:00.000Z"}}
    if narrative:
        patient["text"] = {"status": "generated", "div":
                           '<div xmlns="http://www.w3.org/1999/xhtml"><p>' + given + " <b>" + family
                           + "</b>, synthetic patient &amp; nobody&#39;s chart</p></div>"}
    patient["identifier"] = [{"system": "http://hospital.example/mrn", "value": "SYN-" + key}]
    patient["active"] = True
    patient["name"] = [{"use": "official", "family": family, "given": [given]}]
    patient["gender"] = gender
    patient["birthDate"] = birth
    patient.update(extra or {})
    return patient


def utc(year, month, day, hour, minute):
    return datetime.datetime(year, month, day, hour, minute)


def between(start, end, hours, span=48.0):
    """Linear course from `start` at admission to `end` at `span` hours."""
    return start + (end - start) * hours / span


def course(chart, table, hours):
    """Measures each signal of `table` (start, end, noise) at `hours`."""
    for signal, (start, end, noise) in table.items():
        chart.measure(hours, signal, between(start, end, hours) + chart.dice.noise(noise))


def gas(chart, hours, ph, pco2, po2, lactate, sao2):
    chart.measure(hours, "ph", ph)
    chart.measure(hours, "pco2", pco2)
    chart.measure(hours, "po2", po2)
    chart.measure(hours, "sao2", sao2)
    chart.measure(hours, "lactate-art", lactate)


def septic():
    chart = Chart("septic-deterioration", 11, utc(2026, 3, 10, 13, 20), "+01:00",
                  person("syn-septic", "Halvorsen", "Ingrid", "female", "1958-07-02", narrative=True, extra={
                      "_birthDate": {"extension": [{
                          "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                          "valueDateTime": "1958-07-02T04:15:00+01:00"}]}}))
    chart.admit(MEDICAL_ICU, emergency=-3.5)
    chart.condition("233604007", "Pneumonia", "2026-03-09", "J18.9")
    chart.condition("91302008", "Sepsis", chart.instant(-2), "A41.9")
    chart.condition("44054006", "Diabetes mellitus type 2", "2009")
    dice = chart.dice
    # In the emergency department, before ICU admission.
    chart.measure(-2.5, "hr", 104)
    chart.measure(-2.5, "temp", 38.6)
    chart.measure(-2.0, "lactate", 2.6)
    chart.pressure(-2.5, 112, 60, None, "cuff")
    # A date without a time, as a ward's admission form has it.
    chart.measure(0, "height", 164, effective={"effectiveDateTime": "2026-03-10"})
    chart.measure(0.5, "weight", 71.5)
    chart.measure(0.5, "troponin-t", 0.01, comparator="<")
    for step in range(0, 13):
        hours = step * 4.0
        chart.measure(hours, "hr", between(98, 134, hours) + dice.noise(4))
        chart.measure(hours, "rr", between(21, 34, hours) + dice.noise(2))
        chart.measure(hours, "spo2", min(100, between(95, 89, hours) + dice.noise(1.5)))
        systolic, diastolic = between(116, 82, hours) + dice.noise(5), between(61, 43, hours) + dice.noise(3)
        chart.pressure(hours, systolic, diastolic, (systolic + 2 * diastolic) / 3, "invasive")
        if step:
            chart.urine(hours - 4, hours, max(8, between(190, 28, hours) + dice.noise(12)))
        if step % 2 == 0:
            chart.measure(hours, "temp", between(38.5, 39.4, hours) + dice.noise(0.3))
            chart.coma(hours, *((4, 5, 6) if hours < 12 else (3, 4, 6) if hours < 24 else (2, 1, 5)))
            chart.measure(hours, "fio2", 40 if hours < 12 else 50 if hours < 24 else 60 if hours < 40 else 70)
            if hours >= 24:
                chart.ventilated(hours)
                chart.measure(hours, "peep", 8 if hours < 36 else 12)
        if step % 3 == 0:
            systolic, diastolic = between(118, 85, hours) + dice.noise(5), between(60, 45, hours) + dice.noise(3)
            chart.pressure(hours + 0.5 if hours < 48 else hours, systolic, diastolic, None, "cuff")
    for hours in (1, 13, 25, 37, 47.5):
        gas(chart, hours, between(7.36, 7.17, hours) + dice.noise(0.01), between(34, 47, hours) + dice.noise(2),
            between(82, 61, hours) + dice.noise(3), between(2.9, 8.4, hours) + dice.noise(0.2),
            between(94, 87, hours) + dice.noise(1))
    for hours in (0.75, 16.75, 32.75, 46.75):
        course(chart, {
            "creatinine": (1.4, 3.9, 0.08), "bun": (28, 64, 2), "sodium": (137, 132, 1), "potassium": (4.1, 5.6, 0.1),
            "chloride": (103, 99, 1), "hco3": (21, 13, 0.5), "glucose": (168, 214, 12), "wbc": (16.8, 27.4, 0.8),
            "platelets": (188, 61, 6), "hct": (35.2, 27.9, 0.5)}, hours)
    for hours in (0.75, 46.75):
        course(chart, {"bilirubin": (1.1, 4.2, 0.1), "alt": (41, 212, 5), "ast": (58, 305, 8), "alp": (96, 148, 4),
                       "albumin": (3.1, 2.2, 0.1), "magnesium": (1.9, 1.7, 0.05), "inr": (1.2, 2.1, 0.05)}, hours)
    # What a real chart also holds.
    chart.measure(30, "hr", 350, status="entered-in-error")
    chart.measure(26, "potassium", 9.8, status="cancelled")
    chart.add(29, concept(LOINC, "2524-7", "Lactate [Moles/volume] in Serum or Plasma"),
              {"dataAbsentReason": concept(ABSENT, "error", "Error")}, category="laboratory", zone="Z")
    chart.measure(44, "creatinine", 3.5, status="preliminary", identity="sep-lab-44", meta={"versionId": "1"})
    chart.measure(44, "creatinine", 3.7, status="corrected", identity="sep-lab-44", meta={"versionId": "2"})
    chart.add(43, concept(LOINC, "8867-4", "Heart rate"),
              {"valueQuantity": quantity(Number("61"), "/min")},
              before_status={"modifierExtension": [{
                  "url": "http://hospital.example/fhir/StructureDefinition/planned-value", "valueBoolean": True}]})
    chart.measure(48, "glucose-blood", 221, zone="-05:00")
    return chart


def stable():
    # Clocks go forward during the stay (2026-03-29 01:00Z): the offset of the ward's times changes, hours do not.
    chart = Chart("stable-postoperative", 23, utc(2026, 3, 27, 15, 40), "+01:00",
                  person("syn-stable", "Petrov", "Milan", "male", "1959-11-23"),
                  shift=(utc(2026, 3, 29, 1, 0), "+02:00"))
    chart.admit(CARDIAC_RECOVERY, emergency=-30.0, ward=-26.0)
    chart.condition("53741008", "Coronary arteriosclerosis", "2021-05")
    dice = chart.dice
    chart.measure(-20, "height", 178)
    chart.measure(-20, "weight", 84.2)
    for step in range(0, 17):
        hours = step * 3.0
        chart.measure(hours, "hr", between(88, 76, hours) + dice.noise(3))
        chart.measure(hours, "rr", between(14, 17, hours) + dice.noise(1.5))
        chart.measure(hours, "spo2", min(100, between(98, 97, hours) + dice.noise(1)))
        systolic, diastolic = between(112, 124, hours) + dice.noise(4), between(58, 66, hours) + dice.noise(3)
        kind = "invasive" if hours <= 24 else "cuff"
        chart.pressure(hours, systolic, diastolic, (systolic + 2 * diastolic) / 3, kind)
        if step:
            chart.urine(hours - 3, hours, between(270, 225, hours) + dice.noise(35))
        if step % 2 == 0:
            chart.measure(hours, "temp", between(36.3, 36.9, hours) + dice.noise(0.2))
            chart.coma(hours, *((2, 1, 5) if hours < 4 else (4, 5, 6)))
            chart.measure(hours, "fio2", 50 if hours < 4 else 30 if hours < 16 else 21)
            if hours < 6:
                chart.ventilated(hours)
    for hours in (0.5, 4.5, 12.5):
        gas(chart, hours, 7.38 + dice.noise(0.01), 40 + dice.noise(2), 128 + dice.noise(8),
            between(1.9, 0.6, hours) + dice.noise(0.1), 98)
    for hours in (0.75, 15.75, 31.75, 47.75):
        course(chart, {
            "creatinine": (0.9, 0.9, 0.05), "bun": (15, 17, 1), "sodium": (139, 138, 1), "potassium": (4.4, 4.2, 0.1),
            "chloride": (106, 103, 1), "hco3": (24, 26, 0.5), "glucose": (148, 122, 8), "wbc": (12.1, 9.8, 0.4),
            "platelets": (146, 172, 5), "hct": (29.5, 31.2, 0.4), "hgb": (9.8, 10.4, 0.1),
            "magnesium": (2.3, 2.1, 0.05)}, hours)
    return chart


def sparse():
    chart = Chart("sparse", 31, utc(2026, 2, 3, 22, 5), "-06:00",
                  person("syn-sparse", "Okafor", "Ada", "female", "1945"))
    chart.admit(PLAIN_ICU)
    for hours, rate in ((0.25, 82), (12, 88), (30, 91), (48, 87)):
        chart.measure(hours, "hr", rate)
    chart.pressure(0.25, 138, 74, None, "cuff")
    chart.pressure(30, 129, 70, None, "cuff")
    chart.measure(12, "temp", 36.8)
    chart.measure(1, "creatinine-blood", 1.1)
    chart.measure(1, "sodium", 141)
    chart.measure(1, "potassium", 3.9)
    return chart


def wrong_units():
    chart = Chart("wrong-units", 47, utc(2026, 1, 18, 6, 0), "+00:00",
                  person("syn-units", "Brandt", "Jonas", "male", "1972-01-30"))
    chart.admit(MEDICAL_ICU)

    def labelled(hours, signal, value, body=None, code=None, **more):
        loinc, display, _, _, category = SIGNALS[signal]
        chart.add(hours, concept(LOINC, *(code or (loinc, display))), body or {"valueQuantity": value},
                  category=category, **more)

    # Convertible by UCUM, some with the analyte's molar mass.
    labelled(1, "temp", quantity(Number("100.4"), "[degF]"))
    labelled(1, "weight", quantity(Number("176.4"), "[lb_av]"))
    labelled(1, "height", quantity(Number("70.1"), "[in_i]"))
    labelled(1, "glucose", quantity(Number("7.8"), "mmol/L"))
    labelled(1, "glucose", quantity(Number("8.1"), "mmol/L"),
             code=("14749-6", "Glucose [Moles/volume] in Serum or Plasma"))
    labelled(2, "creatinine", quantity(Number("106"), "umol/L"),
             code=("14682-9", "Creatinine [Moles/volume] in Serum or Plasma"))
    labelled(2, "bilirubin", quantity(Number("17"), "umol/L"),
             code=("14631-6", "Bilirubin.total [Moles/volume] in Serum or Plasma"))
    labelled(2, "po2", quantity(Number("11.2"), "kPa"))
    labelled(2, "pco2", quantity(Number("5.3"), "kPa"))
    labelled(2, "lactate", quantity(Number("18"), "mg/dL"),
             code=("14118-4", "Lactate [Mass/volume] in Serum or Plasma"))
    labelled(2, "platelets", quantity(Number("231"), "10*9/L"))
    labelled(2, "wbc", quantity(Number("8.6"), "10*9/L"))
    labelled(2, "hct", quantity(Number("0.41"), "1"))
    labelled(2, "albumin", quantity(Number("38"), "g/L"))
    labelled(2, "sodium", quantity(Number("140"), "meq/L"))
    labelled(3, "fio2", quantity(Number("0.35"), "1"))
    labelled(3, "urine", quantity(Number("0.12"), "L"))
    # Not convertible, unknown or contradictory: each is missing, and reported.
    labelled(4, "potassium", quantity(Number("4.2"), "mm[Hg]"))
    labelled(4, "hr", quantity(Number("84"), "bananas"))
    labelled(4, "creatinine", quantity(Number("106"), "umol/L", unit="mg/dL"))
    labelled(4, "glucose", {"value": Number("141")})
    labelled(4, "temp", {"value": Number("37.4"), "unit": "C"})
    labelled(4, "rr", quantity(Number("18"), "bpm", system="http://hospital.example/units"))
    labelled(4, "magnesium", quantity(Number("0.8"), "Mg/dL"))
    # Unit right, value impossible.
    labelled(5, "hr", quantity(Number("700"), "/min"))
    labelled(5, "ph", quantity(Number("73.5"), "[pH]"))
    labelled(5, "temp", quantity(Number("98.6"), "Cel"))
    # A value that is no quantity.
    labelled(6, "hr", None, body={"valueInteger": Number("82")})
    labelled(6, "rr", None, body={"valueString": "17"})
    labelled(6, "spo2", None, body={"valueCodeableConcept": {"text": "normal"}})
    labelled(6, "lactate", quantity(Number("0.3"), "mmol/L", comparator="<"))
    labelled(6, "urine", None, body={"valueRange": {"low": quantity(Number("50"), "mL"),
                                                     "high": quantity(Number("80"), "mL")}})
    for hours in range(8, 49, 4):
        chart.measure(hours, "hr", 80 + chart.dice.noise(4))
        chart.measure(hours, "rr", 16 + chart.dice.noise(2))
        chart.pressure(hours, 126 + chart.dice.noise(5), 72 + chart.dice.noise(4), None, "cuff")
    return chart


def foreign_codes():
    chart = Chart("foreign-codes", 53, utc(2025, 11, 5, 9, 30), "+09:00",
                  person("syn-foreign", "Tanaka", "Hiro", "male", "1966-04-14"))
    chart.admit(PLAIN_ICU)
    for hours in range(0, 49, 6):
        noise = chart.dice.noise
        # Nobody mapped these.
        chart.add(hours, {"coding": [{"system": LOCAL, "code": "KREA", "display": "Creatinine"}]},
                  {"valueQuantity": quantity(fixed(1.2 + noise(0.1), 2), "mg/dL")}, category="laboratory")
        chart.add(hours, {"coding": [{"system": LOCAL, "code": "LAKT", "display": "Lactate"}]},
                  {"valueQuantity": quantity(fixed(1.6 + noise(0.2), 1), "mmol/L")}, category="laboratory")
        # Free text is never matched, whatever it says.
        chart.add(hours, {"text": "Heart rate"}, {"valueQuantity": quantity(fixed(90 + noise(5), 0), "/min")})
        # A LOINC number under another system is not LOINC.
        chart.add(hours, {"coding": [{"system": LOCAL, "code": "8867-4", "display": "Heart rate"}]},
                  {"valueQuantity": quantity(fixed(30 + noise(5), 0), "/min")})
        # A code without a system.
        chart.add(hours, {"coding": [{"code": "9279-1", "display": "Respiratory rate"}]},
                  {"valueQuantity": quantity(fixed(17 + noise(2), 0), "/min")})
        # Coded by SNOMED CT and by IEEE 11073, with a local code first.
        chart.add(hours, {"coding": [{"system": LOCAL, "code": "PULS"},
                                     {"system": SNOMED, "code": "364075005", "display": "Heart rate"}]},
                  {"valueQuantity": quantity(fixed(88 + noise(4), 0), "/min")})
        chart.add(hours, {"coding": [{"system": MDC, "code": "150456", "display": "MDC_PULS_OXIM_SAT_O2"}]},
                  {"valueQuantity": quantity(fixed(96 + noise(1), 0), "%")})
    return chart


def outpatient():
    chart = Chart("outpatient", 61, utc(2026, 4, 2, 8, 0), "-04:00",
                  person("syn-outpatient", "Moreau", "Claire", "female", "1990-09-09"))
    chart.encounter = "Encounter/syn-outpatient-visit"
    chart.encounters.append({
        "resourceType": "Encounter", "id": "syn-outpatient-visit", "status": "finished",
        "class": {"system": ACT_CODE, "code": "AMB", "display": "ambulatory"},
        "type": [concept(SNOMED, "185349003", "Encounter for check up")],
        "subject": {"reference": chart.reference},
        "period": {"start": chart.instant(0), "end": chart.instant(1)}})
    chart.condition("38341003", "Hypertension", "2024-02-11")
    chart.measure(0.1, "hr", 71)
    chart.measure(0.1, "temp", 36.7)
    chart.pressure(0.1, 142, 88, None, "cuff")
    chart.measure(0.1, "weight", 63.0)
    chart.measure(0.5, "creatinine-blood", 0.8)
    chart.measure(0.5, "bun-blood", 12)
    chart.measure(0.5, "glucose-blood", 94)
    return chart


def short_stay(chart, unit, last):
    """Vital signs and one set of laboratory values up to hour `last`."""
    chart.admit(unit)
    noise = chart.dice.noise
    hours = 0.0
    while hours <= last:
        chart.measure(hours, "hr", 102 + noise(4))
        chart.measure(hours, "rr", 20 + noise(2))
        chart.measure(hours, "spo2", 96 + noise(1))
        chart.pressure(hours, 108 + noise(4), 62 + noise(3), None, "cuff")
        hours += 0.5 if last < 12 else 4.0
    course(chart, {"creatinine": (0.7, 0.7, 0.02), "sodium": (138, 138, 1), "potassium": (4.0, 4.0, 0.1),
                   "lactate": (1.8, 1.8, 0.1)}, 0.75)
    return chart


def child():
    return short_stay(Chart("child", 71, utc(2026, 3, 15, 19, 0), "+01:00",
                            person("syn-child", "Lindqvist", "Elsa", "female", "2011-10-03")), PAEDIATRIC_ICU, 48.0)


def early():
    return short_stay(Chart("early", 83, utc(2026, 3, 20, 3, 10), "+05:30",
                            person("syn-early", "Mehta", "Ravi", "male", "1980-06-18")), MEDICAL_ICU, 2.0)


def mixed():
    """Two patients of one ward in one Bundle; entries alternate, and references come in every form FHIR allows."""
    first = short_stay(Chart("mixed-a", 97, utc(2026, 3, 1, 10, 0), "+01:00",
                             person("syn-mixed-a", "Novak", "Eva", "female", "1961-12-01")), PLAIN_ICU, 48.0)
    second = short_stay(Chart("mixed-b", 101, utc(2026, 3, 1, 11, 0), "+01:00",
                              person("syn-mixed-b", "Novak", "Eva", "female", "1961-12-01")), PLAIN_ICU, 47.0)
    second.measure(47.0, "lactate", 11.5)
    for chart, letter in ((first, "a"), (second, "b")):
        for number, observation in enumerate(chart.observations):
            observation["id"] = f"mix-{letter}{number + 1:03d}"
            forms = (chart.reference, SERVER + chart.reference, chart.reference + "/_history/3",
                     urn(chart.reference))
            observation["subject"]["reference"] = forms[number % 4]
    # Nobody's value, and a value of a third patient of whom the Bundle says nothing.
    first.measure(47.5, "hr", 190, subject="", identity="mix-nobody")
    first.measure(47.5, "hr", 191, subject="Patient/syn-somebody-else", identity="mix-third")
    return first, second


def urn(reference):
    return "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, SERVER + reference))


def entry(resource, by_urn=False):
    reference = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": urn(reference) if by_urn else SERVER + reference, "resource": resource}


def bundle(identity, resources, by_urn=False):
    return {"resourceType": "Bundle", "id": identity,
            "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST",
                                   "display": "test health data"}]},
            "type": "collection", "entry": [entry(resource, by_urn) for resource in resources]}


def mixed_bundle(first, second):
    """Both patients' entries, one by one in turn; a Location that both stayed in stands once."""
    queues, entries, seen = [first.resources(), second.resources()], [], set()
    for index in range(max(len(queue) for queue in queues)):
        for chart, queue in zip((first, second), queues):
            if index < len(queue):
                resource = queue[index]
                key = (resource["resourceType"], resource["id"])
                if key not in seen:
                    seen.add(key)
                    entries.append(entry(resource, by_urn=resource["resourceType"] == "Patient"))
    result = bundle("mixed-patients", [])
    result["entry"] = entries
    return result


def searchset(resources, included=()):
    entries = [dict(entry(resource), search={"mode": "match"}) for resource in resources]
    entries += [dict(entry(resource), search={"mode": "include"}) for resource in included]
    result = {"resourceType": "Bundle", "type": "searchset", "total": Number(str(len(resources)))}
    if entries:
        result["entry"] = entries
    return result


def hook(name, chart, observations=None):
    """A patient-view request (CDS Hooks 2.0) that prefetches what Vigil asks for."""
    context = {"userId": "Practitioner/syn-doctor", "patientId": chart.patient["id"],
               "encounterId": chart.encounters[0]["id"]}
    return {"hook": "patient-view",
            "hookInstance": str(uuid.uuid5(uuid.NAMESPACE_URL, "https://hospital.example/hooks/" + name)),
            "context": context,
            "prefetch": {"patient": chart.patient, "encounters": searchset(chart.encounters, chart.locations),
                         "observations": searchset(chart.observations if observations is None else observations)}}


# ---- the two syntaxes -------------------------------------------------------------------------------------------

def json_text(value):
    """JSON without white space, members in the order of R4's definitions."""
    if isinstance(value, dict):
        return "{" + ",".join(json_text(name) + ":" + json_text(member) for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return str(value)
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + text + '"'


def json_file(value):
    """One entry a line, so that a diff shows which resource changed."""
    text = json_text(value)
    return text.replace('{"fullUrl":', '\n{"fullUrl":') + "\n"


def xml_element(name, value, extension=None):
    attributes, children = "", ""
    if isinstance(value, dict) and "resourceType" in value:  # R4 xml.html: a nested resource is an element in its place
        return f"<{name}>{xml_resource(value)}</{name}>"
    if name == "div":  # R4 narrative: XHTML stands in the XML as it is
        return value
    if isinstance(value, dict):
        for member, content in value.items():
            if member in ("id", "url") and not isinstance(content, (dict, list)) and (
                    member == "id" or name in ("extension", "modifierExtension")):
                attributes += f" {member}={quoteattr(content)}"
            elif not member.startswith("_"):
                children += xml_member(value, member)
    elif value is not None:
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        attributes += f" value={quoteattr(text)}"
    if extension:
        children += "".join(xml_element("extension", item) for item in extension.get("extension", ()))
    return f"<{name}{attributes}>{children}</{name}>" if children else f"<{name}{attributes}/>"


def xml_member(parent, member):
    value, extension = parent[member], parent.get("_" + member)
    if isinstance(value, list):
        return "".join(xml_element(member, item) for item in value)
    return xml_element(member, value, extension)


def xml_resource(resource, namespace=""):
    body = "".join(xml_member(resource, member) for member in resource
                   if member != "resourceType" and not member.startswith("_"))
    return f"<{resource['resourceType']}{namespace}>{body}</{resource['resourceType']}>"


def xml_file(value):
    text = xml_resource(value, ' xmlns="http://hl7.org/fhir"')
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text.replace("<entry>", "\n<entry>") + "\n"


def files():
    result = {}
    charts = {"septic": septic(), "stable": stable(), "sparse": sparse(), "wrong-units": wrong_units(),
              "foreign-codes": foreign_codes(), "outpatient": outpatient(), "child": child(), "early": early()}
    for short, chart in charts.items():
        content = bundle(chart.name, chart.resources())
        result[chart.name + ".json"] = json_file(content)
        result[chart.name + ".xml"] = xml_file(content)
        result[f"hooks/patient-view-{short}.json"] = json_file(hook(short, chart))
    first, second = mixed()
    content = mixed_bundle(first, second)
    result["mixed-patients.json"] = json_file(content)
    result["mixed-patients.xml"] = xml_file(content)
    # The hook names patient A; one value of the prefetch is patient B's.
    own = [item for item in first.observations if item["id"] not in ("mix-nobody", "mix-third")]
    for observation in own:
        observation["subject"]["reference"] = first.reference
    stranger = dict(second.observations[-1], subject={"reference": second.reference})
    result["hooks/patient-view-wrong-patient.json"] = json_file(hook("wrong-patient", first, own + [stranger]))
    return result


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    different = 0
    for name, text in files().items():
        path, data = os.path.join(folder, name), text.encode("utf-8")
        if "--check" in sys.argv[1:]:
            existing = open(path, "rb").read() if os.path.exists(path) else None
            if existing != data:
                different += 1
                print("differs: " + name)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
