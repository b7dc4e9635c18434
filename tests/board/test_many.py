#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Twenty updates in a row on one board: no leak, and not a flash write outside of what updates may touch."""
import re

from board_lab import main, show_flash
from node import Node, retagged

SECTOR = 0x1000
# Slots, NV log, recovery, records (spec/constants.toml, 4m2m): what an update may write.
ALLOWED = ((0x001000, 0x0F9000), (0x0F9000, 0x0FC000), (0x0FF000, 0x101000), (0x101000, 0x1F9000))
COUNT = 20


def outside(log):
    """Operations of a flash log ("E address length", "P address length") that touch anything else."""
    for line in log.splitlines():
        kind, at, length = line.split()
        at, length = int(at, 16), int(length)
        if not any(low <= at and at + length <= high for low, high in ALLOWED):
            yield line


def twenty_updates_in_a_row():
    with Node() as node:
        log = node.dir / "flash.log"
        with node.board("--flash-log", log) as board:
            board.wait("emon 1.0.2: runs")
            board.json("/status")
            free = []
            for i in range(COUNT):
                version = f"2.{i // 10}.{i % 10}"
                node.publish(version, retagged(version))
                board.wait(f"emon {version}: confirmed", seconds=30, fails=("reverted", "exception", "illegal"))
                node.server_knows(version=version, result="CONFIRMED")
                free.append(board.json("/status")["heap"])
            board.stop()
        rows = log.read_text()
        wrong = list(outside(rows))
        assert not wrong, f"{len(wrong)} flash operations outside, the first: {wrong[0]}"
        # What can leak without a heap is lwIP's memory (a download would stall) and the stack, whose mark never rises.
        # The first boot of an image verifies no signature; those after it do the same work each.
        assert max(free[1:]) - min(free[1:]) <= 256, f"free stack over the updates: {free}"
        node.files_intact()
        node.settings_intact()
        parts = show_flash(node.flash)
        assert parts["slot A"]["state"] == parts["slot B"]["state"] == "complete", parts
        counts = {kind: len(re.findall(f"^{kind} ", rows, re.M)) for kind in "EP"}
        return f"{counts['E']} erases, {counts['P']} programs, free stack {min(free)}..{max(free)} B"


main({f.__name__: f for f in (twenty_updates_in_a_row,)})
