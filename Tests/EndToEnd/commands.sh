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
  import evaluate 'models list' 'models show' 'models card' 'models sign' 'models verify' 'audit list' 'audit show' \
  'feedback report' sandbox; do
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
exits 1 fhir convert --to xml "$work/duplicate.json"
exits 73 audit list --data "$work/no-trail"
exits 73 replay --against "$work/no-trail"
exits 73 feedback report --data "$work/no-trail"
exits 64 sandbox FixturesFHIR --fault nonsense
exits 66 sandbox "$work/absent"
exits 78 serve --fhir-server http://ehr.example/fhir --data "$work/var"
exits 78 serve --host 0.0.0.0 --data "$work/var"
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
if head -1 "$work/out.csv" | grep -q '^id,hour,probability,alarm' && grep -q '<svg' "$work/report.html"; then passed=$((passed + 1))
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

echo "$passed passed, $failed failed"
[ $failed = 0 ]
