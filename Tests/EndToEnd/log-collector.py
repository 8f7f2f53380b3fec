#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small OpenTelemetry collector: takes logs over HTTP in JSON (ExportLogsServiceRequest) and keeps each log record in a file, a line
for each time it comes. Written from OTLP's specification and its logs.proto alone.

  log-collector.py PORT FILE [--token TOKEN] [--reject WORD] [--busy COUNT] [--slow SECONDS]

--reject takes no log record with that word (partialSuccess), --busy answers so many requests with 429 first.
"""
import argparse
import http.server
import json
import re
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("file")
parser.add_argument("--token")
parser.add_argument("--reject")
parser.add_argument("--busy", type=int, default=0)
parser.add_argument("--slow", type=float, default=0)
options = parser.parse_args()
journal = open(options.file, "a")
if journal.tell() > 0 and not open(options.file).read().endswith("\n"):
    journal.write("\n")  # it was killed while it wrote: what is half there was never answered for
lock = threading.Lock()
UNSIGNED, SIGNED = re.compile(r"[0-9]{1,20}"), re.compile(r"-?[0-9]{1,19}")


def is_value(value):
    """An AnyValue of text or of an integer, which JSON has as a string of digits."""
    [(kind, inner)] = value.items()
    return isinstance(inner, str) and (kind == "stringValue" or kind == "intValue" and bool(SIGNED.fullmatch(inner)))


def is_log_record(record):
    times = [record["timeUnixNano"], record["observedTimeUnixNano"]]
    return (all(isinstance(time, str) and UNSIGNED.fullmatch(time) and int(time) < 1 << 64 for time in times)
            and type(record["severityNumber"]) is int and 1 <= record["severityNumber"] <= 24
            and isinstance(record["severityText"], str) and is_value(record["body"])
            and all(isinstance(one["key"], str) and is_value(one["value"]) for one in record["attributes"])
            and len({one["key"] for one in record["attributes"]}) == len(record["attributes"]))


def take(request):
    """How many log records are not taken; the others are kept."""
    left = 0
    for resource in request["resourceLogs"]:
        names = {one["key"]: one["value"]["stringValue"] for one in resource["resource"]["attributes"]}
        if names["service.name"] != "vigil":
            raise ValueError
        for scope in resource["scopeLogs"]:
            if not all(is_log_record(record) for record in scope["logRecords"]):
                raise ValueError
            for record in scope["logRecords"]:
                line = json.dumps({**record, "log": names["vigil.audit.log"]})
                if options.reject and options.reject in line:
                    left += 1
                else:
                    journal.write(line + "\n")
                    journal.flush()
    return left


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if options.token and self.headers["Authorization"] != "Bearer " + options.token:
            return self.answer(401, {})
        if self.path != "/v1/logs" or self.headers["Content-Type"] != "application/json":
            return self.answer(404, {})
        with lock:
            if options.busy > 0:
                options.busy -= 1
                return self.answer(429, {}, ("Retry-After", "2"))
            try:
                left = take(json.loads(body))
            except (KeyError, TypeError, ValueError):
                return self.answer(400, {})
        time.sleep(options.slow)
        self.answer(200, {"partialSuccess": {"rejectedLogRecords": str(left), "errorMessage": "no"}} if left else {})

    def answer(self, status, value, *headers):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True

    def handle_error(self, request, address):
        pass  # callers that are cut off


Server(("127.0.0.1", options.port), Handler).serve_forever()
