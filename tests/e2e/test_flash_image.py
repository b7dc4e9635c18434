#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tools/flash-image: what it makes it can take apart, and what it is given wrong it names."""
import json
import random
import subprocess
import sys

from harness import BOARD, SOURCE, Lab

TOOL = SOURCE / "tools/flash-image"
EMON = BOARD / "firmware/emon-1.0.2.bin"


def flash_image(*words, code=0):
    done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == code, f"flash-image {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout if code == 0 else done.stderr


def show(path):
    return json.loads(flash_image("show", path, "--json"))


def made_and_taken_apart(lab):
    files = lab.dir / "files"
    files.write_bytes(b"hello " * 1000)
    password = lab.dir / "password"
    password.write_text("correct horse\n")
    out = lab.dir / "a.flash"
    said = flash_image("new", "-o", out, "--image", EMON, "--key", lab.pub, "--vendor", "example.org", "--class", "emon/lx106/4m2m",
                       "--filesystem", files, "--set", "node=kitchen", "--mac", "02:00:00:aa:bb:cc", "--password-file", password)
    assert "02" + "0000aabbcc" in said and "correct horse" not in said
    assert out.stat().st_size == 0x400000 and out.stat().st_mode & 0o077 == 0, "others may read the password's hash"
    flash = out.read_bytes()
    assert b"correct horse" not in flash
    parts = show(out)
    assert parts["slot A"]["version"] == "1.0.2" and parts["slot B"]["state"] == "blank"
    assert parts["filesystem 0"]["bytes"] == 6000 and flash[0x200000:0x200006] == b"hello "
    assert parts["configuration"]["settings"] == {"node": "kitchen", "password": "set (salt and hash)"}
    assert parts["board"]["mac"] == "02:00:00:aa:bb:cc" and len(parts["device"]["keys"]) == 1
    assert "complete" in flash_image("show", out)

    apart = lab.dir / "boot.bin"
    apart.write_bytes((BOARD / "firmware/otaria-boot.bin").read_bytes())
    application = lab.dir / "app.bin"
    application.write_bytes(EMON.read_bytes()[0x1000:])
    flash_image("new", "-o", lab.dir / "b.flash", "--boot", apart, "--image", application, "--no-password")
    assert (lab.dir / "b.flash").read_bytes()[:0xF60] == flash[:0xF60], "boot stage from its own file"
    assert show(lab.dir / "b.flash")["slot A"] == parts["slot A"]


def mistakes_are_named(lab):
    def refused(words, *argv):
        said = flash_image(*argv, code=1)
        assert words in said, f"{words!r} is not in {said!r}"

    new = ("new", "-o", lab.dir / "c.flash", "--image")
    big = lab.dir / "big"
    big.write_bytes(bytes(0x200000))
    empty = lab.dir / "empty"
    empty.write_bytes(b"")
    refused("No such file", *new, lab.dir / "nothing")
    refused("the boot stage: no image", *new, big)
    refused("the boot stage: no image", *new, empty)
    cut = lab.dir / "cut"
    cut.write_bytes(EMON.read_bytes()[:-5000])
    refused("the application behind 0x1000", *new, cut)
    flipped = bytearray(EMON.read_bytes())
    flipped[0x3000] ^= 1
    cut.write_bytes(flipped)
    refused("wrong checksum", *new, cut)
    refused("0x100000", *new, EMON, "--layout", "4m3m")
    refused("one of", *new, EMON, "--layout", "5m")
    refused("not a public key", *new, EMON, "--key", EMON)
    refused("not a public key", *new, EMON, "--key", lab.key)
    refused("3 keys", *new, EMON, "--key", lab.pub, "--key", lab.pub, "--key", lab.pub)
    refused("KEY=VALUE", *new, EMON, "--set", "node")
    refused("KEY=VALUE", *new, EMON, "--set", "node=a\nserver=http://evil")
    refused("--vendor", *new, EMON, "--class", "a/b/c")
    refused("the area takes", *new, EMON, "--filesystem", big)
    refused("six bytes", *new, EMON, "--mac", "1:2")
    short = lab.dir / "short"
    short.write_text("abc")
    refused("8 to 63", *new, EMON, "--password-file", short)
    assert not (lab.dir / "c.flash").exists() and not list(lab.dir.glob("*.new")), "something was left behind"
    flash_image(*new, EMON)
    before = (lab.dir / "c.flash").read_bytes()
    refused("--force", *new, EMON)
    assert (lab.dir / "c.flash").read_bytes() == before
    refused("bytes; a flash of layout", "show", empty)
    refused("No such file", "show", lab.dir / "nothing")


def any_content_is_taken_apart(lab):
    rng = random.Random(7)
    path = lab.dir / "d.flash"
    whole = bytearray((lab.dir / "a.flash").read_bytes())
    contents = [b"\xff" * 0x400000, bytes(0x400000), rng.randbytes(0x400000)]
    for _ in range(4):
        broken = bytearray(whole)
        for at in (0, 0xF60, 0x1000, 0x0F9000, 0x0FF000, 0x100000, 0x101000, 0x3F8000, 0x3FB000):
            broken[at + rng.randrange(256)] ^= 1 << rng.randrange(8)
        contents.append(bytes(broken))
    for content in contents:
        path.write_bytes(content)
        parts = show(path)
        assert {"boot", "slot A", "record 0", "log", "configuration"} <= set(parts)
    return len(contents)


def main():
    with Lab() as lab:
        for test in (made_and_taken_apart, mistakes_are_named, any_content_is_taken_apart):
            test(lab)
            print(f"ok   {test.__name__}")


if __name__ == "__main__":
    sys.exit(main())
