#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the agent costs on the chip's instruction set, counted by QEMU (-icount): no call of otaria_loop keeps the
application waiting, apart from the signature check and the steps of a TLS handshake, which are named here.
"""
import re

from board_lab import main
from node import Node

TICK = 25          # instructions, by boards/lx106/README.md
MHZ, CPI = 80, 1.5  # cycles an instruction: an estimate, at its bad end
LOOP_MS = 20


def ms(instructions):
    return instructions * CPI / MHZ / 1000


def a_call_of_otaria_loop_stays_below_20_ms():
    with Node(tls=True, image="emon-1.0.2-measured.bin") as node:
        node.publish("1.0.3", "emon-1.0.3-measured.bin")
        with node.board("--icount") as board:
            board.wait("emon 1.0.3: confirmed", seconds=100)
            board.json("/status")
            lines = board.drain()
    most = {}
    for line in lines:
        found = re.search(r"measure: (\w+) (\d+)", line)
        if found:
            most[found[1]] = max(most.get(found[1], 0), int(found[2]) * TICK)
    assert set(most) == {"loop", "verify", "handshake"}, most
    assert ms(most["loop"]) <= LOOP_MS, f"{most['loop']} instructions, {ms(most['loop']):.1f} ms at {MHZ} MHz"
    return ", ".join(f"{name} {count / 1e6:.2f} M ({ms(count):.0f} ms)" for name, count in most.items())


main({f.__name__: f for f in (a_call_of_otaria_loop_stays_below_20_ms,)})
