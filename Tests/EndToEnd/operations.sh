#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What docs/operations.md tells an operator to do, done: the unit, a backup while the service runs, an upgrade, a restore. The
# commands are taken from the page, with folders of this test in place of the machine's. Prints "N passed, N failed"; exit 0 when all
# passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0 && service=0
trap 'kill $service 2>/dev/null; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "operations: failed: $1"; fi
}

section() { # section TITLE: the commands of a section of the page
  awk -v title="## $1" '$0 == title {inside = 1; next} /^## / {inside = 0} inside' docs/operations.md |
    awk '/^```sh$/ {inside = 1; next} /^```$/ {inside = 0} inside'
}

here() { # the machine's folders become this test's; what needs systemd or a user of its own is left to the unit's check
  sed -e "s#/var/lib/vigil#$work/lib#g" -e "s#/var/backups/vigil#$work/backups#g" -e "s#/safe/vigil#$work/safe#g" \
    -e "s#/usr/bin/vigil#$work/bin/vigil#g" -e "s#/usr/share/vigil#$work/share#g" -e "s#/etc/#$work/etc/#g" -e 's#^runuser -u vigil -- ##' |
    grep -vE '^(systemctl|useradd|chown|swift) '
}

start() {
  "$work/bin/vigil" serve --port "$port" --data "$work/lib" --profiles "$work/share/Profiles" >"$work/out" 2>"$work/log" & service=$!
  for _ in $(seq 200); do curl -sf "http://127.0.0.1:$port/readyz" >/dev/null && return; sleep 0.1; done
  cat "$work/out" "$work/log"
}

call() {
  curl -sf -o /dev/null -H 'Content-Type: application/json' --data-binary @FixturesFHIR/hooks/patient-view-sparse.json \
    "http://127.0.0.1:$port/cds-services/patient-risk"
}

mkdir -p "$work"/{bin,backups,safe,etc/systemd/system}
section Install | here >"$work/install"; bash -e "$work/install"; check 'install' $?
[ -s "$work/etc/systemd/system/vigil.service" ]; check 'the unit is in its place' $?
if command -v systemd-analyze >/dev/null; then
  unit=$work/etc/systemd/system/vigil.service
  sed -i "s#/usr/bin/vigil#$work/bin/vigil#" "$unit"
  systemd-analyze verify "$unit" >"$work/verify" 2>&1; status=$?
  grep -v 'Failed to\|Operation not permitted' "$work/verify"
  check 'systemd-analyze verify' $status
  exposure=$(systemd-analyze security --offline=yes --no-pager "$unit" 2>/dev/null | grep -oE 'exposure level for .*: [0-9.]+' | grep -oE '[0-9.]+$')
  echo "operations: exposure ${exposure:-not measured} of 10"
  [ -z "$exposure" ] || awk "BEGIN {exit !($exposure < 2.5)}"; check 'the unit is closed' $?
fi

start
call; check 'a first answer' $?
call; check 'a second answer' $?
section 'Back up' | here >"$work/backup"; bash -e "$work/backup"; check 'backup while it runs' $?
call; check 'an answer after the backup' $?
section 'Stop and upgrade' | here >"$work/upgrade"
kill -TERM $service; wait $service; check 'stop' $?
bash -e "$work/upgrade"; check 'upgrade' $?
start
call; check 'an answer of the new version' $?
kill -TERM $service; wait $service
"$vigil" audit list --data "$work/lib" --kind answer --json | grep -c '"sequence"' >"$work/all"
mv "$work/lib" "$work/lost"

# Without the keys it does not start, and says so.
mkdir -m 700 "$work/lib"; cp "$work/backups/trail.sqlite" "$work/lib/trail.sqlite"
"$work/bin/vigil" serve --port 0 --data "$work/lib" --profiles "$work/share/Profiles" >/dev/null 2>"$work/log"; [ $? = 73 ]
check 'no start without the keys' $?
rm -r "$work/lib"
PATH=$work/bin:$PATH
section Restore | here >"$work/restore"; bash -e "$work/restore" >"$work/listed"; check 'restore' $?
[ -s "$work/listed" ]; check 'the restored trail is read' $?
start
call; check 'an answer after the restore' $?
kill -TERM $service; wait $service; check 'stop after the restore' $?
restored=$("$vigil" audit list --data "$work/lib" --kind answer --json | grep -c '"sequence"')
[ "$(cat "$work/all")" = 4 ] && [ "$restored" = 3 ]; check "two answers of the backup and one after it ($restored)" $?
"$vigil" audit list --data "$work/lib" --patient syn-sparse --json | grep '"sequence"' >/dev/null; check 'a patient is found by the restored keys' $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
