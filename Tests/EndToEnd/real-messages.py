#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of hooks made of resources, one a line as `vigil import` writes them: real-messages.py FOLDER < stays.ndjson
Each stay becomes FOLDER/NUMBER.json, a patient-view with its chart as prefetch; its last value is ten minutes old."""
import datetime, json, re, sys

STAMP = re.compile(r'"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})"')


def instant(match):
    return datetime.datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))


def bundle(resources):
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in resources]}


folder, now, stays = sys.argv[1], datetime.datetime.now(datetime.timezone.utc), {}
for line in sys.stdin:
    resource = json.loads(line)
    # What is nobody's, such as a Location, comes with the patient in front of it.
    if resource["resourceType"] == "Patient":
        patient = resource["id"]
    elif "subject" in resource:
        patient = resource["subject"]["reference"].split("/")[-1]
    stays.setdefault(patient, []).append(line)
number = 0
for patient, lines in stays.items():
    last = max(instant(match) for line in lines for match in STAMP.finditer(line))
    shift = now - datetime.timedelta(minutes=10) - last
    moved = [
        json.loads(STAMP.sub(lambda match: '"%s"' % (instant(match) + shift).strftime("%Y-%m-%dT%H:%M:%SZ"), line))
        for line in lines
    ]
    kinds = {}
    for resource in moved:
        kinds.setdefault(resource["resourceType"], []).append(resource)
    if "Patient" not in kinds or "Encounter" not in kinds:
        continue
    for encounter in kinds["Encounter"][-1:]:
        # The patient still lies there.
        encounter["status"] = "in-progress"
        for part in [encounter, *encounter.get("location", [])[-1:]]:
            part.get("period", {}).pop("end", None)
    number += 1
    with open(f"{folder}/{number:03}.json", "w") as file:
        json.dump({
            "hook": "patient-view", "hookInstance": "00000000-0000-4000-8000-%012d" % number,
            "context": {"userId": "Practitioner/on-duty", "patientId": patient, "encounterId": kinds["Encounter"][-1]["id"]},
            "prefetch": {
                "patient": kinds["Patient"][0], "encounters": bundle(kinds["Encounter"] + kinds.get("Location", [])),
                "observations": bundle(kinds.get("Observation", [])),
            },
        }, file)
print(number)
