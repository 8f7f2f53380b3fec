#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replay a bulk export on a Spark cluster with the vigil binary that a single machine would use.

    spark-submit --master spark://HOST:7077 docs/cluster/replay_spark.py EXPORT --output rows.parquet \
        --vigil /opt/vigil/vigil --profiles /opt/vigil/Profiles --at each-hour

The lines of the export's NDJSON files are divided by patient; each partition is piped through `vigil replay -`, with the lines
that belong to nobody (Location, Medication, ...) before it. The binary and the profiles must lie at the same paths on every
machine. A partition that is lost with its machine is done again by another: the same lines give the same rows. The rows are those of
`vigil replay EXPORT --format csv` on one machine, bit for bit, in another order and without the column `input`.

Only lines that name their patient by a literal reference (`Patient/123`, relative or absolute) can be divided. A line with a
subject of any other kind ends the job: such an export must be replayed whole.
"""
import argparse
import csv
import io
import json
import os
import subprocess
import sys
import zlib

COLUMNS = ["patient", "at", "model", "version", "outcome", "hour", "probability", "low", "high", "band", "alarm",
           "not_assessed", "values", "missing", "ignored", "left_out"]
TEXTS = {"patient", "at", "model", "version", "outcome", "band", "not_assessed"}
NOBODY = ""
# No patient's id: what is no JSON goes through vigil like the rest, which counts it.
BROKEN = "\0broken"


def owner(line):
    """The patient whom a line belongs to; NOBODY for what every patient may refer to."""
    try:
        resource = json.loads(line)
    except ValueError:
        return BROKEN
    if not isinstance(resource, dict):
        return BROKEN
    kind = resource.get("resourceType")
    if kind == "Patient":
        return resource.get("id") or refuse(kind)
    subject = resource.get("subject") or resource.get("patient")
    if subject is None:
        return refuse(kind) if kind in ("Bundle", "Parameters") else NOBODY
    parts = (subject.get("reference") or "").split("/_history/")[0].split("/") if isinstance(subject, dict) else []
    return parts[-1] if len(parts) >= 2 and parts[-2] == "Patient" else refuse(kind)


def refuse(kind):
    raise ValueError(f"a {kind} names its patient by no literal reference: replay the export on one machine")


def replay(lines, shared, command):
    """Pipes the lines of a partition through vigil and gives its rows."""
    lines = list(lines)
    if not lines:
        return
    text = "\n".join(shared + lines) + "\n"
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # 65: a line was refused, which never ends a replay; the executor's log has what and how many.
    if done.returncode == 65:
        sys.stderr.write(done.stderr.decode())
    if done.returncode not in (0, 65):
        raise RuntimeError(f"vigil ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    for row in csv.DictReader(io.StringIO(done.stdout.decode())):
        yield tuple(
            row[name] or None if name in TEXTS else float(row[name]) if row[name] else None for name in COLUMNS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", help="folder of NDJSON files, gzipped or not, on a file system that every machine sees")
    parser.add_argument("--output", required=True, help="folder for the Parquet files")
    parser.add_argument("--vigil", default="vigil", help="the binary, at the same path on every machine")
    parser.add_argument("--profiles", default="Profiles", help="the profiles, at the same path on every machine")
    parser.add_argument("--at", default="last", help="last, each-hour or an instant")
    parser.add_argument("--partitions", type=int, default=64)
    options = parser.parse_args()
    # Executors run in folders of their own.
    options.export, options.output, options.profiles = map(
        os.path.abspath, (options.export, options.output, options.profiles))

    from pyspark.sql import SparkSession
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType

    spark = SparkSession.builder.appName("vigil replay").getOrCreate()
    owned = spark.sparkContext.textFile(f"file://{options.export}/*.ndjson*").filter(str.strip).map(
        lambda line: (owner(line), line))
    shared = spark.sparkContext.broadcast(sorted(owned.filter(lambda pair: pair[0] == NOBODY).values().collect()))
    command = [options.vigil, "replay", "-", "--at", options.at, "--format", "csv", "--jobs", "1", "--profiles",
               options.profiles]
    # CRC-32: the same partition in every process, which Python's own hash of texts does not give.
    rows = owned.filter(lambda pair: pair[0] != NOBODY).partitionBy(
        options.partitions, lambda patient: zlib.crc32(patient.encode())).values().mapPartitions(
            lambda lines: replay(lines, shared.value, command))
    schema = StructType([StructField(name, StringType() if name in TEXTS else DoubleType()) for name in COLUMNS])
    spark.createDataFrame(rows, schema).write.mode("overwrite").parquet(f"file://{options.output}")
    spark.stop()


if __name__ == "__main__":
    sys.exit(main())
