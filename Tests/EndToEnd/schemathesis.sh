#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The description of the service (docs/openapi.yaml, as served at /openapi.json) tried by schemathesis against a service that was
# started for it: every operation with made-up requests that fit the description and with such as do not, on each of which the answer
# must be one that is described. SCHEMATHESIS names the program (pip install schemathesis); without it the trial is skipped. Prints
# "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
tool=${SCHEMATHESIS:-schemathesis}
if ! command -v "$tool" >/dev/null; then echo "schemathesis: skipped, because it is not installed (pip install schemathesis)"; exit 0; fi
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# Held to the letter, as the description is; and with room for as many connections as the tool likes.
"$vigil" serve --strict --port "$port" --data "$work/var" >"$work/out" 2>"$work/log" & service=$!
trap 'kill $service 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 200); do curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && break; sleep 0.1; done

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "schemathesis: failed: $1"; fi
}

# What fits the schema may still break a rule that no schema can say; each such answer is described: data that is missing (412),
# drafts that are not the selected ones (422), tensors that are not the model's (400), a link whose signature is made up (404), a search for
# a time that is none (400).
cat >"$work/schemathesis.toml" <<'TOML'
[[operations]]
include-name = "POST /cds-services/{id}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "412", "422"]
[[operations]]
include-name = "GET /explanations/{card}"
checks.positive_data_acceptance.expected-statuses = ["404"]
[[operations]]
include-name = "GET /fhir/AuditEvent"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400"]
[[operations]]
include-name = "POST /fhir/$assess"
checks.positive_data_acceptance.expected-statuses = ["2xx", "412"]
[[operations]]
include-name = "POST /v2/models/{model}/infer"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404"]
[[operations]]
include-name = "POST /v2/models/{model}/versions/{version}/infer"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404"]
TOML
(cd "$work" && "$tool" --config-file schemathesis.toml run "http://127.0.0.1:$port/openapi.json" --no-color \
  --phases examples,coverage,fuzzing --max-examples "${EXAMPLES:-40}" --continue-on-failure --seed 1 >"$work/report" 2>&1)
check 'schemathesis' $?
[ "$failed" = 0 ] || cat "$work/report"
sed -n 's/^ *\([0-9]* generated.*\)$/schemathesis: \1/p' "$work/report"
grep -qiE 'error|critical' "$work/log"; [ $? = 1 ]; check 'the service logs no error' $?
kill -0 $service; check 'the service still serves' $?
kill -TERM $service; wait $service; check 'and stops as told' $?
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
