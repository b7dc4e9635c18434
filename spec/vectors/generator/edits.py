# SPDX-License-Identifier: MIT
"""Ways to break a container: each returns a function for Envelope's items, raw or wrap."""

from . import cbor
from .cbor import bstr


def flipped(data, bit):
    out = bytearray(data)
    out[bit // 8] ^= 0x80 >> bit % 8
    return bytes(out)


def reencode(width):
    """The same container with a head of another width."""

    def edit(raw):
        r = cbor.Reader(raw)
        major, n = r.any_head()
        return cbor.head(major, n, width) + raw[r.at :]

    return edit


def count(change):
    """The same items under a count that differs by so many."""

    def edit(raw):
        r = cbor.Reader(raw)
        major, n = r.any_head()
        return cbor.head(major, n + change) + raw[r.at :]

    return edit


def length(change):
    """A byte string whose length differs by so many from what it holds."""
    return lambda content: cbor.head(cbor.BSTR, len(content) + change) + content


def indefinite(raw):
    r = cbor.Reader(raw)
    major, _ = r.any_head()
    return bytes([major << 5 | 31]) + raw[r.at :] + cbor.BREAK


def indefinite_bstr(content):
    return b"\x5f" + bstr(content) + cbor.BREAK


def long_bstr(content):
    width = 1 if len(content) < 24 else 2 if len(content) < 256 else 4
    return bstr(content, width)


def swap(i, j):
    def edit(items):
        items[i], items[j] = items[j], items[i]
        return items

    return edit


def put(i, item):
    """Replace item i (a value, or a (key, value) pair)."""

    def edit(items):
        items[i] = item
        return items

    return edit


def value(i, encoded):
    """Replace the value of pair i."""

    def edit(items):
        items[i] = (items[i][0], encoded)
        return items

    return edit


def more(*extra):
    return lambda items: items + list(extra)


def drop(i):
    return lambda items: items[:i] + items[i + 1 :]


def again(i):
    return lambda items: items[: i + 1] + items[i:]
