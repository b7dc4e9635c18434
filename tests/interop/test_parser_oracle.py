#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Node's HTTP parser as an oracle for ours: where we accept a request Node accepts it too, and sees as many in a stream.

We may be stricter, never laxer: a request that two servers in a row read differently is how smuggling begins. The
answers of ours that mean "refused" are listed below; the rest are answers to a request that was understood.
"""
import itertools
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Lab, connection  # noqa: E402

# Prints how many requests it saw in each connection, when that ends.
ORACLE = """
const http = require('http');
const server = http.createServer((q, a) => { q.socket.seen++; q.resume(); q.on('end', () => a.end('x')); });
server.on('connection', (s) => { s.seen = 0; s.on('close', () => console.log(s.seen)); });
server.on('clientError', (e, s) => s.destroy());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""
REFUSED = {400, 408, 413, 414, 417, 431, 501, 505}

LINES = [b"GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.0", b"get /healthz HTTP/1.1", b"GET  /healthz HTTP/1.1", b"GET /healthz HTTP/1.1 ",
         b"GET /heal\tthz HTTP/1.1", b"GET /healthz HTTP/2.0", b"GET /healthz http/1.1", b" GET /healthz HTTP/1.1", b"GET /healthz",
         b"GET http://h/healthz HTTP/1.1", b"GET /h\x00 HTTP/1.1", b"GET /h\x80 HTTP/1.1", b"G@T /healthz HTTP/1.1"]
HEADERS = [b"Host: 127.0.0.1", b"", b"Host: 127.0.0.1\r\nHost: 127.0.0.1", b"Host : 127.0.0.1", b"Host:127.0.0.1",
           b"Host: 127.0.0.1\r\n folded", b"Host: 127.0.0.1\r\nX\x00Y: 1", b"Host: 127.0.0.1\r\nX: \x01", b"Host: 127.0.0.1\nX: 1",
           b"Host: 127.0.0.1\r\nContent-Length: 5", b"Host: 127.0.0.1\r\nContent-Length: 0\r\nContent-Length: 5",
           b"Host: 127.0.0.1\r\nContent-Length: +5", b"Host: 127.0.0.1\r\nContent-Length: 0x5", b"Host: 127.0.0.1\r\nContent-Length: 5, 5",
           b"Host: 127.0.0.1\r\nTransfer-Encoding: chunked", b"Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
           b"Host: 127.0.0.1\r\nTransfer-Encoding: identity", b"Host: 127.0.0.1\r\n: empty", b"Host: 127.0.0.1\r\nno-colon",
           b"Host: 127.0.0.1\rX: 1"]
TAILS = [b"", b"hello", b"0\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]
LAST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def statuses(address, data):
    """The status of each answer, until the server closes: at a refusal, or after the last request, which asks for it."""
    got = b""
    with connection(address) as s:
        s.settimeout(0.25)
        try:
            s.sendall(data)
            while chunk := s.recv(65536):
                got += chunk
        except OSError:
            pass
    return [int(part.split(b" ", 2)[1]) for part in got.split(b"HTTP/1.")[1:]]


def main():
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        print("node is not installed: skipped")
        return
    with Lab() as lab:
        server = lab.serve()
        oracle = lab.spawn(node, "-e", ORACLE, stdout=subprocess.PIPE)
        near = f"127.0.0.1:{int(oracle.stdout.readline())}"
        laxer, accepted, cases = [], 0, 0
        plain = list(itertools.product(LINES, HEADERS[:2], TAILS[:1])) + list(itertools.product(LINES[:2], HEADERS, TAILS))
        for line, header, tail in plain:
            data = line + b"\r\n" + header + (b"\r\n" if header else b"") + b"\r\n" + tail + LAST
            ours = statuses(server.admin, data)
            statuses(near, data)
            seen = int(oracle.stdout.readline())
            cases += 1
            taken = [s for s in ours if s not in REFUSED]
            accepted += bool(taken)
            if len(taken) > seen:
                laxer.append((data, ours, seen))
        assert not laxer, "laxer than Node:\n" + "\n".join(map(repr, laxer))
        assert accepted > 2, "nothing was accepted, so nothing was compared"
        print(f"{cases} requests: {accepted} understood here; of none did Node understand less")


if __name__ == "__main__":
    main()
