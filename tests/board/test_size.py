#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Size and stack of the real links against firmware/budget.toml: what grows needs an edit there."""
import subprocess
import tomllib

from board_lab import BOARD, ROOT, main
from node import Node

BUDGET = tomllib.loads((ROOT / "firmware/budget.toml").read_text())
SECTIONS = {".irom0.text": "irom", ".iram0.text": "iram", ".data": "data", ".rodata": "rodata", ".bss": "bss", ".stack": "room",
            ".text": "text"}


def sections(program):
    out = subprocess.run(["xtensa-lx106-elf-size", "-A", BOARD / program], capture_output=True, text=True, check=True).stdout
    rows = {}
    for line in out.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] in SECTIONS:
            rows[SECTIONS[words[0]]] = int(words[1])
    return rows


def compare(name, used):
    budget = BUDGET[name]
    assert set(budget) == set(used), f"{name}: measured {sorted(used)}, budgeted {sorted(budget)}"
    for what, size in used.items():
        print(f"     {name:12} {what:7} {size:7,} of {budget[what]:7,}", flush=True)
    over = [f"{what}: {size} bytes, {budget[what]} are budgeted" for what, size in used.items() if size > budget[what]]
    assert not over, f"{name} grew; firmware/budget.toml: " + "; ".join(over)


def boot_stage_fits_its_sector_and_its_budget():
    rows = sections("otaria-boot.elf")
    assert set(rows) == {"text", "bss"} or set(rows) == {"text"}, rows
    assert rows.get("bss", 0) == 0
    compare("otaria-boot", {"text": rows["text"]})


def application_fits_its_budget():
    rows = sections("emon-1.0.2.elf")
    room = rows.pop("room")
    rows["dram"] = rows["data"] + rows["rodata"] + rows["bss"] + room
    with Node(tls=True, settings=("policy=ask",)) as node:
        node.publish("1.0.3")
        with node.board() as board:
            board.wait("update 1.0.3 offered", seconds=30)
            free = [board.json("/status")["heap"]]  # TLS handshake, verification of M, decision
            answer = board.ask("POST", "/config", b'{"node":"cellar"}', {"X-Emon-Password": node.password,
                                                                          "Content-Type": "application/json"})
            assert answer[0] == 200, answer
            free.append(board.json("/status")["heap"])  # a new configuration is stored from within lwIP's callback
            board.ask("POST", "/update", b"", {"X-Emon-Password": node.password})
            board.wait("emon 1.0.3: confirmed", seconds=30)
            board.ask("GET", "/")
            free.append(board.json("/status")["heap"])  # trial, TLS handshake, confirm, the page
    rows["stack"] = room - min(free)
    compare("emon", rows)
    return f"free stack {free}"


main({f.__name__: f for f in (boot_stage_fits_its_sector_and_its_budget, application_fits_its_budget)})
