#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9 and a full disk, at many moments: the old state or the new, never a part; what was acknowledged stays."""
import hashlib
import os
import resource
import signal
import subprocess
import threading
import time

from device_plane import device_id, digest_of, offered, poll, suit_of
from harness import OTARIA, Lab, end, until

KILLS = 12


def state(server):
    """Every release that the admin plane lists, each with its image proven whole on the device plane."""
    releases = server.json("/admin/v1/releases")["releases"]
    for release in releases:
        sha256 = release["components"][0]["sha256"]
        status, _, body = server.ask("GET", f"/b/{sha256}", admin=False)
        assert status == 200 and hashlib.sha256(body).hexdigest() == sha256, f"{release['version']}: its image is not whole"
    return [release["version"] for release in releases]


def strangers(server):
    """Files below payloads/ that are no complete payload."""
    return [path for path in (server.data / "payloads").rglob("*")
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != path.name]


def kill_while(server, work, after):
    """Runs work() and kills the server `after` seconds into it."""
    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(after)
    server.child.kill()
    server.child.wait()
    thread.join()


def publishing(lab):
    server = lab.serve()
    folder = lab.release("1.0.0", os.urandom(900_000))
    began = time.monotonic()
    server.publish(folder)
    usual = time.monotonic() - began
    before = state(server)
    old = new = 0
    for n in range(KILLS):
        version = f"1.{n + 1}.0"
        folder = lab.release(version, os.urandom(900_000))
        said = []

        def work():
            done = subprocess.run([OTARIA, "publish", str(folder), *map(str, server.access)], capture_output=True, check=False)
            said.append(done.returncode)

        kill_while(server, work, 1.2 * usual * n / (KILLS - 1))
        server = lab.serve(data=server.data)
        now = state(server)
        assert now in (before, before + [version]), f"{before} became {now}"
        assert said != [0] or now != before, f"{version} was acknowledged and is gone"
        assert not strangers(server), f"left behind: {strangers(server)}"
        latest = f"sensor-board-4m2m-{now[-1]}.suit"
        suit = next(lab.dir.glob(f"out-*/{latest}")).read_bytes()
        assert offered(server, device_id(1)) == suit, "the poll offers something else than the list says"
        old, new = old + (now == before), new + (now != before)
        if now == before:
            server.publish(folder)
            now = state(server)
            assert now[-1] == version, "publishing again after the crash failed"
        before = now
    assert old and new, f"all kills fell on one side: {old} before, {new} after the commit"
    server.stop()
    print(f"kill -9 while publishing: {KILLS} times; {old} left the old state, {new} the new")


def outcomes(lab):
    """Devices report outcomes without pause; what was answered 200 is there after the kill."""
    server = lab.serve()
    folder = lab.release("1.0.0", b"image")
    server.publish(folder)
    about = digest_of(suit_of(folder))[:8]
    acknowledged, kills, next_id = set(), 6, 0
    for n in range(kills):
        stop = threading.Event()

        def work(first):
            for at in range(first, first + 1000):
                if stop.is_set():
                    return
                try:
                    if poll(server, device_id(at), result=(-41, about))[0] == 200:
                        acknowledged.add(at)
                except OSError:
                    return

        threads = [threading.Thread(target=work, args=(next_id + 1000 * t,)) for t in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.06 + 0.03 * n)
        server.child.kill()
        server.child.wait()
        stop.set()
        for thread in threads:
            thread.join()
        next_id += 4000
        server = lab.serve(data=server.data)
        rows, after = {}, ""
        while True:
            page = server.json(f"/admin/v1/devices?limit=1000{after}")
            rows |= {row["id"]: row["result_code"] for row in page["devices"]}
            if not page["next"]:
                break
            after = f"&after={page['next']}"
        lost = [at for at in acknowledged if rows.get(device_id(at).hex()) != -41]
        assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged outcomes are gone: {lost[:5]}"
    assert len(acknowledged) > 50, len(acknowledged)
    server.stop()
    print(f"kill -9 while {len(acknowledged)} outcomes were acknowledged, {kills} times: none is lost")


def full_disk(lab):
    """No file can grow: polls are answered, outcomes are put off, publishing fails whole; afterwards all goes on."""
    server = lab.serve()
    first = lab.release("1.0.0", os.urandom(200_000))
    server.publish(first)
    before, about = state(server), digest_of(suit_of(first))[:8]
    assert poll(server, device_id(1))[0] == 200
    limit = max(path.stat().st_size for path in server.data.glob("otaria.db*"))
    resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    statuses = []
    for n in range(2, 40):
        status, headers, _ = poll(server, device_id(n), result=(0, about))
        statuses.append(status)
        if status == 503:
            assert int(headers["Retry-After"]) > 0
    assert set(statuses) == {503}, f"outcomes that cannot be stored: {set(statuses)}; database {limit} bytes"
    assert offered(server, device_id(100)) == suit_of(first), "polls must go on"
    second = lab.release("1.1.0", os.urandom(200_000))
    assert server.publish(second, code=1)
    assert state(server) == before and offered(server, device_id(1)) == suit_of(first)
    assert server.ask("GET", "/readyz")[0] == 503 and server.ask("GET", "/healthz")[0] == 200

    resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until("outcomes are taken again", lambda: poll(server, device_id(2), result=(0, about))[0] == 200, 5)
    server.publish(second)
    assert state(server) == before + ["1.1.0"] and not strangers(server)
    assert server.ask("GET", "/readyz")[0] == 200
    assert server.json(f"/admin/v1/devices/{device_id(2).hex()}")["result"] == "CONFIRMED"
    end(server.child, signal.SIGTERM)
    assert server.child.returncode == 0
    print("full disk: polls go on, 38 outcomes put off with Retry-After, publishing fails whole; then all goes on")


def main():
    with Lab() as lab:
        publishing(lab)
        outcomes(lab)
        full_disk(lab)


if __name__ == "__main__":
    main()
