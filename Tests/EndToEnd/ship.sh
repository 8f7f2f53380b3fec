#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A service under load that sends its trail to an audit repository, while the repository is killed with signal 9 and stays away, and the
# service is killed too: in the end each record's event is there once, as it is exported. Then events that are not taken, a repository in
# which events are only created, and TLS. Then an OpenTelemetry collector and a syslog receiver beside the repository, killed in the same
# way, and receivers that do not confirm, reject or are busy.
# Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
data=$work/var && away=${AWAY:-3}

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "ship: failed: $1"; fi
}
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(port) && base=http://127.0.0.1:$port && there=$(port) && repository=http://127.0.0.1:$there/fhir
keep() { # keep OPTIONS...: the repository
  python3 Tests/EndToEnd/audit-repository.py "$there" "$work/events" --token hush-hush "$@" & keeper=$!
  for _ in $(seq 200); do (echo >"/dev/tcp/127.0.0.1/$there") 2>/dev/null && return; sleep 0.05; done
}
start() { # start OPTIONS...: the service
  "$vigil" serve --port "$port" --data "$data" --audit-repository "$repository" "$@" >>"$work/log" 2>&1 & service=$!
  for _ in $(seq 600); do curl -sfk "$base/readyz" >/dev/null && return; sleep 0.05; done
}
stop() { kill "$service"; wait "$service" 2>/dev/null; }
mark() { begun=$(stat -c %s "$work/log"); } # of what the service says from here on
said() { # said PATTERN: whether it says so within two minutes, the longest of its waits and more
  for _ in $(seq 1200); do grep -q "$1" <(tail -c +$((begun + 1)) "$work/log") && return; sleep 0.1; done; return 1
}
call() { # call ID: a hook with this id of the firing
  sed "s/\"hookInstance\": *\"[^\"]*\"/\"hookInstance\": \"$1\"/" FixturesFHIR/hooks/patient-view-sparse.json >"$work/request.$1"
  curl -sk -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$work/request.$1" \
    "$base/cds-services/patient-risk"
  rm -f "$work/request.$1"
}
client() { # client NUMBER: calls until it is told to stop, and notes what was answered
  for number in $(seq 100000); do
    [ -e "$work/enough" ] && return
    id=$(printf '%08x-0000-4000-8000-%012x' "$1" "$number")
    if [ "$(call "$id")" = 200 ]; then echo "$id" >>"$work/seen.$1"; else sleep 0.05; fi
  done
}
unsent() { curl -sfk "$base/readyz" | python3 -c 'import json, sys; print(json.load(sys.stdin)["unsentAuditEvents"])'; }
drained() { for _ in $(seq 1200); do [ "$(unsent 2>/dev/null)" = 0 ] && return; sleep 0.1; done; return 1; }
compare() { # what the repository has against what is exported: prints what is wrong
  "$vigil" audit export --data "$data" --format auditevent --output "$work/exported" --user officer >/dev/null
  python3 - "$work/exported" "$work/events" <<'PYTHON'
import json, sys
def kept(path):
    for line in open(path):
        try:
            yield json.loads(line)
        except ValueError:
            pass  # the repository was killed while it wrote, before it had answered
def named(event): # one that was created has its id as a tag
    tags = event["meta"].pop("tag", None)
    return {**event, "id": tags[0]["code"]} if tags else event
exported = {event["id"]: event for event in map(json.loads, open(sys.argv[1]))}
there, numbers, lines = {}, {}, 0
for event in map(named, kept(sys.argv[2])):
    lines += 1
    if there.setdefault(event["id"], event) != event:
        print(event["id"], "changed")
    numbers.setdefault(int(event["id"].split("-")[0]), set()).add(event["id"])
last = max(int(name.split("-")[0]) for name in exported)
for name, event in exported.items():
    if there.get(name) != event:
        print(name, "is missing" if name not in there else "differs")
for number, names in numbers.items():
    if len(names) != 1 or number <= last and not names <= exported.keys():
        print(number, "is there as", sorted(names))
print(f"ship: {len(exported)} records, {len(there)} events, {lines - len(there)} came again", file=sys.stderr)
PYTHON
}

# Under load, both killed.
(umask 077 && echo hush-hush >"$work/token")
keep
start --audit-repository-token "$work/token"
for number in 1 2 3; do client "$number" & clients+=($!); done
sleep 2
kill -9 "$keeper"; sleep "$away"
[ "$(unsent)" -gt 0 ]; check 'what is not sent is seen' $?
kill -9 "$service"; wait "$service" 2>/dev/null
start --audit-repository-token "$work/token"
keep --slow 0.05
for _ in 1 2 3; do sleep 1; kill -9 "$keeper"; keep --slow 0.05; done
kill -9 "$service"; wait "$service" 2>/dev/null
start --audit-repository-token "$work/token"
sleep 1
touch "$work/enough"; wait "${clients[@]}"
drained; check 'everything is sent in the end' $?
compare >"$work/wrong"; [ ! -s "$work/wrong" ]; check "each record is there once, as it is exported: $(head -3 "$work/wrong")" $?
sort "$work"/seen.* >"$work/seen" && grep -o '[0-9a-f]\{8\}-0000-4000-8000-[0-9a-f]\{12\}' "$work/events" | sort -u >"$work/heard"
[ -s "$work/seen" ] && [ -z "$(comm -23 "$work/seen" "$work/heard")" ]; check 'so is every answer that was seen' $?
echo "ship: $(wc -l <"$work/seen") answers seen"
"$vigil" audit verify --data "$data" >"$work/out"; check 'the trail is intact' $?
# An id is made of the leaf, by another program.
"$vigil" audit prove 5 --data "$data" --output "$work/5.tlog-proof" >/dev/null
python3 - "$work/5.tlog-proof" "$data/log.vkey" "$work/events" <<'PYTHON'
import base64, hashlib, json, sys
leaf = base64.b64decode(open(sys.argv[1]).read().split("\n")[1][6:])
log = open(sys.argv[2]).read().split("+")[0]
made = "5-" + hashlib.sha256(b"vigil audit event\0" + log.encode() + b"\0" + leaf).hexdigest()[:40]
sys.exit(made not in {json.loads(line)["id"] for line in open(sys.argv[3])})
PYTHON
check 'an id is of its leaf' $?

# One event that is not taken.
kill -9 "$keeper"; wait "$keeper" 2>/dev/null; keep --refuse 00000bad-0000-4000-8000-000000000000
call 00000bad-0000-4000-8000-000000000000 >/dev/null; call 00000006-0000-4000-8000-000000000000 >/dev/null
drained; check 'the others are sent' $?
grep -q 00000006-0000-4000-8000-000000000000 "$work/events" && ! grep -q 00000bad "$work/events"; check 'that one is not' $?
"$vigil" audit list --data "$data" --reason AUD026 --user officer | grep -q 'not taken by the audit repository: [0-9]* (422)'
check 'which is on record' $?
curl -s "$base/metrics" | grep -q '^vigil_audit_repository_refused_total 1$'; check 'and counted' $?
grep -q '"refused by the audit repository".*AUD026' "$work/log"; check 'and in the log' $?
kill -9 "$keeper"; wait "$keeper" 2>/dev/null; keep
stop; start --audit-repository-token "$work/token"
for _ in $(seq 100); do grep -q 00000bad "$work/events" && break; sleep 0.1; done
drained; compare >"$work/wrong"; [ ! -s "$work/wrong" ]; check "the next start sends it again: $(head -3 "$work/wrong")" $?
! grep -qiE 'halvorsen|syn-|hush-hush' "$work/log"; check 'nobody and no token stands in the log' $?
! grep -qE 'syn-septic|syn-sparse|Halvorsen' "$work/events"; check 'nor any patient in what was sent' $?
stop

# A repository in which events are only created, killed while it takes them.
kill -9 "$keeper"; wait "$keeper" 2>/dev/null; rm "$work/events"; repository=http://localhost:$there/fhir
keep --create --slow 0.05
start --audit-repository-token "$work/token"
sleep 0.5; kill -9 "$keeper"; wait "$keeper" 2>/dev/null; keep --create
drained; check 'all is created where nothing can be put' $?
compare >"$work/wrong"; [ ! -s "$work/wrong" ]; check "as it is exported: $(head -3 "$work/wrong")" $?
[ -z "$(grep -o 'urn:vigil:audit-event", "code": "[^"]*' "$work/events" | sort | uniq -d)" ]; check 'and once' $?
stop

# TLS: only a certificate of the named authority is taken, and the service shows its own.
kill -9 "$keeper"; wait "$keeper" 2>/dev/null
for name in authority other; do
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null
done
for name in repository vigil elsewhere; do
  names=DNS:localhost,IP:127.0.0.1; [ $name != elsewhere ] || names=DNS:elsewhere.example
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$work/$name.key" -out "$work/$name.csr" 2>/dev/null
  openssl x509 -req -days 2 -in "$work/$name.csr" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial \
    -extfile <(echo "subjectAltName=$names") -out "$work/$name.pem" 2>/dev/null
done
chmod 600 "$work"/*.key
keep --tls "$work/repository.pem" "$work/repository.key" --clients "$work/authority.pem"
repository=https://localhost:$there/fhir && base=https://127.0.0.1:$port
tls=(--tls-certificate "$work/vigil.pem" --tls-key "$work/vigil.key" --audit-repository-token "$work/token")
start "${tls[@]}" --audit-repository-authorities "$work/other.pem"
sleep 1; [ "$(unsent)" -gt 0 ]; check 'a certificate of another authority is not taken' $?
stop
kill -9 "$keeper"; wait "$keeper" 2>/dev/null; keep --tls "$work/elsewhere.pem" "$work/elsewhere.key" --clients "$work/authority.pem"
kept=$(stat -c %s "$work/events"); mark
start "${tls[@]}" --audit-repository-authorities "$work/authority.pem"
said '"not sent to the audit repository".*AUD025' && [ "$(unsent)" -gt 0 ] && [ "$(stat -c %s "$work/events")" = "$kept" ]
check 'nor one of the named authority for another name' $?
stop
kill -9 "$keeper"; wait "$keeper" 2>/dev/null; keep --tls "$work/repository.pem" "$work/repository.key" --clients "$work/authority.pem"
start "${tls[@]}" --audit-repository-authorities "$work/authority.pem"
drained; check 'one of the named authority is, and the service shows its own' $?
stop
base=http://127.0.0.1:$port
start --audit-repository-token "$work/token" --audit-repository-authorities "$work/authority.pem"
sleep 1; [ "$(unsent)" -gt 0 ]; check 'who shows none is not let in' $?
stop
"$vigil" serve --port "$port" --data "$data" --audit-repository http://arr.example/fhir 2>"$work/err"
[ $? = 78 ] && grep -q SRV010 "$work/err"; check 'a repository on the network is https' $?

# An OpenTelemetry collector and a syslog receiver beside the repository, killed under load as well.
kill -9 "$keeper"; wait "$keeper" 2>/dev/null; rm -f "$work/events" "$work/enough" "$work"/seen*
data=$work/second && repository=http://127.0.0.1:$there/fhir && otlp=$(port) && syslog=$(port)
collect() { # collect OPTIONS...: the collector
  python3 Tests/EndToEnd/log-collector.py "$otlp" "$work/logs" --token hush-hush "$@" & collector=$!
  for _ in $(seq 200); do (echo >"/dev/tcp/127.0.0.1/$otlp") 2>/dev/null && return; sleep 0.05; done
}
receive() { # receive OPTIONS...: the syslog receiver
  python3 Tests/EndToEnd/syslog-receiver.py "$syslog" "$work/messages" --tls "$work/repository.pem" "$work/repository.key" "$@" & receiver=$!
  for _ in $(seq 200); do (echo >"/dev/tcp/127.0.0.1/$syslog") 2>/dev/null && return; sleep 0.05; done
}
called() { for _ in $(seq 1200); do [ -s "$1" ] && return; sleep 0.1; done; return 1; } # called FILE: whether a receiver was
gone() { kill -9 "$1" 2>/dev/null; wait "$1" 2>/dev/null; }
metric() { curl -s "$base/metrics" | sed -n "s/^vigil_audit_$1 //p"; }
logs() { # what the collector and the syslog receiver have against what is exported: prints what is wrong
  "$vigil" audit export --data "$data" --format auditevent --output "$work/exported" --user officer >/dev/null
  python3 - "$work/exported" "$work/logs" "$work/messages" <<'PYTHON'
import json, sys
exported = {event["id"]: event for event in map(json.loads, open(sys.argv[1]))}
last = max(int(name.split("-")[0]) for name in exported)
def known(record): # id, number and leaf of a log record
    named = {one["key"]: list(one["value"].values())[0] for one in record["attributes"]}
    return named["log.record.uid"], named["vigil.audit.sequence"], named["vigil.audit.leaf"]
def said(message): # of a message
    if message["event"] != exported.get(message["event"]["id"], message["event"]):
        print(message["event"]["id"], "is not as exported")
    return message["event"]["id"], message["data"]["sequence"], message["data"]["leaf"]
leaves = {}
for path, read in [(sys.argv[2], known), (sys.argv[3], said)]:
    there, lines = {}, 0
    for line in open(path):
        try:
            record = json.loads(line)
        except ValueError:
            continue  # it was killed while it wrote, before it had answered
        lines += 1
        name, number, leaf = read(record)
        if number != name.split("-")[0] or len(leaf) != 64 or leaves.setdefault(name, leaf) != leaf:
            print(name, "is numbered", number, "with leaf", leaf)
        if there.setdefault(name, record) != record:
            print(name, "changed")
        if int(number) <= last and name not in exported:
            print(name, "is of no record")
    for name in exported.keys() - there.keys():
        print(name, "is missing in", path)
    print(f"ship: {len(exported)} records, {len(there)} logs, {lines - len(there)} came again", file=sys.stderr)
PYTHON
}
keep; collect; receive
with=(--audit-repository-token "$work/token" --audit-otlp "http://127.0.0.1:$otlp" --audit-otlp-token "$work/token"
  --audit-syslog "localhost:$syslog" --audit-syslog-authorities "$work/authority.pem")
start "${with[@]}"
clients=(); for number in 4 5; do client "$number" & clients+=($!); done
sleep 2
gone "$collector"; gone "$receiver"; sleep "$away"
[ "$(metric otlp_waiting)" -gt "$(metric repository_waiting)" ] && [ "$(metric syslog_waiting)" -gt "$(metric repository_waiting)" ]
check 'one receiver that is away keeps nothing from another' $?
[ "$(unsent)" -ge "$(metric repository_waiting)" ]; check 'what is not sent is seen of the one that lacks most' $?
kill -9 "$service"; wait "$service" 2>/dev/null
start "${with[@]}"
collect --slow 0.05; receive --slow 0.05
for _ in 1 2 3; do sleep 1; gone "$collector"; gone "$receiver"; collect --slow 0.05; receive --slow 0.05; done
# One that reads everything and dies with it, as a kernel's buffer would, and one that ends as TLS has it and has read nothing.
gone "$receiver"; receive --deaf --callers "$work/deaf"; called "$work/deaf"
for _ in $(seq 300); do kill -0 "$receiver" 2>/dev/null || break; sleep 0.1; done
[ -s "$work/deaf" ] && ! kill -0 "$receiver" 2>/dev/null; check 'one that dies with what it read is met' $?
gone "$receiver"; receive --first --callers "$work/first"; called "$work/first"; check 'and one that ends first' $?
sleep 1; gone "$receiver"; receive
kill -9 "$service"; wait "$service" 2>/dev/null
start "${with[@]}"
sleep 1
touch "$work/enough"; wait "${clients[@]}"
drained; check 'everything is logged in the end' $?
logs >"$work/wrong"; [ ! -s "$work/wrong" ]; check "each record is in both under its id: $(head -3 "$work/wrong")" $?
drained; compare >"$work/wrong"; [ ! -s "$work/wrong" ]; check "and in the repository: $(head -3 "$work/wrong")" $?
! grep -qE 'syn-|Halvorsen|Practitioner|subject|127\.0\.0\.1|officer' "$work/logs"; check 'a log names neither patient nor person nor address' $?
! grep -qE 'syn-septic|syn-sparse|Halvorsen' "$work/messages"; check 'nor a message a patient' $?

# A receiver that ends connections without saying that it read what came.
gone "$receiver"; receive --rude --callers "$work/rude"; mark
call 00000009-0000-4000-8000-000000000000 >/dev/null
said '"not sent to the audit repository".*AUD035' && [ -s "$work/rude" ] && [ "$(metric syslog_waiting)" -gt 0 ]
check 'what is not confirmed is not taken for sent' $?
gone "$receiver"; receive
drained; check 'but sent again' $?

# One that ends connections as TLS has it, by itself, and has read one message of several.
gone "$receiver"
call 0000000a-0000-4000-8000-000000000000 >/dev/null; call 0000000b-0000-4000-8000-000000000000 >/dev/null
receive --after 1 --callers "$work/after"; mark
called "$work/after" && said '"not sent to the audit repository".*AUD035' && [ "$(metric syslog_waiting)" -gt 1 ]
check 'an end of its own accord is not taken for an answer' $?
gone "$receiver"; receive
drained; logs >"$work/wrong"; [ ! -s "$work/wrong" ]; check "and all is sent again: $(head -3 "$work/wrong")" $?

# A collector that is busy, and then one that does not take some and does not say which.
gone "$collector"; collect --busy 1 --reject '"read"'
call 00000007-0000-4000-8000-000000000000 >/dev/null
drained; grep -q '"not sent to the audit repository".*system code 429' "$work/log"; check 'one that is busy is asked again' $?
"$vigil" audit list --data "$data" --limit 1 --user officer >/dev/null; call 00000008-0000-4000-8000-000000000000 >/dev/null
drained; check 'what is not taken keeps nothing back' $?
"$vigil" audit list --data "$data" --reason AUD026 --user officer | grep -qE 'repository \(otlp\): [0-9]+-[0-9]+ \([0-9]+ of [0-9]+\)'
check 'how many of which is on record' $?
grep -q 'which does not say what' "$work/log" && [ "$(metric otlp_refused_total)" -gt 0 ]; check 'and in the log and counted' $?
! grep -qiE 'halvorsen|syn-|hush-hush' "$work/log"; check 'nobody and no token stands in the log' $?
stop

# The receiver's certificate is of the named authority, and the service shows its own.
gone "$receiver"; receive --clients "$work/authority.pem"
start --audit-repository-token "$work/token" --audit-syslog "localhost:$syslog" --audit-syslog-authorities "$work/authority.pem"
sleep 2; [ "$(metric syslog_waiting)" -gt 0 ]; check 'a receiver that asks for a certificate lets nobody in without' $?
stop; base=https://127.0.0.1:$port
mine=("${tls[@]}" --audit-syslog "localhost:$syslog")
start "${mine[@]}" --audit-syslog-authorities "$work/other.pem"
sleep 2; [ "$(unsent)" -gt 0 ]; check 'a receiver of another authority gets nothing' $?
stop; gone "$receiver"; receive --tls "$work/elsewhere.pem" "$work/elsewhere.key"
kept=$(stat -c %s "$work/messages"); mark
start "${mine[@]}" --audit-syslog-authorities "$work/authority.pem"
said '"not sent to the audit repository".*syslog.*AUD025' && [ "$(unsent)" -gt 0 ] && [ "$(stat -c %s "$work/messages")" = "$kept" ]
check 'nor one of the named authority for another name' $?
stop; gone "$receiver"; receive --clients "$work/authority.pem"
start "${mine[@]}" --audit-syslog-authorities "$work/authority.pem"
drained; check 'one of the named authority gets all' $?
stop

echo "$passed passed, $failed failed"
[ $failed = 0 ]
