# SPDX-License-Identifier: Apache-2.0
"""Seconds of processor time that Python readers take for one file: `fhir-peers.py FILE ROUNDS` prints `name seconds`, the median of the
rounds, for each reader that can be imported. Called by `vigil bench fhir`."""
import importlib
import io
import statistics
import sys
import time


def readers(data, xml):
    """Yields (name, function of no arguments) for what is installed."""
    def module(name):
        try:
            return importlib.import_module(name)
        except ImportError:
            return None

    if xml:
        if lxml := module("lxml.etree"):
            yield "lxml", lambda: lxml.fromstring(data, lxml.XMLParser(huge_tree=True))
        from xml.etree import ElementTree
        yield "ElementTree", lambda: ElementTree.parse(io.BytesIO(data))
        return
    if msgspec := module("msgspec"):
        yield "msgspec", lambda: msgspec.json.decode(data)
    if simdjson := module("simdjson"):
        yield "pysimdjson", lambda: simdjson.Parser().parse(data)
    if orjson := module("orjson"):
        yield "orjson", lambda: orjson.loads(data)
    yield "json", lambda: module("json").loads(data)
    if bundle := module("fhir.resources.R4B.bundle"):
        yield "fhir.resources", lambda: bundle.Bundle.parse_raw(data)


def main():
    data = open(sys.argv[1], "rb").read()
    for name, read in readers(data, sys.argv[1].endswith(".xml")):
        times = []
        try:
            for _ in range(int(sys.argv[2])):
                start = time.process_time()
                read()
                times.append(time.process_time() - start)
        except Exception:  # a peer that refuses the file has no time
            continue
        print(name, statistics.median(times))


main()
