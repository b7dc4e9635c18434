#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page of firmware/emon, served by the board, in a real Chromium: page.cjs plays the owner, this file the world."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "board"))
from board_lab import BOARD, Board, main, new_flash  # noqa: E402
from harness import BIN  # noqa: E402
from node import Node, behind_a_link  # noqa: E402


def owner(board, mode, password, shots, world):
    """Runs page.cjs to its end; its steps. world: what to do when it asks."""
    modules = BIN.parent / "browser/node_modules"
    assert modules.exists(), f"{modules} is missing: build the target browser_modules"
    env = os.environ | {"NODE_PATH": str(modules), "BASE": board.url, "MODE": mode,
                        "PASSWORD": password, "SHOT": str(shots)}
    child = subprocess.Popen(["node", HERE / "page.cjs"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    steps = []
    for line in child.stdout:
        line = line.rstrip("\n")
        if line.startswith("now: "):
            world[line[5:]]()
            child.stdin.write("done\n")
            child.stdin.flush()
        else:
            steps.append(line)
    errors = child.communicate()[1]
    assert child.returncode == 0, f"after {steps}:\n{errors}\npicture in {shots}\n{board.tail()}"
    return steps


def the_owner_updates_and_goes_back():
    with Node(settings=("policy=ask",)) as node:
        behind_a_link(node, "--rate", "70000")
        with node.board() as board:
            board.wait("page at")
            steps = owner(board, "update", node.password, node.dir, {
                "readings": lambda: board.type("CT1:3935,CT2:325,T1:12.5\n"),
                "publish 1.0.3": lambda: node.publish("1.0.3")})
        node.files_intact()
        return f"{len(steps)} steps"


def the_first_password_is_set_with_the_setup_code():
    with Node() as node:
        new_flash(node.flash, BOARD / "firmware/emon-1.0.2.bin", "--no-password", "--set", "node=fresh")
        with Board(node.flash) as board:
            code = re.search(r"setup code (\S+):", board.wait("setup code"))[1]
            board.wait("page at")
            steps = owner(board, "setup", code, node.dir, {})
        return f"{len(steps)} steps"


main({f.__name__: f for f in (the_first_password_is_set_with_the_setup_code, the_owner_updates_and_goes_back)})
