#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A CDS client's token, by nothing but openssl and Python's own library: client-token.py KEY KID AUD [NAME=VALUE...]
With --jwks instead of KID AUD: the key's public half as a key set."""
import base64, json, subprocess, sys, time, uuid


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(der):
    """The two numbers of a DER signature side by side, 48 bytes each."""
    assert der[0] == 0x30
    at, numbers = 2, b""
    for _ in range(2):
        assert der[at] == 2
        length = der[at + 1]
        numbers += der[at + 2 : at + 2 + length].lstrip(b"\0").rjust(48, b"\0")
        at += 2 + length
    return numbers


def key_set(key):
    # The last 96 bytes of the public key's DER form are its coordinates (SEC 1, uncompressed point).
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    x, y = der[-96:-48], der[-48:]
    return {"keys": [{"kty": "EC", "crv": "P-384", "kid": "one", "use": "sig", "alg": "ES384", "x": base64url(x), "y": base64url(y)}]}


def token(key, kid, audience, changes):
    header = {"alg": "ES384", "typ": "JWT", "kid": kid}
    claims = {"iss": "https://ehr.example.org", "aud": audience, "iat": int(time.time()), "exp": int(time.time()) + 300, "jti": str(uuid.uuid4())}
    for change in changes:
        name, value = change.split("=", 1)
        target = header if name in ("jku", "alg") else claims
        target[name] = json.loads(value) if name in ("iat", "exp", "nbf") else value
    text = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(claims).encode())
    der = subprocess.run(["openssl", "dgst", "-sha384", "-sign", key], input=text.encode(), check=True, capture_output=True).stdout
    return text + "." + base64url(raw(der))


if sys.argv[2] == "--jwks":
    print(json.dumps(key_set(sys.argv[1])))
else:
    print(token(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
