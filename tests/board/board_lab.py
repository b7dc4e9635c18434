# SPDX-License-Identifier: MIT
"""What the tests on the virtual board share: boards/lx106/board.py, the lab of tests/e2e, a row of tests."""
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "boards/lx106"), str(ROOT / "tests/e2e")]
sys.dont_write_bytecode = True
from board import BOARD, CLASS, HOST, POWER_CUT, VENDOR, Board, new_flash, show_flash  # noqa: E402, F401


def main(tests):
    """Run the functions named on the command line, or all; a line each. Exit 1 when one failed."""
    names = sys.argv[1:] or list(tests)
    failed = 0
    for name in names:
        start = time.monotonic()
        try:
            note = tests[name]()
        except AssertionError as e:
            failed += 1
            print(f"FAIL {name}: {e}", flush=True)
            continue
        print(f"ok   {name:44} {time.monotonic() - start:5.1f} s  {note or ''}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
