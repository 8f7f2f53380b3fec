#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks exported evidence of a Vigil trail offline: check_export.py FOLDER LOG_VKEY [--rotation PROOF]... [WITNESS_VKEY...]

FOLDER is what `vigil audit export --format evidence` wrote. Written, as check_proof.py beside it, from the specifications (RFC 6962,
C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof) and docs/trail.md, without a line of Vigil's own code, so that two
programs have to agree. Needs Python's standard library and `cryptography`. LOG_VKEY, which the log began with, comes from elsewhere
and not out of the folder. Every witness named must have cosigned. A --rotation that was given to you by another way leaves nothing
to what the folder says of the log's later keys up to it; several in their order.

Says what there is and exits 0 when everything holds; says the first fault, its file and line, and exits 1 otherwise; exits 2 on wrong
usage.
"""
import base64
import hashlib
import json
import os
import re
import stat
import sys

from check_proof import (
    Key, Refused, decimal, next_key, pieces, read, root_of, signed_by, sorted_out, tagged, tree_size, unbase64)

ALWAYS = {"records.ndjson", "checkpoint", "log.vkey", "index.html", "README.txt"}
# No record is held against them: who has the log's key can sign any.
OF_PAGES = "pages and list: signed, not proved"
# Bytes of a line, its newline among them, and of a file that is read as a whole: who made the folder does not say how much memory it takes.
MOST = 1 << 28


class Fault(Exception):
    """What is wrong (docs/errors.md) and where."""

    def __init__(self, code, file, line=None):
        super().__init__(f"{code}: {file}" + (f", line {line}" if line else ""))
        self.code, self.file, self.line = code, file, line


# A record's JSON, made of its leaf: docs/trail.md has the tags.

def integer(value):
    if len(value) != 8:
        raise Refused("a number has not 8 bytes")
    return int.from_bytes(value, "big", signed=True)


def text(value):
    return value.decode("utf-8")


def instant(value):
    """RFC 3339 in UTC, with milliseconds only where they are not zero."""
    days, rest = divmod(integer(value), 86_400_000)
    # Days from the epoch to a date of the Gregorian calendar, whose years here begin in March.
    days += 719_468
    era, day = divmod(days, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    year += era * 400 + (1 if month <= 2 else 0)
    seconds, milliseconds = divmod(rest, 1000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}" + (f".{milliseconds:03}" if milliseconds else "")
    return (f"{year:04}" if 0 <= year <= 9999 else str(year)) + f"-{month:02}-{day:02}T{clock}Z"


def listed(members, needed):
    """The objects of a list: a name and a form for each tag, of which those needed are there."""
    def read_list(value):
        result = []
        for piece in pieces(value):
            found = dict(tagged(piece))
            if not needed <= set(found) <= set(members):
                raise Refused("an item of a list is not canonical")
            result.append({name: form(found[tag]) for tag, (name, form) in members.items() if tag in found})
        if not result:
            raise Refused("a list is empty")
        return result
    return read_list


def outcomes(value):
    names = [name for name in text(value).split(",") if name]
    if ",".join(names) != text(value):
        raise Refused("a list of outcomes is not canonical")
    return names


MODELS = listed({1: ("id", text), 2: ("version", text), 3: ("digest", bytes.hex)}, {1, 2, 3})
CARDS = listed(
    {1: ("key", bytes.hex), 2: ("model", text), 3: ("outcome", text), 4: ("indicator", text), 5: ("heldBack", text)}, {1})
ABSTENTIONS = listed({1: ("model", text), 2: ("code", text), 3: ("outcomes", outcomes)}, {1, 2, 3})
# In the order in which they are written.
MEMBERS = [
    (1, "sequence", integer), (2, "time", instant), (3, "kind", text), (23, "client", text), (4, "service", text), (5, "hook", text),
    (6, "hookInstance", text), (7, "patient", bytes.hex), (8, "status", integer), (9, "durationMicroseconds", integer),
    (10, "instant", instant), (11, "configuration", bytes.hex), (12, "models", MODELS), (18, "cards", CARDS),
    (24, "abstentions", ABSTENTIONS), (22, "unit", text), (19, "outcome", text), (13, "reason", text), (14, "count", integer),
    (15, "origin", text), (31, "token", text), (30, "user", text), (26, "signature", text), (25, "proposal", integer),
    (32, "amends", integer), (33, "case", text),
    (29, "dataKeyVersion", integer), (16, "note", text), (17, "payloadCommitment", bytes.hex),
    (21, "payloadSealedDigest", bytes.hex), (20, "subject", bytes.hex),
]
KINDS = set(
    "answer rejection start stop read feedback control key erasure hold release review proposal approval clock root-key amendment".split())
# The printed name of a review, and the first and the last record that it stands for, are one member.
SIGNATURE = {26, 27, 28}


def record_of(leaf):
    """What a leaf says. One record has one leaf: what would be written otherwise is none."""
    found = dict(tagged(leaf))
    known = {tag for tag, _, _ in MEMBERS} | SIGNATURE
    if not {1, 2, 3} <= set(found) <= known or {7, 20} <= set(found) or 0 < len(SIGNATURE & set(found)) < 3:
        raise Refused("the leaf is no record")
    if text(found[3]) not in KINDS:
        raise Refused("the leaf is of no kind that there is")
    record = {name: form(found[tag]) for tag, name, form in MEMBERS if tag in found}
    if "signature" in record:
        first, last = integer(found[27]), integer(found[28])
        if first > last:
            raise Refused("a signature stands for no records")
        record["signature"] = {"name": record["signature"], "first": first, "last": last}
    return record


def written(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


# The folder.

def listing(folder):
    names = set()
    for name in sorted(os.listdir(folder)):
        mode = os.lstat(os.path.join(folder, name)).st_mode
        if name == "decisions" and stat.S_ISDIR(mode):
            for page in sorted(os.listdir(os.path.join(folder, name))):
                if not stat.S_ISREG(os.lstat(os.path.join(folder, name, page)).st_mode):
                    raise Fault("PRF010", f"{name}/{page}")
                names.add(f"{name}/{page}")
        elif stat.S_ISREG(mode):
            names.add(name)
        else:
            raise Fault("PRF010", name)
    return names


class Folder:
    def __init__(self, path):
        self.path, self.names = path, listing(path)

    def open(self, name):
        if name not in self.names:
            raise Fault("PRF010", name)
        return open(os.path.join(self.path, name), "rb")

    def bytes(self, name):
        with self.open(name) as file:
            data = file.read(MOST + 1)
            # What is longer is none of these files.
            return data if len(data) <= MOST else b""

    def digest(self, name):
        digest = hashlib.sha256()
        with self.open(name) as file:
            while piece := file.read(1 << 18):
                digest.update(piece)
        return digest.hexdigest()


def decision(name):
    """The number of the decision whose page a file is."""
    match = re.fullmatch(r"decisions/(0|[1-9][0-9]{0,18})\.html", name, re.ASCII)
    return int(match[1]) if match and int(match[1]) < 1 << 63 else None


def manifest_of(data):
    """The digests of the files by name."""
    broken = Fault("PRF007", "manifest")
    if not data.endswith(b"\n"):
        raise broken
    files, before = {}, b""
    for line in data[:-1].split(b"\n"):
        match = re.fullmatch(rb"([0-9a-f]{64})  ([^\n]+)", line)
        if not match or match[2] <= before:
            raise broken
        before = match[2]
        files[match[2].decode("utf-8", "surrogateescape")] = match[1].decode()
    rotations = {name for name in files if name.startswith("rotation-")}
    if not ALWAYS <= set(files) or rotations != {f"rotation-{n + 1}.tlog-proof" for n in range(len(rotations))} \
            or any(decision(name) is None for name in set(files) - rotations - ALWAYS):
        raise broken
    return files


def index_of(proof):
    return decimal(proof.split("\n")[2].removeprefix("index "))


def keys_of(folder, files, known):
    """The log's keys, each behind the record that introduced it: those known from elsewhere, then as the folder proves them."""
    if folder.bytes("log.vkey") != (vkey(known[0][1]) + "\n").encode():
        raise Fault("PRF014", "log.vkey")
    keys = list(known)
    for number in range(sum(name.startswith("rotation-") for name in files)):
        name = f"rotation-{number + 1}.tlog-proof"
        data = folder.bytes(name)
        try:
            proof = data.decode("utf-8")
            # One that was given from elsewhere too proves the same.
            place = next((i for i, (after, _) in enumerate(keys) if after - 1 == index_of(proof)), len(keys))
            after, key = next_key(proof, keys[place - 1][1], keys[place - 1][0])
            if place < len(keys) and vkey(key) != vkey(keys[place][1]):
                raise Refused("it is another key")
            if place == len(keys):
                keys.append((after, key))
        except (Refused, ValueError, IndexError):
            raise Fault("PRF014", name)
    return keys


def vkey(key):
    return f"{key.name}+{key.id.hex()}+{base64.b64encode(bytes([key.kind]) + key.public).decode()}"


def in_force(keys, size):
    return [key for after, key in keys if after < size][-1]


def note_of(data):
    """The text and the signature lines of a signed note."""
    note = data.decode("utf-8")
    if any(ord(letter) < 0x20 and letter != "\n" for letter in note) or not note.endswith("\n"):
        raise Refused("it is no note")
    text, division, signatures = note.rpartition("\n\n")
    lines = signatures[:-1].split("\n")
    if not division or len(lines) > 64 or any(not re.fullmatch(r"\u2014 [^ +]+ [^ ]+", line) for line in lines):
        raise Refused("it is no note")
    return text + "\n", lines


def tree_of(text):
    """Origin, size and root of a checkpoint."""
    lines = text.split("\n")[:-1]
    root = unbase64(lines[2])
    if not lines[0] or len(root) != 32 or "" in lines[3:] or decimal(lines[1]) >= 1 << 63:
        raise Refused("it is no checkpoint")
    return lines[0], decimal(lines[1]), root


def signed_at(folder, manifest, keys):
    """The checkpoint at which the log's key signed the manifest: the key in force behind it."""
    data = folder.bytes("manifest.note")
    try:
        text, signatures = note_of(data)
        head, sha, rest = text.split("\n", 2)
        tree = tree_of(rest)
        key = in_force(keys, tree[1] + 1)
        if head != "vigil evidence 1" or sha != f"sha256 {hashlib.sha256(manifest).hexdigest()}" or rest.count("\n") != 3 \
                or key.name != tree[0] or not signed_by(key, text.encode(), signatures):
            raise Refused("it is not signed")
        return tree
    except (Refused, ValueError, IndexError):
        raise Fault("PRF008", "manifest.note")


def checkpoint_of(folder, keys, witnesses):
    data = folder.bytes("checkpoint")
    code = "PRF001"
    try:
        text, signatures = note_of(data)
        tree = tree_of(text)
        key = in_force(keys, tree[1])
        code = "PRF002"
        if tree[0] != key.name:
            raise Refused("it is another log's")
        code = "PRF003"
        if not signed_by(key, text.encode(), signatures):
            raise Refused("the log has not signed it")
        code = "PRF004"
        if not all(signed_by(witness, text.encode(), signatures) for witness in witnesses):
            raise Refused("a witness has not cosigned it")
        return tree
    except (Refused, ValueError, IndexError):
        raise Fault(code, "checkpoint")


def distinct(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member stands twice")
    return dict(pairs)


class Lines:
    """The lines of the records, one by one."""

    def __init__(self, tree):
        self.tree, self.records, self.contents, self.first, self.last = tree, 0, 0, None, 0

    def look(self, line):
        """The record of a line without its newline; a code of docs/errors.md with what is refused."""
        code = "PRF011"
        try:
            given = json.loads(line.decode("utf-8"), object_pairs_hook=distinct)
            leaf, index = unbase64(given["leaf"]), given["index"]
            path = [unbase64(value) for value in given["path"]]
            content = unbase64(given["content"]) if "content" in given else None
            if type(index) is not int or not 0 <= index < 1 << 63 or type(given["path"]) is not list \
                    or any(len(value) != 32 for value in path):
                raise Refused("it is no line")
            code = "PRF006"
            record = record_of(leaf)
            if record["sequence"] != index + 1:
                raise Refused("it is not in its place")
            code = "PRF011"
            whole = {"record": record, "leaf": given["leaf"], "index": index, "path": given["path"]}
            if content is not None:
                whole["content"] = given["content"]
            if written(whole) != line:
                raise Refused("it says something else")
            code = "PRF012"
            if record["sequence"] <= self.last:
                raise Refused("it is out of order")
            code = "PRF005"
            if root_of(hashlib.sha256(b"\x00" + leaf).digest(), index, self.tree[1], path) != self.tree[2]:
                raise Refused("it is not in the tree")
            code = "PRF013"
            if content is not None and hashlib.sha256(content).hexdigest() != record.get("payloadCommitment"):
                raise Refused("the content is another")
        except (Refused, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refused(code)
        self.records += 1
        self.contents += content is not None
        self.first = self.first or record["sequence"]
        self.last = record["sequence"]
        return record


def check_export(path, log, rotations, witnesses):
    """What there is to say of a folder that holds."""
    known = [(-1, log)]
    for rotation in rotations:
        known.append(next_key(rotation, known[-1][1], known[-1][0]))
    folder = Folder(path)
    manifest = folder.bytes("manifest")
    files = manifest_of(manifest)
    keys = keys_of(folder, files, known)
    signed = signed_at(folder, manifest, keys)
    other = (set(files) | {"manifest", "manifest.note"}) ^ folder.names
    if other:
        raise Fault("PRF010", min(other))
    for name, digest in files.items():
        if name != "records.ndjson" and folder.digest(name) != digest:
            raise Fault("PRF009", name)
    tree = checkpoint_of(folder, keys, witnesses)
    # The folder is signed at a checkpoint that goes on from the one that the paths lead to.
    if signed[1] <= tree[1] and signed != tree:
        raise Fault("PRF008", "manifest.note")
    pages = {decision(name) for name in files if name.startswith("decisions/")}
    lines, digest = Lines(tree), hashlib.sha256()
    with folder.open("records.ndjson") as file:
        for number, line in enumerate(iter(lambda: file.readline(MOST), b""), 1):
            digest.update(line)
            try:
                if not line.endswith(b"\n"):
                    raise Refused("PRF011")
                record = lines.look(line[:-1])
            except Refused as reason:
                raise Fault(str(reason), "records.ndjson", number)
            if record["kind"] == "answer":
                if record["sequence"] not in pages:
                    raise Fault("PRF010", f"decisions/{record['sequence']}.html")
                pages.remove(record["sequence"])
    if pages:
        raise Fault("PRF010", min(f"decisions/{page}.html" for page in pages))
    # Last, so that of a line that was changed the line is named.
    if digest.hexdigest() != files["records.ndjson"]:
        raise Fault("PRF009", "records.ndjson")
    if not lines.records:
        return f"holds: no records of the {tree[1]} that {tree[0]} signed for; {OF_PAGES}"
    missing = lines.last - lines.first + 1 - lines.records
    return f"holds: {lines.records} records, {lines.first} to {lines.last}, of the {tree[1]} that {tree[0]} signed for; " \
        + (f"{missing} between them not shown" if missing else "none between them left out") + f"; {OF_PAGES}"


def main(arguments):
    names, paths = sorted_out(arguments)
    if len(names) < 2 or None in paths:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        log, witnesses, rotations = Key(names[1]), [Key(name) for name in names[2:]], [read(path) for path in paths]
        print(check_export(names[0], log, rotations, witnesses))
        return 0
    except OSError as reason:
        print(f"cannot read {reason.filename}: {reason.strerror}", file=sys.stderr)
        return 2
    except (Fault, Refused, ValueError, IndexError) as reason:
        print(f"refused: {reason}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
