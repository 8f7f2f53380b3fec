#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A reviewer's hour on the trail of a service that answered calls made of real stays (of the project's own charts where the data is
# not at hand): find, read, replay, prove, verify, hand on, report, sign, hold, erase. Every command is checked, and what it prints
# is the transcript docs/reviewers-hour.md, whose commands must be these: `bash Tests/EndToEnd/reviewer.sh docs/reviewers-hour.md`
# writes it anew. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil root=$PWD here=$PWD/Tests/EndToEnd
work=$(mktemp -d) && passed=0 && failed=0 service='' keys='' witness=''
trap 'kill $service $keys $witness 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
page=$work/page.md

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "reviewer: failed: $1"; fi
}
say() { printf '%s\n' "$@" >>"$page"; }
section() { say '' "## $1" '' "${@:2}" ''; }
# step CODE LINES COMMAND...: runs it in the folder, wants this exit code, and shows the first lines of what it said, none wider
# than a page. The whole is left in $work/said.
step() {
  local code=$1 lines=$2 status text=''; shift 2
  for word; do [[ $word =~ ^[A-Za-z0-9._/:=+,@-]+$ ]] && text+=" $word" || text+=" '$word'"; done
  # How far a command is, and what it tells whoever waits, is no part of what it says.
  (cd "$work" && if [ "$1" = vigil ]; then "$vigil" "${@:2}"; else "$@"; fi) >"$work/said" 2>"$work/err"; status=$?
  [ $status = 0 ] || cat "$work/err" >>"$work/said"
  [ $status = "$code" ] || { echo "reviewer:$text ended with $status, not $code"; tail -3 "$work/said"; }
  check "${text# }" $([ $status = "$code" ]; echo $?)
  {
    printf '```\n$%s\n' "$text"
    # cut counts bytes: what is left of a letter goes.
    head -n "$lines" "$work/said" | cut -c1-160 | iconv -c -f UTF-8 -t UTF-8
    [ "$(wc -l <"$work/said")" -le "$lines" ] || echo "... ($(wc -l <"$work/said") lines)"
    [ "$code" = 0 ] || echo "(exit code $code)"
    printf '```\n'
  } | sed -e "s#$root/##g" -e "s#:$port/#:8080/#g" -e 's/Bearer [A-Za-z0-9._-]*/Bearer .../' >>"$page"
}
shows() { grep -qE "$1" "$work/said"; check "$2" $?; } # shows PATTERN WHAT
number() { sed -n 's/.*on record as \([0-9]*\).*/\1/p' "$work/said" | head -1; }
field() { python3 -c 'import json, sys; print(eval("r" + sys.argv[1], {"r": json.load(sys.stdin)}))' "$1"; }

# The stays: of both challenges where their data is at hand.
mkdir "$work/stays" "$work/calls" "$work/published"
data=${VIGIL_DATA_UNPACKED:-} source='the project'"'"'s own charts'
if [ -z "$data" ] && [ -f ../shared/data/physionet2012-ab.tar.xz ] && [ -f ../shared/data/physionet2019-train.tar.xz ]; then
  data=$work/data && mkdir -p "$data"/{physionet2012-ab,physionet2019-train}
  tar -xf ../shared/data/physionet2012-ab.tar.xz -C "$data/physionet2012-ab"
  tar -xf ../shared/data/physionet2019-train.tar.xz -C "$data/physionet2019-train"
fi
if [ -d "$data/physionet2012-ab/set-a" ] && [ -d "$data/physionet2019-train" ]; then
  source='stays of the PhysioNet Challenges 2012 (Silva et al., ODC-BY 1.0) and 2019 (Reyna et al., CC BY 4.0)'
  mkdir "$work/stays/2012" "$work/stays/2019"
  ls "$data"/physionet2012-ab/set-a/*.txt | head -24 | xargs cp -t "$work/stays/2012"
  for hospital in A B; do
    ls "$data/physionet2019-train/training_set$hospital"/*.psv | head -12 | xargs cp -t "$work/stays/2019"
  done
  for year in 2012 2019; do
    "$vigil" import physionet$year "$work/stays/$year" --output "$work/stays/$year.ndjson" 2>/dev/null; check "stays of $year" $?
  done
  count=$(cat "$work"/stays/*.ndjson | python3 "$here/real-messages.py" "$work/calls")
else
  echo 'reviewer: without ../shared/data the trail is of the project'"'"'s own charts'
  count=$(for chart in septic-deterioration stable-postoperative sparse wrong-units foreign-codes; do
    python3 -c 'import json, sys
for entry in json.load(open(sys.argv[1]))["entry"]:
    if entry["resource"]["resourceType"] in ("Patient", "Encounter", "Location", "Observation"): print(json.dumps(entry["resource"]))' \
      "FixturesFHIR/$chart.json"
  done | python3 "$here/real-messages.py" "$work/calls")
fi
[ "$count" -ge 5 ]; check 'calls are made of the stays' $?

# Two hospitals whose calls are signed, and a service.
read -r port keyport wport < <(python3 -c 'import socket
s = [socket.socket() for _ in range(3)]; [x.bind(("127.0.0.1", 0)) for x in s]; print(*[x.getsockname()[1] for x in s])')
base=http://127.0.0.1:$port
openssl ecparam -name secp384r1 -genkey -noout -out "$work/client.pem"
python3 "$here/client-token.py" "$work/client.pem" --jwks >"$work/published/jwks.json"
python3 -m http.server --directory "$work/published" --bind 127.0.0.1 "$keyport" >"$work/keys.log" 2>&1 & keys=$!
for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$keyport/jwks.json" && break; sleep 0.05; done
{
  echo '{"clients": ['
  for name in north south; do
    echo "{\"id\": \"$name\", \"issuer\": \"https://$name.example.org\", \"jku\": \"http://127.0.0.1:$keyport/jwks.json\", \"internal\": true},"
  done
  echo "{\"id\": \"watch\", \"issuer\": \"https://watch.example.org\", \"jku\": \"http://127.0.0.1:$keyport/jwks.json\", \"internal\": true, \"roles\": [\"auditor\"]}]}"
} >"$work/clients.json"
(cd "$work" && "$vigil" audit migrate >/dev/null && cp var/log.vkey log.vkey); check 'an empty trail is made' $?
(cd "$work" && exec "$vigil" witness --log log.vkey --data witness --name witness.example --port "$wport") >"$work/wsaid" 2>>"$work/log" & witness=$!
for _ in $(seq 200); do [ -s "$work/wsaid" ] && break; sleep 0.05; done
echo "witness ours $(cat "$work/witness/witness.vkey") http://127.0.0.1:$wport" >"$work/witnesses.txt"
(cd "$work" && exec "$vigil" serve --port "$port" --profiles "$root/Profiles" --clients clients.json --external-url "$base" --witnesses witnesses.txt) \
  >"$work/out" 2>"$work/log" & service=$!
for _ in $(seq 600); do curl -sf -o /dev/null "$base/readyz" && break; sleep 0.1; done
token() { python3 "$here/client-token.py" "$work/client.pem" one "$base/$2" "iss=https://$1.example.org"; }
post() { # post CLIENT PATH FILE: the status; the answer is left in $work/answer
  curl -s -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' -H "Authorization: Bearer $(token "$1" "$2")" \
    --data-binary @"$3" "$base/$2"
}
sign=$(curl -s -H "Authorization: Bearer $(token north cds-services)" "$base/cds-services" | python3 -c '
import json, sys
print(next(s["id"] for s in json.load(sys.stdin)["services"] if s["hook"] == "order-sign"))')
answered=0 chart= shown='' patient='' hospital='' n=0
for call in "$work"/calls/*.json; do
  n=$((n + 1)) && client=$([ $((n % 2)) = 1 ] && echo north || echo south)
  [ "$(post $client cds-services/patient-risk "$call")" = 200 ] && answered=$((answered + 1))
  if [ -z "$shown" ]; then
    shown=$(python3 -c 'import json, sys; c = json.load(sys.stdin)["cards"]; print(c[0]["uuid"] if c else "")' <"$work/answer")
    [ -z "$shown" ] || { patient=$(field '["context"]["patientId"]' <"$call") && hospital=$client && chart=$call; }
  fi
done
[ $answered = "$count" ]; check 'every call is answered' $?
[ -n "$patient" ]; check 'a card is shown' $?
# An order is signed twice for the same patient, a child is looked at, a call is broken, a stranger calls, a card is overridden.
python3 - "$chart" "$work/sign.json" <<'PYTHON'
import json, sys
request = json.load(open(sys.argv[1]))
request["hook"] = "order-sign"
request["context"]["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
json.dump(request, open(sys.argv[2], "w"))
PYTHON
for _ in 1 2; do [ "$(post "$hospital" "cds-services/$sign" "$work/sign.json")" = 200 ]; check 'an order is signed' $?; done
[ "$(post north cds-services/patient-risk FixturesFHIR/hooks/patient-view-child.json)" = 200 ]; check 'a child is answered' $?
printf '{"hook":' >"$work/broken.json"
[ "$(post north cds-services/patient-risk "$work/broken.json")" = 400 ]; check 'a broken call is refused' $?
[ "$(curl -s -o /dev/null -w '%{http_code}' --data-binary @"$chart" "$base/cds-services/patient-risk")" = 401 ]; check 'a stranger is refused' $?
printf '{"feedback":[{"card":"%s","outcome":"overridden","overrideReason":{"reason":{"code":"patient-contraindication","system":"http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"}},"outcomeTimestamp":"%s"}]}' \
  "$shown" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$work/feedback.json"
[ "$(post "$hospital" cds-services/patient-risk/feedback "$work/feedback.json")" = 200 ]; check 'feedback is taken' $?

say '# A reviewer'"'"'s hour' '' \
  "Written by \`bash Tests/EndToEnd/reviewer.sh docs/reviewers-hour.md\`: a service answered $count calls of two hospitals, made of $source" \
  'with the last value ten minutes old, two orders for one patient, a child, a broken call and a stranger; then a reviewer came. Every command' \
  'below was run while the service went on, its exit code checked; long outputs are cut. `make test` runs it again and compares the commands.'

section 'Finding' 'What was decided lately, and everything by one of the ways of looking for it: the real identifier through the key, the' \
  'pseudonym, the clinician and the reviewer, client, model and version, outcome, time, reason, cards held back, what was left unstated, errors.'
step 0 6 vigil audit list --limit 6 --user j.doe
step 0 4 vigil audit list --patient "$patient" --client "$hospital" --kind answer --user j.doe
[ "$(wc -l <"$work/said")" -ge 2 ]; check 'a patient is found' $?
id=$(tail -1 "$work/said" | cut -d' ' -f1)
pseudonym=$("$vigil" audit list --data "$work/var" --patient "$patient" --client "$hospital" --kind answer --user j.doe --json | field '[0]["patient"]')
step 0 4 vigil audit list --pseudonym "$pseudonym" --kind answer --user j.doe
shows "^$id " 'and by the pseudonym'
step 0 3 vigil audit list --client south --limit 3 --user j.doe
step 0 3 vigil audit list --model icu-prognosis --version "$(ls Profiles/models/icu-prognosis | tail -1)" --limit 3 --user j.doe
step 0 3 vigil audit list --outcome death --limit 3 --user j.doe
step 0 3 vigil audit list --since 2026-01-01T00:00:00Z --kind feedback --user j.doe
shows overridden 'a feedback is found'
step 0 3 vigil audit list --reason 'http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes|patient-contraindication' --user j.doe
shows overridden 'by its reason'
step 0 3 vigil audit list --held-back --user j.doe
shows "$sign" 'a card that was held back is found'
step 0 3 vigil audit list --abstained too-young --user j.doe
shows patient-risk 'what was left unstated is found'
step 0 4 vigil audit list --errors --user j.doe
shows ' 401 ' 'what was refused is found'
step 0 3 vigil audit list --origin Practitioner/on-duty --limit 3 --user j.doe
shows 'client (north|south)  Practitioner/on-duty' 'the clinician is found'
step 0 3 vigil audit list --origin j.doe --kind read --limit 3 --user b.ndiaye
step 0 1 curl -s -g -H "Authorization: Bearer $(token watch fhir/AuditEvent)" "$base/fhir/AuditEvent?patient.identifier=urn:vigil:patient:$hospital|$patient&_count=1"
shows AuditEvent 'and over HTTP'

section 'Reading one decision' 'Inputs with where they came from, the models and what they say, the cards; what names the patient is left out.'
step 0 24 vigil audit show "$id" --user j.doe
! grep -q "$patient" "$work/said"; check 'nobody is named' $?
step 0 2 vigil audit show "$id" --html decision.html --user j.doe
grep -q 'Observation/' "$work/decision.html" && grep -q 'overridden' "$work/decision.html"; check 'on a page, with the feedback' $?
say 'The page, as text, in parts:'
python3 - "$work/decision.html" >>"$page" <<'PYTHON'
import html.parser, sys
class Text(html.parser.HTMLParser):
    """Headings, paragraphs, and rows of tables, a line each."""
    lines, line, hidden = [], "", False
    def handle_starttag(self, tag, attributes): self.hidden = tag in ("style", "script") or self.hidden
    def handle_data(self, data): self.line += "" if self.hidden else data.replace("\n", " ")
    def handle_endtag(self, tag):
        if tag in ("style", "script"): self.hidden = False
        if tag in ("td", "th"): self.line += " | "
        if tag in ("h1", "h2", "h3", "p", "tr", "li", "summary", "title"):
            if self.line.strip(" |"): self.lines.append((tag, self.line.strip(" |")[:160]))
            self.line = ""
text = Text()
text.feed(open(sys.argv[1]).read())
print("```")
rows, most = 0, 9
for tag, line in text.lines:
    rows = 0 if tag in ("h1", "h2", "h3") else rows + 1
    # Of what was measured two rows tell how it is told; the values are their owners'.
    if rows == 0: most = 4 if line.startswith("Inputs") else 2 if line.startswith("Vectors") else 9
    if most == 4 and rows > 1: line = " | ".join("…" if place == 3 else cell for place, cell in enumerate(line.split(" | ")))
    if rows == most: print("...")
    if rows < most: print(("\n" if tag == "h2" else "") + line)
print("```")
PYTHON
step 73 2 vigil audit show "$id" --unmasked --user j.doe
step 0 2 vigil audit unmask "$id" --user j.doe --reason 'complaint 12'; unmasking=$(number)
step 0 2 vigil audit approve unmasking "$unmasking" --user b.ndiaye
step 0 8 vigil audit show "$id" --unmasked --user j.doe
shows '"request"' 'then the request is shown'

section 'Replaying it' 'The stored request is answered again by the versions that answered it.'
step 0 6 vigil audit replay "$id" --profiles "$root/Profiles" --user j.doe
shows 'the same bit for bit' 'it is the same'

section 'Proving it' 'One small file holds the record and the proof that it is in the trail: checked without network and trail, by two programs.'
step 0 2 vigil audit prove "$id" --output decision.tlog-proof
step 0 12 cat decision.tlog-proof
step 0 3 vigil audit check-proof decision.tlog-proof --key log.vkey
step 0 4 python3 "$root/docs/verify/check_proof.py" decision.tlog-proof log.vkey
# One bit of it changed: neither believes it.
python3 - "$work" <<'PYTHON'
import base64, sys
lines = open(sys.argv[1] + "/decision.tlog-proof").read().splitlines(keepends=True)
name, value = lines[1].split(" ", 1)
content = bytearray(base64.b64decode(value)); content[40] ^= 1
lines[1] = name + " " + base64.b64encode(bytes(content)).decode() + "\n"
open(sys.argv[1] + "/forged.tlog-proof", "w").writelines(lines)
PYTHON
step 1 2 vigil audit check-proof forged.tlog-proof --key log.vkey
step 1 2 python3 "$root/docs/verify/check_proof.py" forged.tlog-proof log.vkey

section 'Verifying all of it' 'Order, columns, tree, signed heads, contents, keys, holds, indexes, all derived again from the records; and a witness'"'"'s word.'
step 0 6 vigil audit checkpoint
cp "$work/said" "$work/kept-elsewhere.txt"
say 'This is kept elsewhere, on paper or in other hands (`kept-elsewhere.txt`).'
step 0 2 vigil audit verify --key log.vkey --checkpoint kept-elsewhere.txt
say 'The witness, a process of its own, was asked by the service since its start; here it is asked at once.'
step 0 8 vigil audit checkpoint --witnesses witnesses.txt
shows '^— witness.example ' 'the witness cosigns'
step 0 2 vigil audit verify --key log.vkey --witness witness/witness.vkey
shows ' [1-9][0-9]* cosignatures' 'and its signature holds'

of=(--patient "$patient" --client "$hospital")
section 'Handing decisions on' 'To people who must not know the patients: none of the 18 kinds of identifiers is left, and the models say the same bits.'
step 0 30 vigil audit export --deidentify --purpose drift-study --profiles "$root/Profiles" --output study.ndjson --user j.doe
[ "$(field '["identical"]' <"$work/said")" -ge "$count" ]; check 'each is the same' $?
step 0 4 vigil audit check-deidentified study.ndjson --profiles "$root/Profiles"
! grep -q "$patient" "$work/study.ndjson"; check 'nobody is named in it' $?
step 0 2 vigil audit export --format auditevent --output events.ndjson --user j.doe
step 0 2 vigil audit export --format provenance --output decisions.ndjson --user j.doe
say 'To an examiner outside, who has the first public key and nothing else: records, proofs, keys and pages in one folder.'
step 0 3 vigil audit export --format evidence "${of[@]}" --profiles "$root/Profiles" --output evidence --user j.doe
step 0 8 ls evidence
step 0 2 vigil audit check-export evidence --key log.vkey
step 0 2 python3 "$root/docs/verify/check_export.py" evidence log.vkey
sed -i '1s/"kind":"answer"/"kind":"feedback"/' "$work/evidence/records.ndjson"
step 1 2 vigil audit check-export evidence --key log.vkey
step 1 2 python3 "$root/docs/verify/check_export.py" evidence log.vkey

section 'Reports' 'Seven questions, each answered from every record and signed.'
for kind in access disclosures activity failures changes gaps recall; do
  case $kind in access) about=(--patient "$patient" --client "$hospital") ;; recall) about=(--model icu-prognosis) ;; *) about=() ;; esac
  step 0 2 vigil audit report $kind "${about[@]}" --format csv --output $kind.csv --user j.doe
  step 0 2 vigil audit check-report $kind.csv --key log.vkey
done
step 0 12 cat access.csv
step 0 14 cat recall.csv
sed 's/death/dearth/' "$work/recall.csv" >"$work/forged.csv" && cp "$work/recall.csv.note" "$work/forged.csv.note"
step 1 2 vigil audit check-report forged.csv --key log.vkey

section 'Correcting' 'The record stays as it is; what is right stands beside it, sealed as the record is.'
step 0 2 vigil audit amend "$id" --user a.meyer --reason 'wrong weight in the source' --text 'the weight was 80 kg'
step 0 3 vigil audit list --kind amendment --user j.doe

section 'Signing the review' 'With the printed name, the time and the meaning (21 CFR 11.50), under what was looked at.'
step 0 2 vigil audit review "$id" --user j.doe --name 'Jane Doe' --meaning 'reviewed, no objection'
step 0 2 vigil audit review --from 1 --to "$count" --user j.doe --name 'Jane Doe' --meaning 'approved for November'
step 0 3 vigil audit list --kind review --user j.doe

section 'Holding and erasing' 'A legal hold forbids the erasure; two people release it, two people erase; the proof of before holds.'
step 0 2 vigil audit hold "${of[@]}" --case 2026-17 --user j.doe --reason 'order of the court'
step 73 2 vigil audit erase "${of[@]}" --user j.doe --reason 'request of the patient'
step 0 3 vigil audit release "${of[@]}" --case 2026-17 --user j.doe --reason 'closed'; release=$(number)
step 73 2 vigil audit approve release "$release" --user j.doe
step 0 3 vigil audit approve release "$release" --user b.ndiaye
step 0 3 vigil audit erase "${of[@]}" --user j.doe --reason 'request of the patient'; erasure=$(number)
step 0 3 vigil audit approve erasure "$erasure" --user b.ndiaye
step 66 2 vigil audit list "${of[@]}" --user j.doe
shows AUD031 'then nobody is found'
step 73 4 vigil audit show "$id" --user j.doe
step 0 2 vigil audit verify --key log.vkey --checkpoint kept-elsewhere.txt --witness witness/witness.vkey
shows 'intact.* [1-9][0-9]* erased' 'the trail is intact without what was erased'
step 0 2 vigil audit check-proof decision.tlog-proof --key log.vkey
step 0 2 python3 "$root/docs/verify/check_proof.py" decision.tlog-proof log.vkey

section 'Tampering' 'A copy of the folder, in which somebody who knows the tables gives one patient'"'"'s records to another.'
step 0 2 vigil audit backup --output backup --user j.doe
cp "$work"/var/*.key "$work/var/log.vkey" "$work/backup/"
step 0 2 sqlite3 backup/trail.sqlite 'DROP TRIGGER subject_key_destroyed; UPDATE subject_key SET pseudonym = (SELECT pseudonym FROM subject_key WHERE id = 3) WHERE id = 2'
step 1 3 vigil audit verify --data backup --key log.vkey
shows VER022 'it is found'
step 73 2 vigil audit report access --data backup --pseudonym "$pseudonym" --output hidden.html --user j.doe

kill $service $witness; wait $service 2>/dev/null
"$vigil" audit verify --data "$work/var" --key "$work/log.vkey" >/dev/null; check 'and after a stop' $?

# The page, or whether the one that is kept is of these commands. Numbers of records differ between stays.
commands() { grep -E '^(## |\$ )' "$1" | sed -E -e 's/--(patient|client|pseudonym) [^ ]+/--\1 X/g' -e 's/patient:[a-z]+\|[^&]+/patient:X/' -e 's/[0-9]+/N/g'; }
if [ $# -gt 0 ]; then cp "$page" "$1"; else
  diff <(commands docs/reviewers-hour.md) <(commands "$page") >"$work/diff"; status=$?
  [ $status = 0 ] || head -5 "$work/diff"
  check 'docs/reviewers-hour.md is of these commands' $status
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
