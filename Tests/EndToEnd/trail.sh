#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The reviewer's work on the trail of a running service: cards shown and held back, everything verified; a witness that is killed
# with signal 9 and refuses a forked trail ever after.
# Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
data=$work/var

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "trail: failed: $1"; fi
}
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
field() { python3 -c 'import json, sys; print(eval("r" + sys.argv[1], {"r": json.load(sys.stdin)}))' "$1"; }
start() {
  "$vigil" serve --port "$port" --data "$data" --open-chart FixturesFHIR/hooks/patient-view-septic.json "$@" >>"$work/log" 2>&1 &
  service=$!
  for _ in $(seq 600); do curl -sf "$base/readyz" >/dev/null && return; sleep 0.05; done
}
stop() { kill "$service"; wait "$service" 2>/dev/null; }
call() { # call SERVICE FILE
  curl -s -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$2" "$base/cds-services/$1"
}

port=$(port) && base=http://127.0.0.1:$port
start
for _ in $(seq 200); do [ -s "$data/open-chart.json" ] && break; sleep 0.05; done
view=$data/open-chart.json
patient=$(field '["context"]["patientId"]' <"$view")
python3 - "$view" "$work/sign.json" <<'PYTHON'
import json, sys
request = json.load(open(sys.argv[1]))
request["hook"] = "order-sign"
request["context"]["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
json.dump(request, open(sys.argv[2], "w"))
PYTHON
sign=$(curl -s "$base/cds-services" | python3 -c '
import json, sys
print(next(s["id"] for s in json.load(sys.stdin)["services"] if s["hook"] == "order-sign"))')
[ "$(call patient-risk "$view")" = 200 ]; check 'a chart is opened' $?
[ "$(call "$sign" "$work/sign.json")" = 200 ]; check 'an order is signed' $?
[ "$(call "$sign" "$work/sign.json")" = 200 ]; check 'and again' $?
"$vigil" audit list --data "$data" --user officer --json >"$work/list"
grep -q '"heldBack"' "$work/list"; check 'a card was held back' $?
"$vigil" audit verify --data "$data" >"$work/out"; check 'a trail with cards shown and held back is intact' $?

# One decision: found, on a page, given again.
id=$(field '[0]["sequence"]' < <("$vigil" audit list --data "$data" --user officer --json --held-back --limit 1))
"$vigil" audit list --data "$data" --user officer --outcome sepsis --service "$sign" --errors >"$work/out" && [ ! -s "$work/out" ]
check 'criteria restrict' $?
"$vigil" audit show "$id" --data "$data" --user officer --html "$work/decision.html"
grep -q 'held back: ' "$work/decision.html" && grep -q 'Observation/' "$work/decision.html"; check 'one decision on one page' $?
"$vigil" audit replay "$id" --data "$data" --user officer | grep -q 'the same bit for bit'; check 'it is replayed bit for bit' $?
cp -r Profiles "$work/Profiles"
for version in "$work"/Profiles/models/icu-diagnosis/*/; do
  sed -i 's/"version" *: *"[^"]*"/"version": "9.9.9"/' "$version/manifest.json" && mv "$version" "$work/Profiles/models/icu-diagnosis/9.9.9"
  (cd "$work/Profiles/models/icu-diagnosis/9.9.9" && rm -f SHA256SUMS.sig && awk '{print $2}' SHA256SUMS >"$work/names" \
    && xargs sha256sum <"$work/names" >SHA256SUMS)
  break
done
"$vigil" audit replay "$id" --data "$data" --user officer --profiles "$work/Profiles" >"$work/out"
[ $? = 1 ] && grep -q 'icu-diagnosis .*9.9.9' "$work/out"; check 'another model is named' $?
[ "$("$vigil" audit list --data "$data" --origin officer --kind read --user other | wc -l)" -ge 5 ]; check 'every reading is on record' $?
# What was left unstated, and what was refused.
[ "$(call patient-risk FixturesFHIR/hooks/patient-view-child.json)" = 200 ]; check 'a child is answered' $?
"$vigil" audit list --data "$data" --user officer --abstained any --limit 1 --json >"$work/list"
id=$(field '[0]["sequence"]' <"$work/list") && code=$(field '[0]["abstentions"][0]["code"]' <"$work/list")
"$vigil" audit list --data "$data" --user officer --abstained "$code" --limit 1 | grep -q "^$id "
check 'what was left unstated is found by its reason' $?
"$vigil" audit erase --data "$data" --patient nobody --user officer --reason 'a mistake' 2>/dev/null
[ $? = 66 ] && "$vigil" audit list --data "$data" --user officer --reason AUD031 --errors | grep -q 'erasure: a mistake'
check 'an erasure that was refused is on record' $?
keys() { sqlite3 "$data/trail.sqlite" 'SELECT count(*) FROM subject_key'; }
before=$(keys)
for asked in list 'list --json' "report access --output $work/none" "report disclosures --output $work/none" "export --format auditevent --output $work/none" \
  "export --deidentify --purpose p --output $work/none" "export --format evidence --output $work/none" 'erase --reason r' 'hold --reason r' 'release --reason r'; do
  "$vigil" audit $asked --data "$data" --patient Quillfeather --user officer >"$work/out" 2>"$work/err"
  [ $? = 66 ] && grep -q AUD031 "$work/err" && ! grep -q Quillfeather "$work/out" "$work/err" && [ ! -e "$work/none" ] && ! compgen -G "$work/none.part*" >/dev/null
  check "$asked of a patient whom the trail does not know" $?
  case $asked in *--json) [ "$(field '["code"]' <"$work/out")" = AUD031 ] ;; *) [ ! -s "$work/out" ] ;; esac; check "$asked says so" $?
done
"$vigil" audit list --data "$data" --pseudonym "$(printf '0%.0s' $(seq 64))" --user officer >/dev/null 2>&1; [ $? = 66 ]; check 'nor by the pseudonym' $?
[ "$(keys)" = "$before" ]; check 'and no key is made of it' $?
[ "$("$vigil" audit list --data "$data" --user other --origin officer --reason AUD031 --errors | grep -cE '(erasure|hold|release): r$')" = 3 ]
check 'what was refused is on record' $?
"$vigil" audit list --data "$data" --user other --origin officer --kind read | grep -q 'report access$'; check 'and who asked' $?
"$vigil" audit report failures --data "$data" --format ndjson --output "$work/failures" --user other >/dev/null \
  && [ "$(grep -c '"AUD031"' "$work/failures")" -ge 9 ]; check 'their readings among the failures' $?
"$vigil" audit report disclosures --data "$data" --origin officer --format ndjson --output "$work/disclosures" --user other >/dev/null \
  && ! grep -qE '"(report access|export auditevent)"' "$work/disclosures"; check 'and not among the disclosures' $?
size() { sqlite3 "$data/trail.sqlite" 'SELECT count(*) FROM record'; }
before=$(size)
for asked in 'report disclosures' 'export --format auditevent' 'export --deidentify --purpose p' 'export --format evidence'; do
  "$vigil" audit $asked --data "$data" --output "$work" --user officer >/dev/null 2>&1; [ $? = 73 ] && [ "$(size)" = "$before" ]
  check "$asked that cannot be written makes no record" $?
done
"$vigil" audit hold --ahead --data "$data" --patient Quillfeather --user officer --reason r >/dev/null; check 'a hold on one who has yet to come' $?
"$vigil" audit erase --data "$data" --patient Quillfeather --user officer --reason r >/dev/null 2>"$work/err"
[ $? = 73 ] && grep -q AUD012 "$work/err"; check 'holds' $?

# What goes on record says something, and has an end.
text() { printf 'x%.0s' $(seq "$1"); }
refused() { "$vigil" "$@" --data "$data" >/dev/null 2>"$work/err"; [ $? = 64 ]; check "$1 $2: ${*: -2:1} of no or too many characters" $?; }
for name in '' ' ' "$(text 129)"; do
  for asked in 'list' 'show 1' 'prove 1' 'replay 1' "report gaps --output $work/none" "export --format auditevent --output $work/none" "backup --output $work/none" \
    'hold --patient p --reason r' 'erase --patient p --reason r' 'release --patient p --reason r' 'unmask 1 --reason r' 'approve erasure 1' \
    'purge --days 1 --reason r' 'amend 1 --reason r --text t' 'review 1 --name n --meaning m' 'rotate-key --reason r'; do
    refused audit $asked --user "$name"
  done
  refused audit review 1 --user u --meaning m --name "$name"
  refused audit export --deidentify --output "$work/none" --user u --purpose "$name"
  refused audit hold --patient p --user u --reason r --case "$name"
  refused audit release --user u --reason r --case "$name"
  refused feedback report --user "$name"
  refused control stop --all --reason r --by "$name"
done
for text in '' "$(text 1025)"; do
  for asked in hold erase release; do refused audit $asked --patient p --user u --reason "$text"; done
  refused audit review 1 --user u --name n --meaning "$text"
  refused audit review 1 --user u --name n --meaning m --comment "$text"
  refused audit purge --days 1 --user u --reason "$text"
  refused audit amend 1 --user u --text t --reason "$text"
  refused audit amend 1 --user u --reason r --text "$text"
  refused control stop --all --reason "$text"
done
"$vigil" audit list --data "$data" --limit 1 --user "$(text 128)" >/dev/null; check 'a name may have 128' $?
"$vigil" audit hold --data "$data" --patient "$patient" --user officer --reason "$(text 1024)" >/dev/null; check 'a reason 1,024' $?
"$vigil" audit release --data "$data" --patient "$patient" --user officer --reason over >"$work/out" \
  && "$vigil" audit approve release "$(sed -n 's/.*on record as //p' "$work/out")" --data "$data" --user second >/dev/null; check 'and ends' $?

# What nobody does alone.
proposal() { sed -n 's/.*on record as //p' "$work/out"; }
"$vigil" audit show "$id" --data "$data" --user officer >"$work/masked" && ! grep -qi 'halvorsen\|"request"' "$work/masked"
check 'a record names nobody' $?
"$vigil" audit show "$id" --data "$data" --user officer --unmasked >/dev/null 2>"$work/err"; [ $? = 73 ] && grep -q AUD019 "$work/err"
check 'nor does anybody unmask it alone' $?
"$vigil" audit unmask "$id" --data "$data" --user officer --reason 'a complaint' >"$work/out"; check 'unmasking is proposed' $?
"$vigil" audit approve unmasking "$(proposal)" --data "$data" --user Officer >/dev/null 2>&1; [ $? = 73 ]; check 'and not approved by whoever proposed it' $?
"$vigil" audit approve unmasking "$(proposal)" --data "$data" --user second >/dev/null; check 'but by another' $?
"$vigil" audit show "$id" --data "$data" --user officer --unmasked >"$work/shown" && grep -q '"request"' "$work/shown"
check 'then the request is shown' $?
"$vigil" audit show "$id" --data "$data" --user second --unmasked >/dev/null 2>&1; [ $? = 73 ]; check 'to that person alone' $?
"$vigil" audit list --data "$data" --user officer --origin officer --kind read >"$work/list"
grep -q "show $id unmasked, approved by record" "$work/list"
check 'and on record with the approval' $?

# What was wrong stays, and what is right stands beside it.
amend() { "$vigil" audit amend "$1" --data "$data" --user officer --reason 'wrong weight' --text 'Quillfeather weighs 80 kg' >"$work/out" 2>"$work/err"; }
sqlite3 "$data/trail.sqlite" "SELECT hex(leaf), hex(bytes) FROM record JOIN payload USING (sequence) WHERE sequence = $id" >"$work/before"
amend "$id"; check 'a record is amended' $?
amended=$(proposal)
sqlite3 "$data/trail.sqlite" "SELECT hex(leaf), hex(bytes) FROM record JOIN payload USING (sequence) WHERE sequence = $id" | cmp -s - "$work/before"
check 'and stays as it was' $?
! grep -rqa 'weighs 80' "$data" && [ -s "$data/trail.sqlite" ]; check 'the text is nowhere in plain' $?
"$vigil" audit show "$id" --data "$data" --user officer --json >"$work/shown" && ! grep -q Quillfeather "$work/shown" \
  && [ "$(field '["amendments"][0]["record"]' <"$work/shown")" = "$amended" ] && grep -q '"textWithheld":"left out' "$work/shown"
check 'what it says is left out, and said to be' $?
"$vigil" audit show "$id" --data "$data" --user officer --unmasked | grep -q 'Quillfeather weighs 80 kg'; check 'or shown to whom another person allowed it' $?
"$vigil" audit show "$id" --data "$data" --user officer --unmasked --html "$work/decision.html"
grep -q 'wrong weight.*Quillfeather weighs 80 kg' "$work/decision.html"; check 'on the page too' $?
"$vigil" audit list --data "$data" --user officer --pseudonym "$(field '["patient"]' <"$work/shown")" --kind amendment \
  | grep -q "^$amended .*record $id  wrong weight"
check 'it is found with its patient' $?
amend 999999; [ $? = 66 ]; check 'of no record nothing is amended' $?
for number in 1 "$amended"; do
  amend "$number"; [ $? = 73 ] && grep -q AUD032 "$work/err" \
    && "$vigil" audit list --data "$data" --user officer --reason AUD032 | grep -q "amendment: record $number: wrong weight"
  check "nor of record $number, which is on record" $?
done
"$vigil" audit review "$amended" --data "$data" --user officer --name 'An Officer' --meaning right >/dev/null 2>&1; [ $? = 73 ]
check 'nobody signs that their own was right' $?

# For people who must not know the patients.
"$vigil" audit export --data "$data" --deidentify --purpose study --output "$work/study" --user officer >"$work/report"
check 'decisions are exported' $?
[ "$(python3 -c 'import json, sys; r = json.load(sys.stdin); print(r["exported"] == r["identical"] > 2, r["differing"], r["omitted"])' <"$work/report")" = 'True [] {}' ]
check 'the models say the same bits of each' $?
decisions=$(field '["exported"]' <"$work/report")
! grep -qE "$patient|Halvorsen|hospital.example|mrn" "$work/study"; check 'nobody is named' $?
"$vigil" audit check-deidentified "$work/study" >"$work/out"; check 'and the check agrees' $?
"$vigil" audit export --data "$data" --deidentify --purpose study --output "$work/again" --user officer >/dev/null
cmp -s "$work/study" "$work/again"; check 'two exports for a purpose are one' $?
"$vigil" audit export --data "$data" --deidentify --purpose other --output "$work/other" --user officer >/dev/null
[ "$(field '["context"]["patientId"]' < <(head -1 "$work/study"))" != "$(field '["context"]["patientId"]' < <(head -1 "$work/other"))" ]
check 'those for two purposes cannot be joined' $?
sed 's/"resourceType":"Patient"/"resourceType":"Patient","name":[{"family":"Quillfeather"}]/' "$work/study" >"$work/planted"
"$vigil" audit check-deidentified "$work/planted" >"$work/out"
[ $? = 1 ] && grep -q 'name' "$work/out" && ! grep -q Quillfeather "$work/out"; check 'a name that was planted is found' $?
head -1 "$work/study" >"$work/one.json" && "$vigil" assess "$work/one.json" >/dev/null; check 'a line is a request like any other' $?

# The trail as FHIR.
"$vigil" audit export --data "$data" --format auditevent --output "$work/events" --user officer >/dev/null
[ "$(grep -c '"resourceType":"AuditEvent"' "$work/events")" -ge 10 ] && ! grep -q "$patient" "$work/events"; check 'records as AuditEvents' $?
"$vigil" audit export --data "$data" --format auditevent --fhir-version R5 --output "$work/events5" --user officer >/dev/null
python3 - "$work/events5" <<'PYTHON'
import json, sys
for event in map(json.loads, open(sys.argv[1])):
    assert event["code"]["coding"] and event["recorded"] and event["source"]["observer"] and event["outcome"]["code"]["code"], event
    assert event["agent"] and all(agent["who"] for agent in event["agent"]) and "type" not in event, event
PYTHON
check 'and as those of R5' $?
"$vigil" audit export --data "$data" --format provenance --output "$work/made" --user officer >/dev/null
[ "$(grep -c '"type":"Device"' "$work/made")" = "$decisions" ]; check 'decisions as Provenances' $?
curl -sg "$base/fhir/AuditEvent?patient.identifier=urn:vigil:patient|$patient&type=rest&_count=2" >"$work/page"
[ "$(field '["entry"].__len__()' <"$work/page")" = 2 ]; check 'a page of a patient over HTTP' $?
next=$(field '["link"][1]["url"]' <"$work/page")
[ "$(curl -sg "$next" | field '["entry"].__len__()')" = $((decisions - 3)) ]; check 'and the rest of them' $?
[ "$("$vigil" audit list --data "$data" --kind read --patient "$patient" --user other | grep -c 'AuditEvent')" = 2 ]
check 'each page is a reading on record' $?
curl -sf "$base/fhir/AuditEvent/$(field '["entry"][0]["resource"]["id"]' <"$work/page")" >"$work/event"
[ "$(field '["resourceType"]' <"$work/event")" = AuditEvent ] \
  && [ "$("$vigil" audit list --data "$data" --kind read --patient "$patient" --user other | grep -c 'AuditEvent/')" = 1 ]
check 'so is one of them by its id' $?
curl -sf "$base/fhir/metadata" | grep -q '"CapabilityStatement"'; check 'and what there is is said' $?

# Who looked: a patient's records have every list, page and export that showed some of them.
reads() { "$vigil" audit list --data "$data" --kind read --patient "$patient" --limit 500 --user other | grep -c "$1\$"; }
lists=$(reads '  list') && "$vigil" audit list --data "$data" --limit 500 --user officer >/dev/null
[ "$(reads '  list')" = $((lists + 2)) ]; check 'a list is a reading of each patient whom it shows' $?
"$vigil" audit list --data "$data" --user officer --kind start >/dev/null
[ "$(reads '  list')" = $((lists + 3)) ]; check 'and of nobody else' $?
[ "$(reads 'export auditevent, [0-9]* records')" = 2 ] && [ "$(reads 'export provenance, [0-9]* records')" = 1 ]; check 'so is an export' $?
[ "$(reads 'deidentified  .*export deidentified for study, [0-9]* records')" = 2 ]; check 'and one in which nobody is named' $?
pages=$(reads 'AuditEvent, [0-9]*') && curl -sf "$base/fhir/AuditEvent?_count=500" >/dev/null
[ "$(reads 'AuditEvent, [0-9]*')" = $((pages + 1)) ]; check 'and a page over HTTP' $?
newest() { "$vigil" audit list --data "$data" --limit 1 --user follower | cut -d' ' -f1; }
last=$(newest) && newest >/dev/null && [ "$(newest)" = $((last + 2)) ]; check 'who follows the log adds a record a look' $?

# A review, signed.
"$vigil" audit review "$id" --data "$data" --user j.doe --name 'Jane Doe' --meaning 'reviewed, no objection' >/dev/null; check 'a review is signed' $?
"$vigil" audit review --from 1 --to 99999 --data "$data" --user j.doe --name 'Jane Doe' --meaning approved >/dev/null 2>&1
[ $? = 66 ]; check 'but not of what is not there' $?
"$vigil" audit show "$id" --data "$data" --user officer --html "$work/decision.html"
grep -q 'Jane Doe.*reviewed, no objection' "$work/decision.html"; check 'and stands on the decision' $?
grep -q 'As recorded with the answer' "$work/decision.html" && grep -q 'Platt scaling' "$work/decision.html"
check 'with the calibration and thresholds of the answer' $?
[ "$(stat -c %a "$work/decision.html")" = 600 ]; check 'for its user alone' $?
"$vigil" audit show "$id" --data "$data" --user officer --json | field '["payload"]["thresholds"][0]["outcomes"][0]["bands"][0]["from"]' >/dev/null
check 'which are in JSON too' $?

# Reports, signed. What lies beside them is nobody's to overwrite.
echo kept >"$work/access.html.rows"
for kind in access disclosures activity failures changes gaps recall minimum; do
  case $kind in access) about=(--patient "$patient") ;; recall) about=(--model icu-prognosis) ;; *) about=() ;; esac
  "$vigil" audit report $kind "${about[@]}" --data "$data" --output "$work/$kind.html" --user officer >/dev/null \
    && "$vigil" audit check-report "$work/$kind.html" --key "$data/log.vkey" >/dev/null
  check "a report of $kind is signed" $?
  grep -q 'CFR' "$work/$kind.html" && grep -q "made at.*$(date -u +%Y-%m-%d)" "$work/$kind.html"; check 'and names its rule and its time' $?
done
grep -q 'export auditevent' "$work/access.html" && grep -q 'export deidentified' "$work/access.html"; check 'an access report has the exports' $?
grep -q 'export auditevent' "$work/disclosures.html" && ! grep -q 'export deidentified' "$work/disclosures.html"
check 'a report of disclosures has not those that name nobody' $?
[ "$(cat "$work/access.html.rows")" = kept ] && [ -z "$(ls "$work" | grep -F html.rows | grep -v '^access.html.rows$')" ]
check 'a report leaves the files beside it alone' $?
grep -q 'fewer than 11 patients: nothing is told' "$work/minimum.html"; check 'a report of what is not read tells nothing of few patients' $?
"$vigil" audit report minimum --patient "$patient" --data "$data" --output "$work/none" --user officer >/dev/null 2>&1
[ $? = 64 ] && [ ! -e "$work/none" ]; check 'and is of no single one' $?
"$vigil" audit report recall --model icu-prognosis --data "$data" --format csv --output "$work/recall.csv" --user officer >/dev/null
[ "$(grep -c '^[0-9]*,.*,answer,' "$work/recall.csv")" = "$decisions" ]; check 'a recall counts every decision' $?
sed -i 's/answer/anwser/' "$work/recall.csv"
"$vigil" audit check-report "$work/recall.csv" --key "$data/log.vkey" >/dev/null; [ $? = 1 ]; check 'a changed report is refused' $?
[ "$("$vigil" audit list --data "$data" --origin officer --kind read --user other | tee "$work/out" | grep -cE 'report|export')" -ge 11 ]
check 'each export and report is on record' $?
grep -qE 'report recall, [0-9]+ rows: model icu-prognosis' "$work/out"; check 'with its criteria' $?
"$vigil" audit backup --data "$data" --output "$work/backup" --user officer >/dev/null; check 'a backup beside a running service' $?
"$vigil" audit verify --data "$work/backup" --key "$data/log.vkey" >/dev/null; check 'verifies by itself' $?

# For an examiner outside: records with their proofs, which are checked without the trail.
second() { ! python3 -c 'import cryptography' 2>/dev/null || python3 docs/verify/check_export.py "$@"; }
agree() { # agree FOLDER ARGUMENT...: both programs say the same of a folder that holds, which is left in $work/out
  "$vigil" audit check-export "$1" --key "$data/log.vkey" >"$work/out" && { ! python3 -c 'import cryptography' 2>/dev/null || second "$1" "$data/log.vkey" | cmp -s - "$work/out"; }
}
"$vigil" audit export --data "$data" --format evidence --since 2020-01-01T00:00:00Z --output "$work/evidence" --user officer >/dev/null
check 'records are given out with their proofs' $?
agree "$work/evidence" && grep -q 'none between them left out; pages and list: signed, not proved' "$work/out"; check 'which holds, and says that none is left out' $?
(cd "$work/evidence" && sha256sum --quiet -c manifest); check 'every file is in the manifest' $?
[ "$(ls "$work/evidence/decisions" | wc -l)" = "$decisions" ] && [ "$(stat -c %a "$work/evidence" "$work/evidence/decisions/$id.html")" = $'700\n600' ]
check 'with a page of each decision, for its user alone' $?
! grep -rqE "$patient|Halvorsen" "$work/evidence" && grep -q "decisions/$id.html" "$work/evidence/index.html"; check 'nobody is named' $?
before=$(size) && "$vigil" audit export --data "$data" --format evidence --output "$work/evidence" --user officer 2>/dev/null
[ $? = 73 ] && [ "$(size)" = "$before" ]; check 'a folder that is there is left alone' $?
exports=$(reads 'export evidence, [0-9]* records')
"$vigil" audit export --data "$data" --format evidence --patient "$patient" --output "$work/case" --user officer >/dev/null; check 'so is a case' $?
agree "$work/case" && grep -qE '[1-9][0-9]* between them not shown' "$work/out"; check 'which says how many are not shown' $?
[ "$exports" = 1 ] && [ "$(reads 'export evidence, [0-9]* records')" = 2 ]; check 'each is a reading of the patient' $?
line=$(grep -n '"status":200' "$work/case/records.ndjson" | sed -n '2s/:.*//p')
cp -r "$work/case" "$work/edited" && sed -i "${line}s/\"status\":200/\"status\":201/" "$work/edited/records.ndjson"
"$vigil" audit check-export "$work/edited" --key "$data/log.vkey" --json >"$work/out"; [ $? = 1 ] && grep -q "\"PRF011\".*\"line\":$line}" "$work/out"
check 'a line that was changed is named' $?
second "$work/edited" "$data/log.vkey" >"$work/out"; [ $? != 0 ] && grep -q "PRF011: records.ndjson, line $line\$" "$work/out" || ! python3 -c 'import cryptography' 2>/dev/null
check 'by the second program as well' $?
"$vigil" audit check-export "$work/absent" --key "$data/log.vkey" >/dev/null 2>&1; [ $? = 66 ]; check 'no folder is none that fails' $?
"$vigil" audit export --data "$data" --format evidence --unmasked --output "$work/all" --user officer >/dev/null 2>"$work/err"
[ $? = 73 ] && grep -q AUD019 "$work/err" && [ ! -e "$work/all" ] && ! compgen -G "$work/all.part*" >/dev/null; check 'what nobody else allowed is in none' $?
moment=$("$vigil" audit show "$id" --data "$data" --user officer --json | field '["time"]')
until=$(python3 -c 'import datetime, sys
print((datetime.datetime.fromisoformat(sys.argv[1].replace("Z", "+00:00")) + datetime.timedelta(milliseconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z"))' "$moment")
"$vigil" audit export --data "$data" --format evidence --unmasked --since "$moment" --until "$until" --output "$work/whole" --user officer >/dev/null
check 'but what another did' $?
agree "$work/whole" && [ "$(grep -c '"content":' "$work/whole/records.ndjson")" = 1 ]; check 'whose content is proved' $?
python3 -c 'import base64, json, sys
line = json.loads(open(sys.argv[1]).readline()); sys.exit(b"resourceType" not in base64.b64decode(line["content"]))' "$work/whole/records.ndjson"
check 'byte for byte' $?
"$vigil" audit list --data "$data" --user other --origin officer --kind read >"$work/list" && grep -q "export $id unmasked, approved by record" "$work/list"
check 'and on record with the approval' $?
for delay in 0.02 0.04 0.06 0.08 0.1 0.15 0.2 0.3; do
  timeout -s KILL $delay "$vigil" audit export --data "$data" --format evidence --output "$work/killed" --user officer >/dev/null 2>&1
  [ ! -e "$work/killed" ] || { agree "$work/killed" && rm -r "$work/killed"; }
  check "a folder whose export was killed after $delay s is whole or has no name" $?
done

# In an emergency one reads, and another signs.
"$vigil" audit unmask "$id" --emergency --data "$data" --user nurse --reason 'unconscious' >"$work/shown" 2>"$work/err" \
  && grep -q '"request"' "$work/shown"; check 'in an emergency it is shown at once' $?
for _ in $(seq 30); do grep -q 'read in an emergency' "$work/log" && break; sleep 0.1; done
grep -q 'read in an emergency' "$work/log"; check 'and said in the log' $?
unreviewed() { curl -s "$base/metrics" | sed -n 's/^vigil_trail_emergencies_unreviewed //p'; }
[ "$(unreviewed)" = 1 ]; check 'and in the metrics' $?
"$vigil" audit list --data "$data" --user second --limit 2 >"$work/list" && grep -q 'emergency  unconscious' "$work/list"; check 'and on record' $?
"$vigil" audit list --data "$data" --to-review --user second >"$work/list" && grep -q 'emergency  unconscious' "$work/list"; check 'and waits for a review' $?
reading=$(cut -d' ' -f1 "$work/list")
"$vigil" audit review "$reading" --data "$data" --user nurse --name 'A Nurse' --meaning fine >/dev/null 2>&1; [ $? = 73 ]; check 'which is not the own one' $?
"$vigil" audit review "$reading" --data "$data" --user second --name 'B Ndiaye' --meaning justified >/dev/null \
  && [ -z "$("$vigil" audit list --data "$data" --to-review --user second)" ]; check 'but that of another' $?
for _ in $(seq 30); do [ "$(unreviewed)" = 0 ] && break; sleep 0.1; done
[ "$(unreviewed)" = 0 ]; check 'and then waits no more' $?

"$vigil" audit list --data "$data" --user officer --kind start >"$work/list" && grep -qE 'clock (un)?synchronised, offset' "$work/list"; check 'the start says how the clock is' $?

# A case holds whom criteria find, and is closed by two; a service that is killed with signal 9 in between costs nothing.
for asked in '--case c' '--since 2026-03-01T00:00:00Z' '--patient p --since 2026-03-01T00:00:00Z' '--case c --client ehr' '--case c --unit u --ahead' '--patient p --dry-run'; do
  "$vigil" audit hold $asked --data "$data" --user u --reason r >/dev/null 2>&1; [ $? = 64 ]; check "hold $asked is wrong usage" $?
done
"$vigil" audit release --data "$data" --user u --reason r >/dev/null 2>&1; [ $? = 64 ]; check 'and a release of nobody' $?
sleep 1; since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
for number in $(seq 300); do sed "s/$patient/held-$number-/g" "$view" >"$work/held-$number"; done
seq 300 | xargs -P 4 -I N curl -sf -o /dev/null -H 'Content-Type: application/json' --data-binary "@$work/held-N" "$base/cds-services/patient-risk"
check 'three hundred more are answered' $?
rm "$work"/held-*
# A service that starts again opens its chart again: that is not of the period.
sleep 1; march=(--since "$since" --until "$(date -u +%Y-%m-%dT%H:%M:%SZ)")
# Rows, so that a patient who is held twice is seen.
held() { sqlite3 "$data/trail.sqlite" 'SELECT count(*) FROM hold WHERE released IS NULL'; }
others=$(held) && before=$(size)
court=(--case 2026-17 --data "$data" --user officer --reason 'order of the court')
"$vigil" audit hold "${march[@]}" "${court[@]}" --dry-run | grep -q '^300 patients' && [ "$(size)" = $((before + 1)) ]; check 'whom criteria find is counted' $?
"$vigil" audit list --kind read --limit 1 --data "$data" --user second | grep -q "hold for case 2026-17: since $since"; check 'and what was asked is on record' $?
"$vigil" audit hold --unit Location/none "${court[@]}" >/dev/null 2>"$work/err"; [ $? = 66 ] && grep -q AUD006 "$work/err"; check 'a case about nobody is refused' $?
"$vigil" audit hold "${march[@]}" "${court[@]}" >/dev/null 2>&1 & asker=$!
for _ in $(seq 500); do [ "$(held)" -gt "$others" ] && break; sleep 0.01; done
kill -9 "$service"; wait "$service" 2>/dev/null; wait "$asker"
[ "$(held)" -gt "$others" ]; check 'what was held before a kill is' $?
start
"$vigil" audit hold "${march[@]}" "${court[@]}" >"$work/out" && [ "$(held)" = $((others + 300)) ]; check 'and the rest when it is said again' $?
"$vigil" audit hold "${march[@]}" "${court[@]}" | grep -q '^all 300 ' && [ "$(held)" = $((others + 300)) ]; check 'and nobody twice' $?
# On a copy of which a record of the period is damaged everybody else is held, and the record is named.
mkdir -m 700 "$work/damaged" && cp -p "$data"/*.key "$data/log.vkey" "$work/damaged/" && sqlite3 "$data/trail.sqlite" ".backup '$work/damaged/trail.sqlite'"
edited=$(python3 - "$work/damaged/trail.sqlite" "$(date -d "$since" +%s)" <<'EOF'
import sqlite3, sys
trail = sqlite3.connect(sys.argv[1])
number, leaf = trail.execute("SELECT sequence, leaf FROM record WHERE kind = 'answer' AND time >= ? ORDER BY sequence LIMIT 1", (int(sys.argv[2]) * 1000,)).fetchone()
trigger, = trail.execute("SELECT sql FROM sqlite_schema WHERE name = 'record_no_update'").fetchone()
trail.execute("DROP TRIGGER record_no_update")
trail.execute("UPDATE record SET leaf = ? WHERE sequence = ?", (leaf[:20] + bytes([leaf[20] ^ 1]) + leaf[21:], number))
trail.execute(trigger)
trail.commit()
print(number)
EOF
)
damaged=("${march[@]}" --case 2026-99 --data "$work/damaged" --user officer --reason r)
"$vigil" audit hold "${damaged[@]}" >"$work/out" 2>"$work/err"; [ $? = 65 ] && grep -q '^299 patients held' "$work/out" && grep -q "damaged records: $edited\$" "$work/err" && grep -q AUD034 "$work/err"
check 'a damaged record keeps nobody else from being held, and is named' $?
"$vigil" audit list --kind hold --limit 1 --json --data "$work/damaged" --user second | grep -q "damaged: $edited\""; check 'on record too' $?
"$vigil" audit hold "${damaged[@]}" >"$work/out" 2>/dev/null; [ $? = 65 ] && grep -q '^all 299 ' "$work/out"; check 'and as often as it is said' $?
rm -r "$work/damaged"
"$vigil" audit hold --patient held-7- --case 2026-18 --data "$data" --user officer --reason other >/dev/null; check 'a hold of another case' $?
"$vigil" audit release "${court[@]}" >"$work/out"; check 'that the case is closed is proposed' $?
closing=$(proposal)
grep -q 'all holds of case 2026-17' "$work/out" && "$vigil" audit list --kind proposal --limit 1 --data "$data" --user second | grep -q 'all holds of case 2026-17'; check 'as that of a whole case' $?
for named in '' '--case 2026-18'; do
  "$vigil" audit approve release "$closing" $named --data "$data" --user second >/dev/null 2>&1; [ $? = 66 ] && [ "$(held)" = $((others + 301)) ]; check "which is not approved as release $named" $?
done
"$vigil" audit approve erasure "$closing" --case 2026-17 --data "$data" --user second >/dev/null 2>&1; [ $? = 64 ]; check 'nor as an erasure' $?
"$vigil" audit approve release "$closing" --case 2026-17 --data "$data" --user officer >/dev/null 2>&1; [ $? = 73 ] && [ "$(held)" = $((others + 301)) ]; check 'and not approved by whoever proposed it' $?
"$vigil" audit approve release "$closing" --case 2026-17 --data "$data" --user second >/dev/null 2>&1 & asker=$!
for _ in $(seq 500); do [ "$(held)" -lt $((others + 301)) ] && break; sleep 0.01; done
kill -9 "$service"; wait "$service" 2>/dev/null; wait "$asker"
"$vigil" audit verify --data "$data" >"$work/out"; check 'a release that is cut short is on record as far as it came' $?
start
"$vigil" audit approve release "$closing" --case 2026-17 --data "$data" --user second >/dev/null 2>&1; [ "$(held)" = $((others + 1)) ]; check 'and goes on' $?
"$vigil" audit approve release "$closing" --case 2026-17 --data "$data" --user second >/dev/null 2>&1; [ $? = 66 ]; check 'to its end' $?
[ "$("$vigil" audit list --kind release --case 2026-17 --limit 999 --data "$data" --user officer | wc -l)" = 300 ]; check 'a record for each patient' $?
"$vigil" audit erase --patient held-7- --data "$data" --user officer --reason r >/dev/null 2>"$work/err"; [ $? = 73 ] && grep -q AUD012 "$work/err"; check 'another case keeps its patient' $?
"$vigil" audit release --patient held-7- --case 2026-18 --data "$data" --user officer --reason over >"$work/out" \
  && "$vigil" audit approve release "$(proposal)" --data "$data" --user second >/dev/null && [ "$(held)" = "$others" ]; check 'until it ends, too' $?

"$vigil" audit hold --data "$data" --patient "$patient" --user officer --reason 'case 1' >/dev/null
"$vigil" audit release --data "$data" --patient "$patient" --user officer --reason 'case closed' >"$work/out" \
  && "$vigil" audit approve release "$(proposal)" --data "$data" --user second >/dev/null; check 'a hold is released by two' $?
"$vigil" audit erase --data "$data" --patient "$patient" --user officer --reason 'request' >"$work/out"; check 'an erasure is proposed' $?
erasure=$(proposal)
[ "$("$vigil" audit list --data "$data" --patient "$patient" --kind answer --user other | wc -l)" -ge 1 ]; check 'and not done' $?
"$vigil" audit list --kind proposal --data "$data" --user second | grep -q 'erasure  request'; check 'and the list says what' $?
"$vigil" audit approve release "$erasure" --data "$data" --user second >/dev/null 2>&1; [ $? = 66 ]; check 'a slip in what approves nothing' $?
# A reader in another process that holds on to an older state: the erasure is done, and wiped when the reader has ended.
key=$(sqlite3 "$data/trail.sqlite" 'SELECT hex(wrapped) FROM subject_key WHERE wrapped IS NOT NULL ORDER BY id LIMIT 1')
holds() { python3 -c 'import sys; sys.exit(not any(bytes.fromhex(sys.argv[1]) in open(name, "rb").read() for name in sys.argv[2:]))' "$key" "$data"/trail.sqlite*; }
mkfifo "$work/until"
python3 -c 'import sqlite3, sys
reader = sqlite3.connect(sys.argv[1]); reader.execute("BEGIN"); reader.execute("SELECT count(*) FROM record").fetchall()
open(sys.argv[2], "w").close(); sys.stdin.read()' "$data/trail.sqlite" "$work/reading" <"$work/until" & reader=$!
exec 7>"$work/until"
for _ in $(seq 200); do [ -e "$work/reading" ] && break; sleep 0.05; done
"$vigil" audit approve erasure "$erasure" --data "$data" --user second >"$work/out"; check 'until another approves it' $?
grep -q 'wiping is finished when' "$work/out" && holds; check 'what a reader still needs is not wiped, and said so' $?
exec 7>&-; wait $reader
for _ in $(seq 100); do holds || break; sleep 0.1; done
! holds; check 'but is when the reader has ended' $?
[ "$("$vigil" audit list --data "$data" --patient "$patient" --user other | wc -l)" = 0 ]; check 'then nobody is found' $?
"$vigil" audit review "$(proposal)" --data "$data" --user officer --name 'An Officer' --meaning right >/dev/null 2>&1
[ $? = 73 ]; check 'and neither of them signs that it was right' $?

"$vigil" audit purge --days 3650 --data "$data" --dry-run | grep -q '^0 patients'; check 'nobody has been gone for ten years' $?
"$vigil" audit purge --days 0 --data "$data" --dry-run >"$work/count" && ! grep -q '^0 patients' "$work/count"; check 'but for a moment' $?
"$vigil" audit list --data "$data" --kind read --user other | grep -q 'purge of 0 days$'; check 'who counts is on record' $?
"$vigil" audit purge --days 0 --data "$data" --user officer --reason yearly >"$work/out"; check 'a purge is proposed' $?
"$vigil" audit approve purge "$(proposal)" --data "$data" --user second >/dev/null; check 'and done once another approved it' $?
"$vigil" audit purge --days 0 --data "$data" --dry-run | grep -q '^0 patients'; check 'then nobody is left' $?

stop
"$vigil" audit verify --data "$data" --json | grep -q '"intact":true'; check 'and after a stop' $?

# Without root.key less is verified, and said; with one that cannot be used it is a fault. A list of migrations that was edited is another.
cp -r "$data" "$work/copied"
copied() { "$vigil" audit verify --data "$work/copied" "$@" >"$work/out"; }
rm "$work/copied/root.key" && copied && grep -q 'Without root.key' "$work/out"; check 'an absent root key is said' $?
copied --json && grep -q '"rootKey":false' "$work/out"; check 'in JSON too' $?
head -c 31 "$data/root.key" >"$work/copied/root.key" && chmod 600 "$work/copied/root.key"
copied; [ $? = 1 ] && grep -q VER027 "$work/out"; check 'a root key of another length is a fault' $?
cp "$data/root.key" "$work/copied/root.key" && chmod 644 "$work/copied/root.key"
copied --json; [ $? = 1 ] && grep -q VER027 "$work/out"; check 'so is one that others can read' $?
chmod 600 "$work/copied/root.key" && copied; check 'and with it all is well' $?
# The log's key becomes another: proofs of later are checked from the first one.
"$vigil" audit rotate-key --data "$work/copied" --user officer --reason yearly >"$work/new.vkey" 2>"$work/err"
"$vigil" audit prove "$(sed -n 's/.*on record as //p' "$work/err")" --data "$work/copied" --output "$work/rotation" --user officer
"$vigil" audit prove 1 --data "$work/copied" --output "$work/late" --user officer
"$vigil" audit check-proof "$work/late" --key "$data/log.vkey" >/dev/null; [ $? = 1 ]; check 'a proof of after a rotation is not by the first key' $?
"$vigil" audit check-proof "$work/late" --key "$data/log.vkey" --rotation "$work/rotation" >/dev/null; check 'but by its rotation' $?
"$vigil" audit check-proof "$work/late" --key "$data/log.vkey" --rotation "$work/late" >/dev/null 2>&1; [ $? = 66 ]; check 'and by nothing else' $?
if python3 -c 'import cryptography' 2>/dev/null; then
  python3 docs/verify/check_proof.py "$work/late" "$data/log.vkey" --rotation "$work/rotation" >/dev/null; check 'the second verifier agrees on a rotation' $?
fi
"$vigil" audit export --data "$work/copied" --format evidence --output "$work/rotated" --user officer >/dev/null && agree "$work/rotated"
check 'records that are given out then are checked from the first key' $?
"$vigil" audit check-export "$work/rotated" --key "$data/log.vkey" --rotation "$work/rotation" >/dev/null && second "$work/rotated" "$data/log.vkey" --rotation "$work/rotation" >/dev/null
check 'with a proof from elsewhere too' $?
sqlite3 "$work/copied/trail.sqlite" "INSERT INTO grdb_migrations VALUES ('another')"
copied; [ $? = 1 ] && grep -q VER024 "$work/out"; check 'a row in the list of migrations is named' $?

# A witness in a process of its own.
witness() { # witness: started on its folder, on a port that it had before or chooses
  "$vigil" witness --log "$data/log.vkey" --data "$work/witness" --name witness.example --port "${wport:-0}" >"$work/said" 2>>"$work/log" &
  witness=$!
  for _ in $(seq 200); do grep -q '^Witness' "$work/said" && break; sleep 0.05; done
  wport=$(sed -n 's/.*:\([0-9]*\)\.$/\1/p' "$work/said")
}
witness
echo "witness ours $(cat "$work/witness/witness.vkey") http://127.0.0.1:$wport" >"$work/witnesses"
cp -r "$data" "$work/fork"
"$vigil" audit checkpoint --data "$data" --witnesses "$work/witnesses" >"$work/cosigned"; check 'a checkpoint is cosigned' $?
grep -q '^— witness.example ' "$work/cosigned"; check 'under its name' $?
start --witnesses "$work/witnesses"
[ "$(call patient-risk "$view")" = 200 ]; check 'the service answers beside a witness' $?
for _ in $(seq 100); do
  [ "$("$vigil" audit verify --data "$data" --witness "$work/witness/witness.vkey" --json | field '["cosignatures"]')" -ge 2 ] && break
  sleep 0.1
done
[ "$("$vigil" audit verify --data "$data" --witness "$work/witness/witness.vkey" --json | field '["cosignatures"]')" -ge 2 ]
check 'the service has its checkpoint cosigned by itself' $?
stop
kill -9 $witness; wait $witness 2>/dev/null; witness
for n in $(seq 8); do
  "$vigil" audit list --data "$work/fork" --user "other $n" >/dev/null # each reading is a record: the fork grows
  "$vigil" audit checkpoint --data "$work/fork" --witnesses "$work/witnesses" >/dev/null 2>"$work/refusal"
  [ $? = 1 ] || break
done
grep -q AUD017 "$work/refusal"; check 'after kill -9 it refuses a forked trail, shorter, as long and longer' $?
"$vigil" audit checkpoint --data "$data" --witnesses "$work/witnesses" >/dev/null; check 'and cosigns the one it knows' $?
"$vigil" audit prove 1 --data "$data" --output "$work/1.proof"
"$vigil" audit check-proof "$work/1.proof" --key "$data/log.vkey" --witness "$work/witness/witness.vkey" >/dev/null
check 'a proof carries the cosignature' $?
if python3 -c 'import cryptography' 2>/dev/null; then
  python3 docs/verify/check_proof.py "$work/1.proof" "$data/log.vkey" "$work/witness/witness.vkey" >/dev/null
  check 'and the second verifier agrees' $?
fi
# A time-stamping authority signs when a checkpoint was there (RFC 3161), and of another file it says nothing.
(
  mkdir "$work/tsa" && cd "$work/tsa" || exit 1
  "$vigil" audit checkpoint --data "$data" >checkpoint.txt || exit 1
  printf '%s\n' '[tsa]' 'serial = serial' 'signer_digest = sha256' 'default_policy = 1.2.3.4.1' 'digests = sha256' 'ess_cert_id_alg = sha256' >tsa.cnf
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=tsa \
    -addext extendedKeyUsage=critical,timeStamping 2>/dev/null || exit 1
  openssl ts -query -data checkpoint.txt -sha256 -cert -out checkpoint.tsq 2>/dev/null &&
    openssl ts -reply -config tsa.cnf -section tsa -queryfile checkpoint.tsq -signer cert.pem -inkey key.pem -out checkpoint.tsr 2>/dev/null &&
    openssl ts -verify -data checkpoint.txt -in checkpoint.tsr -CAfile cert.pem >/dev/null 2>&1 || exit 1
  sed -i '2s/.*/7/' checkpoint.txt
  ! openssl ts -verify -data checkpoint.txt -in checkpoint.tsr -CAfile cert.pem >/dev/null 2>&1
); check 'a checkpoint is time-stamped, and no other passes for it' $?
"$vigil" audit export --data "$data" --format evidence --until "$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)" --output "$work/none" --user officer >/dev/null && agree "$work/none" \
  && grep -q 'no records' "$work/out"; check 'records of no moment are none' $?
then=$("$vigil" audit list --data "$data" --user officer --before 3 --limit 1 --json | field '[0]["time"]')
"$vigil" audit export --data "$data" --format evidence --until "$then" --output "$work/first" --user officer >/dev/null && agree "$work/first"
check 'the first record is' $?
"$vigil" audit check-export "$work/first" --key "$data/log.vkey" --witness "$work/witness/witness.vkey" >/dev/null && second "$work/first" "$data/log.vkey" "$work/witness/witness.vkey" >/dev/null
check 'under what a witness cosigned' $?
"$vigil" audit checkpoint --data "$data" --html "$work/page.html" && grep -q "$(cut -d+ -f1 "$data/log.vkey")" "$work/page.html"
check 'a page to print' $?
kill $witness

# Another root key, while the service answers.
start
[ "$(call patient-risk "$view")" = 200 ]; check 'a service answers' $?
answer=$("$vigil" audit list --data "$data" --user officer --kind answer --limit 1 --json | field '[0]["sequence"]')
cp "$data/root.key" "$work/root.old"
"$vigil" audit rotate-root-key --data "$data" --user officer --reason yearly >"$work/out" 2>&1; check 'the root key is replaced beside it' $?
[ "$(stat -c %s "$data/root.key")" = 32 ] && ! cmp -s "$data/root.key" "$work/root.old"; check 'the file holds another one alone' $?
[ "$("$vigil" audit list --data "$data" --user officer --kind root-key --json | field '[0]["outcome"]')" = done ]; check 'which is on record' $?
"$vigil" audit show "$answer" --data "$data" --user officer >/dev/null; check 'what was said before is read' $?
[ "$(call patient-risk "$view")" = 200 ]; check 'and the service goes on' $?
"$vigil" audit verify --data "$data" --json | grep -q '"intact":true'; check 'in a trail that is intact' $?
"$vigil" audit rotate-root-key --data "$data" --user officer >/dev/null 2>&1; [ $? = 64 ]; check 'nobody does it without saying why' $?
stop
cp -r "$data" "$work/restored" && cp "$work/root.old" "$work/restored/root.key"
"$vigil" audit migrate --data "$work/restored" >"$work/out" 2>&1; [ $? = 73 ] && grep -q AUD003 "$work/out"
check 'with the key of before nothing is written' $?
"$vigil" audit rotate-root-key --data "$data" --user officer --reason again >/dev/null 2>&1; check 'without a service the command does it' $?

# A data key out of an old copy, in a form that a record forbids.
sqlite3 "$data/trail.sqlite" 'UPDATE subject_key SET wrapped = zeroblob(60) WHERE id = (SELECT max(id) FROM subject_key WHERE wrapped IS NOT NULL)'
: >"$work/log"; start; stop
grep -q '"level":"error".*"code":"AUD022"' "$work/log"; check 'a start says that a data key is none of this form' $?
"$vigil" audit list --data "$data" --user officer --reason AUD022 | grep -q 'given up'; check 'on record too' $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
