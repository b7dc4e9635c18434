# SPDX-License-Identifier: MIT
"""CBOR as bytes: every function returns encoded bytes and takes encoded bytes, so that a vector can
be wrong in exactly one place."""

UINT, NINT, BSTR, TSTR, ARRAY, MAP, TAG = range(7)

NIL = b"\xf6"
BREAK = b"\xff"


def head(major, n, width=None):
    """The head of an item; width (0, 1, 2, 4, 8 bytes after the first) overrides the shortest."""
    if width is None:
        width = 0 if n < 24 else 1 if n < 1 << 8 else 2 if n < 1 << 16 else 4 if n < 1 << 32 else 8
    if width == 0:
        return bytes([major << 5 | n])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + n.to_bytes(width, "big")


def integer(n, width=None):
    return head(UINT, n, width) if n >= 0 else head(NINT, -1 - n, width)


def bstr(data, width=None):
    return head(BSTR, len(data), width) + data


def tstr(text, width=None):
    data = text if isinstance(text, bytes) else text.encode()
    return head(TSTR, len(data), width) + data


def array(*items):
    return head(ARRAY, len(items)) + b"".join(items)


def mapping(*pairs):
    """Pairs in the order given."""
    return head(MAP, len(pairs)) + b"".join(k + v for k, v in pairs)


def tagged(tag, item, width=None):
    return head(TAG, tag, width) + item


class Malformed(Exception):
    pass


class Reader:
    """Strict reading for the verifier: definite lengths and shortest heads only."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def done(self):
        if self.at != len(self.data):
            raise Malformed("trailing bytes")

    def take(self, n):
        if n > len(self.data) - self.at:
            raise Malformed("truncated")
        self.at += n
        return self.data[self.at - n : self.at]

    def any_head(self):
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24:
            return major, low
        if low > 27:
            raise Malformed("indefinite or reserved")
        width = 1 << (low - 24)
        n = int.from_bytes(self.take(width), "big")
        if n < (24 if width == 1 else 1 << (4 * width)):
            raise Malformed("not the shortest form")
        return major, n

    def expect(self, major, n=None):
        m, value = self.any_head()
        if m != major or (n is not None and value != n):
            raise Malformed(f"major {m} value {value}, wanted {major} {n}")
        return value

    def uint(self):
        return self.expect(UINT)

    def literal(self, *values):
        for v in values:
            self.expect(UINT, v)

    def integer(self):
        m, n = self.any_head()
        if m == UINT and n < 1 << 63:
            return n
        if m == NINT and n < 1 << 63:
            return -1 - n
        raise Malformed("not an int64")

    def bstr(self, least=0, most=None):
        n = self.expect(BSTR)
        if n < least or (most is not None and n > most):
            raise Malformed(f"bstr of {n}")
        return self.take(n)

    def tstr(self):
        return self.take(self.expect(TSTR))

    def nil(self):
        if self.take(1) != NIL:
            raise Malformed("not nil")
