#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The operator's word to a running service: stops in force within a second and on record, a model activated and rolled back while
# clients call without one request dropped, kill -9 in between; the configuration file and its page; this service examined as any
# other. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
request=$work/request.json # the septic chart moved to end now, so that there are probabilities

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "control: failed: $1"; fi
}
call() { # call [SERVICE]: the status of a call
  curl -s -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$request" \
    "$base/cds-services/${1:-patient-risk}"
}
within() { # within STATUS: whether a call gets the status within a second
  local begun=${EPOCHREALTIME/./}
  until [ "$(call)" = "$1" ]; do [ $((${EPOCHREALTIME/./} - begun)) -lt 1000000 ] || return 1; sleep 0.02; done
}
start() {
  "$vigil" serve --port "$port" --data "$work/var" --profiles "$work/Profiles" \
    --open-chart FixturesFHIR/hooks/patient-view-septic.json >>"$work/log" 2>&1 & pid=$!
  for _ in $(seq 600); do curl -sf "$base/readyz" >/dev/null && return; sleep 0.05; done
}

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
base=http://127.0.0.1:$port
cp -r Profiles "$work/Profiles"
# A second version of the prognosis: the same numbers under another name.
model=$work/Profiles/models/icu-prognosis
version=$(ls "$model" | tail -1)
cp -r "$model/$version" "$model/9.0.0"
seal() { # seal FOLDER VERSION PUBLISHER: makes it another package
  sed -i "s/\"version\" *: *\"[0-9.]*\"/\"version\": \"$2\"/; s/\"publisher\" *: *\"[^\"]*\"/\"publisher\": \"$3\"/" "$1/manifest.json"
  (cd "$1" && rm -f SHA256SUMS.sig && awk '{print $2}' SHA256SUMS >"$work/names" && xargs sha256sum <"$work/names" >SHA256SUMS)
}
seal "$model/9.0.0" 9.0.0 somebody

start
for _ in $(seq 200); do [ -s "$work/var/open-chart.json" ] && break; sleep 0.05; done
cp "$work/var/open-chart.json" "$request"
[ "$(call)" = 200 ]; check 'it answers' $?
"$vigil" control stop --service patient-risk --reason 'trial' --data "$work/var" >/dev/null; check 'a stop is written' $?
within 503; check 'a service is stopped within a second' $?
[ "$(call patient-risk-v3)" = 200 ]; check 'another service goes on' $?
kill -9 $pid; wait $pid 2>/dev/null; start
[ "$(call)" = 503 ]; check 'a stop outlives kill -9' $?
"$vigil" control resume --service patient-risk --data "$work/var" >/dev/null; check 'it is resumed' $?
within 200; check 'within a second' $?
"$vigil" control stop --model icu-prognosis --reason 'drift' --by ann --data "$work/var" >/dev/null
for _ in $(seq 40); do call >/dev/null; grep -q 'the model is stopped' "$work/answer" && break; sleep 0.02; done
grep -q 'the model is stopped' "$work/answer"; check 'a stopped model says so' $?
"$vigil" control show --data "$work/var" | grep 'model icu-prognosis, by ann: drift' >/dev/null; check 'show says who and why' $?
"$vigil" control resume --model icu-prognosis --data "$work/var" >/dev/null
"$vigil" control resume --all --data "$work/var" >/dev/null 2>&1; [ $? = 1 ]; check 'what is not stopped is not resumed' $?

choose() { # choose VERSION: two people choose a version of the prognosis
  "$vigil" control activate icu-prognosis "$1" --reason trial --by ann --data "$work/var" --profiles "$work/Profiles" >/dev/null &&
    "$vigil" control approve icu-prognosis "$1" --by bob --data "$work/var" --profiles "$work/Profiles" >/dev/null
}
clients() { # calls until told to stop, and notes every answer that is not 200
  while [ ! -e "$work/done" ]; do s=$(call_quietly "$1"); [ "$s" = 200 ] || echo "$s" >>"$work/dropped"; echo >>"$work/calls"; done
}
call_quietly() {
  curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$request" "$base/cds-services/patient-risk"
}
for client in 1 2 3; do clients $client & clients[$client]=$!; done
for chosen in "$version" 9.0.0 "$version"; do
  choose "$chosen"; check "$chosen is chosen" $?
  for _ in $(seq 200); do call >/dev/null; grep -q "icu-prognosis $chosen" "$work/answer" && break; sleep 0.05; done
  grep -q "icu-prognosis $chosen" "$work/answer"; check "$chosen answers" $?
done
# A newer version of a model that nobody chose does not begin to answer along with another's activation.
diagnosis=$work/Profiles/models/icu-diagnosis
running=$(ls "$diagnosis" | tail -1)
cp -r "$diagnosis/$running" "$diagnosis/99.0.0" && seal "$diagnosis/99.0.0" 99.0.0 somebody
choose 9.0.0
for _ in $(seq 200); do call >/dev/null; grep -q "icu-prognosis 9.0.0" "$work/answer" && break; sleep 0.05; done
"$vigil" audit list --data "$work/var" --kind control --limit 1 --json >"$work/list"
grep -q "icu-diagnosis $running, icu-prognosis 9.0.0" "$work/list"; check 'an activation changes no other model' $?
rm -r "$diagnosis/99.0.0"; choose "$version"
touch "$work/done"; wait "${clients[@]}"
[ ! -s "$work/dropped" ]; check "none of $(wc -l <"$work/calls") calls was dropped" $?
"$vigil" control activate icu-prognosis 1.2.3 --reason trial --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 78 ]
check 'a version that is not there is not chosen' $?
"$vigil" control approve icu-prognosis 9.0.0 --by bob --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 1 ]; check 'what nobody proposed is not approved' $?
"$vigil" control activate icu-prognosis 9.0.0 --reason trial --by 'A. Lee' --data "$work/var" --profiles "$work/Profiles" >/dev/null; check 'one person proposes' $?
"$vigil" control approve icu-prognosis "$version" --by bob --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 1 ]; check 'another version than was proposed is not approved' $?
"$vigil" control approve icu-prognosis 9.0.0 --by 'a. lee' --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 1 ]; check 'and does not approve it' $?
sleep 0.3; call >/dev/null; grep -q "icu-prognosis $version" "$work/answer"; check 'so nothing changes' $?
seal "$model/9.0.0" 9.0.0 "somebody else"
"$vigil" control approve icu-prognosis 9.0.0 --by bob --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 1 ]; check 'another package than was proposed is not approved' $?
"$vigil" control show --data "$work/var" | grep -q 'icu-prognosis 9.0.0, proposed by A. Lee .*not approved yet'; check 'show says what waits' $?
"$vigil" audit list --data "$work/var" --kind control --json >"$work/list"; check 'the trail is read' $?
grep -q 'proposed by ann, approved by bob' "$work/list"; check 'with both names' $?
for word in stopped resumed proposed activated; do grep -q "\"$word\"" "$work/list"; check "the trail has $word" $?; done

"$vigil" conformance "$base" --request "$request" >"$work/conformance"; check 'this service conforms' $?
grep -q ' 0 failed, 0 warnings' "$work/conformance"; check 'without a warning' $?
[ $failed = 0 ] || grep -E 'failed|warning|- ' "$work/conformance"
"$vigil" conformance http://127.0.0.1:1 >/dev/null 2>&1; [ $? = 69 ]; check 'nobody at home is told' $?
kill -TERM $pid; wait $pid; check 'the service stops as told' $?

# A stop fails safe. With room for few open files and more callers than that the control file cannot be opened.
control=$work/var/control.json
(ulimit -n 60; exec "$vigil" serve --port "$port" --data "$work/var" --profiles "$work/Profiles") >"$work/few" 2>&1 & pid=$!
for _ in $(seq 600); do curl -sf "$base/readyz" >/dev/null && break; sleep 0.05; done
"$vigil" control stop --all --reason 'wrong units' --data "$work/var" >/dev/null; within 503
check 'all is stopped' $?
python3 -c 'import socket, sys, time
kept = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(80)]
time.sleep(2)' "$port"
[ "$(call)" = 503 ]; check 'and stays so while no file can be opened' $?
grep -q 'CTL003' "$work/few"; check 'which the log says' $?
mv "$control" "$work/aside"; sleep 0.5; [ "$(call)" = 503 ]; check 'a file that is gone resumes nothing' $?
head -c 30 "$work/aside" >"$control"; sleep 0.5; [ "$(call)" = 503 ]; check 'nor does half a file' $?
"$vigil" control stop --model icu-prognosis --reason x --data "$work/var" >/dev/null 2>&1; [ $? = 73 ]; check 'which is not written over' $?
kill -TERM $pid; wait $pid
"$vigil" audit list --data "$work/var" --kind control --limit 3 >"$work/list"; ! grep -q resumed "$work/list"; check 'nothing was resumed' $?
timeout 20 "$vigil" serve --port "$port" --data "$work/var" --profiles "$work/Profiles" >"$work/few" 2>&1; [ $? = 78 ]
check 'no service starts on half a file' $?
grep -q 'CTL001' "$work/few"; check 'and says why' $?
mv "$work/aside" "$control"
for n in 1 2 3 4 5 6 7 8; do "$vigil" control stop --model "m$n" --reason x --data "$work/var" >/dev/null & stops[$n]=$!; done; wait "${stops[@]}"
[ "$("$vigil" control show --data "$work/var" | grep -c 'model m')" = 8 ]; check 'of eight operators at once all are heard' $?
rm "$control"
# A chosen version answers, or nothing does.
cp -r "$model/9.0.0" "$model/10.0.0"; echo x >>"$model/10.0.0/weights.safetensors"
choose "$version"
start; call >/dev/null; grep -q "icu-prognosis $version" "$work/answer"; check 'a broken newest model keeps no older one that was chosen' $?
kill -TERM $pid; wait $pid
"$vigil" audit list --kind start --limit 1 --data "$work/var" | grep -q "in force: icu-prognosis.*$version.* proposed by ann, approved by bob"
check 'and its start says by whose word it answers' $?
"$vigil" control activate icu-prognosis newest --reason trial --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 78 ]
check 'a broken one is not chosen' $?
mv "$model/$version" "$work/kept"
timeout 20 "$vigil" serve --port "$port" --data "$work/var" --profiles "$work/Profiles" >/dev/null 2>&1; [ $? = 78 ]
check 'without the chosen version no service starts' $?
mv "$work/kept" "$model/$version"; rm -r "$model/10.0.0" "$control"
"$vigil" replay --against "$work/var" --profiles "$work/Profiles" >"$work/against" 2>&1; status=$?
[ $status = 0 ] || grep -q '"models"\|models' "$work/against"; check 'what differs again is the models alone' $?
printf '{"coolDownHours": 4}' >"$work/policy.json"
"$vigil" feedback what-if --policy "$work/policy.json" --data "$work/var" >"$work/what-if"; check 'a policy is tried' $?
grep -q 'cool-down' "$work/what-if"; check 'and holds back what was seen' $?

"$vigil" serve --describe | diff -q - docs/configuration.md >/dev/null; check 'docs/configuration.md is what the program says' $?
printf 'port: %s\ndata: %s\nstrict: true\n' "$port" "$work/var2" >"$work/vigil.yaml"
"$vigil" serve --config "$work/vigil.yaml" --check >"$work/check"; check 'a configuration is checked' $?
grep -Eq "^port +$port +\(file\)" "$work/check"; check 'and explained' $?
VIGIL_SERVE_PORT=1 "$vigil" serve --config "$work/vigil.yaml" --check | grep -Eq '^port +1 +\(environment\)'; check 'the environment goes first' $?
printf 'prot: 1\n' >"$work/wrong.yaml"
"$vigil" serve --config "$work/wrong.yaml" --check >"$work/check" 2>&1; [ $? = 78 ] && grep -q 'line 1; port is one' "$work/check"
check 'a key that is not known is an error' $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
