#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Replays an export on a local Spark cluster of two workers, of which one is killed half-way, and compares with one machine.
# Installs what is missing: Java (Debian's default-jre-headless) and pyspark in a virtual environment. Prints "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.."
vigil=$PWD/.build/release/vigil
venv=${VIGIL_SPARK_VENV:-$PWD/.build/spark}
work=$(mktemp -d) && passed=0 && failed=0 && pids=()
stop() { for pid in "${pids[@]}"; do kill -9 -- "-$pid" 2>/dev/null; done; rm -rf "$work"; }
trap stop EXIT

if ! command -v java >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq default-jre-headless >/dev/null || exit 1
fi
if ! "$venv/bin/python" -c 'import pyspark' 2>/dev/null; then
  python3 -m venv "$venv" && "$venv/bin/pip" install -q pyspark || { echo 'spark: pyspark cannot be installed'; exit 1; }
fi
python=$venv/bin/python
export SPARK_HOME=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export PYSPARK_PYTHON=$python PYSPARK_DRIVER_PYTHON=$python SPARK_LOCAL_IP=127.0.0.1 SPARK_WORKER_DIR=$work SPARK_LOG_DIR=$work

check() { # check WHAT COMMAND...
  local what=$1; shift
  if "$@" >"$work/said" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "spark: $what"; tail -5 "$work/said"; fi
}

# An export by type, in which the places belong to nobody.
PYTHONPATH=Tests/EndToEnd PYTHONDONTWRITEBYTECODE=1 python3 - "$work" <<'PYTHON'
import os, sys
from patients import resources
work = sys.argv[1]
os.makedirs(f"{work}/export")
lines = {}
for number in range(96):
    name, patient = [("septic-deterioration", "syn-septic"), ("stable-postoperative", "syn-stable"), ("sparse", "syn-sparse")][number % 3]
    text = open(f"FixturesFHIR/{name}.json").read().replace(patient, f"{patient}-{number}")
    for kind, resource in resources(text, number):
        lines.setdefault(kind, {})[resource] = None
for kind, rows in lines.items():
    open(f"{work}/export/{kind}.ndjson", "w").write("\n".join(rows) + "\n")
# Bad lines: half an object, a member twice in what belongs to a patient and in what belongs to nobody, bytes that are no UTF-8.
with open(f"{work}/export/Observation.ndjson", "ab") as file:
    file.write(b'{"resourceType": "Observation", "id": "x"\n')
    file.write(b'{"resourceType": "Observation", "id": "y", "id": "y", "subject": {"reference": "Patient/syn-septic-0"}}\n')
    file.write(b'{"resourceType": "Observation", "id": "z", "code": {"text": "\xff\xfe"}, "subject": {"reference": "Patient/syn-stable-1"}}\n')
with open(f"{work}/export/Location.ndjson", "ab") as file:
    file.write(b'{"resourceType": "Location", "id": "l", "id": "l"}\n')
PYTHON

# Says when a partition begins, so that the worker can be killed in the middle of one.
cat >"$work/vigil" <<SHELL
#!/bin/sh
mktemp "$work/began.XXXXXX" >/dev/null
exec nice "$vigil" "\$@"
SHELL
chmod +x "$work/vigil"

class() { setsid "$SPARK_HOME/bin/spark-class" "$@" >>"$work/cluster.log" 2>&1 & pids+=($!); }
class org.apache.spark.deploy.master.Master --host 127.0.0.1 --port 17077 --webui-port 0
sleep 4
class org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 --memory 1g --webui-port 0 spark://127.0.0.1:17077
victim=$!
class org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 --memory 1g --webui-port 0 spark://127.0.0.1:17077

setsid "$SPARK_HOME/bin/spark-submit" --master spark://127.0.0.1:17077 --executor-memory 512m --executor-cores 1 \
  docs/cluster/replay_spark.py "$work/export" --output "$work/rows.parquet" --vigil "$work/vigil" --profiles Profiles \
  --at each-hour --partitions 16 >"$work/submit.log" 2>&1 & submit=$!
pids+=($submit)
killed=0
while kill -0 $submit 2>/dev/null; do
  began=$(find "$work" -maxdepth 1 -name 'began.*' | wc -l)
  # The worker with its executor: a whole process group, as if the machine were gone.
  if [ $killed = 0 ] && [ "$began" -ge 6 ]; then kill -9 -- "-$victim" && killed=$began; fi
  sleep 0.1
done
wait $submit; status=$?
check 'no worker was killed half-way' [ "$killed" -gt 0 -a "$killed" -lt 16 ]
check "the job ended with $status" [ $status = 0 ]
[ $status = 0 ] || tail -20 "$work/submit.log"
began=$(find "$work" -maxdepth 1 -name 'began.*' | wc -l)
check 'no partition was done again' [ "$began" -gt 16 ]
echo "spark: killed after $killed partitions had begun, $began beginnings for 16 partitions"

"$vigil" replay "$work/export" --at each-hour --format csv --output "$work/single.csv" --json >"$work/single.json" 2>"$work/err"
check "one machine ended otherwise than by what it refused" [ $? = 65 ]
python3 - "$work" <<'PYTHON' >"$work/said" 2>&1
import json, re, sys
work = sys.argv[1]
single = json.load(open(f"{work}/single.json"))["refused"]
cluster = json.loads(re.search("^refused: (.*)$", open(f"{work}/submit.log").read(), re.M)[1])
print("refused by one machine", single, "by the cluster", cluster)
assert sum(single.values()) >= 4 and single == cluster
PYTHON
same=$?
grep refused "$work/said"
check 'the cluster refused other lines than one machine' [ $same = 0 ]
"$python" - "$work" <<'PYTHON' >"$work/said" 2>&1
import csv, struct, sys
sys.path.insert(0, "docs/cluster")
from replay_spark import COLUMNS, TEXTS
from pyspark.sql import SparkSession
work = sys.argv[1]
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
def bits(value): return value if not isinstance(value, float) else struct.pack("<d", value)
found = spark.read.parquet(f"{work}/rows.parquet").select(*COLUMNS).collect()
cluster = [tuple(bits(value) for value in row) for row in found]
single = [tuple((row[n] or None) if n in TEXTS else (bits(float(row[n])) if row[n] else None) for n in COLUMNS)
          for row in csv.DictReader(open(f"{work}/single.csv"))]
key = lambda row: tuple(str(v) for v in row)
cluster.sort(key=key); single.sort(key=key)
print(len(cluster), "rows on the cluster,", len(single), "on one machine")
assert len(single) > 1000 and cluster == single, "the rows differ"
PYTHON
same=$?
grep rows "$work/said"
check 'the rows of the cluster differ from those of one machine' [ $same = 0 ]
[ $same = 0 ] || tail -5 "$work/said"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
