#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Power cuts on the board: wherever the power fails, the next boot runs a complete image and the update completes.

From inside, the ROM's flash model stops at operation N: before it, torn, or after it. From outside, a block server tears
the Nth write and kills the machine (nbd.py). Of an update the points are drawn with a fixed seed, half of them from its
last operations, where the commits are; of a failed trial every operation behind the download is one. OTARIA_SEED draws
others, OTARIA_LONG ten times as many, and the failed trial in all three ways.

The exhaustive sweep of the same code, on the host, is tests/powercut.
"""
import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import zlib

from board_lab import POWER_CUT, Board, main, show_flash
from harness import until
from node import FILES, Node, retagged

SEED = int(os.environ.get("OTARIA_SEED", "20261126"))
MANY = 10 if os.environ.get("OTARIA_LONG") else 1
SLOT_B = 0x101000
MODES = ("before", "torn", "after")
NBD = pathlib.Path(__file__).with_name("nbd.py")
NEVER_BUT_CRASH = ("illegal program", "no bootable image")
NEVER = ("exception", *NEVER_BUT_CRASH)


serial = itertools.count(1)


def mac_of(path):
    return path.read_bytes()[0x3FB004:0x3FB00A].hex()


class Life:
    """What a device goes through, and how it must end whatever happens in between."""

    def __init__(self, node, version, result, never=NEVER):
        self.node, self.version, self.result, self.never = node, version, result, never
        self.start = node.flash.read_bytes()

    def is_over(self, board):
        """The last image is confirmed, and its outcome is known or was told already."""
        status = board.json("/status")
        return status["version"] == self.version and status["run"] == "confirmed" and (
            status["result"] is None or status["result"]["name"] == self.result)

    def flash(self, name):
        path = self.node.dir / f"{name}.bin"
        flash = bytearray(self.start)
        mac = bytes([2, 0]) + next(serial).to_bytes(4, "big")
        head = struct.pack("<I6sH", 0x3143414D, mac, 0)
        flash[0x3FB000:0x3FB010] = head + struct.pack("<I", zlib.crc32(head))
        path.write_bytes(flash)
        return path

    def live(self, board):
        board.wait("runs from slot", seconds=10, fails=self.never)
        until(f"{self.version} confirmed, {self.result}", lambda: self.is_over(board), 40)
        assert not any(word in line for word in self.never for line in board.drain()), "a line that must never be"

    def ends_well(self, path, why):
        """From this flash on, undisturbed: it boots, and gets to the end."""
        with Board(path) as board:
            try:
                self.live(board)
            except AssertionError as e:
                raise AssertionError(f"{why}: {e}\n{board.tail()}") from None
            device = mac_of(path)
            self.node.server_knows(device=device, version=self.version, result=self.result)
        flash = path.read_bytes()
        assert flash[0x200000:0x200000 + len(FILES)] == FILES, f"{why}: the user's files changed"
        assert show_flash(path)["configuration"]["settings"]["node"] == "kitchen", f"{why}: the configuration changed"
        path.unlink()

    def count(self, log):
        """Flash operations of the whole life."""
        path = self.flash("whole")
        with Board(path, "--flash-log", log) as board:
            self.live(board)
        path.unlink()
        return len(log.read_text().splitlines())

    def points(self, total, count, rng):
        """So many different operations; every other one from the last 40, where the commits are."""
        late = list(range(max(1, total - 40), total + 1))
        chosen = set(rng.sample(late, min(count // 2, len(late))))
        rest = [at for at in range(1, total + 1) if at not in chosen]
        return sorted(chosen | set(rng.sample(rest, count - len(chosen))))


def cut_inside(life, at, mode):
    path = life.flash(f"in-{at}-{mode}")
    why = f"--cut {at} --mode {mode}"
    with Board(path, "--cut", at, "--mode", mode) as board:
        status = board.end(40)
        assert status == POWER_CUT, f"{why}: exit {status}\n{board.tail()}"
        assert not any(word in line for word in life.never for line in board.drain()), f"{why}:\n{board.tail()}"
    life.ends_well(path, why)


@contextlib.contextmanager
def outside_disk(life, name, *options):
    """(board, function that gives what the disk told at its end)."""
    path = life.flash(name)
    socket = life.node.dir / f"{name}.sock"
    disk = subprocess.Popen([sys.executable, NBD, path, socket, *map(str, options)], stdout=subprocess.PIPE, text=True)
    try:
        assert disk.stdout.readline() == "ready\n"
        with Board(None, "--drive", f"nbd+unix:///?socket={socket}") as board:
            yield path, board, lambda: json.loads(disk.communicate(timeout=20)[0])
    finally:
        disk.kill()
        disk.communicate()


def count_outside(life):
    with outside_disk(life, "whole") as (path, board, told):
        life.live(board)
        board.stop()
        return told()["writes"]


def cut_outside(life, at, seed):
    why = f"nbd.py --cut {at} --seed {seed}"
    with outside_disk(life, f"out-{at}-{seed}", "--cut", at, "--seed", seed) as (path, board, told):
        end = board.end(40)
        facts = told()
    assert facts["cut"] and end == -signal.SIGKILL, f"{why}: {facts}, exit {end}"
    life.ends_well(path, f"{why} ({facts['len']} bytes at {facts['at']:#x})")


def all_of(jobs):
    """Four at a time, since a board mostly waits; the first failures, all of them counted."""
    failures = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(*job) for job in jobs]:
            try:
                job.result()
            except AssertionError as e:
                failures.append(str(e))
    assert not failures, f"{len(failures)} of {len(jobs)} points:\n" + "\n".join(failures[:3])


def update(node):
    """Not of a fresh chip: an older image fills slot B, so that what is not erased again shows."""
    node.publish("1.0.3")
    older = retagged("0.9.9")[0x1000:]
    flash = bytearray(node.flash.read_bytes())
    flash[SLOT_B:SLOT_B + len(older)] = older
    node.flash.write_bytes(flash)
    return Life(node, "1.0.3", "CONFIRMED")


def update_cut_inside():
    rng = random.Random(SEED)
    with Node() as node:
        life = update(node)
        total = life.count(node.dir / "log")
        points = [(at, rng.choice(MODES)) for at in life.points(total, 18 * MANY, rng)]
        all_of([(cut_inside, life, *point) for point in points])
    return f"{len(points)} points of {total} operations, seed {SEED}"


def failed_trial_cut_inside():
    """Each of the operations from the slot's first word on: staging, three tries, and what is noted of the failure.

    The old image runs from slot B, by its record: without it the broken one in slot A would be the first that is found.
    """
    with Node() as node:
        node.publish("1.0.3")
        with node.board() as board:
            board.wait("emon 1.0.3: confirmed", seconds=30)
        node.publish("1.0.4", "emon-1.0.4-crash.bin")
        life = Life(node, "1.0.3", "TRIAL_STARTED", NEVER_BUT_CRASH)
        total = life.count(node.dir / "log")
        modes = MODES if MANY > 1 else MODES[1:2]
        points = [(at, mode) for at in range(total - 11, total + 1) for mode in modes]
        all_of([(cut_inside, life, *point) for point in points])
    return f"{len(points)} points, the last 12 of {total} operations"


def update_cut_from_outside():
    rng = random.Random(SEED + 2)
    with Node() as node:
        life = update(node)
        total = count_outside(life)
        points = [(at, rng.randrange(1000)) for at in life.points(total, 16 * MANY, rng)]
        all_of([(cut_outside, life, *point) for point in points])
    return f"{len(points)} points of {total} writes, seed {SEED + 2}"


main({f.__name__: f for f in (update_cut_inside, failed_trial_cut_inside, update_cut_from_outside)})
