#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Slow clients: slow.py PORT COUNT SECONDS holds COUNT connections that send a header field or a byte of a body now and then, as
long as the service lets them, and prints how many were cut off within SECONDS."""
import select, socket, sys, time

port, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
HEAD = b"POST /cds-services/patient-risk HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
kinds = [
    (HEAD, b"x-a: b\r\n"),  # header fields without an end
    (HEAD + b"content-length: 100000\r\n\r\n", b" "),  # a body byte by byte
    (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),  # chunks of one byte
    (b"", b""),  # nothing at all
]
sockets = {}
for number in range(count):
    connection = socket.create_connection(("127.0.0.1", port))
    begin, more = kinds[number % len(kinds)]
    connection.sendall(begin)
    connection.setblocking(False)
    sockets[connection] = more
cut, end = 0, time.monotonic() + seconds
while sockets and time.monotonic() < end:
    readable, _, _ = select.select(list(sockets), [], [], 0.2)
    for connection in readable:
        try:
            gone = connection.recv(4096) == b""
        except OSError:
            gone = True
        if gone:
            cut += 1
            connection.close()
            del sockets[connection]
    for connection, more in list(sockets.items()):
        try:
            connection.send(more)
        except OSError:
            pass
    time.sleep(0.3)
print(cut)
