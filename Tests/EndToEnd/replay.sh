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

# Every number with its source: the rows are otherwise the same bytes, the numbers and sources those of `vigil features`, by
# however many threads, and after an interruption.
exits 64 replay "$work/ward" --provenance --output "$work/x.csv"
check 'what has room is not named' grep -q 'ndjson or risk-assessment' "$work/err"
exits 64 replay "$work/ward" --provenance --output "$work/x.parquet"
exits 64 replay "$work/ward" --provenance --report "$work/x.html"
exits 64 replay --against "$work" --provenance
moments=(--at 2026-03-12T13:20:00Z --at 2026-04-11T00:00:00Z --at 2026-03-11T20:00:00Z)
exits 0 replay "$work/ward" "${moments[@]}" --jobs 2 --output "$work/plain.ndjson"
exits 0 replay "$work/ward" "${moments[@]}" --provenance --jobs 1 --output "$work/whole.ndjson"
exits 0 replay "$work/ward" "${moments[@]}" --provenance --jobs 2 --output "$work/whole2.ndjson"
check 'threads change what was given' cmp "$work/whole.ndjson" "$work/whole2.ndjson"
exits 0 replay "$work/ward" "${moments[@]}" --provenance --format risk-assessment --output "$work/risks.ndjson"
exits 0 replay "$work/ward" "${moments[@]}" --format risk-assessment --output "$work/bare.ndjson"
exits 0 fhir check "$work/risks.ndjson"
exits 0 features "$work/ward" "${moments[@]}" --json
cp "$work/out" "$work/features.ndjson"
for moment in 2026-03-12T13:20:00Z 2026-04-11T00:00:00Z 2026-03-11T20:00:00Z; do
  exits 0 replay "$work/ward" --at $moment --output "$work/alone-$moment.ndjson"
done
python3 - "$work" <<'PYTHON' >"$work/said" 2>&1
import json, sys
work = sys.argv[1]
text = lambda name: open(f"{work}/{name}").read().splitlines()
moments = sorted(["2026-03-12T13:20:00Z", "2026-04-11T00:00:00Z", "2026-03-11T20:00:00Z"])
plain, whole = text("plain.ndjson"), text("whole.ndjson")
alone = [text(f"alone-{moment}.ndjson") for moment in moments]
# By patient, then by time; each the row of a run with that moment alone.
assert len(plain) == 120 and plain == [row for rows in zip(*alone) for row in rows]
features = {}
for line in text("features.ndjson"):
    found = json.loads(line)
    features[found["patient"], found["at"], found["model"]] = found
compared = given = 0
for bare, line in zip(plain, whole):
    row = json.loads(line)
    provenance = row.pop("provenance")
    assert line.startswith(bare[:-1] + ',"provenance":') and row == json.loads(bare)
    for model in provenance["models"]:
        found = features[row["patient"], row["at"], model["model"]]
        assert [(item["resource"], item["path"], item["reason"]) for item in model["ignored"]] == \
            [(item["resource"], item["path"], item["reason"]) for item in found["ignored"]]
        if "values" not in model:
            assert found["notAssessed"]
            continue
        given += 1
        assert model["columns"] == [feature["id"] for feature in found["features"]]
        assert model["values"] == [feature["value"] for feature in found["features"]]
        key = lambda source: json.dumps(source, sort_keys=True)
        for places, feature in zip(model["from"], found["features"]):
            assert sorted(key(model["sources"][place]) for place in places) == sorted(map(key, feature["sources"]))
            compared += len(places)
assert given > 60 and compared > 10_000, (given, compared)
risks, bare = ([json.loads(line) for line in text(name)] for name in ("risks.ndjson", "bare.ndjson"))
named = [len(risk.pop("basis", [])) for risk in risks]
assert risks == bare and max(named) > 100
PYTHON
check "what was given is not what vigil features shows: $(tail -1 "$work/said")" [ $? = 0 ]
# Gigabytes of it are never in memory: an export in one part, with and without.
cat "$work"/ward/*.ndjson >"$work/one.ndjson"
python3 - "$vigil" "$work" <<'PYTHON' >"$work/said" 2>&1
import os, subprocess, sys
vigil, work = sys.argv[1:]
def run(*options):
    command = [vigil, "replay", f"{work}/one.ndjson", "--at", "each-hour", "--jobs", "1", "--output", f"{work}/much.ndjson", *options]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    return status, usage.ru_maxrss / 1024, os.path.getsize(f"{work}/much.ndjson") / 2**20
(bare, least, _), (whole, most, size) = run(), run("--provenance")
assert bare == whole == 0, (bare, whole)
print(f"{size:.0f} MB of rows, {least:.0f} MB of memory without, {most:.0f} MB with")
assert size > 150 and most - least < size / 3
PYTHON
check "what waits is held in memory: $(tail -1 "$work/said")" [ $? = 0 ]
rm -f "$work/much.ndjson"
for mixed in '--at last --at 2026-03-12T13:20:00Z' '--at each-hour --at last' '--at 2026-03-12T13:20:00Z --at tomorrow'; do
  exits 64 replay "$work/ward" $mixed
  exits 64 features "$work/ward" $mixed
done

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
  exits 65 replay "${whole[@]}" --provenance --output "$work/b.ndjson" --report "$work/b.html" --resume
  exits 0 replay "${whole[@]}" --output "$work/b.ndjson" --report "$work/b.html" --resume
  check "rows after kill -$signal differ" cmp "$work/a.ndjson" "$work/b.ndjson"
  for name in a b; do sed "s/$name\.ndjson/x.ndjson/g; s/$name\.html/x.html/g; s/ --resume//" "$work/$name.html" >"$work/$name.page"; done
  check "the report after kill -$signal differs" cmp "$work/a.page" "$work/b.page"
  check 'a checkpoint is left behind' bash -c "! ls '$work'/b.*.resume '$work'/b.*.evidence 2>/dev/null"
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
