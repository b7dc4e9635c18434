#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""otaria-boot as it would lie in a chip's flash, on the board: which slot starts, and what it writes.

The decision itself is tested on the host, case by case (tests/unit/test_boot.c); here the same decision is taken by
the linked image, with its loader, its jump into the cache and its flash writes behind it.
"""
import hashlib
import pathlib
import random
import struct
import tempfile
import zlib

from board_lab import BOARD, Board, main, new_flash, show_flash

A, B = "1.0.2", "1.0.3"
SLOT = {A: 0x001000, B: 0x101000}
RECORD = (0x0FF000, 0x100000)
WORDS = 0xBD0
SEED = 20261126
images = {v: (BOARD / f"firmware/demo-{v}.bin").read_bytes()[0x1000:] for v in (A, B)}


def mapped_sum(version):
    """What firmware/demo computes over its mapped flash, so the wrong bank in the window shows."""
    data, total = (BOARD / f"firmware/demo/assets-{version}.bin").read_bytes(), 0
    for (word,) in struct.iter_unpack("<I", data):
        total = ((total << 1 | total >> 31) + word) & 0xFFFFFFFF
    return f"sum {total:#x}"


def digest(version):
    return hashlib.sha256(images[version]).digest()


def record(counter, active, trial=None, trial_digest=None):
    """A record sector up to its CRC (spec/STATES.md, 1.2); slots are 0 and 1 for A and B."""
    version = (A, B)
    body = struct.pack("<IIBBHIIQ", 0x3152544F, counter, active, 0xFF if trial is None else trial, 0, len(images[version[active]]),
                       0 if trial is None else len(images[version[trial]]), 0)
    body += digest(version[active])
    body += bytes(32) if trial is None else trial_digest or digest(version[trial])
    body = body.ljust(124, b"\0")
    return body + struct.pack("<I", zlib.crc32(body))


class Chip:
    """A flash file with 1.0.2 in slot A and 1.0.3 in slot B."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "flash.bin"
        new_flash(self.path, BOARD / f"firmware/demo-{A}.bin")
        self.put(SLOT[B], images[B])

    def put(self, at, data):
        with open(self.path, "r+b") as f:
            f.seek(at)
            f.write(data)

    def read(self):
        return self.path.read_bytes()

    def words(self, sector, **values):
        names = ("tries", "healthy", "stage", "confirmed", "revert")
        self.put(RECORD[sector] + WORDS, b"".join(struct.pack("<I", values.get(n, 0xFFFFFFFF)) for n in names))

    def boots(self):
        """The version that starts; None when the boot stage says that there is none."""
        with Board(self.path, net=False) as board:
            if not self.can_boot:
                board.wait("no bootable image", seconds=10)
                return None
            version = board.wait("OTARIA-APP:", seconds=10).partition("OTARIA-APP:")[2]
            board.wait(mapped_sum(version), seconds=5)
            return version

    can_boot = True


def chip(test):
    def run():
        with tempfile.TemporaryDirectory() as folder:
            return test(Chip(folder))
    run.__name__ = test.__name__
    return run


def changed(before, after):
    """Addresses of the words that differ."""
    return [at for at in range(0, len(before), 4) if before[at:at + 4] != after[at:at + 4]]


@chip
def fresh_chip_boots_slot_a_and_writes_nothing(c):
    before = c.read()
    assert c.boots() == A
    assert c.read() == before


@chip
def record_decides_and_the_higher_counter_wins(c):
    c.put(RECORD[0], record(7, 1))
    assert c.boots() == B
    c.put(RECORD[1], record(8, 0))
    assert c.boots() == A


@chip
def trial_spends_one_word_bit_a_boot_then_falls_back(c):
    c.put(RECORD[0], record(1, 0, 1))
    for spent in (1, 2, 3):
        before = c.read()
        assert c.boots() == B, f"try {spent}"
        assert changed(before, c.read()) == [RECORD[0] + WORDS], "exactly the try word"
        assert show_flash(c.path)["record 0"]["tries_spent"] == spent
    before = c.read()
    assert c.boots() == A
    assert c.read() == before


@chip
def healthy_bit_buys_three_more_tries(c):
    c.put(RECORD[0], record(1, 0, 1))
    c.words(0, tries=0xFFFFFFF8, healthy=0xFFFFFFFE)
    assert c.boots() == B


@chip
def confirmed_and_reverted_words_are_honoured(c):
    c.put(RECORD[0], record(1, 0, 1))
    c.words(0, tries=0, confirmed=0)
    before = c.read()
    assert c.boots() == B
    c.words(0, tries=0, confirmed=0, revert=0)
    assert c.boots() == A
    c.words(0, tries=0, confirmed=0)
    assert c.read() == before


@chip
def trial_with_another_digest_never_starts(c):
    c.put(RECORD[0], record(1, 0, 1, bytes(32)))
    assert c.boots() == A
    c.put(RECORD[0], record(1, 0, 1))
    c.put(SLOT[B] + 0x8000, b"\0\0\0\0")
    assert c.boots() == A


@chip
def damaged_slot_is_made_up_for_by_the_other(c):
    c.put(RECORD[0], record(1, 0))
    c.put(SLOT[A], b"\0\0\0\0")
    assert c.boots() == B, "its first word is gone"
    c.put(SLOT[A], images[A][:8] + struct.pack("<II", 0x40201010, 0x00FFFFF0))
    assert c.boots() == B, "its segment table is nonsense"


@chip
def any_content_of_the_records_boots(c):
    random.seed(SEED)
    contents = [b"\xff" * 4096, bytes(4096), *(random.randbytes(4096) for _ in range(6))]
    torn = bytearray(record(9, 1).ljust(4096, b"\xff"))
    torn[64:128] = b"\xff" * 64
    contents.append(bytes(torn))
    for i, content in enumerate(contents):
        c.put(RECORD[0], content)
        c.put(RECORD[1], contents[-1 - i])
        assert c.boots() == A, f"content {i}"
    c.put(SLOT[A] + 0x200, b"\0\0\0\0")
    assert c.boots() == B, "A's checksum is wrong, B is the first sound slot"
    return f"{len(contents)} contents, seed {SEED}"


@chip
def nothing_bootable_is_said_and_waits(c):
    for version in (A, B):
        c.put(SLOT[version], b"\xff" * 256)
    c.can_boot = False
    before = c.read()
    assert c.boots() is None
    assert c.read() == before


@chip
def device_block_of_a_1m_layout_moves_the_records(c):
    block = struct.pack("<IBBBB", 0x3144544F, 1, 1, 0, 1).ljust(156, b"\0")
    c.put(0xF60, block + struct.pack("<I", zlib.crc32(block)))
    c.put(RECORD[0], record(7, 1))
    assert c.boots() == A, "records of a two-bank layout are not looked at"


@chip
def damaged_device_block_means_two_banks(c):
    c.put(RECORD[0], record(7, 1))
    for content in (bytes(160), b"\xff" * 160, random.Random(SEED).randbytes(160)):
        c.put(0xF60, content)
        assert c.boots() == B
    block = struct.pack("<IBBBB", 0x3144544F, 1, 1, 0, 1).ljust(156, b"\0")
    c.put(0xF60, block + struct.pack("<I", zlib.crc32(block) ^ 1))
    assert c.boots() == B, "a staged layout, but for one bit of its CRC"


def it_cannot_erase():
    """No call of the ROM's erase functions is in the image: calls go by a word that holds the address."""
    image = (BOARD / "firmware/otaria-boot.bin").read_bytes()
    words = {word for (word,) in struct.iter_unpack("<I", image)}
    assert {0x40004A4C, 0x40004B1C} <= words, "SPIWrite and SPIRead are found that way"
    assert not words & {0x40004A00, 0x400049B4, 0x40004984, 0x40004B44}, "SPIEraseSector, Block, Chip, Area"
    assert len(image) <= 0xF60, "it leaves the device block alone"
    return f"{len(image)} bytes"


main({f.__name__: f for f in (
    fresh_chip_boots_slot_a_and_writes_nothing, record_decides_and_the_higher_counter_wins,
    trial_spends_one_word_bit_a_boot_then_falls_back, healthy_bit_buys_three_more_tries, confirmed_and_reverted_words_are_honoured,
    trial_with_another_digest_never_starts, damaged_slot_is_made_up_for_by_the_other, any_content_of_the_records_boots,
    nothing_bootable_is_said_and_waits, device_block_of_a_1m_layout_moves_the_records,
    damaged_device_block_means_two_banks, it_cannot_erase)})
