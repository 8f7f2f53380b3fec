#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every file system call of what is done to a trail fails in turn: strace makes it return EIO, ENOSPC or EINTR, once or from then on,
# or kills the process with signal 9 in it. After each the program has answered rightly or with an error that has a code, the trail
# opens, takes a record and verifies, SQLite finds no fault, what was acknowledged is there, what was to be wiped is nowhere, and
# nothing is done twice or has its name before it is whole.
# Then a running service meets a full, a slow and a read-only disk.
#
#   faults.sh        some cases, as many of each operation
#   faults.sh all    all of them: three quarters of an hour on two processors that have nothing else to do
#
# Sixteen cases at a time: most of what a case takes is waiting for locks that fail. Says every minute how far it is.
# Prints the matrix of calls, faults and outcomes, and "N passed, N failed"; exit 0 when all passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
work=$(mktemp -d) && passed=0 && failed=0
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cases=${FAULT_CASES:-90}
lanes=16
right='weight was 80 kg, not 800'
case ${1:-} in '' | all) ;; *) echo "faults: nothing or all, not $1" >&2; exit 64 ;; esac

check() { # check NAME STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "faults: failed: $1"; fi
}
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
sql() { sqlite3 -cmd '.timeout 2000' "$1/trail.sqlite" "$2"; }
call() { # call FILE [NUMBER]: fires a hook, prints the status
  curl -s -o "$work/answer${2:-}" -w '%{http_code}' --max-time 60 -H 'Content-Type: application/json' --data-binary @"$1" \
    "http://127.0.0.1:$port/cds-services/patient-risk"
}
ready() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz"; }
await() { for _ in $(seq 400); do [ "$(ready)" = 200 ] && return; sleep 0.05; done; return 1; }
serve() { # serve FOLDER: a service of its own for a case; gives its process in `service`, its port in `port`
  # The system gives the port and the service says which: of one that was free before another lane might have taken it, and answer.
  : >"$work/log" # what the lane's service before this one said is not to be read
  "$vigil" serve --port 0 --data "$1" >"$work/log" 2>&1 & service=$!
  for _ in $(seq 400); do
    port=$(sed -n 's#^Vigil serves http://[^ ]*:\([0-9]*\)/cds-services,.*#\1#p' "$work/log")
    if [ -n "$port" ]; then await; return; fi
    kill -0 $service 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}
if ! strace -qq -e trace=none true 2>/dev/null; then
  echo "faults: strace cannot be used here (it needs ptrace); nothing is tried"; exit 0
fi

# The folders that are worked on: one as a service leaves it, one of an earlier version, an empty one.
sparse=FixturesFHIR/hooks/patient-view-sparse.json
port=$(port)
"$vigil" serve --port "$port" --data "$work/trail" >"$work/log" 2>&1 & service=$!
await; check 'a service starts' $?
for n in 1 2 3; do call $sparse >/dev/null; call FixturesFHIR/hooks/patient-view-septic.json >/dev/null; done
kill $service; wait $service 2>/dev/null
mkdir -m 700 "$work/earlier" "$work/empty"
cp Tests/ReplayTests/Trails/format-1.sqlite "$work/earlier/trail.sqlite"
# Every service that wrote it had a key; which one does not matter here.
(umask 077 && head -c 32 /dev/urandom >"$work/earlier/pseudonym.key")
cp -r "$work/trail" "$work/proposed"
"$vigil" audit erase --patient syn-sparse --user u --reason r --data "$work/proposed" | sed -n 's/.*on record as //p' >"$work/erase"
"$vigil" audit purge --days 0 --user u --reason r --data "$work/proposed" | sed -n 's/.*on record as //p' >"$work/purge"
cp -r "$work/trail" "$work/held"
"$vigil" audit hold --since 2000-01-01T00:00:00Z --case 2026-17 --user u --reason r --data "$work/held" >/dev/null
"$vigil" audit release --case 2026-17 --user u --reason r --data "$work/held" | sed -n 's/.*on record as //p' >"$work/release"
# What a command asks of a running service, under a name that strace can be told: a service that is stopped leaves it where it is.
cp -r "$work/trail" "$work/asked" && serve "$work/asked" && kill -STOP $service
"$vigil" audit amend 2 --user u --reason r --text "$right" --data "$work/asked" >/dev/null 2>&1 & asking=$!
for _ in $(seq 100); do mv "$work/asked/inbox/"*.entry "$work/request" 2>/dev/null && break; sleep 0.05; done
[ -s "$work/request" ]; check 'a request waits for the service' $?
kill -KILL $asking $service; wait $asking $service 2>/dev/null; rm -r "$work/asked"
secret=$(sql "$work/trail" "SELECT hex(wrapped) FROM subject_key JOIN record ON record.subject = subject_key.id WHERE kind = 'answer' LIMIT 1")
plain=$(sql "$work/earlier" "SELECT hex(substr(bytes, 100, 40)) FROM payload LIMIT 1")

sum() { # sum FOLDER: a digest over names and contents; nothing where there is none
  [ ! -d "$1" ] || find "$1" -type f -exec sha256sum {} + | sort | sha256sum
}
holds() { # holds HEX FOLDER: whether any file of the folder has these bytes
  LC_ALL=C grep -rqaP "$(sed 's/../\\x&/g' <<<"$1")" "$2"
}

# What has a name of its own each time cannot be told strace: there all calls are traced, and those are taken that name it. Such that
# nothing else in a thread makes before, as the loader opens and reads.
declare -A named=([ask]='/now/inbox|/now>[)]' [folder]='/copy[.]part[.][0-9A-F]')
unnamed='write,fsync,rename,unlink,rmdir,mkdir,fchmod,chmod,getdents64'
calls='openat,pread64,read,pwrite64,write,fsync,fdatasync,ftruncate,rename,unlink,close,fcntl,flock,mkdir,fchmod,chmod'
operate() { # operate OPERATION FOLDER [STRACE OPTION...]: does it, each call on a file of the folder seen by strace
  local operation=$1 folder=$2 files=() name; shift 2
  for name in trail.sqlite{,-wal,-shm,-journal} {pseudonym,root,checkpoint}.key{,.new} checkpoint.key.next{,.new} log.vkey{,.new} writer.lock; do
    files+=(-P "$folder/$name")
  done
  files+=(-P "$folder" -P "$work/copy" -P "$work/copy.part" -P "$work/copy.part/trail.sqlite" -P "$work/copy.part/trail.sqlite-journal")
  local arguments
  case $operation in
    append) arguments=(hold --ahead --patient syn-stable --user u --reason r) ;;
    erase) arguments=(approve erasure "$(cat "$work/erase")" --user v) ;;
    purge) arguments=(approve purge "$(cat "$work/purge")" --user v) ;;
    rotate) arguments=(rotate-key --user u --reason r) ;;
    rootkey) arguments=(rotate-root-key --user u --reason r) ;;
    backup) arguments=(backup --output "$work/copy" --user u) ;;
    amend | ask) arguments=(amend 2 --user u --reason r --text "$right") ;;
    closing) arguments=(approve release "$(cat "$work/release")" --case 2026-17 --user v) ;;
    case) arguments=(hold --since 2000-01-01T00:00:00Z --case 2026-17 --user u --reason r) ;;
    evidence | folder) arguments=(export --format evidence --since 2000-01-01T00:00:00Z --output "$work/copy" --user u) ;;
    start | migrate) arguments=(migrate) ;;
  esac
  case $operation in
    ask) serve "$folder" || { kill -KILL $service; wait $service; return 1; }; files=() ;;
    folder) files=() ;;
    answer) answer "$folder" "$@"; return ;;
  esac
  timeout -s KILL 60 strace -f -y -qq -o "$work/strace" "${files[@]}" "$@" \
    "$vigil" audit "${arguments[@]}" --data "$folder" >"$work/out" 2>&1
  local status=$?
  # A service that stops does first what lies in its inbox.
  if [ "$operation" = ask ]; then kill $service; wait $service; fi
  return $status
}
answer() { # answer FOLDER STRACE OPTION...: a service finds the request in its inbox; says what whoever asked is told
  local folder=$1 files=(-P "$1/inbox") name status; shift
  for name in request.entry request.done{,.new}; do files+=(-P "$folder/inbox/$name"); done
  mkdir -p -m 700 "$folder/inbox" && cp "$work/request" "$folder/inbox/request.entry"
  timeout -s KILL 60 strace -f -y -qq -o "$work/strace" "${files[@]}" "$@" \
    "$vigil" serve --port 0 --data "$folder" >"$work/log" 2>&1 & service=$!
  # Where it cannot take the request it tries again and again.
  for _ in $(seq 60); do
    kill -0 $service 2>/dev/null && [ ! -e "$folder/inbox/request.done" ] || break
    sleep 0.05
  done
  # The program is the child of strace, which is that of timeout.
  kill $(pgrep -P "$(pgrep -P $service)") 2>/dev/null; wait $service; status=$?
  sed -n 's/^[0-9]\+.*$/amended, on record as &/p; s/^[A-Z]\{3\}[0-9]\{3\}$/&/p' "$folder/inbox/request.done" >"$work/out" 2>/dev/null
  if [ $status = 0 ] && grep -q '^[A-Z]' "$work/out"; then status=73; fi
  [ $status != 0 ] || [ -s "$work/out" ] || { echo 'AUD008: nobody answered' >"$work/out"; status=73; }
  return $status
}
# The trails that cases begin with stay where they are; each lane has a folder for what its case works on.
origins=$work
origin() { case $1 in start) echo empty ;; migrate) echo earlier ;; erase | purge) echo proposed ;; closing) echo held ;; *) echo trail ;; esac; }
# How many records each begins with: asked once, since asking makes a file beside the trail that another lane might be copying.
for name in empty earlier proposed held trail; do
  sql "$work/$name" 'SELECT count(*) FROM record' >"$work/$name.before" 2>/dev/null || echo 0 >"$work/$name.before"
done
prepare() {
  : >"$work/strace" # what was injected into the case before is not this one's
  rm -rf "$work/now" "$work"/copy*; cp -r "$origins/$(origin "$1")" "$work/now"
  mkdir "$work/copy.part.of-another" && echo kept >"$work/copy.part.of-another/file"
}

# First without a fault: how often each call comes, the most in one thread, since strace counts by thread.
operations='start append erase purge rotate rootkey migrate backup amend ask answer case closing evidence folder'
for operation in $operations; do
  prepare $operation
  traced=$calls; [ -z "${named[$operation]:-}" ] || traced=$unnamed
  operate $operation "$work/now" -e trace=$traced; check "$operation without a fault" $?
  awk -v operation=$operation -v named="${named[$operation]:-}" '$2 ~ /^[a-z]/ { split($2, word, "("); count[$1 " " word[1]]++
      if (named == "" || $0 ~ named) at[word[1] " " count[$1 " " word[1]]] }
    END { for (key in at) print operation, key }' "$work/strace" >>"$work/counted"
done
sort -k1,2 -k3n "$work/counted" >"$work/counts"
for operation in $operations; do grep -q "^$operation " "$work/counts"; check "calls of $operation are counted" $?; done
while read -r operation name at; do
  case $name in
    read | pread64 | close | fcntl | flock | getdents64) faults='EIO EIO+ EINTR KILL' ;;
    *) faults='EIO EIO+ ENOSPC ENOSPC+ EINTR KILL' ;;
  esac
  # Where all calls are traced, one that fails from then on keeps threads from waking each other.
  [ -z "${named[$operation]:-}" ] || faults='EIO ENOSPC EINTR KILL'
  for fault in $faults; do echo "$operation $name $fault $at"; done
done <"$work/counts" >"$work/all"
total=$(wc -l <"$work/all")
if [ "${1:-}" = all ]; then
  cp "$work/all" "$work/chosen"
else
  # Of each operation as many, by steps of the golden section: even over its calls, and over the faults as well, which come round in them.
  awk -v want="$cases" '{ if (!($1 in all)) names[++several] = $1; line[$1, ++all[$1]] = $0 }
    END { for (name = 1; name <= several; name++) { delete chosen
            for (n = int(want * (name - 1) / several); n < int(want * name / several); n++) {
              chosen[int(at * all[names[name]]) + 1]; at += 0.6180339887; at -= int(at) }
            for (n = 1; n <= all[names[name]]; n++) if (n in chosen) print line[names[name], n] } }' "$work/all" >"$work/chosen"
fi

try() { # try LANE: its cases, one after the other, with a line for each in `results`
  work=$origins/lane$1 now=$origins/lane$1/now
  mkdir "$work" && cp "$origins"/{erase,purge,release,request} "$work" && : >"$work/results"
  while next; do
    prepare "$operation"
    before=$(cat "$origins/$(origin "$operation").before")
    case $fault in
      KILL) inject="signal=SIGKILL:when=$at" ;;
      *) plus=${fault#"${fault%+}"}; inject="error=${fault%+}:when=$at$plus" ;;
    esac
    { operate "$operation" "$now" -e trace="$name" -e inject="$name:$inject"; } 2>/dev/null
    code=$?
    # Killed in a call is who has no result of it.
    hit=INJECTED; [ "$fault" != KILL ] || hit='= \?|<unfinished|killed by SIGKILL'
    if ! grep -E "$hit" "$work/strace" | grep -Eq "${named[$operation]:-.}"; then
      echo "$operation $name $fault missed" >>"$work/results"; continue
    fi
    wrong=
    case $code in
      0) outcome=done ;;
      137) outcome=killed; [ "$fault" = KILL ] || wrong='was killed or hung' ;;
      1 | 66 | 73) outcome=refused; grep -q 'AUD[0-9]\{3\}\|VER[0-9]\{3\}' "$work/out" || wrong='an error without a code' ;;
      *) outcome=failed; wrong="exit code $code" ;;
    esac
    # The trail opens for writing and finishes what was cut short, verifies, and SQLite agrees.
    "$vigil" audit migrate --data "$now" >"$work/after" 2>&1 || wrong="${wrong:-does not open: $(tail -1 "$work/after")}"
    "$vigil" audit verify --data "$now" >"$work/after" 2>&1 || wrong="${wrong:-does not verify: $(tail -1 "$work/after")}"
    [ "$(sql "$now" 'PRAGMA integrity_check')" = ok ] || wrong="${wrong:-integrity_check}"
    [ "$(sql "$now" 'SELECT count(*) FROM record')" -ge "$before" ] || wrong="${wrong:-records are gone}"
    if [ $outcome = done ]; then
      number=$(sed -n 's/.*on record as \([0-9]*\).*/\1/p' "$work/out")
      case $operation in
        append | case) kind=hold ;; erase | purge) kind=erasure ;; rotate) kind=key ;; rootkey) kind=root-key ;;
        amend | ask | answer) kind=amendment ;; closing) kind=release ;; *) kind= ;;
      esac
      [ -z "$kind" ] || [ "$(sql "$now" "SELECT kind FROM record WHERE sequence = ${number:-0}")" = $kind ] \
        || wrong="${wrong:-what was acknowledged is not there}"
      if [ "$operation" = backup ]; then
        "$vigil" audit verify --data "$work/copy" --key "$now/log.vkey" >/dev/null 2>&1 || wrong="${wrong:-the copy does not verify}"
      fi
    fi
    case $operation in
      erase | purge) [ "$(sql "$now" "SELECT count(*) FROM record WHERE kind = 'erasure'")" = 0 ] || ! holds "$secret" "$now" \
        || wrong="${wrong:-the destroyed key is still there}" ;;
      rootkey) # What was begun is finished, or it is done anew; then the new key opens everything by itself, and the old one nothing.
        "$vigil" audit rotate-root-key --data "$now" --user u --reason again >"$work/after" 2>&1 || wrong="${wrong:-does not go on: $(tail -1 "$work/after")}"
        [ "$(stat -c %s "$now/root.key")" = 32 ] && ! cmp -s "$now/root.key" "$origins/trail/root.key" || wrong="${wrong:-the old root key is still there}"
        ! holds "$secret" "$now" || wrong="${wrong:-a data key under the old root key is still there}"
        "$vigil" audit verify --data "$now" 2>&1 | grep -q '6 payloads (6 opened, 0 erased)' || wrong="${wrong:-not everything opens}" ;;
      migrate) ! holds "$plain" "$now" || wrong="${wrong:-plain text is still there}" ;;
      backup) [ ! -e "$work/copy" ] || "$vigil" audit verify --data "$work/copy" --key "$now/log.vkey" >/dev/null 2>&1 \
        || wrong="${wrong:-a copy that is none has the name}" ;;
      amend | ask | answer) # On record once or not at all, also when the next service has done what is left in the inbox.
        ! holds "$(printf %s "$right" | od -An -v -tx1 | tr -d ' \n')" "$now" || wrong="${wrong:-the text lies there in plain}"
        [ $operation = amend ] || { serve "$now" && kill $service && wait $service; } 2>/dev/null || wrong="${wrong:-no service starts}"
        ! ls "$now"/inbox/*.entry >/dev/null 2>&1 || wrong="${wrong:-a request is left}"
        amended=$(sql "$now" "SELECT count(*) FROM record WHERE kind = 'amendment'")
        [ "$amended" -le 1 ] || wrong="${wrong:-amended $amended times}"
        case "$operation $outcome $amended" in
          'ask refused 1' | 'answer refused 1') grep -q AUD008 "$work/out" || wrong="${wrong:-amended, and refused}" ;;
        esac ;;
      case) # Said again it holds whom it did not, and nobody twice.
        operate case "$now" -e trace=none && "$vigil" audit verify --data "$now" >"$work/after" 2>&1 || wrong="${wrong:-does not go on}"
        [ "$(sql "$now" 'SELECT count(*), count(DISTINCT pseudonym), count(released) FROM hold')" = '2|2|0' ] \
          || wrong="${wrong:-not everybody is held once}" ;;
      closing) # Approved again it ends what it did not, and nothing twice; 66 where none is left.
        operate closing "$now" -e trace=none || [ $? = 66 ] || wrong="${wrong:-does not go on: $(tail -1 "$work/out")}"
        "$vigil" audit verify --data "$now" >"$work/after" 2>&1 || wrong="${wrong:-does not verify any more}"
        [ "$(sql "$now" "SELECT count(*), count(released), (SELECT count(*) FROM record WHERE kind = 'release') FROM hold")" = '2|2|2' ] \
          || wrong="${wrong:-not every hold is ended once}" ;;
      evidence | folder) # What has the name is whole, and said again it is left as it is; else it can be made.
        sum=$(sum "$work/copy"); [ -n "$sum" ] || [ $outcome != done ] || wrong="${wrong:-there is no folder}"
        operate evidence "$now" -e trace=none; [ $? = $([ -z "$sum" ] && echo 0 || echo 73) ] || wrong="${wrong:-said again: $(tail -1 "$work/out")}"
        [ -z "$sum" ] || [ "$sum" = "$(sum "$work/copy")" ] || wrong="${wrong:-the folder was changed}"
        "$vigil" audit check-export "$work/copy" --key "$now/log.vkey" >"$work/after" 2>&1 || wrong="${wrong:-$(tail -1 "$work/after")}"
        [ "$(cat "$work/copy.part.of-another/file")" = kept ] || wrong="${wrong:-the folder of another is gone}" ;;
    esac
    "$vigil" audit hold --ahead --patient syn-child --user u --reason after --data "$now" >"$work/after" 2>&1 \
      || wrong="${wrong:-takes no record: $(tail -1 "$work/after")}"
    [ -z "$wrong" ]; check "$operation, $fault at $name $at: $wrong" $?
    [ -z "$wrong" ] || outcome=WRONG
    echo "$operation $name $fault $outcome" >>"$work/results"
  done
}
# The case that comes next, whichever lane is free: those that wait for locks come in a row.
next() { read -r operation name fault at < <(flock "$origins/taken" sh -c 'n=$(($(cat "$1/taken") + 1)); echo $n >"$1/taken"; sed -n "${n}p" "$1/chosen"' - "$origins"); }
echo 0 >"$work/taken"
for n in $(seq 0 $((lanes - 1))); do try "$n" & done
started=$SECONDS told=$SECONDS
while [ -n "$(jobs -rp)" ]; do
  sleep 1
  [ $((SECONDS - told)) -lt 60 ] && continue
  told=$SECONDS
  echo "faults: $(cat "$work"/lane*/results | wc -l) of $(wc -l <"$work/chosen") cases after $(((SECONDS - started) / 60)) min" >&2
done
cat "$work"/lane*/results >"$work/results"
[ "$(wc -l <"$work/results")" = "$(wc -l <"$work/chosen")" ]; check 'every case was tried' $?
for operation in $(cut -d' ' -f1 "$work/chosen" | sort -u); do
  awk -v operation="$operation" '$1 == operation && $4 != "missed" { n++ } END { exit n == 0 }' "$work/results"
  check "a fault came to a call of $operation" $?
done
passed=$((passed + $(grep -vc ' missed$\| WRONG$' "$work/results"))) failed=$((failed + $(grep -c ' WRONG$' "$work/results")))

echo "faults: $(wc -l <"$work/chosen") of $total cases; d answered rightly, r refused with a code, k killed, - call not reached"
awk '{ row = $1 " " $2; rows[row]; n[row, $3, $4]++ }
  END { split("EIO EIO+ ENOSPC ENOSPC+ EINTR KILL", faults, " ")
    for (row in rows) { line = sprintf("%-18s", row)
      for (f = 1; f <= 6; f++) { cell = ""
        split("done refused killed missed WRONG", outcomes, " ")
        for (o = 1; o <= 5; o++) if ((count = n[row, faults[f], outcomes[o]])) cell = cell " " substr("drk-W", o, 1) count
        line = line sprintf(" %-14s", cell == "" ? " ." : cell) }
      print line } }' "$work/results" | sort >"$work/matrix"
printf '%-18s %-14s %-14s %-14s %-14s %-14s %-14s\n' 'operation call' ' EIO' ' EIO on' ' ENOSPC' ' ENOSPC on' ' EINTR' ' SIGKILL'
cat "$work/matrix"

# A running service on a disk that is full: no file may grow, and it says so; then there is room again.
answers() { sql "$1" "SELECT count(*) FROM record WHERE kind = 'answer'"; }
(trap '' XFSZ; exec "$vigil" serve --port "$port" --data "$work/full") >>"$work/log" 2>&1 & service=$!
await; check 'a service starts on a disk with room' $?
ok=0; status=$(call $sparse); [ "$status" = 200 ] && ok=1
prlimit --pid $service --fsize="$(stat -c %s "$work/full/trail.sqlite-wal")":unlimited
for _ in $(seq 40); do status=$(call $sparse); [ "$status" = 200 ] && ok=$((ok + 1)) || break; done
[ "$status" = 503 ]; check 'on a full disk calls are refused with 503' $?
grep -q '"OperationOutcome"' "$work/answer"; check 'as an OperationOutcome' $?
[ "$(ready)" = 503 ]; check 'and the service says that it is not ready' $?
prlimit --pid $service --fsize=unlimited:unlimited
[ "$(call $sparse)" = 200 ] && ok=$((ok + 1)); check 'when there is room again it answers' $?
[ "$(ready)" = 200 ]; check 'and is ready' $?
"$vigil" serve --port "$(port)" --data "$work/full" >"$work/second" 2>&1; [ $? = 73 ] && grep -q AUD002 "$work/second"
check 'a second writer is refused' $?
kill $service; wait $service 2>/dev/null
[ "$(answers "$work/full")" = $ok ]; check 'every answer that was given is on record, and none that was not' $?
"$vigil" audit verify --data "$work/full" >/dev/null; check 'and the trail verifies' $?

# A disk that takes a second for each flush: answers come late or are refused, none is lost.
strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:delay_enter=1000000 \
  "$vigil" serve --port "$port" --data "$work/slow" >>"$work/log" 2>&1 & service=$!
await; check 'a service starts on a slow disk' $?
clients=()
for n in $(seq 16); do call $sparse $n >"$work/status$n" & clients+=($!); done
wait "${clients[@]}"
ok=$(cat $(seq -f "$work/status%g" 16) | grep -o 200 | wc -l)
other=$(for n in $(seq 16); do grep -vx '200\|503' "$work/status$n"; echo; done | grep -c .)
[ "$other" = 0 ] && [ "$ok" -gt 0 ]; check "on a slow disk calls are answered or refused ($ok answered)" $?
pkill -TERM -P $service; wait $service 2>/dev/null
[ "$(answers "$work/slow")" = "$ok" ]; check 'and the record says the same' $?
"$vigil" audit verify --data "$work/slow" >/dev/null; check 'and verifies' $?

# A disk that cannot be written.
timeout 20 strace -f -qq -o /dev/null -P "$work/slow/trail.sqlite" -e trace=openat -e inject=openat:error=EROFS:when=1 \
  "$vigil" serve --port "$port" --data "$work/slow" >"$work/readonly" 2>&1
[ $? = 73 ] && grep -q 'AUD00[14]' "$work/readonly"; check 'a service does not start on a trail that it cannot write' $?

echo "$passed passed, $failed failed"
[ $failed = 0 ]
