#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A network block device that is a flash chip with a power supply: it tears one write and kills its reader.

usage: tests/board/nbd.py FLASH SOCKET [--cut N --seed S]

Serves FLASH (in place) on a Unix socket to one client, by the NBD protocol (fixed newstyle, simple replies). At the Nth
write after the start it leaves a mixture of old and new bits in the bytes that were being written, kills the client's
process with SIGKILL, and ends. The board gets no say in it, and knows nothing of it.

Prints on stdout at its end: {"writes": n, "cut": true|false, "at": address, "len": bytes}.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import socket
import struct
import sys
import time

NBDMAGIC, IHAVEOPT, REPLY_MAGIC, OPTION_REPLY = 0x4E42444D41474943, 0x49484156454F5054, 0x67446698, 0x3E889045565A9
REQUEST_MAGIC = 0x25609513
OPT_EXPORT_NAME, OPT_ABORT, OPT_LIST, OPT_INFO, OPT_GO = 1, 2, 3, 6, 7
REP_ACK, REP_INFO, REP_UNSUPPORTED = 1, 3, 0x80000001
FLAG_HAS_FLAGS, FLAG_SEND_FLUSH = 1, 4
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3


class Gone(Exception):
    """The client closed the connection."""


class Disk:
    def __init__(self, path, cut, seed):
        self.file = open(path, "r+b", buffering=0)
        self.size = os.fstat(self.file.fileno()).st_size
        self.cut, self.random, self.writes = cut, random.Random(seed), 0

    def read(self, at, count):
        return os.pread(self.file.fileno(), count, at)

    def write(self, at, data):
        """True when the power failed in this write. QEMU writes whole 512-byte blocks: only what changes counts."""
        old = self.read(at, len(data))
        differs = [i for i in range(len(data)) if old[i] != data[i]]
        if not differs:
            return False
        self.writes += 1
        torn = self.writes == self.cut
        if torn:
            data = self.torn(old, data, differs)
        os.pwrite(self.file.fileno(), data, at)
        return torn

    def torn(self, old, new, differs):
        """Everything up to some byte is new, that byte has some of its bits, and some bits behind it went too."""
        out, stop = bytearray(old), self.random.choice(differs)
        for i in differs:
            mask = 0xFF if i < stop else self.random.getrandbits(8) & (0xFF if i == stop else self.random.getrandbits(8))
            out[i] = old[i] & ~mask & 0xFF | new[i] & mask
        return bytes(out)


def exactly(sock, count):
    data = b""
    while len(data) < count:
        chunk = sock.recv(count - len(data))
        if not chunk:
            raise Gone
        data += chunk
    return data


def option_reply(sock, option, kind, data=b""):
    sock.sendall(struct.pack(">QIII", OPTION_REPLY, option, kind, len(data)) + data)


def handshake(sock, size):
    flags = FLAG_HAS_FLAGS | FLAG_SEND_FLUSH
    sock.sendall(struct.pack(">QQH", NBDMAGIC, IHAVEOPT, 3))  # fixed newstyle, no zeroes
    exactly(sock, 4)
    while True:
        _, option, length = struct.unpack(">QII", exactly(sock, 16))
        exactly(sock, length)
        if option == OPT_EXPORT_NAME:
            sock.sendall(struct.pack(">QH", size, flags))
            return
        if option in (OPT_INFO, OPT_GO):
            option_reply(sock, option, REP_INFO, struct.pack(">HQH", 0, size, flags))
            option_reply(sock, option, REP_ACK)
            if option == OPT_GO:
                return
        elif option == OPT_ABORT:
            option_reply(sock, option, REP_ACK)
            raise Gone
        else:
            option_reply(sock, option, REP_UNSUPPORTED)


def serve(sock, disk):
    """Until the client leaves, or the power fails: then (address, length)."""
    handshake(sock, disk.size)
    while True:
        magic, _, kind, handle, at, length = struct.unpack(">IHHQQI", exactly(sock, 28))
        if magic != REQUEST_MAGIC or kind == DISCONNECT:
            return None
        payload = exactly(sock, length) if kind == WRITE else b""
        if kind == WRITE and disk.write(at, payload):
            return at, length
        sock.sendall(struct.pack(">IIQ", REPLY_MAGIC, 0, handle) + (disk.read(at, length) if kind == READ else b""))


def client_pid(sock):
    pid, _, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flash")
    parser.add_argument("socket")
    parser.add_argument("--cut", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    disk = Disk(args.flash, args.cut, args.seed)
    result = None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(args.socket)
        listener.listen(1)
        print("ready", flush=True)
        listener.settimeout(30)
        sock, _ = listener.accept()
        pid = client_pid(sock)
        try:
            result = serve(sock, disk)
        except (Gone, ConnectionError):
            pass
        if result:
            os.kill(pid, signal.SIGKILL)
            # The client must be dead before the connection ends: it would take that for an I/O error and go on.
            for _ in range(1000):
                if not pathlib.Path(f"/proc/{pid}").exists() or "Z" in pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2]:
                    break
                time.sleep(0.005)
        sock.close()
    pathlib.Path(args.socket).unlink()
    print(json.dumps({"writes": disk.writes, "cut": bool(result), **({"at": result[0], "len": result[1]} if result else {})}))
    return 0


sys.exit(main())
