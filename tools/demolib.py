# SPDX-License-Identifier: MIT
"""What both demos share: a timeline, children that end with it, the `otaria` command, servers and releases."""
import json
import os
import pathlib
import signal
import shutil
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/plain/bin"
IMAGES = ROOT / "build/board/firmware"
HERE = ROOT / "build/demo"
OTARIA = str(BIN / "otaria")
VENDOR = "demo.otaria.example"
ONCE = os.environ.get("ONCE", "") not in ("", "0")
START = time.monotonic()
COLOUR = sys.stdout.isatty()
running = []


class DemoFailed(Exception):
    """A step was not seen; the text says which."""


def say(text, kind=""):
    shade = {"step": "\033[1m", "good": "\033[32m", "bad": "\033[31m", "quiet": "\033[2m"}.get(kind, "") if COLOUR else ""
    end = "\033[0m" if shade else ""
    print(f"{time.monotonic() - START:6.2f} s  {shade}{text}{end}", flush=True)


def start(name, argv, **more):
    """A child whose output goes to build/demo/NAME.log, unless the caller reads its stdout."""
    log = open(HERE / f"{name}.log", "w", encoding="utf-8")
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=log, text=True,
                             **({"stdout": log} | more))
    child.demo_name = name
    running.append(child)
    return child


def stop(child):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child in running:
        running.remove(child)


def run(*argv, refused=False):
    """An `otaria` command that must succeed (or, with refused, must be refused); returns its output."""
    done = subprocess.run([OTARIA, *map(str, argv)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if (done.returncode == 1) if refused else (done.returncode == 0):
        return done.stdout + done.stderr
    raise DemoFailed(f"otaria {argv[0]} {argv[1]} exited with {done.returncode}: {done.stderr.strip()}")


def until(what, question, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        for child in running:
            if child.poll() is not None:
                raise DemoFailed(f"{child.demo_name} ended by itself; see {HERE.relative_to(ROOT)}/{child.demo_name}.log")
        time.sleep(0.02)
    raise DemoFailed(f"{what} was not seen within {seconds} s")


def read_json(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def free(port):
    """The usual port when nothing else has it, else any."""
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def serve(name, key, *more, listen="{address}"):
    """A server in build/demo/NAME; returns where devices poll and where it is administered."""
    ready = HERE / f"{name}.ready.json"
    ready.unlink(missing_ok=True)
    start(name, [OTARIA, "serve", "--data", str(HERE / name), "--listen", listen.format(address=f"127.0.0.1:{free(8266)}"),
                 "--admin", f"127.0.0.1:{free(8267)}", "--release-key", str(key), "--poll-interval", "1", "--poll-minimum", "1",
                 "--token-out", str(HERE / f"{name}.token"), "--ready-file", str(ready), *more])
    facts = until("the server", lambda: read_json(ready))
    return facts["listen"][0], facts["admin"]


def release(product_class, version, image, key, out):
    """A signed folder build/demo/OUT. Sequence numbers are seconds of UTC: never two releases within one."""
    while int(time.time()) <= release.second:
        time.sleep(0.02)
    release.second = int(time.time()) + 1  # the tool may take the next one
    product, hardware, layout = product_class.split("/")
    run("release", "new", "--vendor", VENDOR, "--product", product, "--hardware", hardware, "--layout", layout,
        "--version", version, "--image", f"app={image}", "--key", key, "-o", HERE / out)
    return HERE / out


release.second = 0


def publish(folder, admin, server="server", **kw):
    return run("publish", folder, "--server", f"http://{admin}", "--token-file", HERE / f"{server}.token", **kw)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(data)


def fleet(admin):
    rows = json.loads(run("fleet", "list", "--json", "--server", f"http://{admin}", "--token-file", HERE / "server.token"))
    return rows["devices"] if isinstance(rows, dict) else rows


def fleet_says(admin, **facts):
    """The device on the server's list with these facts and a result; None when there is none yet."""
    for row in fleet(admin):
        if row.get("result") not in (None, "") and all(row.get(k) == v for k, v in facts.items()):
            return row
    return None


def play(needs, job, afterwards):
    """Run job in a fresh build/demo; afterwards(its result) unless ONCE. The exit status."""
    for need in needs:
        if not pathlib.Path(need).exists():
            sys.exit(f"demo: {need} is not built; run `make demo`")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    try:
        result = job()
        if not ONCE:
            afterwards(*result)
        return 0
    except DemoFailed as e:
        say(f"FAILED: {e}", "bad")
        return 1
    except KeyboardInterrupt:
        print()
        say("stopping")
        return 0
    finally:
        for child in list(running)[::-1]:
            stop(child)
