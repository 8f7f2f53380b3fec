#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every command says how it is used, and its exit code means what its help says. Prints "N passed, N failed"; exit 0 when all
# passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'rm -rf "$work"' EXIT

exits() { # exits CODE ARGUMENT...: runs vigil and compares its exit code
  local expected=$1; shift
  "$vigil" "$@" >"$work/out" 2>"$work/err" </dev/null; local status=$?
  if [ $status = "$expected" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "commands: vigil $* ended with $status, not $expected"; tail -3 "$work/err"
  fi
}

says() { # says TEXT: the last command's output has a line that begins with it
  if grep -qi "^$1" "$work/out"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "commands: no $1 in $2"; fi
}

for command in serve assess replay features codes 'fhir check' 'fhir convert' train \
  tune finetune import evaluate 'models list' 'models show' 'models card' 'models sign' 'models verify' 'audit list' 'audit show' \
  'audit verify' 'audit prove' 'audit check-proof' 'audit checkpoint' 'audit erase' 'audit hold' 'audit release' 'audit unmask' 'audit amend' 'audit approve' 'audit purge' \
  'audit rotate-key' 'audit rotate-root-key' 'audit migrate' 'audit replay' 'audit backup' 'audit export' 'audit check-export' 'audit report' 'audit check-report' 'feedback report' 'feedback what-if' 'control show' 'control stop' 'control resume' \
  'control activate' 'control approve' conformance sandbox witness; do
  exits 0 $command --help # unquoted: a command of two words
  says example "$command"
done

chart=FixturesFHIR/sparse.json
printf '{"resourceType":"Patient","id":"a","id":"b"}' >"$work/duplicate.json"
printf '<!DOCTYPE x><Patient xmlns="http://hl7.org/fhir"/>' >"$work/doctype.xml"
{ tr -d '\n' <$chart; echo; echo '{"resourceType":'; } >"$work/bad-line.ndjson"

exits 64 assess
exits 64 assess $chart --at yesterday
exits 64 replay
exits 0 assess $chart --json
exits 66 assess "$work/absent.json"
exits 65 assess "$work/duplicate.json"
exits 0 features FixturesFHIR/child.xml --json
exits 0 codes FixturesFHIR/foreign-codes.json
exits 65 replay "$work/bad-line.ndjson"
exits 66 replay "$work/absent"
exits 0 replay $chart --output /dev/null
if [ -c /dev/null ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo 'commands: /dev/null was replaced'; fi
printf 'a long line that was there before\n%.0s' $(seq 100) >"$work/rows"
exits 0 replay $chart --output "$work/rows"
if grep -q 'there before' "$work/rows"; then failed=$((failed + 1)); echo 'commands: old rows stay'; else passed=$((passed + 1)); fi
exits 0 replay $chart --output "$work/rows.csv"
if [ "$(head -c 19 "$work/rows.csv")" = 'input,patient,at,mo' ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo 'commands: no CSV'; fi
exits 0 replay $chart --format risk-assessment --output "$work/risks.ndjson"
if head -1 "$work/risks.ndjson" | grep -q '"resourceType":"RiskAssessment"'; then passed=$((passed + 1)); else failed=$((failed + 1)); echo 'commands: no RiskAssessment'; fi
exits 64 replay $chart --format parquet
exits 64 features FixturesFHIR --output "$work/matrix.npz"
exits 64 features FixturesFHIR --model icu-prognosis --output "$work/matrix.txt"
exits 73 features $chart --model icu-prognosis --output "$work/none/matrix.csv"
exits 0 features FixturesFHIR --model icu-prognosis --at each-hour --output "$work/matrix.npz"
for file in matrix.npz matrix.npz.dictionary.csv; do
  if [ -s "$work/$file" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "commands: no $file"; fi
done
# The reports that the documentation opens are those of the packages.
for model in icu-prognosis icu-diagnosis; do
  exits 0 models show Profiles/models/$model/2.0.1 --report "$work/$model.html"
  if cmp -s "$work/$model.html" docs/reports/$model.html; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "commands: docs/reports/$model.html is not the package's report"; fi
done
# The guide for analysts, as it stands there, where its libraries are.
python=$(for p in "${VIGIL_PYTHON:-}" python3 /usr/bin/python3; do [ -n "$p" ] && "$p" -c 'import numpy, pandas' 2>/dev/null && echo "$p" && break; done)
if [ -n "$python" ]; then
  guide() { # guide FIRST EXPECTED: runs the block of the guide that begins with FIRST
    sed -n '/^```python$/,/^```$/p' docs/analysts.md | awk -v first="$1" 'index($0, first) == 1 {on=1} on' | sed '/^```/,$d' >"$work/guide.py"
    if (cd "$work" && "$python" guide.py) >"$work/guide.out" 2>&1 && grep -q "$2" "$work/guide.out"; then passed=$((passed + 1)); else
      failed=$((failed + 1)); echo "commands: the guide for analysts fails at $1"; tail -3 "$work/guide.out"; fi
  }
  guide 'import numpy' syn-septic
  exits 0 replay FixturesFHIR/septic-deterioration.json --provenance --output "$work/whole.ndjson"
  guide 'import json, pandas' 'Observation/sep-'
  if "$python" -c 'import duckdb' 2>/dev/null; then
    PATH="$(dirname "$(command -v "$python")"):$PATH" exits 0 replay FixturesFHIR --output "$work/rows.parquet"
    PATH="$(dirname "$(command -v "$python")"):$PATH" exits 0 features FixturesFHIR --model icu-prognosis --output "$work/matrix.parquet"
  fi
else
  echo 'commands: skipped the guide for analysts: no Python with numpy and pandas (name one with VIGIL_PYTHON)'
fi
exits 78 assess $chart --profiles "$work"
exits 0 fhir check $chart FixturesFHIR/sparse.xml
exits 1 fhir check "$work/duplicate.json"
exits 0 fhir check --syntax "$work/duplicate.json"
exits 1 fhir check --syntax "$work/doctype.xml"
exits 0 fhir convert --to xml $chart
cp "$work/out" "$work/sparse.xml"
exits 0 fhir convert --to json "$work/sparse.xml"
cp "$work/out" "$work/back.json"
exits 0 fhir check "$work/back.json"
printf '{"resourceType":"Patient"}\n{"resourceType":"Patient",}\n{"resourceType":"Group"}\n' >"$work/lines.ndjson"
exits 1 fhir check "$work/lines.ndjson"
"$vigil" fhir check - <"$work/lines.ndjson" >"$work/out"; says '-: .* line 2' 'fhir check -'
exits 1 fhir convert --to xml "$work/duplicate.json"
exits 73 audit list --data "$work/no-trail"
exits 73 replay --against "$work/no-trail"
exits 73 audit export --format evidence --output "$work/evidence" --data "$work/no-trail"
exits 64 audit export --format auditevent --unmasked --output "$work/events" --data "$work/no-trail"
exits 66 audit check-export "$work/absent" --key "$work/absent"
exits 73 feedback report --data "$work/no-trail"
exits 64 sandbox FixturesFHIR --fault nonsense
exits 66 sandbox "$work/absent"
exits 78 serve --fhir-server http://ehr.example/fhir --data "$work/var"
exits 78 serve --host 0.0.0.0 --data "$work/var"
exits 78 serve --clients "$work/absent" --data "$work/var" # for which address?
exits 78 serve --clients "$work/absent" --external-url https://cds.example.org --data "$work/var"
exits 78 serve --tls-certificate "$work/absent" --tls-key "$work/absent" --data "$work/var"
exits 78 serve --origin '*' --data "$work/var"
exits 64 serve --log-level loud --data "$work/var"
exits 64 evaluate prognosis
exits 1 evaluate prognosis --path "$work/absent"
exits 64 import physionet1999 "$work" --output "$work/out.ndjson"
exits 1 import physionet2019 FixturesFHIR --output "$work/out.ndjson"
mkdir "$work/set"
printf 'HR|MAP|ICULOS|SepsisLabel\n80|70|1|0\n85|66|2|1\n' >"$work/set/p000001.psv"
exits 0 import physionet2019 "$work/set" --output "$work/stays.ndjson"
exits 0 replay "$work/stays.ndjson" --output /dev/null
exits 73 import physionet2019 "$work/set" --output "$work/absent/stays.ndjson"
exits 0 evaluate diagnosis --path "$work/set" --json --predictions "$work/out.csv" --report "$work/report.html" --bootstrap 5
if head -1 "$work/out.csv" | grep '^id,hour,probability,alarm' >/dev/null && grep -q '<svg' "$work/report.html"; then passed=$((passed + 1))
else failed=$((failed + 1)); echo 'commands: no predictions or no report'; fi
exits 0 models list --json
model=$(ls -d Profiles/models/icu-prognosis/* | tail -1)
exits 0 models show "$model" --json
exits 0 models card "$model" --format markdown
cp -r "$model" "$work/package"
exits 0 models sign "$work/package" --key "$work/owner.key" --create-key
exits 0 models verify "$work/package" --key "$work/owner.key.pub"
exits 1 models sign "$work/package" --key "$work/owner.key" --create-key # the key is never replaced
exits 1 models verify "$model" --key "$work/owner.key.pub" # not signed by it
exits 78 serve --port 0 --data "$work/var" --trusted-key "$work/owner.key.pub" # nor served where its key alone is trusted
printf ' ' >>"$work/package/manifest.json"
exits 1 models verify "$work/package"
exits 64 train prognosis
exits 66 train prognosis --data FixturesFHIR
exits 78 train "$work/absent.json" --data FixturesFHIR
sed 's/"gradientClip"/"gradientClips"/' Profiles/training/icu-prognosis.json >"$work/slip.json"
exits 78 train "$work/slip.json" --data FixturesFHIR

# A hospital's own stays, as FHIR beside labels.csv: 230 made-up ones, of whom those with a high creatinine die.
mkdir "$work/set-x"
echo 'RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death' >"$work/Outcomes-x.txt"
for id in $(seq 1 230); do
  died=$((id % 2)) && level=$(((id % 7 > 2) == died ? 3 : 1))
  printf 'Time,Parameter,Value\n00:00,RecordID,%s\n00:00,Age,%s\n00:00,Gender,%s\n00:00,ICUType,3\n' \
    $id $((40 + id % 50)) $((id % 2)) >"$work/set-x/$id.txt"
  for hour in 01 05 11 23 41; do
    printf '%s:10,HR,%s\n%s:10,Creatinine,%s.%s\n%s:10,GCS,1%s\n%s:10,MAP,7%s\n%s:10,RespRate,1%s\n' $hour $((70 + id % 40)) \
      $hour $level $((id % 10)) $hour $((id % 5)) $hour $((id % 9)) $hour $((id % 8)) >>"$work/set-x/$id.txt"
  done
  echo "$id,6,1,5,$((died ? 7 : -1)),$died" >>"$work/Outcomes-x.txt"
done
mkdir "$work/local" "$work/few"
exits 0 import physionet2012 "$work/set-x" --outcomes "$work/Outcomes-x.txt" --output "$work/local/stays.ndjson" \
  --labels "$work/local/labels.csv"
exits 0 evaluate prognosis --path "$work/local" --json
exits 0 finetune prognosis --data "$work/local" --version 9.9.9 --output "$work/fitted" --report "$work/fitted.html" \
  --bootstrap 5 --json
if grep -q 'Calibration after' "$work/fitted.html" && grep -q '"parent"' "$work/fitted/manifest.json"; then passed=$((passed + 1))
else failed=$((failed + 1)); echo 'commands: no report of the fine-tuning or no parent'; fi
exits 0 models show "$work/fitted"
exits 0 models card "$work/fitted"
exits 0 evaluate "$work/fitted" --path "$work/local"
exits 78 train "$work/fitted/training.json" --data "$work/local" # a fine-tuned package is not trained from random weights
exits 64 finetune prognosis --data "$work/local" --version nine
exits 65 finetune prognosis --data "$work/local" --what last-layers --version 9.9.9 --output "$work/never"
if [ -e "$work/never" ]; then failed=$((failed + 1)); echo 'commands: a refused package was written'; else passed=$((passed + 1)); fi
exits 66 finetune prognosis --data FixturesFHIR --version 9.9.9 --output "$work/never"
sed 's/physionet2012/fhir/' Profiles/training/icu-prognosis.json >"$work/local.json"
exits 0 tune "$work/local.json" --data "$work/local" --settings 2 --output "$work/tuned.json" --report "$work/tuned.html" --json
cp "$work/tuned.json" "$work/before.json"
exits 0 tune "$work/local.json" --data "$work/local" --settings 2 --output "$work/tuned.json" # all of it is in the journal
if cmp -s "$work/before.json" "$work/tuned.json" && grep -q '^2 settings tried, 12 trainings' "$work/out"; then passed=$((passed + 1))
else failed=$((failed + 1)); echo 'commands: a finished search was not gone on with'; fi
# Killed with signal 9 in its midst it goes on to the same choice, by the same trainings.
"$vigil" tune "$work/local.json" --data "$work/local" --settings 2 --output "$work/killed.json" >/dev/null 2>&1 &
search=$!
for _ in $(seq 1200); do
  if [ "$(cat "$work/killed.json.journal" 2>/dev/null | wc -l)" -ge 4 ]; then break; fi; sleep 0.1
done
kill -9 $search; wait $search 2>/dev/null
if [ -e "$work/killed.json" ]; then failed=$((failed + 1)); echo 'commands: the search ended before it was killed'; fi
exits 0 tune "$work/local.json" --data "$work/local" --settings 2 --output "$work/killed.json"
if cmp -s "$work/before.json" "$work/killed.json" && cmp -s "$work/tuned.json.journal" "$work/killed.json.journal"; then
  passed=$((passed + 1))
else failed=$((failed + 1)); echo 'commands: a killed search came to something else'; fi
exits 78 tune "$work/local.json" --data "$work/local" --settings 3 --output "$work/tuned.json" # another search's journal
exits 64 tune "$work/local.json" --data "$work/local" --folds 2 --output "$work/tuned.json"
exits 66 tune prognosis --data FixturesFHIR --output "$work/tuned.json"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
