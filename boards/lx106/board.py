# SPDX-License-Identifier: MIT
"""A virtual board as a Python object: its flash file, its serial line, its web page. For the demo and the tests."""
import json
import os
import pathlib
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BOARD = pathlib.Path(os.environ.get("OTARIA_BOARD", SOURCE / "build/board"))
RUN = SOURCE / "boards/lx106/run"
FLASH_IMAGE = SOURCE / "tools/flash-image"
HOST = "10.0.2.2"  # this machine, as the board sees it
POWER_CUT = 99     # exit status of a board whose power was cut
VENDOR, CLASS = "demo.otaria.example", "emon/lx106/4m2m"


def new_flash(path, image, *more):
    """A fresh device; returns what flash-image printed (the password among it)."""
    done = subprocess.run([FLASH_IMAGE, "new", "-o", path, "--force", "--image", image, *map(str, more)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def show_flash(path):
    done = subprocess.run([FLASH_IMAGE, "show", path, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Board:
    """A board that runs; its UART lines are kept and can be waited for. Use as a context. flash None: see run --drive."""

    def __init__(self, flash, *options, net=True):
        words = [RUN, *([flash] if flash else []), "--rom", BOARD / "rom.elf", *options, *(["--web", "0"] if net else ["--no-net"])]
        self.lines, self.seen, self.url = [], 0, None
        self.new = queue.Queue()
        self.child = subprocess.Popen(list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, bufsize=0)
        self.errors = []
        self.readers = [threading.Thread(target=self.read, daemon=True), threading.Thread(target=self.read_errors, daemon=True)]
        for reader in self.readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def read(self):
        rest = b""
        while chunk := self.child.stdout.read(4096):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.new.put(line.decode(errors="replace").rstrip("\r"))
        if rest:
            self.new.put(rest.decode(errors="replace"))
        self.new.put(None)

    def read_errors(self):
        for line in self.child.stderr:
            text = line.decode(errors="replace").rstrip()
            self.errors.append(text)
            if "http://" in text and self.url is None:
                self.url = text[text.index("http://"):].split()[0].rstrip("/")

    def wait(self, *words, seconds=20, fails=()):
        """The next line that contains every one of words. AssertionError when the board ends, or says one of fails."""
        end = time.monotonic() + seconds
        while True:
            while self.seen < len(self.lines):
                line = self.lines[self.seen]
                self.seen += 1
                if line is None:
                    raise AssertionError(f"the board ended (status {self.child.wait()}) while {words} was awaited:\n{self.tail()}")
                assert not any(f in line for f in fails), f"{line!r} while {words} was awaited:\n{self.tail()}"
                if all(word in line for word in words):
                    return line
            try:
                self.lines.append(self.new.get(timeout=max(0.01, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"{words} was not said within {seconds} s:\n{self.tail()}") from None

    def drain(self):
        """All that was said so far, or until the end when the board ended."""
        while not self.new.empty():
            self.lines.append(self.new.get())
        return [line for line in self.lines if line is not None]

    def tail(self, count=25):
        return "\n".join("  | " + line for line in self.drain()[-count:]) + "".join(f"\n  ! {e}" for e in self.errors[-5:])

    def type(self, text):
        self.child.stdin.write(text.encode())
        self.child.stdin.flush()

    def end(self, seconds=60):
        """Wait for the board to end by itself; its exit status."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the board still runs after {seconds} s:\n{self.tail()}") from None
        finally:
            self.stop()

    def stop(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        for reader in self.readers:
            reader.join(5)
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            pipe.close()

    def ask(self, method, path, body=None, headers=None, seconds=10):
        """One HTTP request to the board's page: (status, headers, body)."""
        end = time.monotonic() + seconds
        while self.url is None:
            assert time.monotonic() < end and self.child.poll() is None, f"no web port:\n{self.tail()}"
            time.sleep(0.01)
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers or {})
        while True:
            try:
                with urllib.request.urlopen(request, timeout=2) as answer:
                    return answer.status, answer.headers, answer.read()
            except urllib.error.HTTPError as answer:
                return answer.code, answer.headers, answer.read()
            except OSError:
                assert time.monotonic() < end, f"{method} {path}: no answer within {seconds} s:\n{self.tail()}"
                time.sleep(0.05)

    def json(self, path):
        status, _, body = self.ask("GET", path)
        assert status == 200, f"GET {path}: {status} {body!r}"
        return json.loads(body)
