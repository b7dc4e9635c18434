#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Signed releases that are broken, each in its own way: the old image comes back, and the server is told why."""
import time

from board_lab import Board, main, show_flash
from node import Node

GIVE_UP = ("network-give-up=3", "source-give-up=4")


def comes_back(node, board, why, *, boots=1, seconds=40):
    """1.0.2 runs again, says why, tells the server, keeps everything, does not try that release again."""
    board.wait("emon 1.0.2: runs from slot A", seconds=seconds)
    board.wait(f"emon 1.0.2: reverted: {why}")
    row = node.server_knows(version="1.0.2", result=why)
    assert row["state"] in ("idle", "confirmed"), row
    status = board.json("/status")
    assert status["version"] == "1.0.2" and status["run"] == "confirmed" and status["result"]["name"] == why, status
    before = len(board.drain())
    time.sleep(2.5)
    assert not any("offered" in line or "download" in line for line in board.drain()[before:]), "it was tried again"
    node.files_intact()
    node.settings_intact()


def tried(variant, why, *options, settings=(), says=()):
    def test():
        with Node(settings=settings) as node:
            node.publish("1.0.4", f"emon-1.0.4-{variant}.bin")
            with node.board(*options) as board:
                board.wait("update 1.0.4 staged")
                for words in says:
                    board.wait(words)
                comes_back(node, board, why)
                tries = show_flash(node.flash)
                # A release that works is taken all the same.
                node.publish("1.0.5")
                board.wait("emon 1.0.5: confirmed", seconds=30)
                node.server_knows(version="1.0.5", result="CONFIRMED")
                node.files_intact()
                return f"log: {', '.join(tries['log']['entries'])}"
    test.__name__ = variant
    return test


def page_works_but_it_never_confirms():
    """It cannot read its configuration: it stays on trial, page and all, until its tries are spent by power cycles."""
    with Node() as node:
        node.publish("1.0.4", "emon-1.0.4-no_config.bin")
        with node.board() as board:
            board.wait("update 1.0.4 staged")
            board.wait("emon 1.0.4: trial, 2 tries left")
            status = board.json("/status")
            assert status["version"] == "1.0.4" and status["run"] == "trial" and not status["revert"], status
        for left in (1, 0):
            with node.board() as board:
                board.wait(f"emon 1.0.4: trial, {left} tr")
        with node.board() as board:
            comes_back(node, board, "TRIAL_CONFIGURATION")


def staged(node):
    """1.0.3 lies there, and the next boot tries it; the board is off."""
    node.publish("1.0.3")
    with node.board("--reset-exit") as board:
        board.wait("update 1.0.3 staged")
        assert board.end() == 0


def bad_weather_during_a_trial_reverts_nothing():
    """A good release boots while DHCP is gone, and later while the server is: it is confirmed once both are back."""
    with Node() as node:
        staged(node)
        with Board(node.flash, "--no-dhcp") as board:
            board.wait("emon 1.0.3: trial, 2 tries left")
            time.sleep(3)
            assert board.child.poll() is None and not any("reverted" in line or "restarts" in line for line in board.drain())
        node.server.stop()
        with node.board() as board:
            board.wait("emon 1.0.3: trial, 1 tr")
            board.wait("stage network reached")
            board.wait("CONNECT")
            node.server = node.start_server(port=node.port, data=node.server.data)
            board.wait("emon 1.0.3: confirmed")
            node.server_knows(version="1.0.3", result="CONFIRMED")
        node.files_intact()
        node.settings_intact()


def network_that_never_comes_ends_a_trial():
    """DHCP stays away longer than network-give-up: the old image comes back, which is where it would have worked."""
    with Node(settings=GIVE_UP) as node:
        staged(node)
        with Board(node.flash, "--no-dhcp") as board:
            board.wait("emon 1.0.3: trial, 2 tries left")
            board.wait("emon 1.0.2: runs from slot A")
            board.wait("reverted: TRIAL_NETWORK")
        with node.board() as board:
            board.wait("page at")
            node.server_knows(version="1.0.2", result="TRIAL_NETWORK")
        node.files_intact()
        node.settings_intact()


def the_owner_reverts_and_stays_reverted():
    """POST /revert with the password brings 1.0.2 back without a trial; 1.0.3 is not taken again unasked."""
    with Node() as node:
        node.publish("1.0.3")
        with node.board() as board:
            board.wait("emon 1.0.3: confirmed", seconds=30)
            status, _, body = board.ask("POST", "/revert", b"", {"X-Emon-Password": node.password})
            assert status in (200, 202), (status, body)
            board.wait("emon 1.0.2: runs from slot A", seconds=20)
            board.wait("reverted by the owner")
            row = node.server_knows(version="1.0.2", state="reverted")
            before = len(board.drain())
            time.sleep(2.5)
            assert not any("offered" in line or "download" in line for line in board.drain()[before:]), "taken again unasked"
            node.files_intact()
            node.settings_intact()
            return row["state"]


main({f.__name__: f for f in (
    tried("crash", "TRIAL_STARTED", says=3 * ("exception: break instruction, pc 0x402",)),
    tried("hang", "TRIAL_NETWORK", "--wdt", "2000", says=("watchdog", "watchdog", "watchdog")),
    tried("no_network", "TRIAL_NETWORK", settings=GIVE_UP),
    tried("no_source", "TRIAL_SOURCE", settings=GIVE_UP),
    page_works_but_it_never_confirms,
    bad_weather_during_a_trial_reverts_nothing,
    network_that_never_comes_ends_a_trial,
    the_owner_reverts_and_stays_reverted)})
