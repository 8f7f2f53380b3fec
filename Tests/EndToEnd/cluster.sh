#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three services on one trail in PostgreSQL, behind nginx: killed with -9 and started again at random under load, PostgreSQL itself
# stopped in between. Every answer that a client saw is on record once, all records are one tree, cards shown by one service are known
# to the others, and a stop is in force on each within a second. PostgreSQL and nginx are this script's own, in its folder.
# SECONDS_OF_LOAD (30) says how long; SUITE=1 runs the trail's tests on it first; BUILD (.build) is where Vigil was built with
# --traits PostgreSQL. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-.build} && vigil=$PWD/$build/release/vigil
work=$(mktemp -d) && chmod 755 "$work" && passed=0 && failed=0
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
as=() && [ "$(id -u)" = 0 ] && as=(runuser -u postgres --)   # PostgreSQL does not run as root
nodes=(1 2 3) pids=(0 0 0 0) ports=(0)

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "cluster: failed: $1"; fi
}
finish() {
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
    -o "-p $pgport -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/postgresql" -m immediate "$1"
}
start() { # start NODE
  "$vigil" serve --port "${ports[$1]}" --data "$work/node$1" >>"$work/log$1" 2>&1 & pids[$1]=$!
}
ready() { for _ in $(seq 600); do curl -sf "http://127.0.0.1:${ports[$1]}/readyz" >/dev/null && return; sleep 0.05; done; return 1; }
call() { # call NODE SERVICE FILE: the status
  curl -s -o "$work/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$3" \
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
  (umask 077; echo "$connection" >"$work/node$node/postgresql.connection")
done
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
kill "${pids[1]}"; wait "${pids[1]}" 2>/dev/null
"$vigil" serve --port "${ports[1]}" --data "$work/node1" --open-chart FixturesFHIR/hooks/patient-view-septic.json >>"$work/log1" 2>&1 & pids[1]=$!
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
[ "$(call 1 "$sign" "$work/sign.json")" = 200 ]; check 'an order is signed at one' $?
"$vigil" audit list --data "$work/node1" --user officer --held-back --json >"$work/before"
[ "$(call 2 "$sign" "$work/sign.json")" = 200 ]; check 'and again at another' $?
"$vigil" audit list --data "$work/node3" --user officer --held-back --json >"$work/after"
[ "$(grep -o '"heldBack": *"[a-z-]*"' "$work/after" | wc -l)" -gt "$(grep -o '"heldBack": *"[a-z-]*"' "$work/before" | wc -l)" ]
check 'which holds back what the first has shown' $?

# A stop is heard by all.
"$vigil" control stop --service patient-risk --reason trial --data "$work/node2" >/dev/null; check 'a stop is said' $?
for node in "${nodes[@]}"; do within "$node" 503; check "service $node has stopped within a second" $?; done
"$vigil" control resume --service patient-risk --data "$work/node3" >/dev/null
for node in "${nodes[@]}"; do within "$node" 200; check "service $node has resumed within a second" $?; done

# Load, and kills at random.
python3 - "$balancer" FixturesFHIR/hooks/patient-view-sparse.json "$work/seen" "${SECONDS_OF_LOAD:-30}" <<'PYTHON' &
import http.client, json, sys, threading, time, uuid
port, path, out, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
request, end, lock, seen, other = json.load(open(path)), time.time() + seconds, threading.Lock(), [], {}
def work():
    while time.time() < end:
        call = dict(request, hookInstance=str(uuid.uuid4()))
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=25)
            link.request("POST", "/cds-services/patient-risk", json.dumps(call), {"Content-Type": "application/json"})
            answer = link.getresponse()
            answer.read()
            status = answer.status
            link.close()
        except OSError as error: status = type(error).__name__
        except http.client.HTTPException as error: status = type(error).__name__
        with lock:
            if status == 200: seen.append(call["hookInstance"])
            else: other[status] = other.get(status, 0) + 1
        if status != 200: time.sleep(0.05)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
open(out, "w").write("".join(f"{instance}\n" for instance in seen))
print(f"cluster: {len(seen)} answers seen in {seconds:.0f} s, others {other}")
PYTHON
load=$!
kills=0
while kill -0 $load 2>/dev/null; do
  node=$((RANDOM % 3 + 1))
  sleep "$((RANDOM % 2)).$((RANDOM % 10))"
  kill -9 "${pids[$node]}"; wait "${pids[$node]}" 2>/dev/null; kills=$((kills + 1))
  sleep "0.$((RANDOM % 8))"
  start "$node"
  ready "$node" || echo "cluster: service $node is not ready"
  if [ $kills = 4 ]; then # PostgreSQL is gone for a while, as after a loss of power
    (cd "$work" && postgresql stop)
    [ "$(call 1 patient-risk FixturesFHIR/hooks/patient-view-sparse.json)" = 503 ]; check 'no answer without its record' $?
    sleep 1
    unready=0
    for other in "${nodes[@]}"; do [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:${ports[$other]}/readyz")" = 503 ] && unready=$((unready + 1)); done
    [ $unready = 3 ]; check 'none says that it is ready' $?
    (cd "$work" && postgresql start); check 'PostgreSQL runs again' $?
    for other in "${nodes[@]}"; do ready "$other"; check "service $other has found it" $?; done
  fi
done
wait $load
for node in "${nodes[@]}"; do ready "$node" && kill "${pids[$node]}" && wait "${pids[$node]}" 2>/dev/null; done

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
for id in 1 7 "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["records"])' <"$work/out")"; do
  "$vigil" audit prove "$id" --data "$work/node3" --output "$work/proof" \
    && python3 docs/verify/check_proof.py "$work/proof" "$work/node1/log.vkey" >/dev/null
  check "record $id is proved to another program" $?
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
