#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small audit record repository: takes batches of AuditEvents that are put under their ids, and keeps each in a file, a line for
each time it comes. Written from R4's http.html alone.

  audit-repository.py PORT FILE [--token TOKEN] [--refuse WORD] [--tls CERTIFICATE KEY [--clients AUTHORITY]] [--slow SECONDS] [--callers FILE] [--create]

--callers has a line for each Bundle: whose token came with it. With --create events cannot be put, only created (IHE ITI-20), under ids of the repository's own; one whose tag is there is not created.
"""
import argparse
import http.server
import json
import re
import ssl
import threading
import time
import uuid

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("file")
parser.add_argument("--token")
parser.add_argument("--refuse")
parser.add_argument("--tls", nargs=2)
parser.add_argument("--clients")
parser.add_argument("--slow", type=float, default=0)
parser.add_argument("--callers")
parser.add_argument("--create", action="store_true")
options = parser.parse_args()
journal = open(options.file, "a")


def name(event):
    """What an event is known by: its id, or its tag."""
    if not options.create:
        return event["id"]
    tag = event["meta"]["tag"][0]
    return tag["system"] + "|" + tag["code"]


known = set()
try:
    for line in open(options.file):
        if line.endswith("\n"):
            known.add(name(json.loads(line)))
        else:  # it was killed while it wrote: what is half there was never answered for
            journal.write("\n")
except FileNotFoundError:
    pass
lock = threading.Lock()
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def put(entry):
    """The status of one entry."""
    resource, request = entry.get("resource", {}), entry.get("request", {})
    if options.create:
        if request.get("method") != "POST" or request.get("url") != "AuditEvent":
            return "405 Method Not Allowed"
        identifier = name(resource)
        if request.get("ifNoneExist") != "_tag=" + identifier or "id" in resource:
            return "400 Bad Request"
        if identifier in known:
            return "200 OK"
        resource = {**resource, "id": str(uuid.uuid4())}
    else:
        identifier = resource.get("id", "")
        if request.get("method") != "PUT" or request.get("url") != "AuditEvent/" + identifier:
            return "405 Method Not Allowed"
        if not ID.fullmatch(identifier):
            return "400 Bad Request"
    if resource.get("resourceType") != "AuditEvent":
        return "400 Bad Request"
    if any(not resource.get(name) for name in ["type", "recorded", "agent", "source"]):
        return "422 Unprocessable Entity"
    if options.refuse and options.refuse in json.dumps(resource):
        return "422 Unprocessable Entity"
    journal.write(json.dumps(resource) + "\n")
    journal.flush()
    if identifier in known:
        return "200 OK"
    known.add(identifier)
    return "201 Created"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if options.token and self.headers["Authorization"] != "Bearer " + options.token:
            return self.answer(401, {})
        if options.callers:
            with open(options.callers, "a") as callers:
                callers.write((self.headers["Authorization"] or "").removeprefix("Bearer ") + "\n")
        bundle = json.loads(body)
        if self.path != "/fhir" or bundle.get("resourceType") != "Bundle" or bundle.get("type") != "batch":
            return self.answer(400, {})
        with lock:
            statuses = [put(entry) for entry in bundle["entry"]]
        time.sleep(options.slow)
        self.answer(200, {"resourceType": "Bundle", "type": "batch-response",
                          "entry": [{"response": {"status": status}} for status in statuses]})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True

    def handle_error(self, request, address):
        pass  # callers that are cut off, or whose certificate is none


server = Server(("127.0.0.1", options.port), Handler)
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*options.tls)
    if options.clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.clients)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
