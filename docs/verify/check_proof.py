#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a proof file of a Vigil trail offline: check_proof.py PROOF LOG_VKEY [--rotation PROOF]... [WITNESS_VKEY...]

Written from the specifications alone (RFC 6962, C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof) and docs/trail.md,
without a line of Vigil's own code, so that two programs have to agree. Needs Python's standard library and `cryptography`.
LOG_VKEY and WITNESS_VKEY are keys (name+id+base64) or files that hold one. Every witness named must have cosigned.
A --rotation is the proof of a record that introduced the log's next key, under the key before; several in their order.

Prints the record as JSON and exits 0 when everything holds; says why not and exits 1 otherwise; exits 2 on wrong usage.
"""
import base64
import binascii
import hashlib
import json
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    pass


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("a line is not Base 64")
    if base64.b64encode(data).decode() != text:
        raise Refused("a line is not canonical Base 64")
    return data


def decimal(text):
    if not (text.isascii() and text.isdigit()) or (text != "0" and text[0] == "0"):
        raise Refused("a number is not canonical")
    return int(text)


class Key:
    """A `vkey`: name+hex id+base64(type || public key)."""

    def __init__(self, argument, is_text=False):
        text = argument
        if not is_text and os.path.exists(argument):
            text = open(argument, encoding="utf-8").read().strip()
        self.name, key_id, material = text.split("+", 2)
        material = base64.b64decode(material, validate=True)
        self.kind, self.public = material[0], material[1:]
        self.id = hashlib.sha256(f"{self.name}\n".encode() + material).digest()[:4]
        if self.kind not in (1, 4) or len(self.public) != 32 or self.id.hex() != key_id:
            raise Refused("the key is not a signed-note Ed25519 key")

    def verifies(self, signature, text):
        try:
            if self.kind == 1:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
            else:
                time = int.from_bytes(signature[:8], "big")
                message = f"cosignature/v1\ntime {time}\n".encode() + text
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature[8:], message)
            return True
        except InvalidSignature:
            return False


def signed_by(key, text, signatures):
    found = False
    for line in signatures:
        dash, name, blob = line.split(" ")
        blob = unbase64(blob)
        if dash != "\u2014" or len(blob) < 5:
            raise Refused("a signature line is broken")
        if name == key.name and blob[:4] == key.id:
            if not key.verifies(blob[4:], text):
                raise Refused(f"a signature of {name} is false")
            found = True
    return found


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hash, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        raise Refused("the index lies beyond the tree")
    n, last, value = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise Refused("the path is too long")
        if n % 2 or n == last:
            value = node(sibling, value)
            while n % 2 == 0 and n:
                n, last = n // 2, last // 2
        else:
            value = node(value, sibling)
        n, last = n // 2, last // 2
    if last:
        raise Refused("the path is too short")
    return value


NAMES = {
    1: ("sequence", int), 2: ("timeMilliseconds", int), 3: ("kind", str), 4: ("service", str), 5: ("hook", str),
    6: ("hookInstance", str), 7: ("patient", bytes), 8: ("status", int), 9: ("durationMicroseconds", int),
    10: ("instantMilliseconds", int), 11: ("configuration", bytes), 12: ("models", list), 13: ("reason", str),
    14: ("count", int), 15: ("origin", str), 16: ("note", str), 17: ("payloadCommitment", bytes), 18: ("cards", list),
    19: ("outcome", str), 20: ("subject", bytes), 21: ("payloadSealedDigest", bytes), 22: ("unit", str), 23: ("client", str),
    24: ("abstentions", list), 25: ("proposal", int), 26: ("signer", str), 27: ("firstSigned", int), 28: ("lastSigned", int),
    29: ("wrapVersion", int), 30: ("user", str), 31: ("token", str), 32: ("amends", int),
    33: ("case", str),
}
MODEL = {1: ("id", str), 2: ("version", str), 3: ("digest", bytes)}
CARD = {1: ("key", bytes), 2: ("model", str), 3: ("outcome", str), 4: ("indicator", str), 5: ("heldBack", str)}
ABSTENTION = {1: ("model", str), 2: ("code", str), 3: ("outcomes", str)}
ITEMS = {"models": MODEL, "cards": CARD, "abstentions": ABSTENTION}


def tagged(data):
    """The tags and values of: a version byte, then tag (1), length (4, big-endian), value, in ascending order of tag."""
    if data[:1] != b"\x01":
        raise Refused("the leaf is of another version")
    position, before = 1, 0
    while position < len(data):
        tag, length = data[position], int.from_bytes(data[position + 1:position + 5], "big")
        value = data[position + 5:position + 5 + length]
        if tag <= before or len(data) - position < 5 or len(value) != length:
            raise Refused("the leaf is not canonical")
        before, position = tag, position + 5 + length
        yield tag, value


def fields(data, names):
    result = {}
    for tag, value in tagged(data):
        name, kind = names.get(tag, (f"tag{tag}", bytes))
        if kind is int:
            result[name] = int.from_bytes(value, "big", signed=True)
        elif kind is str:
            result[name] = value.decode("utf-8")
        elif kind is list:
            result[name] = items(value, ITEMS[name])
        else:
            result[name] = value.hex()
    return result


def pieces(data):
    """Each behind its length (4, big-endian)."""
    position = 0
    while position < len(data):
        length = int.from_bytes(data[position:position + 4], "big")
        piece = data[position + 4:position + 4 + length]
        if len(data) - position < 4 or len(piece) != length:
            raise Refused("the leaf is not canonical")
        position += 4 + length
        yield piece


def items(data, names):
    return [fields(piece, names) for piece in pieces(data)]


def tree_size(proof):
    text = proof.partition("\n\n")[2].rpartition("\n\n")[0]
    return decimal(text.split("\n")[1])


def next_key(proof, log, before):
    """The key that a record introduced, and its number: from the first checkpoint behind it on the log signs with that key.

    The record is behind the last change of the key, and its checkpoint the last of the key before."""
    record = check(proof, log, [])
    if record["sequence"] <= before or tree_size(proof) != record["sequence"]:
        raise Refused("a proof of a rotation does not go on from the key before")
    key = Key(record.get("note", ""), is_text=True)
    if record.get("kind") != "key" or key.kind != 1 or key.name != log.name:
        raise Refused("a proof of a rotation introduces no key")
    return record["sequence"], key


def check_rotated(proof, log, rotations, witnesses):
    keys = [(-1, log)]
    for rotation in rotations:
        keys.append(next_key(rotation, keys[-1][1], keys[-1][0]))
    size = tree_size(proof) if rotations else 0
    return check(proof, [key for after, key in keys if after < size][-1], witnesses)


def check(proof, log, witnesses):
    if not proof.endswith("\n"):
        raise Refused("the file is cut short")
    head, _, checkpoint = proof.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 3:
        raise Refused("the file is not a proof")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Refused("the file holds no record")
    leaf, index = unbase64(lines[1][6:]), decimal(lines[2][6:])
    path = [unbase64(line) for line in lines[3:]]
    if any(len(value) != 32 for value in path):
        raise Refused("a hash has not 32 bytes")
    text, _, signatures = checkpoint.rpartition("\n\n")
    text += "\n"
    signatures = signatures.rstrip("\n").split("\n")
    origin, size, root = text.split("\n")[:3]
    if log.kind != 1 or origin != log.name:
        raise Refused("the checkpoint is of another log than the key's")
    if not signed_by(log, text.encode(), signatures):
        raise Refused("the log has not signed the checkpoint")
    for witness in witnesses:
        if not signed_by(witness, text.encode(), signatures):
            raise Refused(f"{witness.name} has not cosigned the checkpoint")
    if root_of(hashlib.sha256(b"\x00" + leaf).digest(), index, decimal(size), path) != unbase64(root):
        raise Refused("the record is not in the tree that was signed")
    record = fields(leaf, NAMES)
    if record.get("sequence") != index + 1:
        raise Refused("the record is not in its place")
    return record


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def sorted_out(arguments):
    """What is named, and the paths of rotations; None for one that is missing."""
    names, paths = [], []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--rotation":
            paths.append(next(waiting, None))
        else:
            names.append(argument)
    return names, paths


def main(arguments):
    names, paths = sorted_out(arguments)
    if len(names) < 2 or None in paths:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        proof, rotations = read(names[0]), [read(path) for path in paths]
    except OSError as reason:
        print(f"cannot read {reason.filename}: {reason.strerror}", file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print("refused: the file is not UTF-8")
        return 1
    try:
        record = check_rotated(proof, Key(names[1]), rotations, [Key(name) for name in names[2:]])
    except (Refused, ValueError, IndexError) as reason:
        print(f"refused: {reason}")
        return 1
    print(json.dumps(record, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
