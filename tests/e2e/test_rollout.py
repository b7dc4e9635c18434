#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""300 real agents go through one release: a tenth first, then all; a withdrawn one stops at the next poll."""
import time

from harness import BIN, CLASS, VENDOR, Lab, until

AGENTS = 300
LATE = 60


def image(version):
    """A bootable 0xE9 image that says its version: one segment of code and one of data, with its checksum line."""
    mark = f"\nOTARIA-APP:{version}\n\0".encode()
    segments = [(0x40201010, (version.encode() * 4096)[:20000]), (0x3FFE8000, mark + bytes(-len(mark) % 4))]
    out = bytearray([0xE9, len(segments), 2, 0x40]) + (0x40201010).to_bytes(4, "little")
    check = 0xEF
    for address, data in segments:
        out += address.to_bytes(4, "little") + len(data).to_bytes(4, "little") + data
        for byte in data:
            check ^= byte
    out += bytes((15 - len(out)) % 16) + bytes([check])
    return bytes(out)


def start_fleet(lab, server, first, agents=AGENTS, first_id=0):
    """The program that runs N agents over real sockets in one process."""
    path = lab.dir / "first.image"
    path.write_bytes(first)
    lab.spawn(BIN / "otaria-fleet", "--agents", agents, "--first-id", first_id, "--server", server.url, "--key", lab.pub, "--vendor", VENDOR,
              "--class", CLASS, "--init", path, "--poll", 1)


def devices(server):
    """Every device row the server has, page by page."""
    rows, after = [], ""
    while True:
        page = server.json(f"/admin/v1/devices?limit=100{after}")
        rows += page["devices"]
        if not page.get("next"):
            return rows
        after = f"&after={page['next']}"


def confirmed(server, version):
    """Ids of the devices whose last word was that they confirmed this version."""
    return {row["id"] for row in devices(server) if row["version"] == version and row["state"] == "idle"}


def settle(server, version, seconds=20):
    """The same, once four polls of everybody in a row have not changed it."""
    last, since = None, time.monotonic()
    end = since + seconds
    while time.monotonic() - since < 4 and time.monotonic() < end:
        now = confirmed(server, version)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.5)
    return last


def main():
    with Lab() as lab:
        server = lab.serve("--poll-interval", 1, "--poll-minimum", 1, "--new-ids-per-address", 0)
        first, second, third = image("1.0.0"), image("1.1.0"), image("1.2.0")
        server.publish(lab.release("1.0.0", first))
        start_fleet(lab, server, first)
        until("every agent has polled", lambda: len(devices(server)) == AGENTS, 30)
        print(f"{AGENTS} agents poll")

        folder = lab.release("1.1.0", second)
        server.publish(folder, "--percent", 10)
        until("somebody took it", lambda: confirmed(server, "1.1.0"), 30)
        some = settle(server, "1.1.0")
        assert AGENTS // 30 <= len(some) <= AGENTS // 5, f"{len(some)} of {AGENTS} are not about 10 %"
        print(f"--percent 10: {len(some)} of {AGENTS} run 1.1.0, and no more come")

        server.publish(folder, "--percent", 100)
        until("all have it", lambda: len(confirmed(server, "1.1.0")) == AGENTS, 45)
        print("--percent 100: all run 1.1.0")

        server.publish(lab.release("1.2.0", third), "--percent", 30)
        until("somebody took it", lambda: confirmed(server, "1.2.0"), 30)
        some = settle(server, "1.2.0")
        lab.otaria("release", "withdraw", "sensor", "1.2.0", *server.access)
        before = confirmed(server, "1.1.0")
        start_fleet(lab, server, first, LATE, AGENTS)
        until("those who come later run 1.1.0", lambda: len(confirmed(server, "1.1.0")) == len(before) + LATE, 45)
        assert confirmed(server, "1.2.0") == some, "an agent took 1.2.0 after it was withdrawn"
        print(f"withdrawn: {len(some)} had taken 1.2.0; {LATE} that came later were offered 1.1.0 and nobody 1.2.0")


if __name__ == "__main__":
    main()
