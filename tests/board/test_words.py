#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The chip reads IRAM and mapped flash in aligned 32-bit words only, and no mapped flash while the cache is off.

QEMU enforces neither; the plugin (boards/lx106/plugin) reports each access that would trap on the chip. Here it watches
boot stage and application through a whole life: an update over TLS, the page, a trial, a broken release, the way back.
That it can see such an access at all is shown by test_selftest.py, which plants some.
"""
import re

from board_lab import main
from node import Node


def no_access_would_trap_on_the_chip():
    with Node(tls=True) as node:
        node.publish("1.0.3")
        with node.board("--plugin") as board:
            board.wait("page at", seconds=30)
            board.type("CT1:3935,CT2:325,T1:12.5\nrubbish\n")
            board.wait("emon 1.0.3: confirmed", seconds=60)
            for path in ("/", "/status", "/firmware", "/config", "/nothing"):
                board.ask("GET", path)
            answer = board.ask("POST", "/config", b'{"node":"cellar"}', {"X-Emon-Password": node.password,
                                                                          "Content-Type": "application/json"})
            assert answer[0] == 200, answer
            board.ask("POST", "/check", b"", {"X-Emon-Password": "wrong password"})
            node.publish("1.0.4", "emon-1.0.4-no_source.bin")
            board.wait("update 1.0.4 staged", seconds=60)
            board.wait("emon 1.0.4: page at", seconds=60)
            board.child.terminate()
            board.child.wait(20)
            board.stop()
            total = [re.search(r"word-only: (\d+) accesses", line) for line in board.errors]
            total = [int(found[1]) for found in total if found]
            assert total == [0], "\n".join(board.errors[-20:])


main({f.__name__: f for f in (no_access_would_trap_on_the_chip,)})
