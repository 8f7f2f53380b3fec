#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Kills the service with -9 in the middle of its work, again and again on one trail, and then asks the trail: every answer
# that a client saw must be on record, the trail must open and take the next record, and every stored request must give the
# same bytes again. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
rounds=${ROUNDS:-5}
work=$(mktemp -d) && passed=0 && failed=0
trap 'rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
request=FixturesFHIR/hooks/patient-view-sparse.json

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "kill: failed: $1"; fi
}

client() { # client NUMBER: fires calls until the service is gone, and notes each answer that came back whole
  for call in $(seq 2000); do
    id=$(printf '%08x-0000-4000-8000-%012x' "$1" "$((RANDOM * 32768 * 64 + RANDOM * 64 + call))")
    sed "s/\"hookInstance\": *\"[^\"]*\"/\"hookInstance\": \"$id\"/" $request >"$work/request.$1"
    status=$(curl -s -o "$work/answer.$1" -w '%{http_code}' -H 'Content-Type: application/json' \
      --data-binary @"$work/request.$1" "http://127.0.0.1:$port/cds-services/patient-risk") || return
    [ "$status" = 200 ] && echo "$id" >>"$work/seen.$1"
  done
}

for round in $(seq "$rounds"); do
  "$vigil" serve --port "$port" --data "$work/var" >"$work/log" 2>&1 & service=$!
  for _ in $(seq 200); do curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && break; sleep 0.05; done
  clients=()
  for number in 1 2 3; do client $((round * 10 + number)) & clients+=($!); done
  sleep "0.$((RANDOM % 8 + 2))"
  kill -9 $service
  wait $service 2>/dev/null
  wait "${clients[@]}"
done

cat "$work"/seen.* 2>/dev/null | sort >"$work/seen"
"$vigil" audit list --data "$work/var" --kind answer --limit 1000000 --json >"$work/list"; check 'the trail opens' $?
grep -o '[0-9a-f]\{8\}-0000-4000-8000-[0-9a-f]\{12\}' "$work/list" | sort -u >"$work/recorded"
lost=$(comm -23 "$work/seen" "$work/recorded" | wc -l)
echo "kill: $(wc -l <"$work/seen") answers seen, $(wc -l <"$work/recorded") on record, $lost lost, $rounds kills"
[ -s "$work/seen" ]; check 'some answers were seen' $?
[ "$lost" = 0 ]; check 'every answer that was seen is on record' $?
"$vigil" replay --against "$work/var" >"$work/against"; check 'every stored request gives the same bytes again' $?
cat "$work/against"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
