#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replay a bulk export on a Spark cluster with the vigil binary that a single machine would use.

    spark-submit --master spark://HOST:7077 docs/cluster/replay_spark.py EXPORT --output rows.parquet \
        --vigil /opt/vigil/vigil --profiles /opt/vigil/Profiles --at each-hour

The lines of the export's NDJSON files are divided by patient; each partition is piped through `vigil replay -`, with the lines
that belong to nobody (Location, Medication, ...) before it. The binary and the profiles must lie at the same paths on every
machine. A partition that is lost with its machine is done again by another: the same lines give the same rows. The rows are those of
`vigil replay EXPORT --format csv` on one machine, bit for bit, in another order and without the column `input`; but for lines with U+FFFD (below).

A bad line is refused by vigil and counted; what was refused is printed by code at the end, each line once, as one machine would count it.
Spark has replaced what is not UTF-8 before anybody sees it: a line with U+FFFD is refused like one with the bytes themselves.

Only lines that name their patient by a literal reference (`Patient/123`, relative or absolute) can be divided. A line with a
subject of any other kind ends the job: such an export must be replayed whole.
"""
import argparse
import collections
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
# What Spark puts in the place of bytes that are not UTF-8.
REPLACED = "\ufffd"


def owner(line):
    """The patient whom a line belongs to; NOBODY for what every patient may refer to."""
    try:
        resource = json.loads(line)
    except ValueError:
        return BROKEN
    if REPLACED in line:
        return BROKEN
    # JSON that is no resource is noted in every chart read beside it.
    if not isinstance(resource, dict):
        return NOBODY
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


def ask(lines, command):
    """Pipes lines through vigil: its rows as CSV, and by code what it refused."""
    text = "\n".join(lines).encode().replace(REPLACED.encode(), b"\xff") + b"\n"
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stderr.decode()
    # 65: a line was refused, which never ends a replay.
    if done.returncode not in (0, 65):
        raise RuntimeError(f"vigil ended with {done.returncode}: {said[-2000:]}")
    # The summary is the last line.
    return done.stdout.decode(), json.loads(said.strip().splitlines()[-1])["refused"]


def replay(index, lines, shared, command, refused):
    """Gives the rows of a partition, and notes what was refused of it."""
    lines = list(lines)
    if not lines:
        return
    rows, codes = ask(shared + lines, command)
    refused.add({index: codes})
    for row in csv.DictReader(io.StringIO(rows)):
        yield tuple(
            row[name] or None if name in TEXTS else float(row[name]) if row[name] else None for name in COLUMNS)


def total(partitions, shared):
    """By code all that was refused; what belongs to nobody went through vigil with every partition and counts once."""
    codes = collections.Counter(shared)
    for counts in partitions.values():
        codes.update({code: count - shared.get(code, 0) for code, count in counts.items()})
    return {code: count for code, count in sorted(codes.items()) if count}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", help="folder of NDJSON files, gzipped or not, on a file system that every machine sees")
    parser.add_argument("--output", required=True, help="folder for the Parquet files")
    parser.add_argument("--vigil", default="vigil", help="the binary, at the same path on every machine")
    parser.add_argument("--profiles", default="Profiles", help="the profiles, at the same path on every machine")
    parser.add_argument("--at", action="append", help="last (the default), each-hour or an instant, which may be given several times")
    parser.add_argument("--partitions", type=int, default=64)
    options = parser.parse_args()
    # Executors run in folders of their own.
    options.export, options.output, options.profiles = map(
        os.path.abspath, (options.export, options.output, options.profiles))

    from pyspark.accumulators import AccumulatorParam
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType

    class ByPartition(AccumulatorParam):
        """A partition that is done again says the same again: it counts once."""

        def zero(self, value):
            return {}

        def addInPlace(self, first, second):
            first.update(second)
            return first

    spark = SparkSession.builder.appName("vigil replay").getOrCreate()
    owned = spark.sparkContext.textFile(f"file://{options.export}/*.ndjson*").filter(str.strip).map(
        lambda line: (owner(line), line))
    nobodys = sorted(owned.filter(lambda pair: pair[0] == NOBODY).values().collect())
    shared = spark.sparkContext.broadcast(nobodys)
    refused = spark.sparkContext.accumulator({}, ByPartition())
    command = [options.vigil, "replay", "-", "--json", "--format", "csv", "--jobs", "1", "--profiles", options.profiles]
    command += [word for moment in options.at or ["last"] for word in ("--at", moment)]
    # CRC-32: the same partition in every process, which Python's own hash of texts does not give.
    rows = owned.filter(lambda pair: pair[0] != NOBODY).partitionBy(
        options.partitions, lambda patient: zlib.crc32(patient.encode())).values().mapPartitionsWithIndex(
            lambda index, lines: replay(index, lines, shared.value, command, refused))
    schema = StructType([StructField(name, StringType() if name in TEXTS else DoubleType()) for name in COLUMNS])
    spark.createDataFrame(rows, schema).write.mode("overwrite").parquet(f"file://{options.output}")
    codes = total(refused.value, ask(nobodys, command)[1] if nobodys else {})
    spark.stop()
    print("refused:", json.dumps(codes))


if __name__ == "__main__":
    sys.exit(main())
