#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`otaria device run` against the server: poll, update, trial, confirmed; the server restarts in mid-download."""
import json
import os
import queue
import subprocess
import threading
import time

from harness import BIN, CLASS, OTARIA, VENDOR, Lab, until


def image(version, size=200_000):
    """A bootable 0xE9 image that says its version, as OTARIA_APP does."""
    mark = b"\nOTARIA-APP:" + version.encode() + b"\n\0"
    code = (mark + os.urandom(size))[: size // 4 * 4]
    out = bytearray([0xE9, 1, 2, 0x40]) + (0x40201010).to_bytes(4, "little")
    out += (0x40201010).to_bytes(4, "little") + len(code).to_bytes(4, "little") + code
    check = 0xEF
    for byte in code:
        check ^= byte
    out += bytes((15 - len(out)) % 16) + bytes([check])
    return bytes(out)


class Device:
    def __init__(self, lab, url, first, *more):
        path = lab.dir / "first.image"
        path.write_bytes(first)
        self.child = lab.spawn(OTARIA, "device", "run", "--flash", lab.dir / f"flash{len(lab.children)}", "--init", path, "--server", url, "--key", lab.pub,
                               "--vendor", VENDOR, "--class", CLASS, "--poll", 1, "--json", *more, stdout=subprocess.PIPE)
        self.new, self.seen = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.new.put(json.loads(line))

    def wait(self, event, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.seen.append(self.new.get(timeout=0.1))
            except queue.Empty:
                assert self.child.poll() is None, f"the device ended: {self.child.log.read_text()}"
                continue
            if self.seen[-1]["event"] == event:
                return self.seen[-1]
        raise AssertionError(f"no {event} within {seconds} s: {[e['event'] for e in self.seen]}")


def link(lab, address, *more):
    """A slow link, so that a download lasts long enough to be disturbed; the address of its near end."""
    proxy = lab.spawn(BIN / "otaria-linkproxy", "--listen", "127.0.0.1:0", "--to", address, *more, stdout=subprocess.PIPE)
    return json.loads(proxy.stdout.readline())["listen"]


def main():
    with Lab() as lab:
        server = lab.serve("--poll-interval", 1, "--poll-minimum", 1)
        first, second = image("1.0.0"), image("1.1.0")
        server.publish(lab.release("1.0.0", first))
        device = Device(lab, f"http://{link(lab, server.listen[0], '--rate', 100_000)}", first)
        device.wait("poll")
        server.publish(lab.release("1.1.0", second))
        device.wait("fetch")
        device.wait("progress")

        server.child.kill()
        server.child.wait()
        server = lab.serve("--poll-interval", 1, "--poll-minimum", 1, "--listen", server.listen[0], data=server.data)
        device.wait("interrupted")
        for event in ("resumed", "verified", "staged", "reboot", "trial", "confirmed"):
            device.wait(event)

        def row():
            rows = server.json("/admin/v1/devices")["devices"]
            assert len(rows) == 1, rows
            return rows[0] if rows[0]["result"] == "CONFIRMED" and rows[0]["state"] == "idle" else None

        told = until("the server knows", row, 10)
        assert (told["version"], told["release"], told["confirmed_seq"]) == ("1.1.0", "1.1.0", lab.seq), told
        assert server.json("/admin/v1/status")["results"] == {"CONFIRMED": 1}
        print(f"device: 1.0.0 -> 1.1.0 over a server killed in mid-download; {len(device.seen)} events, the server's row agrees")


if __name__ == "__main__":
    main()
