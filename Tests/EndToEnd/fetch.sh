#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The real binaries side by side: a sandbox with the synthetic charts, a service that fetches from it, a client that sends no
# prefetch at all. Then feedback, its report, and the stored answers again. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "fetch: failed: $1"; fi
}

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

call() { # call TOKEN: fires patient-view for the septic patient, everything left to be fetched
  printf '{"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","fhirServer":"%s",
    "fhirAuthorization":{"access_token":"%s","token_type":"Bearer","expires_in":300,"scope":"patient/*.rs","subject":"vigil",
    "patient":"syn-septic"},"context":{"userId":"Practitioner/d","patientId":"syn-septic"}}' "$base" "$1" >"$work/request"
  curl -s --max-time 20 -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$work/request" \
    "$service/cds-services/patient-risk"
}

base=http://127.0.0.1:$(port)/fhir
drip=http://127.0.0.1:$(port)/fhir # the same, but an Observation comes a byte at a time
port=$(port) && service=http://127.0.0.1:$port
sandbox=${base#http://127.0.0.1:}
"$vigil" sandbox FixturesFHIR --port "${sandbox%/fhir}" --token canary-token --page-size 50 --ending-now >"$work/sandbox" 2>&1 &
"$vigil" sandbox FixturesFHIR --port "$(tr -dc 0-9 <<<"${drip#http://127.0.0.1}")" --token canary-token --ending-now \
  --fault Observation=drip:0.2 >"$work/drip" 2>&1 &
"$vigil" serve --port "$port" --data "$work/var" --fhir-server "$base" --fhir-server "$drip" >"$work/log" 2>&1 & pid=$!
for _ in $(seq 200); do
  curl -sf "$service/readyz" >/dev/null && curl -sf "$base/metadata" "$drip/metadata" >/dev/null && break; sleep 0.05
done

[ "$(call canary-token)" = 200 ]; check 'what is not sent is fetched' $?
grep -q '"summary":"Risk of' "$work/answer"; check 'the cards speak of a risk' $?
[ "$(call wrong)" = 412 ]; check 'a wrong token is 412' $?
grep -q 'status 401' "$work/answer"; check 'the error says why' $?
whole=$base base=$drip; [ "$(call canary-token)" = 412 ]; check 'a server that drips is given up' $?
grep -q 'in time' "$work/answer"; check 'which the error says' $?
base=$whole; call canary-token >/dev/null
card=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["cards"][0]["uuid"])' "$work/answer")
printf '{"feedback":[{"card":"%s","outcome":"overridden","outcomeTimestamp":"2026-03-12T13:30:00Z","overrideReason":{"reason":
  {"code":"action-completed","system":"http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"}}}]}' "$card" >"$work/feedback"
status=$(curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$work/feedback" \
  "$service/cds-services/patient-risk/feedback")
[ "$status" = 200 ]; check 'feedback is taken' $?
"$vigil" feedback report --data "$work/var" >"$work/report"; check 'the report is made' $?
grep -q 'action-completed' "$work/report"; check 'the report names the reason' $?
kill -TERM $pid; wait $pid; check 'the service stops as told' $?
"$vigil" replay --against "$work/var" >"$work/against"; check 'what was fetched gives the same answer again' $?
! grep -rqa 'canary-token' "$work/var" "$work/log"; check 'the token is nowhere' $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
