#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The silent trial of another version on the trail of a service: real calls answered and recorded, then asked again of a package that says
# something else, and compared on a page that names nobody. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
data=$work/var

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "silent: failed: $1"; fi
}

# Another version of the prognosis: of every patient its log-odds of death are higher by 0.7.
version=$(ls Profiles/models/icu-prognosis | tail -1)
trial=$work/Profiles/models/icu-prognosis/9.0.0
cp -r Profiles "$work/Profiles" && cp -r "Profiles/models/icu-prognosis/$version" "$trial"
python3 - "$trial" <<'PYTHON'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
def change(name, edit):
    content = json.loads((folder / name).read_text())
    edit(content)
    (folder / name).write_text(json.dumps(content))
change("manifest.json", lambda manifest: manifest.update(version="9.0.0"))
change("calibration.json", lambda heads: heads["death"].update(intercept=heads["death"]["intercept"] + 0.7, floor=0))
PYTHON
(cd "$trial" && rm -f SHA256SUMS.sig && awk '{print $2}' SHA256SUMS >"$work/names" && xargs sha256sum <"$work/names" >SHA256SUMS)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
base=http://127.0.0.1:$port
"$vigil" serve --port "$port" --data "$data" --open-chart FixturesFHIR/hooks/patient-view-septic.json >"$work/log" 2>&1 & service=$!
for _ in $(seq 600); do curl -sf "$base/readyz" >/dev/null && break; sleep 0.05; done
for _ in $(seq 200); do [ -s "$data/open-chart.json" ] && break; sleep 0.05; done
# Eight patients, the sickest with five times the lactate; every second of them dies. One is asked about twice.
python3 - "$data/open-chart.json" "$work" <<'PYTHON'
import json, re, sys
text = open(sys.argv[1]).read()
labels = open(f"{sys.argv[2]}/labels.csv", "w")
labels.write("patient,death\n")
for number in range(8):
    request = json.loads(text.replace("syn-septic", f"syn-septic-{number}"))
    def walk(node):
        if isinstance(node, dict):
            codes = [c.get("code") for c in node.get("code", {}).get("coding", [])] if isinstance(node.get("code"), dict) else []
            if "valueQuantity" in node and {"2524-7", "32693-4"} & set(codes):
                node["valueQuantity"]["value"] = round(node["valueQuantity"]["value"] * (0.5 + number / 2), 1)
            for value in node.values(): walk(value)
        elif isinstance(node, list):
            for value in node: walk(value)
    walk(request)
    json.dump(request, open(f"{sys.argv[2]}/call-{number}.json", "w"))
    labels.write(f"syn-septic-{number},{number % 2}\n")
PYTHON
for number in 0 1 2 3 4 5 6 7 0; do
  status=$(curl -s -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$work/call-$number.json" \
    "$base/cds-services/patient-risk")
  [ "$status" = 200 ]; check "patient $number is answered" $?
done
kill "$service"; wait "$service" 2>/dev/null

"$vigil" replay --against "$data" >"$work/same"; check 'what answered gives the same again' $?
# The service asks about the open chart itself once.
grep -q '^10 stored answers given again, 10 the same bit for bit' "$work/same"; check 'every answer of it' $?
"$vigil" replay --against "$data" --model icu-prognosis/9.0.0 --profiles "$work/Profiles" >"$work/other"; [ $? = 1 ]
check 'another version answers otherwise' $?
[ "$(grep -c '^record [0-9]*: .*models, .*outputs' "$work/other")" = 10 ]; check "and what differs is named: $(head -2 "$work/other")" $?

"$vigil" replay --against "$data" --model "icu-prognosis/$version" --shadow "$trial" --labels "$work/labels.csv" \
  --report "$work/trial.html" --user 'Ada Analyst' 2>"$work/err"; check 'the trial is a page' $?
python3 - "$work/trial.html.json" <<'PYTHON'
import json, math, sys
report = json.load(open(sys.argv[1]))
found = report["pair"]["outcomes"][0]
assert found["rows"] == 10 and found["patients"] == 9 and found["onlyFirst"] == found["onlySecond"] == 0, found
logit = lambda p: math.log(p / (1 - p))
for point in found["points"]:
    assert 0.6 < logit(point["y"]) - logit(point["x"]) < 0.75, point
assert len({point["x"] for point in found["points"]}) > 4
judged = found["judged"]
assert judged["rows"] == 9 and judged["positives"] == 4 and abs(judged["auroc"]["difference"]) < 1e-12 and "deLong" not in judged
assert len(report["differences"]) == 9 and report["made"]["models"][1]["model"] == "icu-prognosis 9.0.0"
assert report["read"]["charts"] == 9 and report["read"]["assessments"] == 10
PYTHON
check 'its numbers are those of the two versions' $?
grep -q 'Patients on whom they differ most' "$work/trial.html"; check 'the patients are on it' $?
! grep -q 'syn-septic' <(sed "s|$work||g" "$work/trial.html" "$work/trial.html.json"); check 'and none by name' $?
[ "$(stat -c %a "$work/trial.html" "$work/trial.html.json" | sort -u)" = 600 ]; check 'for its user alone' $?
"$vigil" audit list --data "$data" --kind read --origin 'Ada Analyst' | grep -q 'replay of all stored requests'
check 'the reading is on record, with who read' $?
"$vigil" replay FixturesFHIR --user 'Ada Analyst' >/dev/null 2>&1; [ $? = 64 ]; check 'a name without a trail is refused' $?
[ "$("$vigil" audit list --data "$data" --kind read | grep -c 'replay of all stored requests')" = 3 ]
check 'each comparison is on record' $?
"$vigil" audit verify --data "$data" >/dev/null; check 'in a trail that is intact' $?
for wrong in "--shadow $trial" "--at each-hour" "--output $work/x.csv" "--model icu-prognosis/$version --shadow $trial"; do
  "$vigil" replay --against "$data" $wrong >/dev/null 2>&1; [ $? = 64 ]; check "$wrong is refused" $?
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
