# SPDX-License-Identifier: MIT
"""A second opinion: the checks of FORMAT.md section 6 in Python, sharing only cbor.Reader and the
curve with the builder. Every vector's expected code is compared with what this says."""

import re
from types import SimpleNamespace

from .cbor import ARRAY, MAP, TAG, Malformed, Reader, bstr
from .ids import class_id, vendor_id
from .sign import sha256, verify

ECDSA = (-7, -9)
TEXT_FORM = re.compile(rb"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){2}")


class Refused(Exception):
    def __init__(self, code, why=""):
        super().__init__(code, why)
        self.code = code


def need(condition, code, why=""):
    if not condition:
        raise Refused(code, why)


def within(data):
    """A reader over the content of a byte string, which must be read to its end."""
    return Reader(data)


def digest_array(data):
    r = within(data)
    r.expect(ARRAY, 2)
    need(r.integer() == -16, "ENVELOPE")
    digest = r.bstr(32, 32)
    r.done()
    return digest


def reporting(r):
    need(r.uint() <= 15, "ENVELOPE", "reporting")


def read_params(r):
    r.expect(MAP, 4)
    r.literal(1)
    vendor = r.bstr(16, 16)
    r.literal(2)
    klass = r.bstr(16, 16)
    r.literal(3)
    digest = digest_array(r.bstr())
    r.literal(14)
    size = r.uint()
    need(1 <= size < 1 << 32, "ENVELOPE", "size")
    return SimpleNamespace(vendor=vendor, klass=klass, digest=digest, size=size, uri=None)


def read_uri(r):
    r.expect(MAP, 1)
    r.literal(21)
    uri = r.tstr()
    need(len(uri) <= 200, "URI")
    need(uri and all(0x21 <= c <= 0x7E for c in uri), "ENVELOPE", "uri")
    return uri


def each_component(data, cnt, length, one):
    """The command sequence of one component, or of two that are selected in turn."""
    r = within(data)
    r.expect(ARRAY, length if cnt == 1 else 2 * (length + 2))
    for i in range(cnt):
        if cnt == 2:
            r.literal(12, i)
        one(r, i)
    r.done()


def read_common(data):
    r = within(data)
    r.expect(MAP, 2)
    r.literal(2)
    cnt = r.expect(ARRAY)
    need(cnt in (1, 2), "ENVELOPE")
    for i in range(cnt):
        r.expect(ARRAY, 1)
        need(r.bstr() == bytes([i]), "ENVELOPE", "component id")
    r.literal(4)
    components = []

    def one(s, _):
        s.literal(20)
        components.append(read_params(s))
        s.literal(1)
        reporting(s)
        s.literal(2)
        reporting(s)

    each_component(r.bstr(), cnt, 6, one)
    r.done()
    first = components[0]
    need(all((c.vendor, c.klass) == (first.vendor, first.klass) for c in components), "ENVELOPE")
    return components


def read_manifest(data):
    r = within(data)
    members = r.expect(MAP)
    r.literal(1, 1, 2)
    seq = r.uint()
    need(seq < 1 << 53, "ENVELOPE", "seq")
    r.literal(3)
    components = read_common(r.bstr())
    cnt, text_digest, left = len(components), None, members - 3

    def next_key():
        nonlocal left
        left -= 1
        return r.uint() if left >= 0 else None

    def validate(s, _):
        s.literal(3)
        reporting(s)

    def install(s, i):
        s.literal(20)
        components[i].uri = read_uri(s)
        s.literal(21)
        reporting(s)
        s.literal(3)
        reporting(s)

    key = next_key()
    if key == 4:
        need(len(r.tstr()) <= 64, "ENVELOPE", "reference uri")
        key = next_key()
    need(key == 7, "ENVELOPE", "validate")
    each_component(r.bstr(), cnt, 2, validate)
    key = next_key()
    if key == 9:
        s = within(r.bstr())
        s.expect(ARRAY, 2)
        s.literal(23)
        reporting(s)
        s.done()
        key = next_key()
    if key == 20:
        each_component(r.bstr(), cnt, 6, install)
        key = next_key()
    if key == 23:
        r.expect(ARRAY, 2)
        need(r.integer() == -16, "ENVELOPE")
        text_digest = r.bstr(32, 32)
        key = next_key()
    need(key is None, "ENVELOPE", "member")
    r.done()
    return SimpleNamespace(seq=seq, components=components, text_digest=text_digest)


def read_block(data):
    r = within(data)
    r.expect(TAG, 18)
    r.expect(ARRAY, 4)
    protected = r.bstr()
    p = within(protected)
    p.expect(MAP, 1)
    p.literal(1)
    alg = p.integer()
    p.done()
    kids = r.expect(MAP)
    need(kids <= 1, "ENVELOPE")
    if kids:
        r.literal(4)
        r.bstr(1, 32)
    r.nil()
    signature = r.bstr()
    r.done()
    need(alg not in ECDSA or len(signature) == 64, "ENVELOPE", "signature length")
    return SimpleNamespace(alg=alg, protected=protected, signature=signature)


def read_envelope(data):
    need(len(data) <= 4096, "ENVELOPE", "length")
    r = Reader(data)
    r.expect(TAG, 107)
    members = r.expect(MAP)
    need(members in (2, 3), "ENVELOPE")
    r.literal(2)
    auth = within(r.bstr())
    blocks_cnt = auth.expect(ARRAY) - 1
    need(0 <= blocks_cnt <= 3, "ENVELOPE", "blocks")
    digest = digest_array(auth.bstr())
    blocks = [read_block(auth.bstr()) for _ in range(blocks_cnt)]
    auth.done()
    need(len(data) <= 2048 or any(b.alg == -46 for b in blocks), "ENVELOPE", "length")
    r.literal(3)
    manifest_bytes = r.bstr(1, 1024)
    text = None
    if members == 3:
        r.literal(23)
        text = r.bstr(1, 256)
    r.done()
    m = read_manifest(manifest_bytes)
    need(text is None or m.text_digest is not None, "ENVELOPE", "unsigned text")
    m.digest, m.blocks, m.manifest, m.text = digest, blocks, manifest_bytes, text
    return m


def decode(data):
    try:
        m = read_envelope(data)
    except Malformed as e:
        raise Refused("ENVELOPE", str(e)) from e
    need(sha256(bstr(m.manifest)) == m.digest, "MANIFEST_DIGEST")
    return m


def check_signatures(m, trusted, threshold):
    usable = [b for b in m.blocks if b.alg in ECDSA]
    need(usable, "NO_BLOCK")
    good = set()
    payload = b"\x82\x2f\x58\x20" + m.digest
    for b in usable:
        # RFC 9052 section 4.4, written out rather than built with the builder's functions.
        signed = b"\x84\x6aSignature1" + bstr(b.protected) + b"\x40\x58\x24" + payload
        assert len(signed) == 55
        good |= {k.point() for k in trusted if verify(k.public, signed, b.signature)}
    need(good, "SIGNATURE")
    need(len(good) >= max(threshold, 1), "THRESHOLD")


def check_text(m):
    need(m.text is None or sha256(bstr(m.text)) == m.text_digest, "TEXT")


def read_text(m):
    """FORMAT.md section 4, for whoever reads the text."""
    need(m.text is not None, "TEXT", "absent")
    r = Reader(m.text)
    try:
        r.expect(MAP, 1)
        need(r.tstr() == b"en", "TEXT")
        r.expect(MAP, 1)
        r.expect(ARRAY, 1)
        need(r.bstr() == b"\x00", "TEXT")
        r.expect(MAP, 3)
        r.literal(2)
        class_text = r.tstr()
        r.literal(3)
        domain = r.tstr()
        r.literal(6)
        version = r.tstr()
        r.done()
    except Malformed as e:
        raise Refused("TEXT", str(e)) from e
    need(TEXT_FORM.fullmatch(class_text), "TEXT", "class")
    need(re.fullmatch(rb"[a-z0-9.-]+", domain), "TEXT", "domain")
    need(re.fullmatch(rb"[!-.0-~]{1,32}", version), "TEXT", "version")
    return class_text.decode(), domain.decode(), version.decode()


def check_identity(m, who):
    first = m.components[0]
    need(first.vendor == who.vendor, "VENDOR")
    need(first.klass == who.klass, "CLASS")
    need(m.seq >= who.floor_seq, "OLD_SEQUENCE")
    if m.seq == who.floor_seq and (m.seq > 0 or who.floor_digest is not None):
        need(m.digest == who.floor_digest, "SAME_SEQUENCE")
    for c, most in zip(m.components, who.max_sizes):
        need(most > 0, "COMPONENTS")
        need(c.size <= most, "TOO_LARGE")


def accept(data, trusted, threshold, who):
    """Steps 1..8; returns the manifest or raises Refused."""
    m = decode(data)
    check_signatures(m, trusted, threshold)
    check_text(m)
    check_identity(m, who)
    return m


def publishable(m):
    """What publish and import demand beyond accept()."""
    class_text, domain, _ = read_text(m)
    first = m.components[0]
    need(first.vendor == vendor_id(domain), "TEXT")
    need(first.klass == class_id(domain, class_text), "TEXT")
