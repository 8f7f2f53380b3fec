#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A replay is judged, compared, tried with other alarms and resumed. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'rm -rf "$work"' EXIT

check() { # check WHAT COMMAND...: counts whether the command succeeds
  local what=$1; shift
  if "$@" >"$work/said" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "replay: $what"; tail -3 "$work/said"; fi
}
exits() { # exits CODE ARGUMENT...
  local expected=$1; shift
  "$vigil" "$@" >"$work/out" 2>"$work/err" </dev/null; local status=$?
  if [ $status = "$expected" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "replay: vigil $* ended with $status, not $expected"; tail -3 "$work/err"
  fi
}

# An export of many patients: the project's own charts again and again, admitted in three months, some of whom die.
PYTHONPATH=Tests/EndToEnd PYTHONDONTWRITEBYTECODE=1 python3 - "$work" <<'PYTHON'
import os, sys
from patients import resources
work = sys.argv[1]
labels = open(f"{work}/labels.csv", "w")
labels.write("patient,death\n")
lines = {}
def write(folder):
    os.makedirs(f"{work}/{folder}")
    for kind, rows in lines.items():
        open(f"{work}/{folder}/{kind}.ndjson", "w").write("\n".join(rows) + "\n")
for number in range(300):
    if number == 40: write("ward")
    name = ["septic-deterioration", "stable-postoperative"][number % 2]
    text = open(f"FixturesFHIR/{name}.json").read()
    patient = {"septic-deterioration": "syn-septic", "stable-postoperative": "syn-stable"}[name]
    text = text.replace(patient, f"{patient}-{number}").replace("2026-03-", f"2026-0{3 + number % 3}-")
    for kind, resource in resources(text, number):
        lines.setdefault(kind, {})[resource] = None
    died = number % 2 == 0 and number % 8 != 0 or number % 16 == 1
    labels.write(f"{patient}-{number},{int(died)}\n")
write("export")
PYTHON
exits 64 replay "$work/export" --labels "$work/labels.csv"
exits 64 replay "$work/export" --shadow icu-prognosis --report "$work/x.html"
exits 64 replay "$work/export" --resume
exits 64 replay --against "$work" --shadow icu-prognosis --model icu-prognosis
exits 64 replay --against "$work" --report "$work/x.html" --at each-hour
exits 73 replay --against "$work" --report "$work/x.html"
echo '{}' >"$work/empty.json"
exits 64 replay "$work/export" --policy "$work/empty.json" --report "$work/x.html"
exits 66 replay "$work/export" --resume --output "$work/none.ndjson"
exits 78 replay "$work/export" --model no-such-model --report "$work/x.html"
printf 'patient,death\nx,perhaps\n' >"$work/bad.csv"
exits 1 replay "$work/export" --labels "$work/bad.csv" --report "$work/x.html"
printf 'patient,weather\nx,1\n' >"$work/bad.csv"
exits 1 replay "$work/export" --labels "$work/bad.csv" --report "$work/x.html"

# Judged by a file: every number of the evaluation, what made it, and nothing from the network.
exits 0 replay "$work/export" --labels "$work/labels.csv" --report "$work/last.html"
for words in AUROC AUPRC 'Brier score' 'Calibration' 'Decision curve' 'What made this report' "$(git rev-parse HEAD 2>/dev/null || echo Replay)" \
  "$(sha256sum <"$vigil" | cut -d' ' -f1)" -- "--labels $work/labels.csv"; do
  [ "$words" = -- ] || check "the report does not say $words" grep -qF -e "$words" "$work/last.html"
done
check 'the report reaches for the network' bash -c "! grep -qE '(src|href)=\"(https?:)?//|@import|url\\(' '$work/last.html'"
check 'evidence is left behind' bash -c "! ls '$work'/*.evidence '$work'/*.resume 2>/dev/null"

# Judged by the charts themselves, two models, other alarms.
echo '{"coolDownHours": 12, "unitCeiling": 1, "thresholds": {"sepsis": 0.1}}' >"$work/policy.json"
exits 0 replay "$work/ward" --at each-hour --labels fhir --policy "$work/policy.json" --report "$work/hours.html"
for words in 'Drift' 'Other alarms' "$work/policy.json" 'Cards a patient-day' '<svg'; do
  check "the hourly report does not say $words" grep -qF -e "$words" "$work/hours.html"
done
exits 0 replay "$work/export" --model icu-prognosis --shadow icu-prognosis --labels "$work/labels.csv" --report "$work/pair.html"
check 'a model differs from itself' grep -qE 'Integrated discrimination improvement</td><td>[0-9.]+</td><td>[0-9.]+</td><td>0\.0000</td><td>0\.0000 to 0\.0000</td>' "$work/pair.html"

# Its numbers, for programs: all that stands on the page, and each feature's drift.
python3 - "$work/hours.html.json" "$work/pair.html.json" <<'PYTHON' >"$work/said" 2>&1
import json, sys
hours, pair = (json.load(open(path)) for path in sys.argv[1:])
assert len(hours["evaluations"]) == len(hours["drift"]) == 2 and hours["patients"] == 40 and hours["inSeveralInputs"] == 0
for drift in hours["drift"]:
    columns = drift["features"]["columns"]
    assert len(columns) > 200 and all({"name", "title", "missing"} == set(column) for column in columns)
    for month in drift["features"]["months"]:
        assert len(month["indices"]) == len(month["missing"]) == len(columns) and month["stays"] == 14 or month["stays"] == 13
    assert {unit["signal"] for unit in drift["units"]} >= {"heart-rate", "lactate"}
    assert all(abs(sum(unit["shares"].values()) - 1) < 1e-9 for unit in drift["units"])
    assert {month["reference"] for month in drift["outputs"]} <= {"cross-validation", "other months"}
    assert all(0 <= month["abstained"] <= 1 for month in drift["outputs"])
assert [policy["name"] for policy in hours["alarms"]["policies"]][-1].endswith("policy.json") and hours["alarms"]["patientDays"] > 40
assert all(len(curve["points"]) > 3 for outcome in hours["alarms"]["outcomes"] for curve in outcome["curves"])
judged = pair["pair"]["outcomes"][0]["judged"]
assert judged["rows"] == 300 and judged["auroc"]["difference"] == 0 and judged["deLong"]["difference"] == 0
assert pair["made"]["commit"] is None or len(pair["made"]["commit"]) == 40
PYTHON
check "the numbers are not those of the page: $(tail -1 "$work/said")" [ $? = 0 ]
exits 64 replay "$work/ward" --model icu-prognosis --shadow icu-diagnosis --report "$work/x.html"
check 'what is not in common is not said' grep -q 'no outcome in common' "$work/err"
exits 64 replay "$work/ward" --report "$work/x.json"
cp FixturesFHIR/sparse.json "$work/p.html.json"
exits 64 replay "$work/p.html.json" --report "$work/p.html"
check 'a chart is written over by the numbers of its report' cmp FixturesFHIR/sparse.json "$work/p.html.json"
exits 64 replay "$work/ward" --output "$work/p.html" --report "$work/p.html"

# Interrupted and resumed: the same bytes, of the rows and of the report but for the command that made it.
# More than is held in memory, so that it is sorted on disk and done in parts.
whole=("$work/export" --model icu-prognosis --at each-hour --labels "$work/labels.csv")
exits 0 replay "${whole[@]}" --output "$work/a.ndjson" --report "$work/a.html"
for signal in INT KILL; do
  rm -f "$work"/b.*
  "$vigil" replay "${whole[@]}" --output "$work/b.ndjson" --report "$work/b.html" 2>"$work/err" & pid=$!
  interrupted=0
  for _ in $(seq 600); do
    sleep 0.05
    # Rows beyond the last checkpoint are there: they must not come twice.
    if grep -q '"parts":[1-9]' "$work/b.ndjson.resume" 2>/dev/null; then kill -$signal $pid && interrupted=1; break; fi
    kill -0 $pid 2>/dev/null || break
  done
  wait $pid; status=$?
  check "kill -$signal came too late" [ $interrupted = 1 ]
  [ $signal = KILL ] || check "Ctrl-C ended with $status" [ $status = 130 ]
  check "kill -$signal left a whole output" bash -c "! cmp -s '$work/a.ndjson' '$work/b.ndjson'"
  exits 65 replay "$work/export" --at last --output "$work/b.ndjson" --report "$work/b.html" --resume
  exits 0 replay "${whole[@]}" --output "$work/b.ndjson" --report "$work/b.html" --resume
  check "rows after kill -$signal differ" cmp "$work/a.ndjson" "$work/b.ndjson"
  for name in a b; do sed "s/$name\.ndjson/x.ndjson/g; s/$name\.html/x.html/g; s/ --resume//" "$work/$name.html" >"$work/$name.page"; done
  check "the report after kill -$signal differs" cmp "$work/a.page" "$work/b.page"
  check 'a checkpoint is left behind' bash -c "! ls '$work'/b.*.resume '$work'/b.*.evidence 2>/dev/null"
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
