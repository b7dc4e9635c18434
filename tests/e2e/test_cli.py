# SPDX-License-Identifier: MIT
"""The `otaria` command by itself: the main path, and used wrong on purpose.

usage: test_cli.py work|usage"""
import base64
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

from harness import OTARIA

NAME = "sensor-nodemcu-4m2m"
WHAT = ["--vendor", "example.org", "--product", "sensor", "--hardware", "nodemcu", "--layout", "4m2m"]


def run(*argv, code=0, cwd=None, env=None):
    done = subprocess.run([OTARIA, *map(str, argv)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, cwd=cwd, env=env)
    shown = f"otaria {' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert done.returncode == code, shown
    if code:
        assert done.stderr.startswith("otaria") or "refused: " in done.stdout or "message" in done.stdout, f"no sentence: {shown}"
    return done


def fails(says, *argv, code=1, **more):
    done = run(*argv, code=code, **more)
    assert says in done.stdout + done.stderr, f"{argv}: {done.stderr!r} does not say {says!r}"
    return done


# ---- images, made the way the Arduino core's packer does ----

def image(segments, entry, checksum_of=None):
    out, checksum = struct.pack("<BBBBI", 0xE9, len(segments), 2, 0x40, entry), 0xEF
    for address, data in segments:
        out += struct.pack("<II", address, len(data)) + data
        for byte in data:
            checksum ^= byte
    return out + bytes(-(len(out) + 1) % 16) + bytes([checksum])


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def application(version, size=2000):
    mark = b"\nOTARIA-APP:" + version.encode() + b"\n\0" if version else b""
    return image([(0x40201010, bytes(8) + bytes(i * 7 & 255 for i in range(size))), (0x40100000, bytes(64)),
                  (0x3FFE8000, mark + bytes(4 - len(mark) % 4))], 0x40100004)


def arduino(version, size=2000):
    boot = image([(0x4010F000, bytes(range(256)))], 0x4010F000)
    out = bytearray(boot + b"\xaa" * (0x1000 - len(boot)) + application(version, size))
    value = crc(out)
    out[0x1010:0x1018] = struct.pack("<II", len(out), value)
    return bytes(out)


def new(lab, out, *more, image="fw.bin", version="1.0.0", key="k/a.key.pem", code=0):
    return run("release", "new", *WHAT, "--version", version, "--image", f"app={lab / image}", "--key", lab / key,
               "-o", lab / out, *more, code=code)


# ---- tests ----

def keys_are_private_and_never_overwritten(lab):
    done = run("keys", "new", "a", "--dir", lab / "k")
    assert "--no-passphrase is implied" in done.stderr, done.stderr
    private, public = lab / "k/a.key.pem", lab / "k/a.pub.pem"
    assert done.stdout.split() == [str(private), str(public)]
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes(), public.read_bytes()
    fails("never overwritten", "keys", "new", "a", "--dir", lab / "k", "--no-passphrase")
    assert before == (private.read_bytes(), public.read_bytes())
    assert run("keys", "new", "b", "--dir", lab / "k", "--no-passphrase").stderr == ""
    text = subprocess.run(["openssl", "pkey", "-in", private, "-noout", "-text"], capture_output=True, text=True, check=True)
    assert "prime256v1" in text.stdout


def passphrases_come_from_a_file(lab):
    (lab / "pass").write_text("correct horse\nsecond line\n")
    (lab / "wrong").write_text("battery\n")
    (lab / "empty").write_text("\n")
    for name in ("pass", "wrong"):
        (lab / name).chmod(0o600)
    run("keys", "new", "e", "--dir", lab / "k", "--passphrase-file", lab / "pass")
    assert "BEGIN ENCRYPTED PRIVATE KEY" in (lab / "k/e.key.pem").read_text()
    subprocess.run(["openssl", "pkey", "-in", lab / "k/e.key.pem", "-passin", "pass:correct horse", "-noout"], check=True)
    done = new(lab, "enc", key="k/e.key.pem", code=1)
    assert "there is no terminal" in done.stderr and "--passphrase-file" in done.stderr
    assert "does not open" in new(lab, "enc", "--passphrase-file", lab / "wrong", key="k/e.key.pem", code=1).stderr
    assert "first line is empty" in new(lab, "enc", "--passphrase-file", lab / "empty", key="k/e.key.pem", code=1).stderr
    assert not (lab / "enc").exists()
    new(lab, "enc", "--passphrase-file", lab / "pass", key="k/e.key.pem")
    (lab / "pass").chmod(0o644)
    done = new(lab, "enc2", "--passphrase-file", lab / "pass", key="k/e.key.pem")
    assert "pass can be read by others" in done.stderr


def typed(argv, *answers):
    """The command on a terminal, answered as it asks: (exit code, everything it showed)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(OTARIA, [OTARIA, *map(str, argv)])
    seen, left, end = b"", list(answers), time.monotonic() + 20
    while time.monotonic() < end:
        if left and seen.count(b": ") >= len(answers) - len(left) + 1:
            time.sleep(0.05)
            os.write(terminal, left.pop(0).encode() + b"\n")
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
    status = os.waitpid(child, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen.decode()


def passphrases_are_asked_for_on_a_terminal_and_not_shown(lab):
    argv = ["keys", "new", "t", "--dir", lab / "k"]
    code, seen = typed(argv, "horse one", "horse two")
    assert code == 1 and "the two differ" in seen and not (lab / "k/t.key.pem").exists(), seen
    code, seen = typed(argv, "")
    assert code == 1 and "--no-passphrase" in seen and not (lab / "k/t.key.pem").exists(), seen
    code, seen = typed(argv, "secret horse", "secret horse")
    assert code == 0 and "secret" not in seen, seen
    assert "ENCRYPTED" in (lab / "k/t.key.pem").read_text()
    sign = ["release", "new", *WHAT, "--version", "1.0.0", "--image", f"app={lab / 'fw.bin'}", "--key", lab / "k/t.key.pem"]
    code, seen = typed([*sign, "-o", lab / "typed"], "secret horse")
    assert code == 0 and "secret" not in seen and "Passphrase of" in seen, seen
    code, seen = typed(["release", "verify", "--key", lab / "k/t.key.pem", lab / "fw.bin"])
    assert code == 1 and "this is a private key" in seen and "pass phrase" not in seen, seen
    code, seen = typed([*sign, "-o", lab / "typed2"], "wrong")
    assert code == 1 and "does not open" in seen, seen


def the_header_compiles_as_c_and_cpp_and_one_key_is_a_warning(lab):
    header = lab / "otaria_keys.h"
    done = run("keys", "header", lab / "k/a.pub.pem", lab / "k/b.pub.pem", "-o", header)
    assert done.stderr == ""
    assert "#define OTARIA_RELEASE_KEYS_CNT 2" in header.read_text()
    (lab / "use.c").write_text('#include "otaria_keys.h"\nint main(void) { return otaria_release_keys[1][0] != 4; }\n')
    for compiler, standard in (("cc", "c11"),):
        subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", f"-std={standard}", "-o", lab / "use", lab / "use.c"], check=True)
        subprocess.run([lab / "use"], check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", lab / "k/b.pub.pem", "-outform", "DER"], capture_output=True, check=True).stdout
    numbers = bytes(int(x, 16) for x in re.findall(r"0x([0-9a-f]{2})", header.read_text()))
    assert numbers[65:] == der[-65:]
    assert "single key" in run("keys", "header", lab / "k/a.pub.pem", "-o", header).stderr
    assert run("keys", "header", lab / "k/a.pub.pem", "-o", "-").stdout == header.read_text()
    fails("the same key", "keys", "header", lab / "k/a.pub.pem", lab / "k/a.pub.pem", "-o", header, code=2)
    fails("private key", "keys", "header", lab / "k/a.key.pem", "-o", header)


def a_release_has_its_files_and_verifies(lab):
    new(lab, "out", "--seq", "1000")
    names = {p.name for p in (lab / "out").iterdir()}
    assert names == {f"{NAME}-1.0.0.bin", f"{NAME}-1.0.0.classic.bin", f"{NAME}-1.0.0.suit", f"{NAME}.suit", "SHA256SUMS"}, names
    whole = (lab / "fw.bin").read_bytes()
    slot = (lab / f"out/{NAME}-1.0.0.bin").read_bytes()
    assert slot == whole[0x1000:] and (lab / f"out/{NAME}-1.0.0.classic.bin").read_bytes() == whole
    assert (lab / f"out/{NAME}-1.0.0.suit").read_bytes() == (lab / f"out/{NAME}.suit").read_bytes()
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=lab / "out", check=True)
    done = run("release", "verify", "--key", lab / "k/a.pub.pem", "--vendor", "example.org", "--class", "sensor/nodemcu/4m2m",
               "--min-seq", "1000", "--image", f"app={lab}/out/{NAME}-1.0.0.bin", lab / f"out/{NAME}.suit")
    assert done.stdout.splitlines()[-1] == f"accepted seq=1000 size={len(slot)} sha256={hashlib.sha256(slot).hexdigest()}"
    assert "not checked" not in done.stdout


def the_same_input_gives_the_same_bytes(lab):
    new(lab, "again1", "--seq", "1000")
    new(lab, "again2", "--seq", "1000")
    for path in (lab / "again1").iterdir():
        assert path.read_bytes() == (lab / "again2" / path.name).read_bytes(), path.name
    new(lab, "again1", "--seq", "1000")  # the very same release, into the same folder
    done = new(lab, "again1", "--seq", "1001", code=1)
    assert "A version is released once" in done.stderr


def verify_names_each_reason(lab):
    suit, key = lab / f"out/{NAME}.suit", lab / "k/a.pub.pem"
    board = ("--vendor", "example.org", "--class", "sensor/nodemcu/4m2m")
    fails("refused: SIGNATURE (-67)", "release", "verify", "--key", lab / "k/b.pub.pem", suit)
    fails("refused: THRESHOLD (-68)", "release", "verify", "--key", key, lab / "k/b.pub.pem", "--threshold", 2, suit)
    fails("refused: VENDOR (-70)", "release", "verify", "--key", key, "--vendor", "example.com", "--class", board[3], suit)
    fails("refused: CLASS (-71)", "release", "verify", "--key", key, "--vendor", board[1], "--class", "sensor/nodemcu/2m", suit)
    fails("refused: OLD_SEQUENCE (-72)", "release", "verify", "--key", key, *board, "--min-seq", 1001, suit)
    fails("refused: TOO_LARGE (-32)", "release", "verify", "--key", key, *board, "--max-size", 100, suit)
    fails("refused: LENGTH (-28)", "release", "verify", "--key", key, "--image", f"app={lab / 'fw.bin'}", suit)
    other = bytearray((lab / f"out/{NAME}-1.0.0.bin").read_bytes())
    other[700] ^= 1
    (lab / "other.bin").write_bytes(other)
    fails("refused: DIGEST (-27)", "release", "verify", "--key", key, "--image", f"app={lab / 'other.bin'}", suit)
    broken = bytearray(suit.read_bytes())
    broken[60] ^= 1
    (lab / "broken.suit").write_bytes(broken)
    fails("refused: ", "release", "verify", "--key", key, lab / "broken.suit")
    (lab / "no.suit").write_bytes(b"hello")
    fails("refused: ENVELOPE (-64)", "release", "verify", "--key", key, lab / "no.suit")
    (lab / "zero.suit").write_bytes(b"")
    fails("refused: ENVELOPE (-64)", "release", "verify", "--key", key, lab / "zero.suit")
    fails("No such file", "release", "verify", "--key", key, lab / "none.suit")
    done = run("release", "verify", "--key", key, suit)
    for what in ("vendor", "class", "sequence", "image"):
        assert f"not checked: {what}" in done.stdout, what
    verdict = json.loads(run("release", "verify", "--json", "--key", key, suit).stdout)
    assert verdict["accepted"] is True and verdict["seq"] == 1000 and verdict["not_checked"]
    verdict = json.loads(run("release", "verify", "--json", "--key", lab / "k/b.pub.pem", suit, code=1).stdout)
    assert verdict["accepted"] is False and verdict["code"] == -67 and verdict["error"] == "SIGNATURE"


def show_prints_without_judging(lab):
    done = run("release", "show", lab / f"out/{NAME}.suit")
    for word in ("1.0.0", "sensor/nodemcu/4m2m", "example.org", "ESP256 (-9)", "NOT verified", "key id none"):
        assert word in done.stdout, word
    doc = json.loads(run("release", "show", "--json", lab / f"out/{NAME}.suit").stdout)
    assert doc["signatures_verified"] is False and doc["seq"] == 1000 and doc["version"] == "1.0.0"
    assert doc["components"][0]["uri"] == f"{NAME}-1.0.0.bin" and len(doc["signatures"]) == 1
    fails("ENVELOPE (-64)", "release", "show", lab / "no.suit")


def two_keys_make_two_signatures(lab):
    new(lab, "two", "--seq", "5", "--key", lab / "k/b.key.pem")
    run("release", "verify", "--key", lab / "k/b.pub.pem", lab / "k/a.pub.pem", "--threshold", "2", lab / f"two/{NAME}.suit")
    done = new(lab, "twice", "--key", lab / "k/a.key.pem", code=2)
    assert "given twice" in done.stderr
    done = new(lab, "four", *(["--key", lab / "k/a.key.pem"] * 3), code=2)
    assert "at most 3" in done.stderr


def files_that_are_no_image_for_this_release_are_refused(lab):
    whole = arduino("1.0.0")
    broken = bytearray(whole)
    broken[0x1200] ^= 1
    files = {
        "truncated.bin": (whole[:-100], "truncated"),
        "text.bin": (b"hello, world", "no ESP8266 image"),
        "empty.bin": (b"", "empty"),
        "gzip.bin": (b"\x1f\x8b\x08" + bytes(100), "gzip"),
        "elf.bin": (b"\x7fELF" + bytes(100), "ELF"),
        "broken.bin": (bytes(broken), "damaged"),
        "trailing.bin": (application("1.0.0") + bytes(48), "48 bytes follow"),
        "other-version.bin": (arduino("1.0.1"), "says that it is version 1.0.1 and --version says 1.0.0"),
        "large.bin": (application("1.0.0", 0xF8000), "layout 4m2m holds 1015808"),
    }
    for name, (data, says) in files.items():
        (lab / name).write_bytes(data)
        done = new(lab, "none", image=name, code=1)
        assert says in done.stderr and name in done.stderr, f"{name}: {done.stderr}"
    assert not (lab / "none").exists()
    (lab / "unmarked.bin").write_bytes(arduino(None))
    assert "carries no version" in new(lab, "unmarked", image="unmarked.bin").stderr
    assert new(lab, "fits", "--layout", "4m2m").stderr == ""
    assert "flash of 4096 KB, layout 2m is for one of 2048 KB" in new(lab, "small", "--layout", "2m").stderr


def raw_takes_anything(lab):
    (lab / "any").write_bytes(b"anything at all")
    new(lab, "raw", "--raw", image="any")
    for ending in ("bin", "classic.bin"):
        assert (lab / f"raw/{NAME}-1.0.0.{ending}").read_bytes() == b"anything at all"
    assert "boot stage goes into the slot too" in new(lab, "raw2", "--raw").stderr
    assert "empty" in new(lab, "raw3", "--raw", image="empty.bin", code=1).stderr


def an_old_image_is_released_again_under_a_new_sequence(lab):
    old = lab / f"out/{NAME}-1.0.0.suit"
    run("release", "again", old, "--version", "1.0.2", "--key", lab / "k/a.key.pem", "--seq", "3000", "-o", lab / "back")
    for ending in ("bin", "classic.bin"):
        assert (lab / f"back/{NAME}-1.0.2.{ending}").read_bytes() == (lab / f"out/{NAME}-1.0.0.{ending}").read_bytes()
    doc = json.loads(run("release", "show", "--json", lab / f"back/{NAME}.suit").stdout)
    assert doc["seq"] == 3000 and doc["version"] == "1.0.2" and doc["components"][0]["uri"] == f"{NAME}-1.0.2.bin"
    again = ("release", "again", old, "--version", "1.0.2")
    fails("not above the old release's", *again, "--key", lab / "k/a.key.pem", "--seq", "1000", "-o", lab / "b2", code=2)
    fails("no trusted release key signed", *again, "--key", lab / "k/b.key.pem", "-o", lab / "b2")
    run(*again, "--key", lab / "k/b.key.pem", "--old-key", lab / "k/a.pub.pem", "-o", lab / "b3")
    shutil.copytree(lab / "out", lab / "tampered")
    path = lab / f"tampered/{NAME}-1.0.0.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    fails("not the image that it describes", "release", "again", lab / f"tampered/{NAME}.suit", "--version", "1.0.2", "--key",
          lab / "k/a.key.pem", "-o", lab / "b4")
    path.unlink()
    fails("No such file", "release", "again", lab / f"tampered/{NAME}.suit", "--version", "1.0.2", "--key",
          lab / "k/a.key.pem", "-o", lab / "b4")
    assert not (lab / "b2").exists() and not (lab / "b4").exists()


def wrong_use_is_explained_with_exit_code_2(lab):
    image, key, out = ("--image", f"app={lab / 'fw.bin'}"), ("--key", lab / "k/a.key.pem"), ("-o", lab / "none")
    full = ["release", "new", *WHAT, "--version", "1.0.0", *image, *key, *out]
    for i in range(2, len(full), 2):
        fails("is missing", *full[:i], *full[i + 2:], code=2)
    for option, value, says in (("--layout", "4m3m", "where slot B lies"), ("--layout", "8m", "there are 2m, 4m2m"),
                                ("--vendor", "Example.org", "lower case"), ("--product", "a/b", "product"),
                                ("--hardware", "..", "hardware"), ("--version", "1/2", "version"),
                                ("--seq", "0", "whole number"), ("--seq", "-1", "whole number"),
                                ("--seq", "9007199254740992", "whole number"), ("--seq", "12x", "whole number"),
                                ("--image", "fw.bin", "app="), ("--image", "fs=x", "filesystem"),
                                ("--uri", "x", "app=")):
        fails(says, *full, option, value, code=2)
    fails("belongs to no option", *full, "stray", code=2)
    there = ("--server", "http://127.0.0.1:1", "--token-file", "token")
    for argv, says in (((), "Usage: otaria"), (("relase",), 'did you mean "otaria release"'), (("xyzzy",), "otaria help"),
                       (("release",), "Usage: otaria release"), (("release", "verfy"), "release verify"),
                       (("keys", "new"), "NAME is missing"), (("keys", "new", "../x"), "no name for a key"),
                       (("keys", "new", "x", "y"), "second"),
                       (("keys", "new", "x", "--no-passphrase", "--passphrase-file", "f"), "exclude"),
                       (("keys", "header", "-o", "x.h"), "PUB.pem is missing"), (("keys", "header", "x.pem"), "-o FILE.h"),
                       (("release", "verify", "x.suit"), "--key is missing"), (("release", "verify", "--key", "k.pem"), "FILE.suit"),
                       (("release", "verify", "--key", "k.pem", "--vendor", "a.b", "x.suit"), "belong together"),
                       (("release", "verify", "--key", "k.pem", "--threshold", "0", "x.suit"), "whole number"),
                       (("release", "show"), "FILE.suit"), (("release", "show", "--bogus"), "bogus"),
                       (("publish", *there), "DIR is missing"), (("publish", lab), "--server is missing"),
                       (("release", "withdraw", "p", *there), "VERSION is missing"),
                       (("fleet", "show", "zz"), "not a device id"), (("fleet", "set", "aabbccddeeff", *there), "--channel")):
        done = subprocess.run([OTARIA, *map(str, argv)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and says in done.stderr and not done.stdout, f"{argv}: {done.returncode} {done.stderr}"
    assert not (lab / "none").exists()


def help_is_on_stdout_with_exit_code_0(lab):
    for argv in (("help",), ("--help",), ("release", "help"), ("keys", "--help"), ("release", "new", "--help"),
                 ("publish", "--help"), ("fleet", "list", "--help")):
        done = run(*argv)
        assert "Usage: otaria" in done.stdout and not done.stderr, argv
    assert re.fullmatch(r"otaria \d+\.\d+\.\d+\n", run("--version").stdout)


# ---- against a server that only writes down what it is asked ----

@contextlib.contextmanager
def recorder(answers):
    """(address, requests): answers maps "METHOD path" to (status, object or bytes)."""
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((f"{self.command} {self.path}", dict(self.headers), body))
            status, value = answers.get(f"{self.command} {self.path}", (404, b"nothing here"))
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
    finally:
        server.shutdown()
        server.server_close()


def publish_uploads_the_newest_of_each_board(lab):
    new(lab, "pub", "--seq", "10")
    (lab / "fw2.bin").write_bytes(arduino("1.0.1"))
    new(lab, "pub", "--seq", "11", image="fw2.bin", version="1.0.1")
    new(lab, "pub", "--seq", "12", "--product", "relay", image="fw.bin")
    slot = lambda name: (lab / f"pub/{name}.bin").read_bytes()
    put = lambda data: f"PUT /admin/v1/payloads/{hashlib.sha256(data).hexdigest()}"
    answers = {put(slot(f"{NAME}-1.0.1")): (201, {}), put(slot("relay-nodemcu-4m2m-1.0.0")): (200, {}),
               "POST /admin/v1/releases": (201, {"seq": 11})}
    env = os.environ | {"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    with recorder(answers) as (url, requests):
        done = run("publish", lab / "pub", "--server", url, "--token-file", lab / "token", "--percent", "10", "--channel", "beta",
                   env=env)
    assert "offered to 10 % of channel beta" in done.stdout and done.stderr == "", done.stdout + done.stderr
    assert [r[0].split()[0] for r in requests] == ["PUT", "POST", "PUT", "POST"], requests
    assert all(r[1]["Authorization"] == "Bearer s3cret" for r in requests)
    sent = [json.loads(r[2]) for r in requests if r[0].startswith("POST")]
    assert {base64.b64decode(s["suit"]) for s in sent} == {(lab / f"pub/{NAME}-1.0.1.suit").read_bytes(),
                                                          (lab / "pub/relay-nodemcu-4m2m-1.0.0.suit").read_bytes()}
    assert all(s["channel"] == "beta" and s["percent"] == 10 and s["only"] == [] for s in sent)
    with recorder(answers) as (url, requests):
        done = run("publish", lab / "pub", "--server", url + "/", "--token-file", lab / "token", "--only", "AA:BB:CC:DD:EE:FF", "--json")
    assert json.loads(done.stdout) == [{"seq": 11}, {"seq": 11}]
    assert json.loads(requests[1][2])["only"] == ["aabbccddeeff"]


def a_refusal_is_the_server_s_own_sentence(lab):
    slot = (lab / f"out/{NAME}-1.0.0.bin").read_bytes()
    put = f"PUT /admin/v1/payloads/{hashlib.sha256(slot).hexdigest()}"
    refusal = {"error": "OLD_SEQUENCE", "code": -72, "message": "the release is older\x1b[31m than that"}
    access = ("--token-file", lab / "token")
    with recorder({put: (201, {}), "POST /admin/v1/releases": (409, refusal)}) as (url, _):
        done = fails("the server refuses: OLD_SEQUENCE (-72): the release is older?[31m than that", "publish", lab / "out",
                     "--server", url, *access)
        assert "\x1b" not in done.stderr
    with recorder({put: (401, b"")}) as (url, _):
        fails("does not know this token", "publish", lab / "out", "--server", url, *access)
    with recorder({put: (302, b"")}) as (url, requests):
        fails("status 302", "publish", lab / "out", "--server", url, *access)
        assert len(requests) == 1, "a redirect was followed"
    with recorder({put: (201, {}), "POST /admin/v1/releases": (200, b"<html>")}) as (url, _):
        fails("does not answer with JSON", "publish", lab / "out", "--server", url, *access)
    fails("is `otaria serve` running", "publish", lab / "out", "--server", "http://127.0.0.1:1", *access)


def the_token_stays_on_this_machine_or_inside_tls(lab):
    access = ("--token-file", lab / "token")
    for server in ("http://192.0.2.1:8267", "http://example.org", "http://127.0.0.1.example.org", "http://[2001:db8::1]:1",
                   "http://10.0.0.1"):
        fails("in the clear", "fleet", "list", "--server", server, *access, code=2)
    for server in ("ftp://127.0.0.1", "127.0.0.1:8267", "http://user:pass@127.0.0.1", "http://127.0.0.1/x", "http://127.0.0.1/?q",
                   "http://", "nonsense"):
        fails("is not an address", "fleet", "list", "--server", server, *access, code=2)
    for server in ("http://localhost:1", "http://127.9.9.9:1", "http://[::1]:1"):
        fails("no server answers", "fleet", "list", "--server", server, *access)
    (lab / "bad-token").write_text("two words\n")
    fails("is not a token", "fleet", "list", "--server", "http://127.0.0.1:1", "--token-file", lab / "bad-token")
    fails("No such file", "fleet", "list", "--server", "http://127.0.0.1:1", "--token-file", lab / "no-token")


def publish_refuses_folders_that_hold_no_release(lab):
    access = ("--server", "http://127.0.0.1:1", "--token-file", lab / "token")
    (lab / "void").mkdir()
    fails("holds no .suit file", "publish", lab / "void", *access)
    fails("No such file", "publish", lab / "nowhere", *access)
    (lab / "void/x.suit").write_bytes(b"hello")
    fails("x.suit: ENVELOPE (-64)", "publish", lab / "void", *access)


def the_fleet_is_listed_page_by_page(lab):
    row = {"id": "aabbccddeeff", "product": "sensor/nodemcu/4m2m", "version": "1.0.0", "channel": "stable", "state": "idle",
           "result": "CONFIRMED", "last_seen_ms": 1732449600123}
    other = row | {"id": "ffbbccddeeff", "result": None}
    answers = {
        "GET /admin/v1/devices?limit=500": (200, {"devices": [row], "next": row["id"]}),
        f"GET /admin/v1/devices?limit=500&after={row['id']}": (200, {"devices": [other], "next": None}),
        "GET /admin/v1/devices/aabbccddeeff": (200, row),
        "GET /admin/v1/status": (200, {"devices": 2, "channels": {"stable": 2}}),
        "PUT /admin/v1/devices/aabbccddeeff": (200, row | {"channel": "beta"}),
        "POST /admin/v1/releases/sensor/1.0.0/withdraw": (200, {"withdrawn": 1}),
    }
    with recorder(answers) as (url, requests):
        access = ("--server", url, "--token-file", lab / "token")
        done = run("fleet", "list", *access)
        assert "aabbccddeeff" in done.stdout and "ffbbccddeeff" in done.stdout and "2 devices" in done.stdout
        assert [d["id"] for d in json.loads(run("fleet", "list", "--json", *access).stdout)["devices"]] == [row["id"], other["id"]]
        shown = run("fleet", "show", "AA:BB:CC:DD:EE:FF", *access).stdout
        assert "2024-11-24 12:00:00 UTC" in shown, shown
        assert json.loads(run("fleet", "status", "--json", *access).stdout)["devices"] == 2
        assert "stable" in run("fleet", "status", *access).stdout
        assert "follows channel beta" in run("fleet", "set", row["id"], "--channel", "beta", *access).stdout
        assert json.loads(requests[-1][2]) == {"channel": "beta"}
        assert "no longer offered (1 release)" in run("release", "withdraw", "sensor", "1.0.0", *access).stdout
        fails("status 404", "fleet", "show", "0123456789ab", *access)
    circle = {"GET /admin/v1/devices?limit=500": (200, {"devices": [], "next": "aabbccddeeff"})}
    with recorder(circle) as (url, _):
        fails("cannot be read", "fleet", "list", "--server", url, "--token-file", lab / "token")


WORK = (
    keys_are_private_and_never_overwritten, passphrases_come_from_a_file, passphrases_are_asked_for_on_a_terminal_and_not_shown,
    the_header_compiles_as_c_and_cpp_and_one_key_is_a_warning, a_release_has_its_files_and_verifies,
    the_same_input_gives_the_same_bytes, verify_names_each_reason, show_prints_without_judging, two_keys_make_two_signatures,
    files_that_are_no_image_for_this_release_are_refused, raw_takes_anything,
    an_old_image_is_released_again_under_a_new_sequence, publish_uploads_the_newest_of_each_board,
    a_refusal_is_the_server_s_own_sentence, publish_refuses_folders_that_hold_no_release, the_fleet_is_listed_page_by_page,
)
# Many short runs of the command, which take long under sanitizers.
USAGE = (
    wrong_use_is_explained_with_exit_code_2, help_is_on_stdout_with_exit_code_0, the_token_stays_on_this_machine_or_inside_tls,
)


def main():
    lab = pathlib.Path(tempfile.mkdtemp(prefix="otaria-cli-"))
    (lab / "fw.bin").write_bytes(arduino("1.0.0"))
    (lab / "token").write_text("s3cret\n")
    (lab / "token").chmod(0o600)
    for test in {"work": WORK, "usage": USAGE}[sys.argv[1]]:
        try:
            test(lab)
        except Exception:
            print(f"FAILED {test.__name__}; left for a look: {lab}", file=sys.stderr)
            raise
        print(test.__name__.replace("_", " "))
    shutil.rmtree(lab)


if __name__ == "__main__":
    main()
