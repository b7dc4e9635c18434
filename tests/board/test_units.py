#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The device's unit tests on lx106 under QEMU, and whether they do what the same tests do on the host.

usage: tests/board/test_units.py [NAME...]

Runs boards/lx106/unit's programs, two at a time: each test of build/board/unit/tests.tsv with the host's program of the
same name and arguments (names of tests and outcomes must be the same); the fuzz corpora; the traps without which all that
would be worth little; and the costs, which must be those of boards/lx106/unit/README.md within 3 %.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = pathlib.Path(os.environ.get("OTARIA_BOARD", ROOT / "build/board")) / "unit"
# `make test` builds the light tests sanitized, in another folder than the heavy ones.
HOST = [pathlib.Path(os.environ.get("OTARIA_BIN", ROOT / "build/test/bin")), ROOT / "build/test/bin", ROOT / "build/plain/bin"]
QEMU = ["qemu-system-xtensa", "-M", "lx60-nommu", "-cpu", "lx106", "-m", "64M", "-nic", "none", "-display", "none",
        "-monitor", "none", "-serial", "none"]  # -m: boards/lx106/unit/unit.ld knows where this memory ends
SECONDS = 110
EXCEPTION, ABORT = 70, 134
LONGEST = ["powercut", "vectors_bearssl_small", "agent", "weather"]  # first, so that the last one is a short one
TRAPS = {"": (0, ""), "load32": (EXCEPTION, "cause 9 "), "load16": (EXCEPTION, "cause 9 "), "null": (EXCEPTION, "cause 15 "),
         "abort": (ABORT, ""), **{f"{what}{i}": (EXCEPTION, "cause 15 ") for what in ("read", "write") for i in range(3)}}


def run(command, **more):
    """(exit status, output, seconds)"""
    began = time.monotonic()
    try:
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, check=False, **more)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as e:
        status, output = None, e.stdout or b""
    return status, output.decode(errors="replace"), time.monotonic() - began


def run_lx106(name, *args, options=()):
    words = ",".join(["arg=" + str(a).replace(",", ",,") for a in [name, *args]])
    elf = UNIT / f"{name}.elf"
    status, output, seconds = run([*QEMU, *options, "-kernel", elf, "-semihosting-config", f"enable=on,target=native,{words}"])
    return status, output + where(elf, output), seconds


def where(elf, output):
    """The source lines of an exception, when the compiler's tools are there."""
    found = re.search(r"^exception: .* pc (\w+), .* called from (\w+)", output, re.M)
    if not found:
        return ""
    try:
        return run(["xtensa-lx106-elf-addr2line", "-fpse", elf, *found.groups()])[1]
    except FileNotFoundError:
        return ""


def outcomes(output):
    """What cmocka said, in order: [(test, OK or FAILED or SKIPPED or ended)]"""
    rows = []
    for word, name in re.findall(r"^\[ +(\w+) +\] (\w+)$", output, re.M):
        if word == "RUN":
            rows.append((name, "ended"))
        elif rows and rows[-1] == (name, "ended"):
            rows[-1] = (name, word)
    return rows


def status_text(status):
    return f"stopped after {SECONDS} s" if status is None else f"status {status}"


def compare(name, args):
    """A test of both; (note, seconds here, seconds on the host). AssertionError when they differ."""
    host = next((folder / f"test_{name}" for folder in HOST if (folder / f"test_{name}").exists()), None)
    assert host, f"the host's test_{name} is not built: make test"
    status, output, seconds = run_lx106(f"test_{name}", *args)
    short = {k: v for k, v in os.environ.items() if k != "OTARIA_LONG"}
    host_status, host_output, host_seconds = run([host, *args], env=short)
    here, there = outcomes(output), outcomes(host_output)
    differing = [f"{a} lx106, {b} host" for a, b in zip(here, there) if a != b]
    assert here == there, f"{differing or [len(here), len(there)]}\n{output[-3000:]}"
    assert (status, host_status) == (0, 0), f"lx106: {status_text(status)}, host: {status_text(host_status)}\n{output[-3000:]}"
    return f"{len(here)} tests, as on the host", seconds, host_seconds


def replay(target):
    inputs = sorted((ROOT / "tests/fuzz/corpus" / target).iterdir())
    status, output, seconds = run_lx106(f"fuzz_{target}", *inputs)
    assert status == 0 and f"{len(inputs)} inputs" in output, f"{status_text(status)}\n{output[-3000:]}"
    return f"{len(inputs)} inputs", seconds, 0


def trap():
    seconds = 0
    for what, (want, text) in TRAPS.items():
        status, output, took = run_lx106("test_traps", *([what] if what else []))
        assert status == want and text in output, f"{what or 'no argument'}: {status_text(status)}, {want} was due\n{output}"
        seconds += took
    return f"{len(TRAPS)} cases", seconds, 0


def costs():
    status, output, seconds = run_lx106("test_cost", options=["-icount", "shift=0"])
    assert status == 0, f"{status_text(status)}\n{output}"
    table = (ROOT / "boards/lx106/unit/README.md").read_text()
    promised = dict(re.findall(r"^\| (.+?) \| ([\d,.]+) \|", table, re.M))
    measured = dict(line.split("\t") for line in output.splitlines())
    for name, value in measured.items():
        assert name in promised, f"{name}: {value}, and README.md has no such row"
        limit = float(promised[name].replace(",", ""))
        assert abs(float(value) - limit) <= limit * 0.03, f"{name}: {value} instructions, README.md says {promised[name]}"
    return f"{len(measured)} figures", seconds, 0


def all_checks():
    """{name: function}, the long ones first."""
    table = UNIT / "tests.tsv"
    if not table.exists():
        sys.exit(f"{table} is missing: make board")
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    rows.sort(key=lambda row: row[0] not in LONGEST)
    checks = {name: lambda name=name, args=[a for a in args if a]: compare(name, args) for name, *args in rows}
    for elf in sorted(UNIT.glob("fuzz_*.elf")):
        checks[elf.stem] = lambda target=elf.stem[len("fuzz_"):]: replay(target)
    return {**checks, "traps": trap, "costs": costs}


def main():
    checks = all_checks()
    names = sys.argv[1:] or list(checks)
    began, failed, total = time.monotonic(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = {pool.submit(checks[name]): name for name in names}
        for done in concurrent.futures.as_completed(running):
            try:
                note, seconds, host_seconds = done.result()
                total += seconds
                print(f"ok   {running[done]:32} {seconds:6.2f} s  {host_seconds:6.2f} s on the host  {note}", flush=True)
            except AssertionError as e:
                failed += 1
                print(f"FAIL {running[done]}: {e}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed: {time.monotonic() - began:.0f} s, {total:.0f} s of them on lx106")
    sys.exit(1 if failed else 0)


main()
