# SPDX-License-Identifier: Apache-2.0
"""Many patients made of one chart: what the trials of a replay make their exports of."""
import json
import re


def resources(bundle, number):
    """(type, JSON) of each resource of a Bundle's text, its own for the patient of each number, except what belongs to nobody."""
    for entry in json.loads(bundle)["entry"]:
        resource = entry["resource"]
        text = re.sub(r"Observation/([A-Za-z0-9.-]+)", rf"Observation/\1-{number}", json.dumps(resource))
        if resource["resourceType"] in ("Observation", "Condition"):
            text = text.replace(f'"id": "{resource["id"]}"', f'"id": "{resource["id"]}-{number}"', 1)
        yield resource["resourceType"], text
