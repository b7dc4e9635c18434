#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""README's "Your own device in ten minutes": its commands, run by a shell as they stand there, lead to where it says.

Only the three ports are replaced (others may use them here), and the poll interval is shorter.
"""
import json
import re
import socket
import subprocess
import threading
import time
import urllib.request

from harness import BOARD, OTARIA, SOURCE, Lab, connection, until

HEADING = "## Your own device in ten minutes"


def steps():
    """The commands of the section's block, cut before each numbered comment."""
    section = (SOURCE / "README.md").read_text().split(HEADING, 1)[1].split("\n## ", 1)[0]
    block = re.search(r"```sh\n(.*?)```", section, re.S)[1]
    parts = re.split(r"(?m)^(?=# [0-9]+\. )", block)
    assert len(parts) >= 5, "the numbered steps are gone"
    return parts


def free_ports():
    with socket.socket() as a, socket.socket() as b, socket.socket() as c:
        for s in (a, b, c):
            s.bind(("127.0.0.1", 0))
        return a.getsockname()[1], b.getsockname()[1], c.getsockname()[1]


class Shell:
    """A shell in a folder that looks like the repository after `make demo`."""

    def __init__(self, lab, ports):
        self.ports, self.dir = ports, lab.dir / "checkout"
        (self.dir / "build/plain/bin").mkdir(parents=True)
        (self.dir / "build/board").symlink_to(BOARD)
        for folder in ("tools", "boards", "spec"):
            (self.dir / folder).symlink_to(SOURCE / folder)
        shim = self.dir / "build/plain/bin/otaria"
        shim.write_text(f"""#!/bin/sh
case $1 in
serve) shift; exec {OTARIA} serve --listen 127.0.0.1:{ports[0]} --admin 127.0.0.1:{ports[1]} "$@" ;;
*) exec {OTARIA} "$@" ;;
esac
""")
        shim.chmod(0o755)
        self.child = lab.spawn("/bin/bash", "-e", stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.dir)
        self.said = []
        threading.Thread(target=self.read, daemon=True).start()
        self.run("trap 'kill $(jobs -p) 2>/dev/null' EXIT; trap 'exit 1' TERM")

    def read(self):
        for line in self.child.stdout:
            self.said.append(line.rstrip("\n"))

    def run(self, commands):
        """Until the shell has gone through them; a command that fails ends it."""
        text = commands.replace("8266", str(self.ports[0])).replace("8267", str(self.ports[1]))
        text = text.replace("8080", str(self.ports[2]))
        text = re.sub(r"(--poll(?:-interval|-minimum)? |\bpoll(?:-minimum)?=)5\b", r"\g<1>1", text)
        mark = f"--- {len(self.said)} ---"
        self.child.stdin.write(f"{text}\necho '{mark}'\n")
        self.child.stdin.flush()
        until(f"the shell is through with:\n{commands}", lambda: self.alive() and mark in self.said, 20)

    def alive(self):
        assert self.child.poll() is None, f"a command of README failed: {self.said}\n{self.child.log.read_text()}"
        return True


def reached(port):
    try:
        with connection(f"127.0.0.1:{port}"):
            return True
    except OSError:
        return False


def main():
    with Lab() as lab:
        shell = Shell(lab, free_ports())
        for part in steps():
            shell.run(part)
            second = int(time.time())
            until("the next second, since sequences are seconds", lambda now=second: int(time.time()) > now)
            if "otaria serve" in part:
                until("the server is there", lambda: reached(shell.ports[1]))

        def confirmed():
            rows = json.loads(lab.otaria("fleet", "list", "--json", "--server", f"http://127.0.0.1:{shell.ports[1]}",
                                         "--token-file", shell.dir / "token"))["devices"]
            return [(row["version"], row["result"]) for row in rows] == 2 * [("1.0.3", "CONFIRMED")]

        until("device and board run 1.0.3", confirmed, 30)
        with urllib.request.urlopen(f"http://127.0.0.1:{shell.ports[2]}/firmware", timeout=10) as answer:
            assert json.load(answer) == {"current": "1.0.3", "latest": "1.0.3"}
        shell.run("kill %1 %2 %3")
        until("all have ended", lambda: not any(reached(port) for port in shell.ports[1:]))
        shell.child.stdin.close()
        shell.child.wait(10)
        print(f"README: {len(steps())} steps as they stand there; device and board end on 1.0.3, confirmed")


if __name__ == "__main__":
    main()
