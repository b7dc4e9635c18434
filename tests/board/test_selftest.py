#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The board itself: its self test, its power cuts, the plugin that knows what the chip forbids, and `run`."""
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile

from board_lab import BOARD, POWER_CUT, ROOT, Board, main

RUN = ROOT / "boards/lx106/run"
FLASH_LEN = 4194304
IMAGE = BOARD / "selftest.bin"
PAGE, WORD, ERASE, BLOCK = 4, 11, 45, 67  # operations of the scenario; the erases are of sectors with content


@contextlib.contextmanager
def new_flash(image=None):
    """A flash that holds the self test (or `image`) and nothing else."""
    with tempfile.TemporaryDirectory(prefix="otaria-board-") as folder:
        path = pathlib.Path(folder, "flash.bin")
        path.write_bytes((IMAGE.read_bytes() if image is None else image).ljust(FLASH_LEN, b"\xff"))
        yield path


def run_scenario(flash, name, *options):
    board = Board(flash, "--arg", f"scenario={name}", *options, net=False)
    return board.end(), board


def self_test_passes():
    with new_flash() as flash:
        board = Board(flash, "--wdt", 300, "--time", 1767225600, "--mac", "52:54:00:12:34:AB")
        board.type("u")
        status = board.end()
        lines = board.drain()
        failed = [line for line in lines if line.startswith("FAIL")]
        for word in ("rom: exception: cause 0 pc 0x4010", "rom: exception: cause 15 pc 0x4010",
                     "rom: watchdog: not fed for 300 ms, pc 0x4010", "cache is off, pc 0x40201234",
                     "cache is off, pc 0x402ff000", "rom: boot 11, reset reason 2"):
            assert any(word in line for line in lines), f"nobody says {word!r}:\n{board.tail(99)}"
        calls = [line for line in lines if "cache is off, pc 0x402ff00c" in line]
        assert len(calls) == 2, f"Cache_Read_Disable and SPIUnlock, called from flash: {calls}"
        passed = [line for line in lines if line.startswith("PASS")]
        assert status == 0 and not failed and lines[-1].startswith("selftest: 0 failed"), board.tail()
        assert len(passed) == 34, f"{len(passed)} tests passed, 34 are there:\n{board.tail(99)}"
        return f"{len(passed)} tests, {lines[-1].partition(', ')[2]}"


def a_reset_may_end_the_process():
    with new_flash() as flash:
        board = Board(flash, "--arg", "scenario=reset", "--reset-exit", net=False)
        assert board.end() == 0 and board.drain() == ["rom: boot 1, reset reason 1"], board.tail()
        with Board(flash, "--arg", "scenario=reset", net=False) as board:
            board.wait("rom: boot 3, reset reason 3")


def plugin_reports_what_the_chip_forbids():
    with new_flash() as flash:
        status, board = run_scenario(flash, "mistakes", "--plugin")
        assert status == 0, board.tail()
        kinds = [re.sub(r" at pc 0x(4010|4001)\w{4}$", r" by \1", line)
                 for line in board.errors if line.startswith("word-only: ")]
        assert kinds == [
            "word-only: 8-bit store to 0x40104000 by 4010",
            "word-only: 8-bit load of 0x40104001 by 4010",
            "word-only: 16-bit load of 0x40104002 by 4010",
            "word-only: 8-bit load of 0x40104004 by 4001",
            "word-only: 16-bit load of 0x40200008 by 4010",
            "word-only: store to flash at 0x40200000 by 4010",
            "word-only: load with the cache off of 0x40200004 by 4010",
            "word-only: 7 accesses at 7 places"], "\n".join(kinds)
        status, board = run_scenario(flash, "flash", "--plugin")
        assert status == 0 and board.errors == ["word-only: 0 accesses at 0 places"], board.tail()


def flash_after(cut, mode):
    with new_flash() as flash:
        status, board = run_scenario(flash, "flash", "--cut", cut, "--mode", mode)
        assert status == POWER_CUT, f"status {status}\n{board.tail()}"
        assert any(f"power cut at flash operation {cut} ({mode})" in line for line in board.drain())
        return int.from_bytes(flash.read_bytes())


def power_cuts_tear_the_same_way_each_time():
    """A torn program clears no other bits than the whole one would, a torn erase raises bits and lowers none."""
    for cut in (PAGE, WORD, ERASE, BLOCK):
        before, torn, after = (flash_after(cut, mode) for mode in ("before", "torn", "after"))
        assert before == flash_after(cut - 1, "after"), f"operation {cut} had begun"
        assert torn == flash_after(cut, "torn"), f"operation {cut}: two cuts, two flashes"
        assert before != torn != after, f"operation {cut}: not torn"
        low, high = (before, after) if cut in (ERASE, BLOCK) else (after, before)
        assert torn & low == low and torn | high == high, f"operation {cut}: a bit went the wrong way"


def the_log_counts_operations():
    with new_flash() as flash:
        log = flash.parent / "log,1"
        status, board = run_scenario(flash, "flash", "--flash-log", log)
        lines = log.read_text().splitlines()
        assert status == 0, board.tail()
        assert lines[0] == "E 0x180000 4096" and lines[1] == "P 0x180000 256", lines[:2]
        assert lines[WORD - 1] == "P 0x180000 4" and lines[BLOCK - 1] == "E 0x180000 65536", lines
        assert all(re.fullmatch(r"E 0x\w{6} (4096|65536)|P 0x\w{6} \d{1,3}", line) for line in lines)
        return f"{len(lines)} operations"


def the_rom_waits_without_an_image():
    good = IMAGE.read_bytes()
    flipped = good[:64] + bytes([good[64] ^ 1]) + good[65:]
    for image, says in ((b"", "no image at flash 0 (first word 0xffffffff)"), (flipped, "checksum is"),
                        (good[:8] + b"\0\0\0\0" + good[12:], "segment 0x00000000")):
        with new_flash(image) as flash, Board(flash, "--wdt", 50, net=False) as board:
            board.wait("rom:", says)
            board.wait("rom: waiting")


def says(*words):
    """What `run` says and how it ends when it cannot start."""
    done = subprocess.run([RUN, *map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=20)
    assert done.returncode != 0 and done.stdout == "", done
    return done.stderr


def run_says_what_to_do():
    assert "tools/flash-image" in says("/no/such/flash")
    assert "tools/flash-image" in says(IMAGE)
    assert "--drive" in says()
    assert "--cut N" in says("flash.bin", "--mode", "torn")
    with new_flash() as flash:
        assert "make board" in says(flash, "--rom", "/no/rom.elf")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            assert "is taken" in says(flash, "--web", taken.getsockname()[1])
        with Board(flash, "--arg", "scenario=wait", net=False) as board:
            board.wait("rom: boot")
            assert "another board" in says(flash, "--no-net")
    done = subprocess.run([RUN, "--help"], capture_output=True, text=True, check=True)
    assert "--cut N" in done.stdout and "Ctrl-C" in done.stdout


def signals_reach_the_board():
    with new_flash() as flash, Board(flash, "--arg", "scenario=wait", net=False) as board:
        board.wait("rom: boot")
        os.kill(board.child.pid, 15)
        assert board.end(10) == 0, "QEMU ends in order when it is told to"


def a_board_in_the_background_goes_on():
    """With & in a terminal: whoever read from it would be stopped."""
    with new_flash() as flash:
        board = f"{RUN} {flash} --rom {BOARD / 'rom.elf'} --no-net --arg scenario=wait"
        shell = f"set -m; {board} & sleep 1; jobs; kill %1"
        done = subprocess.run(["script", "-qec", f"bash -c '{shell}'", os.devnull], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=20)
        assert "rom: boot" in done.stdout and "Running" in done.stdout, done.stdout


main({test.__name__: test for test in (
    self_test_passes, a_reset_may_end_the_process, plugin_reports_what_the_chip_forbids, power_cuts_tear_the_same_way_each_time,
    the_log_counts_operations, the_rom_waits_without_an_image, run_says_what_to_do, signals_reach_the_board,
    a_board_in_the_background_goes_on)})
