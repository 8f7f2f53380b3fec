#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes {patient, code, value, unit, time} out of an NDJSON file of Observations by vigil, DuckDB with typed columns and Spark's
JSON reader, one after the other, and prints rates and ratios.

    python3 docs/bench/extraction.py Observation.ndjson [--vigil .build/release/vigil] [--rounds 3]

Everybody gives the number of rows, the sum of the values and the lengths of the texts, which must agree. DuckDB and Spark are measured
where their modules are installed (`pip install duckdb pyspark`; Spark needs Java). Medians of the rounds; Spark's reader is given
the schema and a first pass to warm up.
"""
import argparse
import json
import os
import statistics
import subprocess
import time

COLUMNS = ("{subject: 'STRUCT(reference VARCHAR)', code: 'STRUCT(coding STRUCT(code VARCHAR)[])', "
           "valueQuantity: 'STRUCT(\"value\" DOUBLE, unit VARCHAR)', effectiveDateTime: 'VARCHAR'}")


def vigil(options, threads):
    said = subprocess.run([options.vigil, "bench", "extraction", options.file, "--jobs", str(threads)],
                          stdout=subprocess.PIPE, check=True)
    found = json.loads(said.stdout)
    return found["seconds"], (found["rows"], found["sum"], found["lengths"])


def duckdb(options, threads):
    import duckdb
    database = duckdb.connect(config={"threads": threads})
    query = f"""
        SELECT count(*), sum(valueQuantity."value"), sum(strlen(subject.reference)) + sum(strlen(code.coding[1].code))
          + coalesce(sum(strlen(valueQuantity.unit)), 0) + sum(strlen(effectiveDateTime))
        FROM read_json('{options.file}', columns = {COLUMNS}, format = 'newline_delimited')"""
    start = time.monotonic()
    row = database.execute(query).fetchone()
    return time.monotonic() - start, row


class Spark:
    session = None

    def __call__(self, options, threads):
        from pyspark.sql import SparkSession
        if Spark.session is None or Spark.session.sparkContext.defaultParallelism != threads:
            if Spark.session: Spark.session.stop()
            Spark.session = SparkSession.builder.master(f"local[{threads}]").config("spark.ui.enabled", "false").config(
                "spark.driver.memory", "2g").getOrCreate()
            Spark.session.sparkContext.setLogLevel("ERROR")
            self.query(options)
        start = time.monotonic()
        row = self.query(options)
        return time.monotonic() - start, row

    def query(self, options):
        schema = ("subject STRUCT<reference: STRING>, code STRUCT<coding: ARRAY<STRUCT<code: STRING>>>, "
                  "valueQuantity STRUCT<value: DOUBLE, unit: STRING>, effectiveDateTime STRING")
        frame = Spark.session.read.schema(schema).json(f"file://{os.path.abspath(options.file)}")
        row = frame.selectExpr(
            "count(*)", "sum(valueQuantity.value)",
            "sum(length(subject.reference)) + sum(length(code.coding[0].code)) + coalesce(sum(length(valueQuantity.unit)), 0)"
            " + sum(length(effectiveDateTime))").collect()[0]
        return tuple(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--vigil", default=".build/release/vigil")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    size = os.path.getsize(options.file) / 1e6
    peers = [("vigil", vigil)]
    for name, module, peer in (("DuckDB, typed columns", "duckdb", duckdb), ("Spark JSON", "pyspark", Spark())):
        try:
            __import__(module)
            peers.append((name, peer))
        except ImportError:
            print(f"{name}: not installed")
    print(f"{size:.0f} MB")
    for threads in (1, 2):
        medians, answers = {}, {}
        for _ in range(options.rounds):
            for name, peer in peers:
                seconds, answer = peer(options, threads)
                medians.setdefault(name, []).append(seconds)
                answers[name] = answer
        first = answers["vigil"]
        for name, answer in answers.items():
            assert answer[0] == first[0] and answer[2] == first[2] and abs(answer[1] / first[1] - 1) < 1e-9, (name, answer, first)
        own = statistics.median(medians["vigil"])
        for name in medians:
            seconds = statistics.median(medians[name])
            print(f"{threads} thread{'s' * (threads > 1)}  {name:24}{size / seconds:8.0f} MB/s  vigil is {seconds / own:.2f} times as fast")


if __name__ == "__main__":
    main()
