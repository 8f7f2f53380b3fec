#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three services on one trail in PostgreSQL, behind nginx, under load: services killed with -9 and started again at random, one that is
# stopped in its tracks, PostgreSQL killed with -9, hung and started again, a patient erased, the log's key changed. Every answer that a client
# saw is on record once, all records are one tree, cards shown by one service are known to the others, a token is taken by one of
# them, a stop is in force on each within a second, and each record's event is in an audit repository once, whichever service sends. Afterwards
# the database is set back under them, which they notice. PostgreSQL and
# nginx are this script's own, in its folder.
# SECONDS_OF_LOAD (60) says how long at least; SUITE=1 runs the trail's tests on it first; BUILD (.build) is where Vigil was built with
# --traits PostgreSQL. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-.build} && vigil=$PWD/$build/release/vigil
work=$(mktemp -d) && chmod 755 "$work" && passed=0 && failed=0
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
as=() && [ "$(id -u)" = 0 ] && as=(runuser -u postgres --)   # PostgreSQL does not run as root
nodes=(1 2 3) pids=(0 0 0 0) ports=(0)

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); echo "  $1"; else failed=$((failed + 1)); echo "cluster: failed: $1"; fi
}
finish() {
  kill -CONT $(jobs -p) 2>/dev/null
  kill $(jobs -p) 2>/dev/null
  "${as[@]}" "$postgres/pg_ctl" -D "$work/postgresql" -m immediate -s stop 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
postgresql() { # postgresql start|stop
  # Loopback and a socket in our own folder; every commit waits for the disk, as it does by default.
  "${as[@]}" "$postgres/pg_ctl" -D "$work/postgresql" -s -w -t 60 -l "$work/postgresql/log" \
    -o "-p $pgport -c listen_addresses=127.0.0.1 -c max_connections=2000 -c unix_socket_directories=$work/postgresql" -m immediate "$1"
}
server() { head -1 "$work/postgresql/postmaster.pid"; }
processes() { echo "$(server)" $(pgrep -P "$(server)"); } # of PostgreSQL: the one that listens, and its children
start() { # start NODE [ARGUMENT...]
  local node=$1; shift
  "$vigil" serve --port "${ports[$node]}" --data "$work/node$node" --audit-repository "http://127.0.0.1:$there/fhir" \
    --audit-repository-token "$work/token$node" "$@" >>"$work/log$node" 2>&1 & pids[$node]=$!
}
stop() { # stop NODE: as an operator does; the exit code is the service's
  kill "${pids[$1]}" && wait "${pids[$1]}"
}
status() { curl -s -m 20 -o "$work/answer" -w '%{http_code}' "http://127.0.0.1:${ports[$1]}$2"; } # status NODE PATH
says() { grep -q "$1" "$work/answer"; } # says TEXT: whether the last answer does
ready() { for _ in $(seq 600); do curl -sf "http://127.0.0.1:${ports[$1]}/readyz" >/dev/null && return; sleep 0.05; done; return 1; }
call() { # call NODE SERVICE FILE: the status
  curl -s -m 25 -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$3" \
    "http://127.0.0.1:${ports[$1]}/cds-services/$2"
}
within() { # within NODE STATUS: whether a call gets the status within a second
  local begun=${EPOCHREALTIME/./}
  until [ "$(call "$1" patient-risk "$work/view.json")" = "$2" ]; do
    [ $((${EPOCHREALTIME/./} - begun)) -lt 1000000 ] || return 1
    sleep 0.02
  done
}

# A PostgreSQL of our own.
pgport=$(port)
install -d -m 700 "$work/postgresql" && [ "$(id -u)" = 0 ] && chown postgres "$work/postgresql"
(cd "$work" && "${as[@]}" "$postgres/initdb" -D "$work/postgresql" -U vigil --auth=trust --data-checksums --encoding=UTF8 >/dev/null)
check 'a database is made' $?
(cd "$work" && postgresql start); check 'PostgreSQL runs' $?
"$postgres/createdb" -h 127.0.0.1 -p "$pgport" -U vigil vigil; check 'with a database' $?
connection="host=127.0.0.1 port=$pgport user=vigil dbname=vigil"
if [ -n "${SUITE:-}" ]; then # the conformance tests on this PostgreSQL
  VIGIL_POSTGRESQL="$connection" swift test --scratch-path "$build" -c release --traits PostgreSQL --skip-build --filter 'AuditTests|ReplayStoreTests'
  check 'the conformance tests on PostgreSQL' $?
fi

# Three services with the keys of the first, behind nginx.
for node in "${nodes[@]}"; do
  ports[$node]=$(port)
  install -d -m 700 "$work/node$node"
  (umask 077; echo "$connection" >"$work/node$node/postgresql.connection"; echo "node$node" >"$work/token$node")
done
there=$(port)
keep() { # keep: an audit repository, which notes whose each Bundle is
  python3 Tests/EndToEnd/audit-repository.py "$there" "$work/events" --callers "$work/callers" & keeper=$!
  for _ in $(seq 200); do (echo >"/dev/tcp/127.0.0.1/$there") 2>/dev/null && return; sleep 0.05; done
}
sent() { # sent NODE: waits until nothing is unsent, as that service sees it; a minute longer than a sender that says nothing is waited for
  for _ in $(seq 240); do
    [ "$(curl -sf "http://127.0.0.1:${ports[$1]}/readyz" | python3 -c 'import json, sys; print(json.load(sys.stdin)["unsentAuditEvents"])' 2>/dev/null)" = 0 ] && return
    sleep 0.5
  done
  return 1
}
keep
start 1; ready 1; check 'the first service makes the tables and the keys' $?
for node in 2 3; do
  cp "$work"/node1/{pseudonym.key,root.key,checkpoint.key,log.vkey} "$work/node$node/"
  start "$node"; ready "$node"; check "service $node joins" $?
done
install -d -m 700 "$work/stranger" && cp "$work/node1/postgresql.connection" "$work/stranger/"
"$vigil" serve --port 0 --data "$work/stranger" >"$work/out" 2>&1; [ $? = 73 ] && grep -q AUD003 "$work/out"
check 'one with other keys does not' $?
balancer=$(port)
cat >"$work/nginx.conf" <<NGINX
daemon off; pid $work/nginx.pid; error_log $work/nginx.log;
events {}
http {
  access_log off; client_max_body_size 10m; client_body_buffer_size 1m;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  upstream vigil { $(for node in "${nodes[@]}"; do echo "server 127.0.0.1:${ports[$node]} fail_timeout=1s;"; done) }
  # A request that may have been answered is not sent to another service: that is nginx's default for POST.
  server { listen 127.0.0.1:$balancer; location / { proxy_pass http://vigil; proxy_read_timeout 20s; } }
}
NGINX
nginx -c "$work/nginx.conf" 2>>"$work/nginx.log" & for _ in $(seq 100); do curl -sf "http://127.0.0.1:$balancer/healthz" >/dev/null && break; sleep 0.05; done
curl -sf "http://127.0.0.1:$balancer/readyz" >/dev/null; check 'nginx leads to them' $?

# What one service has shown, the others know.
stop 1; check 'a service stops as told' $?
start 1 --open-chart FixturesFHIR/hooks/patient-view-septic.json
ready 1
for _ in $(seq 200); do [ -s "$work/node1/open-chart.json" ] && grep -q 'Serving until' "$work/log1" && break; sleep 0.05; done
cp "$work/node1/open-chart.json" "$work/view.json"
sign=$(python3 - "$work/view.json" "$work/sign.json" <(curl -s "http://127.0.0.1:${ports[1]}/cds-services") <<'PYTHON'
import json, sys
request = json.load(open(sys.argv[1]))
request["hook"] = "order-sign"
request["context"]["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
json.dump(request, open(sys.argv[2], "w"))
print(next(s["id"] for s in json.load(open(sys.argv[3]))["services"] if s["hook"] == "order-sign"))
PYTHON
)
held() { # held: how many cards have been held back, on all of the trail
  "$vigil" audit list --data "$work/node3" --user officer --held-back --limit 1000 --json >"$work/out" || return 1
  grep -o '"heldBack": *"[a-z-]*"' "$work/out" | wc -l
}
[ "$(call 1 "$sign" "$work/sign.json")" = 200 ]; check 'an order is signed at one' $?
before=$(held); check 'the trail is listed' $?
[ "$(call 2 "$sign" "$work/sign.json")" = 200 ]; check 'and again at another' $?
after=$(held); [ "$after" -gt "$before" ]; check 'which was running, and holds back what the first has shown' $?
stop 3 && start 3 && ready 3; check 'a third begins later' $?
[ "$(call 3 "$sign" "$work/sign.json")" = 200 ] && [ "$(held)" -gt "$after" ]; check 'and holds it back as well' $?

# A token is taken once by all of them together, also across a kill.
openssl ecparam -name secp384r1 -genkey -noout -out "$work/client.pem"
python3 - "$work" <<PYTHON
import json, subprocess, sys
keys = json.loads(subprocess.run([sys.executable, "Tests/EndToEnd/client-token.py", sys.argv[1] + "/client.pem", "--jwks"], check=True, capture_output=True).stdout)
json.dump({"clients": [{"id": "ehr", "issuer": "https://ehr.example.org", "jwks": keys}]}, open(sys.argv[1] + "/clients.json", "w"))
PYTHON
admit() { # admit NODE TOKEN: the status
  curl -s -m 20 -o "$work/answer" -w '%{http_code}' -H "Authorization: Bearer $2" "http://127.0.0.1:${ports[$1]}/cds-services"
}
token() { python3 Tests/EndToEnd/client-token.py "$work/client.pem" one https://cds.example.org/cds-services; }
for node in 1 2; do stop $node; start $node --clients "$work/clients.json" --external-url https://cds.example.org; done
for node in 1 2; do ready $node; check "service $node asks for tokens" $?; done
first=$(token) second=$(token)
[ "$(admit 1 "$first")" = 200 ]; check 'a token lets in' $?
[ "$(admit 2 "$first")" = 401 ]; check 'once, wherever it is shown' $?
[ "$(admit 2 "$second")" = 200 ]; check 'another lets in' $?
kill -9 "${pids[2]}"; wait "${pids[2]}" 2>/dev/null
[ "$(admit 1 "$second")" = 401 ]; check 'once, though the service that took it was killed' $?
stop 1; for node in 1 2; do start $node; done
for node in 1 2; do ready $node; check "service $node asks for none again" $?; done

# A stop is heard by all.
"$vigil" control stop --service patient-risk --reason trial --data "$work/node2" >/dev/null; check 'a stop is said' $?
for node in "${nodes[@]}"; do within "$node" 503; check "service $node has stopped within a second" $?; done
"$vigil" control resume --service patient-risk --data "$work/node3" >/dev/null; check 'and taken back' $?
for node in "${nodes[@]}"; do within "$node" 200; check "service $node has resumed within a second" $?; done

# Load, and what goes wrong under it.
python3 - "$balancer" FixturesFHIR/hooks/patient-view-sparse.json "$work/seen" "${SECONDS_OF_LOAD:-60}" <<'PYTHON' &
import collections, http.client, os, random, re, sys, threading, time, uuid
port, path, out, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
text, end, lock, seen, other = open(path).read(), time.time() + seconds, threading.Lock(), [], collections.Counter()
longest = 0
def work():
    global longest
    # Until all has been tried, however slow the machine is.
    while time.time() < end or not os.path.exists(out + ".enough") and time.time() < end + 600:
        instance = str(uuid.uuid4())
        call = re.sub(r'("hookInstance": *")[^"]*', r"\g<1>" + instance, text).replace("syn-sparse", f"syn-sparse-{random.randrange(20)}").encode()
        begun = time.time()
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            link.request("POST", "/cds-services/patient-risk", call, {"Content-Type": "application/json"})
            answer = link.getresponse()
            body, status = answer.read().decode(errors="replace"), answer.status
            link.close()
        except (OSError, http.client.HTTPException) as error: status = type(error).__name__
        if status == 503: status = "503 " + (re.search(r"AUD\d{3}", body) or re.search(r"[A-Z]{3}\d{3}|nginx", body) or ["without a code"])[0]
        with lock:
            longest = max(longest, time.time() - begun)
            if status == 200: seen.append(instance)
            else: other[status] += 1
        if status != 200: time.sleep(0.05)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
open(out, "w").write("".join(f"{instance}\n" for instance in seen))
print(f"cluster: {len(seen)} answers seen in {seconds:.0f} s, others {dict(other)}, longest wait {longest:.1f} s")
open(out + ".others", "w").write("".join(f"{status}\n" for status in other))
PYTHON
load=$!
kills=0
all_ready() { for node in "${nodes[@]}"; do ready "$node"; check "service $node is ready: $1" $?; done; }
while kill -0 $load 2>/dev/null; do
  node=$((RANDOM % 3 + 1))
  sleep "$((RANDOM % 2)).$((RANDOM % 10))"
  kill -9 "${pids[$node]}"; wait "${pids[$node]}" 2>/dev/null; kills=$((kills + 1))
  sleep "0.$((RANDOM % 8))"
  start "$node"
  ready "$node"; check "service $node is back after a kill" $?
  case $kills in
    2) # a patient is erased, by two people on two machines
      "$vigil" audit erase --data "$work/node2" --patient syn-sparse-3 --user officer --reason request >"$work/erase"
      check 'an erasure is proposed under load' $?
      "$vigil" audit approve erasure "$(grep -o '[0-9]*' "$work/erase" | tail -1)" --data "$work/node3" --user second >"$work/erased" 2>&1
      check 'and done' $?;;
    3) # the log's key is changed on one machine, and copied to the others
      "$vigil" audit rotate-key --data "$work/node1" --user officer --reason yearly >"$work/log.vkey" 2>/dev/null; check "the log's key is changed under load" $?
      for other in 2 3; do cp "$work/node1/checkpoint.key" "$work/node$other/"; done
      all_ready 'with the new key'
      # and the root key, which each needs before it is in force
      "$vigil" audit rotate-root-key --data "$work/node1" --user officer --reason yearly >"$work/out" 2>&1; [ $? = 73 ] && grep -q AUD033 "$work/out"
      check 'no root key is replaced before the others have it' $?
      "$vigil" audit rotate-root-key --data "$work/node1" --prepare >/dev/null; check 'the next is made' $?
      for other in 2 3; do cp "$work/node1/root.key" "$work/node$other/"; done
      "$vigil" audit rotate-root-key --data "$work/node1" --user officer --reason yearly >/dev/null 2>&1; check 'and replaces the root key under load' $?
      for _ in $(seq 100); do cmp -s "$work/node1/root.key" "$work/node2/root.key" && cmp -s "$work/node1/root.key" "$work/node3/root.key" && break; sleep 0.1; done
      cmp -s "$work/node1/root.key" "$work/node2/root.key" && cmp -s "$work/node1/root.key" "$work/node3/root.key" && [ "$(stat -c %s "$work/node2/root.key")" = 32 ]
      check 'no service keeps the one before' $?
      all_ready 'with the new root key';;
    4) # PostgreSQL is killed, as by a loss of power
      kill -9 $(processes); sleep 0.5
      [ "$(call 1 patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 503 ] && says AUD021; check 'no answer without its record' $?
      sleep 1
      for other in "${nodes[@]}"; do [ "$(status "$other" /readyz)" = 503 ]; check "service $other says that it is not ready" $?; done
      for _ in $(seq 50); do (cd "$work" && postgresql start 2>/dev/null) && break; sleep 0.2; done
      [ -n "$(server)" ]; check 'PostgreSQL runs again' $?
      all_ready 'PostgreSQL is there again';;
    5) # PostgreSQL hangs: its connections are open, and nobody answers
      hung=$(processes); kill -STOP $hung
      begun=${EPOCHREALTIME/./}
      [ "$(call 2 patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 503 ] && says AUD021; check 'no answer while PostgreSQL hangs' $?
      waited=$(((${EPOCHREALTIME/./} - begun) / 1000)); echo "cluster: waited for $waited ms"
      [ $waited -lt 8000 ]; check 'and no waiting twice' $?
      begun=${EPOCHREALTIME/./}
      [ "$(call 2 patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 503 ] && says AUD021 \
        && [ $((${EPOCHREALTIME/./} - begun)) -lt 1000000 ]; check 'nor at all for who comes then' $?
      sleep 2
      for other in "${nodes[@]}"; do [ "$(status "$other" /readyz)" = 503 ]; check "service $other says that it is not ready" $?; done
      kill -CONT $hung
      all_ready 'PostgreSQL goes on';;
    6) # one service is stopped in its tracks, perhaps within a transaction
      kill -STOP "${pids[1]}"; sleep 6
      [ "$(call 2 patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 200 ]; check 'the others go on without it' $?
      kill -CONT "${pids[1]}"
      all_ready 'it goes on';;
  esac
  if [ $kills -ge 6 ]; then : >"$work/seen.enough"; fi
done
wait $load; check 'the load came to its end' $?
[ $kills -ge 6 ]; check 'all of it was tried' $?
# AUD003: a service whose folder does not have the new key of the log yet. AUD004: who waits behind one that is stopped in its tracks.
! grep -vE '^(50[24]|503 (AUD021|AUD003|AUD004)|RemoteDisconnected|ConnectionResetError)$' "$work/seen.others"; check 'every refusal says why' $?
grep -q '^503 AUD021$' "$work/seen.others"; check 'that PostgreSQL was gone among them' $?
# Of the services one sends the trail to the audit repository, and another when that one is gone.
sent 1; check 'all records are sent, whoever was killed' $?
sender=$(tail -1 "$work/callers") && killed=${sender#node} && other=$((killed % 3 + 1))
kill -9 "${pids[$killed]}"; wait "${pids[$killed]}" 2>/dev/null
[ "$(call "$other" patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 200 ] && sent "$other"; check 'the one that sends is killed, and another sends' $?
[ "$(tail -1 "$work/callers")" != "$sender" ]; check 'which is another' $?
start "$killed"; ready "$killed"; check 'it comes back' $?
for node in "${nodes[@]}"; do stop "$node"; check "service $node stops as told" $?; done
"$vigil" audit export --data "$work/node1" --format auditevent --output "$work/exported" --user officer >/dev/null
python3 - "$work/exported" "$work/events" <<'PYTHON'
import json, sys
exported = {event["id"]: event for event in map(json.loads, open(sys.argv[1]))}
sent, lines = {}, 0
for event in map(json.loads, open(sys.argv[2])):
    lines += 1
    if sent.setdefault(event["id"], event) != event or exported.get(event["id"]) != event: sys.exit(event["id"])
last = max(int(name.split("-")[0]) for name in sent)
print(f"cluster: {len(sent)} events in the audit repository, {lines - len(sent)} came again")
sys.exit({name for name in exported if int(name.split("-")[0]) <= last} != sent.keys())
PYTHON
check 'each record is in the audit repository once, as it is exported' $?

"$vigil" audit verify --data "$work/node2" --key "$work/node1/log.vkey" --json >"$work/out"
check 'all records are one tree, intact' $?
python3 -c 'import json, sys; r = json.load(sys.stdin); print("cluster:", r["records"], "records,", r["checkpoints"], "signed checkpoints,", r["payloads"], "payloads")' <"$work/out"
"$vigil" audit list --data "$work/node3" --user officer --kind answer --limit 10000000 --json \
  | python3 -c 'import json, sys; [print(r["hookInstance"]) for r in json.load(sys.stdin) if r.get("hookInstance")]' | sort >"$work/recorded"
sort "$work/seen" >"$work/sorted"
lost=$(comm -23 "$work/sorted" <(uniq "$work/recorded") | wc -l)
doubled=$(comm -12 "$work/sorted" <(uniq -d "$work/recorded") | wc -l)
echo "cluster: $kills kills, $(wc -l <"$work/sorted") answers seen, $lost lost, $doubled doubled"
[ -s "$work/sorted" ] && [ "$lost" = 0 ]; check 'every answer that was seen is on record' $?
[ "$doubled" = 0 ]; check 'once' $?
"$vigil" audit list --data "$work/node1" --user officer --patient syn-sparse-3 --limit 10000 --json >"$work/out2"; check 'the erased patient is looked for' $?
python3 - "$work/out2" "$(grep -o '[0-9]*' "$work/erased" | head -1)" <<'PYTHON'
import json, sys
found, erased = [r["sequence"] for r in json.load(open(sys.argv[1]))], int(sys.argv[2])
sys.exit(0 if found and min(found) > erased else 1)
PYTHON
check 'of whom nothing of before is found' $?
python3 -c 'import json, sys; r = json.load(sys.stdin); sys.exit(0 if r["erased"] > 0 and r["opened"] + r["erased"] == r["payloads"] else 1)' <"$work/out"
check 'nor opened, and all else is' $?
for id in 1 7 "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["records"])' <"$work/out")"; do
  "$vigil" audit prove "$id" --data "$work/node3" --output "$work/proof" \
    && python3 docs/verify/check_proof.py "$work/proof" "$work/log.vkey" >/dev/null
  check "record $id is proved to another program" $?
done

# The database is set back under running services, as by a standby that lagged.
for node in "${nodes[@]}"; do start "$node"; done; all_ready 'for another day'
(cd "$work" && postgresql stop) && cp -a "$work/postgresql" "$work/backup" && (cd "$work" && postgresql start); check 'a copy is made of the database' $?
all_ready 'it has begun anew'
for node in "${nodes[@]}"; do
  [ "$(call "$node" patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 200 ]; check "service $node answers" $?
done
(cd "$work" && postgresql stop) && mv "$work/postgresql" "$work/lost" && mv "$work/backup" "$work/postgresql" && (cd "$work" && postgresql start)
check 'and put in its place' $?
for node in "${nodes[@]}"; do
  for _ in $(seq 50); do [ "$(call "$node" patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 503 ] && says AUD024 && break; sleep 0.1; done
  says AUD024; check "service $node signs nothing on it" $?
  [ "$(status "$node" /readyz)" = 503 ]; check "service $node says so" $?
  stop "$node" 2>/dev/null
done
start 1; ready 1 && [ "$(call 1 patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 200 ]; check 'who is started anew goes on with it' $?
"$vigil" audit verify --data "$work/node2" --key "$work/node1/log.vkey" >/dev/null; check 'which is one tree as well' $?
echo "$passed passed, $failed failed"
[ $failed = 0 ]
