#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small syslog receiver over TLS (RFC 5425): keeps each message in a file before it reads the next, and ends a connection as TLS has
it when the sender did. Written from RFC 5424 and 5425 alone.

  syslog-receiver.py PORT FILE --tls CERTIFICATE KEY [--clients AUTHORITY] [--callers FILE] [--slow SECONDS] [--rude] [--deaf] [--first]
    [--after COUNT]

A line of the file is the fields of a message as JSON. --slow waits before each end; --rude ends connections without close_notify;
--deaf keeps nothing and dies with the first connection, after it has read; --first reads nothing and ends each connection by itself,
--after when it has kept so many messages. --callers has a line for each connection whose handshake was done.
"""
import argparse
import json
import os
import re
import socket
import ssl
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("file")
parser.add_argument("--tls", nargs=2, required=True)
parser.add_argument("--clients")
parser.add_argument("--slow", type=float, default=0)
parser.add_argument("--rude", action="store_true")
parser.add_argument("--deaf", action="store_true")
parser.add_argument("--first", action="store_true")
parser.add_argument("--after", type=int)
parser.add_argument("--callers")
options = parser.parse_args()
journal = open(options.file, "a")
if journal.tell() > 0 and not open(options.file).read().endswith("\n"):
    journal.write("\n")  # it was killed while it wrote: what is half there was never confirmed
lock = threading.Lock()
PRINTABLE = r"[!-~]"
MESSAGE = re.compile(
    r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) "
    rf"({PRINTABLE}{{1,255}}) ({PRINTABLE}{{1,48}}) ({PRINTABLE}{{1,128}}) ({PRINTABLE}{{1,32}}) "
    r'\[([!#-<>-\\^-~]{1,32})((?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\] ' "\ufeff(.*)", re.DOTALL)
PARAMETER = re.compile(r' ([^ =]+)="((?:[^"\\\]]|\\["\\\]])*)"')


def keep(message):
    fields = MESSAGE.fullmatch(message.decode("utf-8"))
    if not fields:
        raise ValueError
    priority, time_, host, application, process, kind, name, parameters, text = fields.groups()
    data = {key: re.sub(r"\\(.)", r"\1", value) for key, value in PARAMETER.findall(parameters)}
    line = {"priority": int(priority), "time": time_, "host": host, "application": application, "process": process,
            "kind": kind, "name": name, "data": data, "event": json.loads(text)}
    with lock:
        journal.write(json.dumps(line) + "\n")
        journal.flush()


def frames(connection):
    """The messages of a connection, until the sender ends it."""
    buffer = b""
    while True:
        head, blank, rest = buffer.partition(b" ")
        if blank:
            if not re.fullmatch(rb"[1-9][0-9]*", head):
                raise ValueError
            if len(rest) >= int(head):
                yield rest[:int(head)]
                buffer = rest[int(head):]
                continue
        more = connection.recv(65536)  # an end without close_notify is an error: ssl.SSLEOFError
        if not more:
            if buffer:
                raise ValueError
            return
        buffer += more


def serve(plain):
    try:
        plain.settimeout(20)
        with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as connection:
            if options.callers:
                with open(options.callers, "a") as callers:
                    callers.write("connection\n")
            if options.first:
                connection.unwrap()
                return
            for number, message in enumerate(frames(connection), 1):
                if not options.deaf:
                    keep(message)
                if number == options.after:
                    time.sleep(0.01)  # what comes behind is here by then, and stays unread
                    connection.unwrap()
                    return
            if options.deaf:
                os._exit(1)
            time.sleep(options.slow)
            if not options.rude:
                connection.unwrap()
    except (OSError, ValueError):
        plain.close()  # senders that are cut off, whose certificate is none, or who say what is no syslog


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*options.tls)
if options.clients:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(options.clients)
server = socket.create_server(("127.0.0.1", options.port))
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
