#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The service as a hospital runs it, with tools that are not ours: TLS by openssl and curl, tokens by openssl, slow clients, a
# termination under load. Prints "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
here=$PWD/Tests/EndToEnd
work=$(mktemp -d) && passed=0 && failed=0 && service=0 && keys=0
trap 'kill $service $keys 2>/dev/null; rm -rf "$work"' EXIT
read -r port keyport < <(python3 -c 'import socket
a, b = socket.socket(), socket.socket(); a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
external=https://cds.example.org
request=FixturesFHIR/hooks/patient-view-sparse.json

is() { # is NAME EXPECTED ACTUAL
  if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "security: failed: $1: $3 instead of $2"
  fi
}

authority() { # authority NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}

certificate() { # certificate NAME AUTHORITY SAN
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=$3") -out "$work/$1.pem" 2>/dev/null
  chmod 600 "$work/$1.key"
}

authority authority; authority stranger
certificate server authority DNS:localhost,IP:127.0.0.1
certificate ehr authority DNS:ehr.example.org
certificate monitor authority DNS:monitor.example.org
certificate foreign stranger DNS:monitor.example.org
openssl ecparam -name secp384r1 -genkey -noout -out "$work/client.pem"
mkdir "$work/published" && python3 "$here/client-token.py" "$work/client.pem" --jwks >"$work/published/jwks.json"
python3 -m http.server --directory "$work/published" --bind 127.0.0.1 "$keyport" >"$work/keys.log" 2>&1 & keys=$!
cat >"$work/clients.json" <<JSON
{"clients": [
  {"id": "ehr", "issuer": "https://ehr.example.org", "jku": "http://127.0.0.1:$keyport/jwks.json", "internal": true},
  {"id": "south", "issuer": "https://south.example.org", "jku": "http://127.0.0.1:$keyport/jwks.json", "internal": true},
  {"id": "monitor", "certificates": ["monitor.example.org"], "roles": ["monitor"]}
]}
JSON

start() { # start: the service, until it is ready
  "$vigil" serve --port "$port" --data "$work/var" --clients "$work/clients.json" --external-url $external \
    --tls-certificate "$work/server.pem" --tls-key "$work/server.key" --tls-client-authorities "$work/authority.pem" \
    >"$work/out" 2>>"$work/log" & service=$!
  for _ in $(seq 200); do ask GET /readyz >/dev/null && [ "$status" = 200 ] && return; sleep 0.1; done
  echo 'security: the service does not start'; cat "$work/out" "$work/log"; exit 1
}

ask() { # ask METHOD PATH [CURL ARGUMENT...]: sets status, and leaves the answer in $work/answer
  local method=$1 path=$2; shift 2
  status=$(curl -s -o "$work/answer" -w '%{http_code}' --cacert "$work/authority.pem" -X "$method" "$@" "https://localhost:$port$path")
}

sign() { python3 "$here/client-token.py" "$work/client.pem" one "$@"; }

call() { # call TOKEN
  ask POST /cds-services/patient-risk -H 'Content-Type: application/json' -H "Authorization: Bearer $1" --data-binary @$request
}

start

# TLS
for version in tls1 tls1_1; do
  openssl s_client -connect "localhost:$port" -$version -cipher DEFAULT@SECLEVEL=0 </dev/null >"$work/tls" 2>&1
  is "$version is refused" 1 "$(grep -cE 'Cipher is \(NONE\)|no protocols available|Cipher *: 0000' "$work/tls" | sed 's/[1-9][0-9]*/1/')"
done
for version in tls1_2 tls1_3; do
  is "$version is spoken" 0 "$(openssl s_client -connect "localhost:$port" -$version -CAfile "$work/authority.pem" \
    -verify_return_error -verify_hostname localhost </dev/null >/dev/null 2>&1; echo $?)"
done
for cipher in AES128-GCM-SHA256 ECDHE-ECDSA-AES128-SHA; do
  is "$cipher is refused" 1 "$(openssl s_client -connect "localhost:$port" -tls1_2 -cipher $cipher </dev/null >/dev/null 2>&1; echo $?)"
done
ask GET /healthz -D "$work/headers"
is 'HSTS' 1 "$(grep -ci '^strict-transport-security: max-age=' "$work/headers")"

# Tokens
url=$external/cds-services/patient-risk
good=$(sign $url jti=urn:example:token-17)
call "$good"; is 'a good token' 200 "$status"
grep -q '"cards"' "$work/answer"; is 'cards' 0 $?
"$vigil" audit list --data "$work/var" --kind answer --json | grep '"token"' | grep -q 'urn:example:token-17'; is 'the token by its name on record' 0 $?
is 'and the token nowhere' 1 "$(grep -rqaF "${good##*.}" "$work/var"; echo $?)"
# The page behind a card's first link: no token opens it but the link itself.
link=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["cards"][0]["links"][0]["url"])' "$work/answer")
is "the link's address" "$external/explanations/" "${link:0:$((${#external} + 14))}"
page=${link#"$external"}
ask GET "$page"; is 'the page of a card' 200 "$status"
is 'which says why' 1 "$(grep -c '<h2>How sure it is</h2>' "$work/answer")"
ask GET "${page%?}"; is 'a shorter link' 404 "$status"
ask GET "${page/client=ehr/client=south}"; is "another client's link" 404 "$status"
is 'the reading is on record' 1 "$("$vigil" audit list --data "$work/var" --kind read --json | grep -c 'explanation of record')"
call "$good"; is 'the same token again' 401 "$status"
cp "$work/answer" "$work/bare"
for bad in "$(sign https://elsewhere.example.org/cds-services/patient-risk)" "$(sign $url iss=https://evil.example.org)" \
  "$(sign $url exp=1000)" "$(sign $url jku=http://127.0.0.1:1/x)" "$(sign $url alg=none)" "$(sign $url alg=HS384)" "${good%.*}." null; do
  call "$bad"
  is 'a bad token' 401 "$status"
  cmp -s "$work/answer" "$work/bare"; is 'its answer is as bare as the others' 0 $?
done
ask GET /cds-services; is 'discovery without a token' 401 "$status"
ask GET /cds-services -H "Authorization: Bearer $(sign $external/cds-services)"; is 'discovery with one' 200 "$status"
is 'the key set was fetched once' 1 "$(grep -c 'GET /jwks.json' "$work/keys.log")"
seen=$(sign $url); call "$seen"; is 'a token before the kill' 200 "$status"
kill -9 $service; wait $service 2>/dev/null
start
call "$seen"; is 'the same token after a kill and a restart' 401 "$status"

# Two clients, each with a patient of one id
call "$(sign $url iss=https://south.example.org)"; is 'another client' 200 "$status"
answers() { "$vigil" audit list --data "$work/var" --kind answer --patient syn-sparse --client "$1" --json | grep -c '"client"'; }
is 'the patient of one' 2 "$(answers ehr)"
is 'and of the other' 1 "$(answers south)"
"$vigil" audit erase --data "$work/var" --patient syn-sparse --client south --user ann --reason trial >"$work/proposed"; is 'one is to be erased' 0 $?
is 'and still found' 1 "$(answers south)"
"$vigil" audit approve erasure --data "$work/var" "$(sed -n 's/.*on record as //p' "$work/proposed")" --user bob >/dev/null; is 'one is erased' 0 $?
is 'and found no more' 0 "$(answers south)"
is 'the other stays' 2 "$(answers ehr)"

# Certificates of clients
ask GET /metrics; is 'metrics without a certificate' 401 "$status"
ask GET /metrics --cert "$work/monitor.pem" --key "$work/monitor.key"; is 'metrics with one' 200 "$status"
cp "$work/answer" "$work/metrics"
if command -v promtool >/dev/null; then
  is 'promtool has nothing to say' '' "$(promtool check metrics <"$work/metrics" 2>&1)"
fi
ask GET /metrics --cert "$work/ehr.pem" --key "$work/ehr.key"; is 'metrics with the certificate of nobody' 401 "$status"
ask GET /metrics --cert "$work/foreign.pem" --key "$work/foreign.key"; is 'a certificate of another authority' 000 "$status"
ask GET /cds-services --cert "$work/monitor.pem" --key "$work/monitor.key"; is 'discovery is not for the monitor' 403 "$status"

# Changes without a restart
serial() { openssl s_client -connect "localhost:$port" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
before=$(serial)
cp "$work/server.pem" "$work/old.pem"
certificate server authority DNS:localhost,IP:127.0.0.1
for _ in $(seq 50); do [ "$(serial)" != "$before" ] && break; sleep 0.2; done
is 'the new certificate is served' "$(openssl x509 -noout -serial <"$work/server.pem")" "$(serial)"
after=$(serial)
echo broken >"$work/server.pem"; sleep 3
is 'a broken one is not' "$after" "$(serial)"
is 'and it is said' 1 "$(grep -c 'certificates not reloaded' "$work/log" | sed 's/[1-9][0-9]*/1/')"
sed -i 's/"roles": \["monitor"\]/"roles": ["client"]/' "$work/clients.json"
for _ in $(seq 50); do ask GET /metrics --cert "$work/monitor.pem" --key "$work/monitor.key"; [ "$status" = 403 ] && break; sleep 0.2; done
is 'the new roles are in force' 403 "$status"
kill -TERM $service; wait $service; is 'told to stop, it stops' 0 $?

# Slow clients, and a termination under load: without TLS, so that the tools are plain
"$vigil" serve --port "$port" --data "$work/var" >"$work/out" 2>>"$work/log" & service=$!
for _ in $(seq 200); do curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && break; sleep 0.1; done
python3 "$here/slow.py" "$port" 200 40 >"$work/cut" & slow=$!
sleep 2
for _ in $(seq 20); do
  status=$(curl -s -o /dev/null -m 5 -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @$request "http://127.0.0.1:$port/cds-services/patient-risk")
  is 'a client among slow ones' 200 "$status"
done
wait $slow; is 'slow clients that were cut off' 200 "$(cat "$work/cut")"

client() { # client NUMBER: notes each status until the service is gone
  while :; do
    status=$(curl -s -o "$work/answer.$1" -w '%{http_code}' -H 'Content-Type: application/json' \
      --data-binary @$request "http://127.0.0.1:$port/cds-services/patient-risk"); code=$?
    [ $code = 7 ] && return # no connection: it is gone
    echo "$code $status" >>"$work/statuses.$1"
  done
}
recorded() { "$vigil" audit list --data "$work/var" --kind answer --limit 1000000 --json | grep -o '"sequence"' | wc -l; }
before=$(recorded)
clients=()
for number in 1 2 3 4; do client $number & clients+=($!); done
sleep 1
kill -TERM $service; wait $service; is 'told to stop under load, it stops' 0 $?
wait "${clients[@]}"
# A connection that had not asked yet is closed (52: nothing came back), one that the service had not taken yet is reset by the
# kernel (56); what was asked is answered.
cat "$work"/statuses.* | sort | uniq -c >"$work/statuses"
is 'no other end than an answer or none' '' "$(grep -vE ' (0 200|52 000|56 000)$' "$work/statuses")"
answers=$(awk '$2 == 0 {print $1}' "$work/statuses")
is 'every answer on record was received, and the other way round' "$answers" "$(($(recorded) - before))"
echo "security: $answers answers until the stop"
grep -qE '"(name|family|birthDate)"|Bearer|eyJ' "$work/log"; is 'no patient and no token in the log' 1 $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
