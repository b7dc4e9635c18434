# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: the built programs, a folder of their own, servers, releases.

Each test is a program: exit 0 and a line a fact, or an AssertionError that says what was not so.
Nothing needs a network but loopback; ports are chosen by the kernel; nothing is left behind.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("OTARIA_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("OTARIA_BIN", SOURCE / "build/plain/bin"))
BOARD = pathlib.Path(os.environ.get("OTARIA_BOARD", SOURCE / "build/board"))
OTARIA = str(BIN / "otaria")
VENDOR = "e2e.otaria.example"
CLASS = "sensor/board/4m2m"


def until(what, question, seconds=15.0):
    """The first true answer to question(); an AssertionError naming `what` when none came in time."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


class Lab:
    """A temporary folder with keys in it, and the processes started from it; use as a context."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="otaria-e2e-"))
        self.children = []
        self.servers = 0
        self.seq = int(time.time()) - 3600

    def __enter__(self):
        self.otaria("keys", "new", "release", "--dir", self.dir, "--no-passphrase")
        return self

    def __exit__(self, kind, *_):
        for child in self.children[::-1]:
            end(child)
        if kind is None:
            shutil.rmtree(self.dir)
        else:
            print(f"left for a look: {self.dir}")

    @property
    def key(self):
        return self.dir / "release.key.pem"

    @property
    def pub(self):
        return self.dir / "release.pub.pem"

    def otaria(self, *argv, code=0):
        """Run the command, demand this exit code, return its stdout (code 0) or stderr (else)."""
        done = subprocess.run([OTARIA, *map(str, argv)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"otaria {' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout if code == 0 else done.stderr

    def spawn(self, *argv, **more):
        log = open(self.dir / f"child{len(self.children)}.log", "w", encoding="utf-8")
        child = subprocess.Popen(list(map(str, argv)), stderr=log, text=True, **({"stdin": subprocess.DEVNULL, "stdout": log} | more))
        child.log = pathlib.Path(log.name)
        self.children.append(child)
        return child

    def serve(self, *more, data=None, **kw):
        """A server on ports of the kernel's choice, ready when this returns."""
        return Server(self, *more, data=data, **kw)

    def release(self, version, image, *more, product="sensor", key=None, seq=None):
        """A signed folder of any bytes (--raw); sequences grow by themselves."""
        self.seq += 1
        out = self.dir / f"out-{product}-{version}-{self.seq}"
        path = self.dir / f"{product}-{version}-{self.seq}.image"
        path.write_bytes(image)
        hardware, layout = CLASS.split("/")[1:]
        self.otaria("release", "new", "--vendor", VENDOR, "--product", product, "--hardware", hardware, "--layout", layout,
                    "--version", version, "--seq", seq or self.seq, "--raw", "--image", f"app={path}",
                    "--key", key or self.key, "-o", out, *more)
        return out


class Server:
    def __init__(self, lab, *more, data=None, key=True, listen="127.0.0.1:0", **kw):
        lab.servers += 1
        self.lab = lab
        self.data = data or lab.dir / f"data{lab.servers}"
        self.token_file = lab.dir / f"token-{self.data.name}"
        ready = lab.dir / f"ready{lab.servers}.json"
        argv = [OTARIA, "serve", "--data", self.data, "--listen", listen, "--admin", "127.0.0.1:0",
                "--token-out", self.token_file, "--ready-file", ready, *more]
        if key:
            argv += ["--release-key", lab.pub]
        self.child = lab.spawn(*argv, **kw)
        facts = until("the server is ready", lambda: self.alive() and read_json(ready))
        self.listen, self.admin = facts["listen"], facts["admin"]
        self.url = f"http://{self.listen[0]}"
        self.admin_url = f"http://{self.admin}"

    def alive(self):
        assert self.child.poll() is None, f"the server ended by itself:\n{self.child.log.read_text()}"
        return True

    @property
    def token(self):
        return self.token_file.read_text().strip()

    @property
    def access(self):
        """The two options that CLI commands need to reach the admin plane."""
        return ("--server", self.admin_url, "--token-file", self.token_file)

    def publish(self, folder, *more, code=0):
        return self.lab.otaria("publish", folder, *self.access, *more, code=code)

    def ask(self, method, path, body=None, headers=None, admin=True):
        """One HTTP request: (status, headers, body). The admin token goes along unless headers say otherwise."""
        base = self.admin_url if admin else self.url
        more = {"Authorization": f"Bearer {self.token}"} if admin else {}
        request = urllib.request.Request(base + path, data=body, method=method, headers=more | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def json(self, path):
        status, _, body = self.ask("GET", path)
        assert status == 200, f"GET {path}: {status} {body!r}"
        return json.loads(body)

    def stop(self, how=signal.SIGTERM):
        end(self.child, how)


def end(child, how=signal.SIGTERM):
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def read_json(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def connection(address):
    """A raw TCP connection to "host:port", for requests that no client library would send."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as s:
        yield s
