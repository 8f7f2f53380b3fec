#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real messages of cds-hooks-examples against the real binary, read strictly and tolerantly.

Each request is answered as the manifest expects: strictly, what breaks the specification is refused with 4xx, and what does not
is answered 200, or 412 where data is wanting, or 422 CDS006 where the hook is none of ours. Nothing is ever answered 5xx or
without a body. Every 200 is valid by the corpus' JSON Schema where python's jsonschema is at hand. Then rubbish.
Prints "N passed, N failed"; skips with a message where the messages are not at hand."""
import json, os, re, socket, subprocess, sys, tarfile, tempfile, time, urllib.error, urllib.request

root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
vigil = os.path.join(root, ".build/release/vigil")
work = tempfile.TemporaryDirectory()
passed, failed = 0, 0


def check(name, holds, seen=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"corpus: failed: {name} {str(seen)[:300]}")


def corpus():
    unpacked = os.environ.get("VIGIL_DATA_UNPACKED")
    if unpacked:
        folder = os.path.join(unpacked, "cds-hooks-examples/cds-hooks-examples")
        if os.path.exists(folder):
            return folder
    archive = os.path.join(os.environ.get("VIGIL_DATA", os.path.join(root, "../shared/data")), "cds-hooks-examples.tar.xz")
    if not os.path.exists(archive):
        return None
    with tarfile.open(archive) as tar:
        # Python before 3.11.4 has no filters; the archive is one that its owner has put beside the project.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        tar.extractall(work.name)
    return os.path.join(work.name, "cds-hooks-examples")


folder = corpus()
if folder is None:
    print("skipped: cds-hooks-examples is not at hand; set VIGIL_DATA or VIGIL_DATA_UNPACKED")
    print("0 passed, 0 failed")
    sys.exit(0)
manifest = json.load(open(os.path.join(folder, "manifest.json")))
messages = [dict(entry, bytes=open(os.path.join(folder, entry["file"]), "rb").read()) for entry in manifest]
try:
    import jsonschema
    schema = json.load(open(os.path.join(folder, "schema/cds-hooks-3.0-ballot.schema.json")))
except ImportError:
    jsonschema = None
    print("skipped: python jsonschema is not installed, answers are not held to the schema")


def valid(kind, message):
    if jsonschema is None:
        return []
    top = dict(schema, **{"$ref": "#/$defs/" + kind})
    return [error.message[:200] for error in jsonschema.Draft202012Validator(top).iter_errors(message)]


class Service:
    """`vigil serve` with a trail of its own."""

    def __init__(self, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.data = os.path.join(work.name, f"var{port}")
        self.log = open(os.path.join(work.name, f"log{port}"), "wb+")
        command = [vigil, "serve", "--port", str(port), "--data", self.data, *options]
        self.process = subprocess.Popen(command, cwd=root, stdout=self.log, stderr=self.log)
        for _ in range(1200):
            try:
                urllib.request.urlopen(self.base + "/readyz").read()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("corpus: the service does not start")

    def post(self, path, body, content="application/json", method="POST"):
        call = urllib.request.Request(self.base + path, body, {"Content-Type": content}, method=method)
        try:
            with urllib.request.urlopen(call) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


def outcome(body):
    try:
        found = json.loads(body)
        return found["issue"][0]["details"]["coding"][0]["code"] if found["resourceType"] == "OperationOutcome" else None
    except (ValueError, KeyError, IndexError):
        return None


def judge(service, strict):
    hooks = {entry["hook"] for entry in json.loads(urllib.request.urlopen(service.base + "/cds-services").read())["services"]}
    for message in messages:
        if message["kind"] != "request":
            continue
        name, errors = message["file"], message.get("schema_errors", [])
        status, body = service.post("/cds-services/patient-risk", message["bytes"])
        code = outcome(body)
        check(f"{name} is no failure of ours", status < 500, (status, body))
        if status == 200:
            check(f"{name} is answered by the schema", not valid("response", json.loads(body)), valid("response", json.loads(body)))
        else:
            check(f"{name} has an OperationOutcome", code is not None, body)
        hook = json.loads(message["bytes"]).get("hook")
        if strict and errors:
            check(f"{name} breaks the specification", status in (400, 422), (status, code, errors))
        elif not errors and hook in hooks:
            check(f"{name} is taken", status in (200, 412) or code == "CDS010", (status, code, body))
        elif not errors:
            check(f"{name} is of no hook of ours", (status, code) == (422, "CDS006"), (status, code))
    for message in messages:
        if message["kind"] == "feedback":
            status, body = service.post("/cds-services/patient-risk/feedback", message["bytes"])
            check(f"{message['file']} is taken", status == 200, (status, body))


def rubbish(service):
    whole = open(os.path.join(root, "FixturesFHIR/hooks/patient-view-septic.json"), "rb").read()
    cases = [b"", b"\x00" * 64, b"[" * 100_000, b"{" * 100_000, b'{"hook":' + b"1" * 100_000, whole[: len(whole) // 2], whole + b"x",
             b"\xef\xbb\xbf" + whole, whole.replace(b'"hook"', b'"hook":"x","hook"', 1), b'"\xff\xfe"', b"null", b"1e999999"]
    for number, body in enumerate(cases):
        for path in ("/cds-services/patient-risk", "/cds-services/patient-risk/feedback", "/fhir/$assess", "/v2/models/icu-diagnosis/infer"):
            status, answer = service.post(path, body)
            check(f"rubbish {number} at {path}", 400 <= status < 500 and answer, (status, answer))
    for path in ("/cds-services/..%2f", "/cds-services//patient-risk", "/cds-services/patient-risk/", "/%00", "/v2/models/%2e%2e", "/openapi.json/x"):
        status, _ = service.post(path, b"{}")
        check(f"{path} is nowhere", status in (400, 404, 405), status)
    status, _ = service.post("/cds-services/patient-risk", whole)
    check("afterwards a call is answered", status == 200, status)


for options in (["--strict"], []):
    service = Service(*options)
    found = json.loads(urllib.request.urlopen(service.base + "/cds-services").read())
    check("discovery is valid by the schema", not valid("discovery", found), valid("discovery", found))
    judge(service, bool(options))
    if not options:
        rubbish(service)
    check("the service stops as told", service.stop() == 0)
    service.log.seek(0)
    text = service.log.read().decode("utf-8", "replace")
    check("the log names no crash", not re.search(r"Fatal|crash|Illegal", text), text[-300:])
    against = subprocess.run([vigil, "replay", "--against", service.data], cwd=root, capture_output=True, text=True)
    check("every stored request gives the same bytes again", against.returncode == 0, against.stdout + against.stderr)

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
