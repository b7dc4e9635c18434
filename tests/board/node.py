# SPDX-License-Identifier: MIT
"""A node of firmware/emon on the board, with keys, a server of its own and releases: what the update tests share."""
import hashlib
import json
import re
import struct
import subprocess
import threading
import zlib

from board_lab import BOARD, CLASS, HOST, VENDOR, Board, new_flash, show_flash
from harness import OTARIA, Lab, Server, until

QUICK = ("poll=1", "poll-minimum=1")
FILES = b"".join(hashlib.sha256(bytes([i % 251, i // 251])).digest() for i in range(2048))  # 64 KB of a user's files
GOOD = (BOARD / "firmware/emon-1.0.3.bin").read_bytes() if (BOARD / "firmware/emon-1.0.3.bin").exists() else b""


def checksum(image):
    """The application at the beginning of image, its checksum byte made right."""
    at, total = 8, 0xEF
    for _ in range(image[1]):
        length = struct.unpack_from("<I", image, at + 4)[0]
        at += 8
        for byte in image[at:at + length]:
            total ^= byte
        at += length
    image[at + 15 - at % 16] = total


def crc32_msb_first(data):
    """The Arduino packer's (see tools/elf2image), by zlib's table-less cousin: reflect, compute, reflect."""
    flip = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))
    return int(f"{zlib.crc32(data.translate(flip)) ^ 0xFFFFFFFF:032b}"[::-1], 2)


def retagged(version):
    """emon 1.0.3 as another version of the same length: the same code, other bytes, sound in every sum."""
    old, new = b"\nOTARIA-APP:1.0.3\n", f"\nOTARIA-APP:{version}\n".encode()
    assert len(old) == len(new) and GOOD.count(old) == 1
    plain = GOOD.replace(old, new).replace(b"\x001.0.3\0", b"\0" + version.encode() + b"\0")
    return sealed(bytearray(plain))


def sealed(out):
    """An Arduino image with its checksum, length and CRC made right."""
    out[0x1010:0x1018] = bytes(8)
    application = bytearray(out[0x1000:])
    checksum(application)
    out[0x1000:] = application
    struct.pack_into("<II", out, 0x1010, len(out), crc32_msb_first(bytes(out)))
    return bytes(out)


def padded(version, more):
    """The same with `more` bytes of noise in a mapped segment behind the others: an image that takes long to come."""
    out = bytearray(retagged(version))
    at = 0x1000 + 8
    for _ in range(out[0x1001]):
        at += 8 + struct.unpack_from("<I", out, at + 4)[0]
    del out[at:]
    noise = b"".join(hashlib.sha256(f"{version} {i}".encode()).digest() for i in range(more // 32))
    out += struct.pack("<II", 0x40250000, len(noise)) + noise
    out[0x1001] += 1
    out += bytes(16 - (len(out) - 0x1000) % 16)
    return sealed(out)


class Node(Lab):
    """A lab with a release key and a flash file made from emon 1.0.2; boards run on it one at a time."""

    def __init__(self, tls=False, settings=(), image="emon-1.0.2.bin", server=()):
        super().__init__()
        self.tls, self.settings, self.image, self.more = tls, settings, image, server
        self.flash = self.dir / "flash.bin"

    def __enter__(self):
        super().__enter__()
        (self.dir / "files.bin").write_bytes(FILES)
        if self.tls:
            self.certificate("server")
        self.server = self.start_server()
        self.port = self.server.listen[0].rsplit(":", 1)[1]
        self.source = f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"
        self.make_flash(self.source)
        return self

    def certificate(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-subj", f"/CN={name}", "-keyout", self.dir / f"{name}.key", "-out", self.dir / f"{name}.crt"],
                       check=True, capture_output=True)

    def signed_certificate(self, name, host, days):
        """For this host, by the authority that emon-1.0.2-ca has built in."""
        key, request, config = (self.dir / f"{name}.{end}" for end in ("key", "csr", "cnf"))
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        f"/CN={host}", "-keyout", key, "-out", request], check=True, capture_output=True)
        config.write_text(f"subjectAltName=DNS:{host}\n")
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", BOARD / "test-authority.crt", "-CAkey",
                        BOARD / "test-authority.key", "-set_serial", "2", "-days", str(days), "-extfile", config,
                        "-out", self.dir / f"{name}.crt"], check=True, capture_output=True)

    def pin(self, name="server"):
        """SHA-256 of the certificate's SubjectPublicKeyInfo, by OpenSSL."""
        key = subprocess.run(["openssl", "x509", "-in", self.dir / f"{name}.crt", "-pubkey", "-noout"], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, check=True, capture_output=True)
        return hashlib.sha256(der.stdout).hexdigest()

    def start_server(self, port=0, data=None, cert="server"):
        listen = f"127.0.0.1:{port}"
        more = []
        if self.tls:
            listen = "tls:" + listen
            more = ["--tls-cert", self.dir / f"{cert}.crt", "--tls-key", self.dir / f"{cert}.key"]
        return Server(self, "--poll-interval", "1", "--poll-minimum", "1", *more, *self.more, data=data, listen=listen)

    def make_flash(self, source, *more):
        rows = [f"server={source}", "node=kitchen", *QUICK, *self.settings]
        if self.tls:
            rows.append(f"pins={self.pin()}")
        printed = new_flash(self.flash, BOARD / "firmware" / self.image, "--key", self.pub, "--vendor", VENDOR, "--class", CLASS,
                         "--filesystem", self.dir / "files.bin", *(w for row in rows for w in ("--set", row)), *more)
        self.source = source
        self.password = re.search(r"password +(\S+)", printed)[1]
        self.id = re.search(r"device id +(\S+)", printed)[1]

    def board(self, *options, **kw):
        return Board(self.flash, *options, **kw)

    def emon(self, version, image=None, key=None):
        """A signed release of an image: bytes, or a file of the cross build."""
        if image is None:
            image = f"emon-{version}.bin"
        if isinstance(image, str):
            path = BOARD / "firmware" / image
        else:
            path = self.dir / f"emon-{version}.bin"
            path.write_bytes(image)
        self.seq += 1
        out = self.dir / f"out-{version}-{self.seq}"
        product, hardware, layout = CLASS.split("/")
        self.otaria("release", "new", "--vendor", VENDOR, "--product", product, "--hardware", hardware, "--layout", layout,
                    "--version", version, "--seq", self.seq, "--image", f"app={path}", "--key", key or self.key, "-o", out)
        return out

    def publish(self, version, image=None):
        out = self.emon(version, image)
        self.server.publish(out)
        return out

    def row(self, device=None):
        """This node (or another device) on the server's list, or None."""
        status, _, body = self.server.ask("GET", f"/admin/v1/devices/{device or self.id}")
        assert status in (200, 404), (status, body)
        return json.loads(body) if status == 200 else None

    def server_knows(self, seconds=15, device=None, **facts):
        """The row once it has these facts."""
        def question():
            row = self.row(device)
            return row if row and all(row.get(k) == v for k, v in facts.items()) else None
        try:
            return until(f"the server knows {facts}", question, seconds)
        except AssertionError as e:
            raise AssertionError(f"{e}; it knows {self.row(device)}") from None

    def files_intact(self):
        at = 0x200000
        assert self.flash.read_bytes()[at:at + len(FILES)] == FILES, "the user's files changed"

    def settings_intact(self):
        rows = show_flash(self.flash)["configuration"]
        assert rows["state"] == "valid" and rows["settings"]["node"] == "kitchen" and rows["settings"]["server"] == self.source, rows


def behind_a_link(node, *options):
    """Puts a bad link between the board and its server."""
    proxy = node.spawn(OTARIA + "-linkproxy", "--listen", "127.0.0.1:0", "--to", node.server.listen[0], *options,
                       stdout=subprocess.PIPE)
    node.source = f"http://{HOST}:{json.loads(proxy.stdout.readline())['listen'].rsplit(':', 1)[1]}"
    threading.Thread(target=proxy.stdout.read, daemon=True).start()
    node.make_flash(node.source)
