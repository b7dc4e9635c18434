#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""emon on the board updates itself from a real server: plain, over TLS, through every kind of bad weather."""
import signal
import time

from board_lab import HOST, Board, main
from harness import until
from node import Node, behind_a_link, padded


def updated(node, board, version="1.0.3", seconds=30):
    """1.0.2 takes this version, tries and confirms it; the server knows."""
    board.wait("update", version, "offered", seconds=seconds)
    arrives(node, board, version)
    status = board.json("/status")
    assert status["version"] == version and status["run"] == "confirmed", status
    until("the page knows the previous version", lambda: board.json("/status")["previous"] == "1.0.2")


def check_untouched(node):
    node.files_intact()
    node.settings_intact()


def plain_http():
    with Node() as node:
        node.publish("1.0.2")
        with node.board() as board:
            board.wait("emon 1.0.2: runs from slot A")
            node.publish("1.0.3")
            updated(node, board)
        check_untouched(node)


def tls_with_a_pin():
    with Node(tls=True) as node:
        with node.board() as board:
            node.publish("1.0.3")
            updated(node, board)
        check_untouched(node)


def tls_with_room_for_records_of_16_kb():
    """The larger profile fits the chip's memory and works. The server here keeps to 512 bytes, as OpenSSL always does
    when asked; records of 16 KB are fed to the same code in tests/unit/test_tls.c."""
    with Node(tls=True, image="emon-1.0.2-full-tls.bin") as node:
        with node.board() as board:
            node.publish("1.0.3")
            updated(node, board)
        check_untouched(node)


def tls_with_an_authority():
    """tls=ca: a certificate of the built-in authority for the URL's name; dates count from when there is a time."""
    name = "updates.example"
    with Node(tls=True, image="emon-1.0.2-ca.bin", settings=("tls=ca",)) as node:
        node.server.stop()
        node.signed_certificate("good", name, days=30)
        node.signed_certificate("stranger", "other.example", days=30)
        node.server = node.start_server(port=node.port, data=node.server.data, cert="stranger")
        node.make_flash(f"https://{name}:{node.port}")
        node.publish("1.0.3", "emon-1.0.3-ca.bin")
        known = ("--host", f"{name}=10.0.2.2")
        with node.board(*known) as board:
            board.wait("failed: TLS")
            assert node.row() is None, "a certificate for another name"
        node.server.stop()
        node.server = node.start_server(port=node.port, data=node.server.data, cert="good")
        with node.board(*known, "--time", 4102444800) as board:
            board.wait("failed: TLS")
            assert node.row() is None, "in 2100 the certificate has long expired"
        with node.board(*known, "--time", 0) as board:
            arrives(node, board)
        node.make_flash(node.source)
        with node.board(*known) as board:
            arrives(node, board)
            free = board.json("/status")["heap"]
        node.make_flash(f"https://{HOST}:{node.port}")
        with node.board(*known) as board:
            board.wait("failed: TLS")
            assert node.row() is None, "an address is no name"
        return f"{free} bytes of stack never used"


def under_way(board, size, seconds=30):
    """Until so many bytes have come."""
    until(f"{size} bytes of the download", lambda: board.json("/status")["done"] >= size, seconds)


def resumes(board, after=0, seconds=30):
    """The next download line begins behind that many bytes."""
    line = board.wait("download at", seconds=seconds)
    at = int(line.split("download at ")[1].split()[0])
    assert at > after, line
    return at


def server_restarts_in_mid_download():
    with Node() as node:
        node.publish("1.1.0", padded("1.1.0", 500_000))
        behind_a_link(node, "--rate", "150000")
        with node.board() as board:
            board.wait("download at 0 of")
            under_way(board, 60_000)
            node.server.stop(signal.SIGKILL)
            board.wait("download interrupted at")
            node.server = node.start_server(port=node.port, data=node.server.data)
            at = resumes(board)
            arrives(node, board, "1.1.0")
        check_untouched(node)
        return f"went on at {at}"


def link_is_cut_and_the_download_resumes_across_a_power_cycle():
    with Node() as node:
        node.publish("1.0.3")
        behind_a_link(node, "--rate", "80000", "--cut-after", "40000")
        with node.board() as board:
            board.wait("download interrupted at")
            first = resumes(board)
            under_way(board, 90_000)
        with node.board() as board:
            at = resumes(board, after=first)
            arrives(node, board)
        check_untouched(node)
        return f"went on at {first}, after the power cycle at {at}"


def arrives(node, board, version="1.0.3"):
    board.wait(f"emon {version}: runs from slot", seconds=40)
    board.wait("confirmed", seconds=30)
    node.server_knows(version=version, result="CONFIRMED")


def wrong_certificate_is_a_retry_and_never_plain():
    with Node(tls=True) as node:
        node.certificate("other")
        node.server.stop()
        node.server = node.start_server(port=node.port, data=node.server.data, cert="other")
        node.publish("1.0.3")
        with node.board() as board:
            board.wait("TLS")
            board.wait("TLS", seconds=30)
            assert board.json("/status")["version"] == "1.0.2"
            assert node.row() is None, "it told a stranger about itself"
            node.server.stop()
            node.server = node.start_server(port=node.port, data=node.server.data)
            updated(node, board)


def no_dhcp_is_waited_out():
    with Node() as node:
        node.publish("1.0.3")
        with Board(node.flash, "--no-dhcp", net=True) as board:
            board.wait("emon 1.0.2: runs from slot A")
            time.sleep(3)
            assert board.child.poll() is None and not any("reverted" in line for line in board.drain())
        with node.board() as board:
            updated(node, board)


main({f.__name__: f for f in (plain_http, tls_with_a_pin, tls_with_room_for_records_of_16_kb, tls_with_an_authority,
                              server_restarts_in_mid_download,
                              link_is_cut_and_the_download_resumes_across_a_power_cycle,
                              wrong_certificate_is_a_retry_and_never_plain, no_dhcp_is_waited_out)})
