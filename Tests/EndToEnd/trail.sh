#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The reviewer's work on the trail of a running service: cards shown and held back, and everything verified.
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
field() { python3 -c 'import json, sys; print(eval("r" + sys.argv[1], {"r": json.load(sys.stdin), "len": len}))' "$1"; }
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

stop
"$vigil" audit verify --data "$data" --json | grep -q '"intact":true'; check 'and after a stop' $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
