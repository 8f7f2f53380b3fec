#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the commands of the README exactly as they stand there, in order, on this checkout.
#
# `make run` is started in the background on a free port and must print the cards and the curl; the commands after it
# run against it; `make test`, which has called us, is only checked to be there. Prints what it runs; exit 0 when all
# of them succeed.
set -uo pipefail
cd "$(dirname "$0")/../.."

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT=$port
log=$(mktemp) && service=0 && failed=0 && passed=0
trap 'kill -INT $service 2>/dev/null; rm -f "$log"' EXIT

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "readme: failed: $1"; fi
}

commands=$(awk '/^```sh$/ {inside = 1; next} /^```$/ {inside = 0} inside' README.md | grep -v '^#')
grep -qx 'make run' <<<"$commands"; check 'the README names make run' $?
grep -qx 'make test' <<<"$commands"; check 'the README names make test' $?

while IFS= read -r command; do
  [ -n "$command" ] || continue
  echo "readme: $command"
  case $command in
    'make test') make -n test >/dev/null; check "$command" $? ;;
    'make run')
      set -m; make run >"$log" 2>&1 & service=$!; set +m
      for _ in $(seq 2400); do
        grep -q 'Ctrl-C' "$log" && break
        kill -0 $service 2>/dev/null || break
        sleep 0.5
      done
      grep -q 'Ctrl-C' "$log"; check 'make run keeps serving' $?
      grep -qi 'sepsis' "$log" && grep -qi 'hospital' "$log"; check 'make run prints both cards' $?
      curl_line=$(grep -m1 -E '^ *curl ' "$log"); bash -c "$curl_line -sf" >"$log.cards" 2>>"$log"
      check 'the printed curl answers' $?
      grep -q '"cards"' "$log.cards"; check 'the printed curl gives cards' $?; rm -f "$log.cards"
      [ $failed = 0 ] || tail -40 "$log"
      ;;
    *'vigil assess'*)
      bash -c "$command" >"$log.out" 2>&1; check "$command" $?
      # The card in the README is the one that is printed.
      card=$(awk '/^```text$/ {inside = 1; next} /^```$/ {inside = 0} inside' README.md)
      [ -n "$card" ] && [[ "$(cat "$log.out")" == *"$card"* ]]; check 'the card of the README is the real one' $?
      rm -f "$log.out" ;;
    *) bash -c "${command//8080/$port}" >"$log.out" 2>&1; status=$?
       [ $status = 0 ] || tail -20 "$log.out"
       check "$command" $status; rm -f "$log.out" ;;
  esac
done <<<"$commands"

if [ $service != 0 ]; then
  kill -INT -- -$service 2>/dev/null; wait $service; status=$?
  [ $status = 0 ] || [ $status = 130 ] || [ $status = 2 ]; check "Ctrl-C ends make run (it ended with $status)" $?
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
