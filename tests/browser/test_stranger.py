#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""emon against the pages of other sites, in Chromium: stranger.cjs against emon-posix. NODE_PATH: where playwright-core is."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import BIN, SOURCE, Lab  # noqa: E402
from test_emon import PASSWORD, Emon, image, password_line  # noqa: E402


def main():
    with Lab() as lab:
        device = Emon(lab, "emon", image("1.0.2"), "http://127.0.0.1:9", poll=3600, poll_minimum=60, password=password_line(PASSWORD))
        before = device.ask("GET", "/config")
        environment = {"NODE_PATH": str(BIN.parent / "browser/node_modules")} | os.environ
        done = subprocess.run(["node", SOURCE / "tests/browser/stranger.cjs"], check=False,
                              env=environment | {"BASE": f"http://127.0.0.1:{device.port}", "PASSWORD": PASSWORD})
        assert done.returncode == 0
        assert device.ask("GET", "/config") == before
        assert device.ask("POST", "/check") == (200, {"ok": True}), "the owner is still heard"
        assert not device.find("FAILED|restarts|reverted")


main()
