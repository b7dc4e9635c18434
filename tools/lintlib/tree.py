# SPDX-License-Identifier: MIT
"""The files that lint looks at, and C text without its comments and strings."""
import functools
import os
import pathlib
import re
import subprocess

GENERATED = "Made by tools/"
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """Keeps line structure: a comment becomes spaces, a string keeps its quotes."""
    s = match.group(0)
    inner = re.sub(r"[^\n]", " ", s)
    return s[0] + inner[1:-1] + s[-1] if s[0] in "\"'" else inner


class Tree:
    """A checkout: what git knows or would add; without git, every file outside build/."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        if (self.root / ".git").exists():
            out = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard", "-z"],
                                 check=True, stdout=subprocess.PIPE, text=True).stdout
            names = out.split("\0")[:-1]
        else:
            names = [os.path.relpath(os.path.join(folder, name), self.root)
                     for folder, folders, files in os.walk(self.root) for name in files]
        self.names = sorted(n for n in set(names)
                            if not n.startswith("build/") and (self.root / n).is_file())
        self.allowed = self._read_allowed()

    def _read_allowed(self):
        """tools/lint-allow: "check subject reason", one a line."""
        rows = {}
        path = self.root / "tools/lint-allow"
        for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
            parts = line.split(None, 2)
            if parts and not line.startswith("#"):
                rows[tuple(parts[:2])] = (number, parts[2:])
        return rows

    def ending(self, *ends, under=""):
        return [n for n in self.names if n.endswith(ends) and n.startswith(under)]

    @functools.cache
    def read(self, name):
        return (self.root / name).read_text(errors="replace")

    @functools.cache
    def code(self, name):
        """C source with comments and the content of strings blanked, line for line."""
        return TOKEN.sub(blank, self.read(name))

    @functools.cache
    def generated(self, name):
        return any(GENERATED in line for line in self.read(name).splitlines()[:3])

    def is_text(self, name):
        with open(self.root / name, "rb") as f:
            return b"\0" not in f.read(4096)

    def run(self, *command, **keywords):
        """A finished process with its output as text; stderr joined unless told otherwise."""
        keywords.setdefault("stderr", subprocess.STDOUT)
        return subprocess.run([str(c) for c in command], cwd=self.root, stdout=subprocess.PIPE,
                              text=True, errors="replace", check=False, **keywords)
