#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""emon as a process (emon-posix) against the server: its endpoints, an update, and each way of failing a trial."""
import hashlib
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zlib

from harness import BIN, Lab, until

VENDOR, PRODUCT, CLASS = "demo.otaria.example", "emon", "emon/lx106/4m2m"
CONFIG = 0x3F8000  # firmware/emon/config.h
PASSWORD = "correct horse"


def image(version, size=60_000):
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


def config_record(counter, lines):
    """What config.h describes, written without its code."""
    text = "".join(f"{key}={value}\n" for key, value in lines.items()).encode()
    head = b"EMC1" + counter.to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return head + zlib.crc32(head + text).to_bytes(4, "little") + text


def password_line(password):
    salt = os.urandom(16)
    return salt.hex() + ":" + hashlib.sha256(salt + password.encode()).hexdigest()


class Emon:
    """A device with a flash file of its own."""

    def __init__(self, lab, name, first, server, *more, **lines):
        self.lab, self.lines = lab, []
        flash = bytearray(b"\xff" * 0x400000)
        flash[0x1000:0x1000 + len(first)] = first
        lines = {"node": name, "server": server, "poll-minimum": 1, "poll": 1} | {k.replace("_", "-"): v for k, v in lines.items()}
        record = config_record(1, lines)
        flash[CONFIG:CONFIG + len(record)] = record
        self.flash = lab.dir / f"{name}.flash"
        self.flash.write_bytes(flash)
        self.child = lab.spawn(BIN / "emon-posix", "--flash", self.flash, "--key", lab.pub, *more,
                               stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()
        self.port = int(self.wait(r"127\.0\.0\.1:(\d+)")[1])

    def read(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip())

    def find(self, pattern, start=0):
        return next((m for line in self.lines[start:] if (m := re.search(pattern, line))), None)

    def wait(self, pattern, seconds=20, start=0):
        try:
            return until(pattern, lambda: self.find(pattern, start), seconds)
        except AssertionError:
            print("\n".join(self.lines))
            raise

    def say(self, text):
        self.child.stdin.write(text)
        self.child.stdin.flush()

    def ask(self, method, path, body=None, **headers):
        """(status, parsed body or bytes); the password goes along with a POST unless headers say otherwise."""
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if method == "POST":
            headers = {"X-Emon-Password": PASSWORD} | headers
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers = {"Content-Type": "application/json"} | headers
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=data if data is not None else b"" if method == "POST" else None, headers=headers)
        if data is None:
            request.add_header("Content-Type", "application/x-nothing")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                raw, status = answer.read(), answer.status
        except urllib.error.HTTPError as answer:
            raw, status = answer.read(), answer.code
        return status, json.loads(raw) if raw.startswith(b"{") else raw

    def status(self):
        status, body = self.ask("GET", "/status")
        assert status == 200
        return body

    def is_at(self, version, run="confirmed"):
        def look():
            try:
                s = self.status()
            except OSError:  # it restarts
                return None
            return s if s["version"] == version and s["run"] == run else None

        try:
            return until(f"{version} {run}", look, 30)
        except AssertionError:
            print("\n".join(self.lines))
            raise


def publish(lab, server, version, size=60_000):
    lab.seq += 1
    out, path = lab.dir / f"out-{version}", lab.dir / f"{version}.bin"
    path.write_bytes(image(version, size))
    lab.otaria("release", "new", "--vendor", VENDOR, "--product", PRODUCT, "--hardware", "lx106", "--layout", "4m2m", "--version", version,
               "--seq", lab.seq, "--image", f"app={path}", "--key", lab.key, "-o", out)
    server.publish(out)


def the_owner_sets_a_password_and_configures(lab, server):
    device = Emon(lab, "kitchen", image("1.0.2"), server.url)
    code = device.wait(r"setup code (\w{8})")[1]
    assert device.wait(r"runs from slot A, node kitchen")
    assert device.status()["password"] is False
    assert device.ask("POST", "/check")[0] == 403
    assert device.ask("POST", "/password", {"password": PASSWORD}, X_Emon_Password="AAAAAAAA")[0] == 403
    time.sleep(1.1)  # the price of a wrong code
    assert device.ask("POST", "/password", {"password": PASSWORD}, X_Emon_Password=code) == (200, {"ok": True})
    assert device.ask("POST", "/check") == (200, {"ok": True})
    assert PASSWORD.encode() not in device.flash.read_bytes()

    device.say("CT1:3935,CT2:325,T1:12.5\r\n")
    readings = until("readings", lambda: device.status()["readings"])
    assert [(r["name"], r["value"]) for r in readings] == [("CT1", 3935), ("CT2", 325), ("T1", 12.5)], readings

    config = device.ask("GET", "/config")[1]
    assert config["server"] == server.url and config["policy"] == "auto", config
    assert device.ask("POST", "/config", {"node": "cellar", "policy": "ask"}) == (200, {"ok": True})
    assert device.ask("GET", "/config")[1] == config | {"node": "cellar", "policy": "ask"}
    assert device.ask("POST", "/config", {"node": "x", "server": "ftp://x"})[0] == 400
    assert device.ask("GET", "/config")[1]["node"] == "cellar"
    print("the owner sets a password and configures: ok")
    return device


def it_asks_then_updates_and_the_owner_reverts(lab, server, device):
    publish(lab, server, "1.0.3")
    until("the offer", lambda: device.ask("GET", "/firmware")[1] == {"current": "1.0.2", "latest": "1.0.3"})
    assert device.wait("update 1.0.3 offered")
    assert device.status()["state"] == "waiting"
    assert device.ask("POST", "/update") == (200, {"ok": True})
    status = device.is_at("1.0.3")
    assert device.wait("emon 1.0.3: trial, 2 tries left") and device.wait("emon 1.0.3: confirmed")
    assert (status["node"], status["slot"], status["password"]) == ("cellar", "B", True), status
    status = until("the previous version", lambda: (s := device.status())["previous"] and s)
    assert (status["previous"], status["revert"], status["result"]["name"]) == ("1.0.2", True, "CONFIRMED"), status
    assert device.ask("POST", "/revert") == (200, {"ok": True})
    status = device.is_at("1.0.2", "reverted")
    assert device.wait("reverted by the owner")
    assert status["node"] == "cellar"
    print("it asks, updates, and the owner reverts: ok")


def each_broken_release_is_undone(lab, server):
    broken = (("2.0.1", "crash", "TRIAL_STARTED"), ("2.0.2", "hang", "TRIAL_NETWORK"), ("2.0.3", "no-network", "TRIAL_NETWORK"),
              ("2.0.4", "no-source", "TRIAL_SOURCE"))
    plays = [word for version, variant, _ in broken for word in ("--play", f"{version}={variant}")]
    publish(lab, server, "2.0.0")
    device = Emon(lab, "attic", image("1.0.2"), server.url, "--watchdog", 600, *plays, password=password_line(PASSWORD),
                  network_give_up=1, source_give_up=2)
    device.is_at("2.0.0")
    for version, variant, reason in broken:
        start = len(device.lines)
        publish(lab, server, version)
        device.wait(f"update {version} staged", start=start)
        device.wait(f"boot: slot A, .* version {version}", start=start)
        device.wait(f"emon 2.0.0: reverted: {reason}", start=start)
        status = device.is_at("2.0.0")
        assert status["result"]["name"] == reason and "on trial" in status["result"]["words"], status["result"]
        until(f"the server knows {reason}", lambda: server.json("/admin/v1/devices")["devices"][0]["result"] == reason)
        print(f"{variant} is undone: {reason}")
    assert device.ask("POST", "/revert")[0] == 409  # the slots of failed trials are no way back
    publish(lab, server, "2.1.0")
    device.is_at("2.1.0")
    device.child.stdin.close()


def main():
    with Lab() as lab:
        server = lab.serve("--poll-interval", 1, "--poll-minimum", 1)
        device = the_owner_sets_a_password_and_configures(lab, server)
        it_asks_then_updates_and_the_owner_reverts(lab, server, device)
    with Lab() as lab:
        server = lab.serve("--poll-interval", 1, "--poll-minimum", 1)
        each_broken_release_is_undone(lab, server)


if __name__ == "__main__":
    main()
