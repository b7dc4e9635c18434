# SPDX-License-Identifier: MIT
"""The vectors of M: what is built, what must come of it, and what it shows."""

import json
import struct
from types import SimpleNamespace

from . import cbor, verify
from .build import (APP, CLASS_TEXT, CLASS_TEXT_TWO, DOMAIN, ES256, FILESYSTEM, HSS_LMS, KEYS, SEQ,
                    Block, Envelope)
from .cbor import array, bstr, integer, mapping, tstr
from .ids import class_id, vendor_id
from .sign import N, sha256

MAX_SIZES = (0xF8000, 0xFA000)
HSS_SIGNATURE_LEN = 2512


class Set:
    def __init__(self):
        self.rows = {}

    def add(self, name, expected, shows, envelope, trusted="a", threshold=1, vendor=None,
            class_=None, floor=(0, None), max_sizes=MAX_SIZES):
        """envelope: an Envelope or its bytes."""
        data = envelope if isinstance(envelope, bytes) else envelope.envelope
        two = not isinstance(envelope, bytes) and envelope.two
        class_text = CLASS_TEXT_TWO if two else CLASS_TEXT
        row = SimpleNamespace(
            name=name, file=name + ".suit", expected=expected, trusted=trusted, threshold=threshold,
            vendor=vendor or vendor_id(DOMAIN), class_=class_ or class_id(DOMAIN, class_text),
            floor_seq=floor[0], floor_digest=floor[1], max_sizes=max_sizes, shows=shows, data=data)
        assert name not in self.rows, name
        result, import_result = judge(row)
        if result != expected:
            raise SystemExit(f"{name}: expected {expected}, the verifier says {result}")
        row.import_ = import_result
        self.rows[name] = row

    def good(self, name, shows, envelope, **context):
        self.add(name, "accepted", shows, envelope, **context)

    def bad(self, name, code, shows, envelope, **context):
        self.add(name, code, shows, envelope, **context)


def trusted_keys(row):
    return [KEYS[k] for k in row.trusted.split(",") if k != "-"]


def judge(row):
    """(result on a device, result of import)"""
    who = SimpleNamespace(vendor=row.vendor, klass=row.class_, floor_seq=row.floor_seq,
                          floor_digest=row.floor_digest, max_sizes=row.max_sizes)
    try:
        m = verify.accept(row.data, trusted_keys(row), row.threshold, who)
    except verify.Refused as e:
        return e.code, e.code
    try:
        verify.publishable(m)
    except verify.Refused as e:
        return "accepted", e.code
    return "accepted", "accepted"


def flipped(data, bit):
    out = bytearray(data)
    out[bit // 8] ^= 0x80 >> bit % 8
    return bytes(out)


# Edits of containers: each returns a function for Envelope's items, raw or wrap.

def reencode(width):
    """The same container with a head of another width."""
    def edit(raw):
        r = cbor.Reader(raw)
        major, n = r.any_head()
        return cbor.head(major, n, width) + raw[r.at:]
    return edit


def indefinite(raw):
    r = cbor.Reader(raw)
    major, _ = r.any_head()
    return bytes([major << 5 | 31]) + raw[r.at:] + cbor.BREAK


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
    return lambda items: items[:i] + items[i + 1:]


def again(i):
    return lambda items: items[:i + 1] + items[i:]


FULL = {"reference": "https://example.org/emon", "invoke": 2}
MAPS = ("params", "common", "manifest", "envelope", "uri_params", "protected", "unprotected")
ARRAYS = ("digest", "components", "shared", "validate", "invoke", "install", "text_digest",
          "manifest_digest", "block", "auth")
STRINGS = ("digest", "shared", "common", "validate", "invoke", "install", "manifest_digest",
           "protected", "block", "auth", "manifest", "text")


def full(**kw):
    return Envelope(blocks=[Block(kid=b"a")], **FULL, **kw)


def good_one_component(s):
    s.good("base", "one block without kid, no text: the base for every bit flip and every truncation",
           Envelope(text=False, text_digest=None))
    s.good("base-es256", "the same with alg -7", Envelope(text=False, text_digest=None,
                                                          blocks=[Block(alg=ES256)]))
    s.good("typical", "what release new writes", Envelope())
    s.good("full", "every optional member", full())
    s.good("plain", "no optional member", Envelope(uri=None, text=False, text_digest=None))
    s.good("text-severed", "member 23 without the text", Envelope(text=False))
    s.good("reference-uri", "member 4", Envelope(reference="https://example.org"))
    s.good("reference-uri-0", "member 4, empty", Envelope(reference=""))
    s.good("reference-uri-64", "member 4 of 64 bytes", Envelope(reference="r" * 64))
    s.good("invoke", "member 9", Envelope(invoke=2))
    s.good("no-install", "no member 20", Envelope(uri=None))
    s.good("no-install-invoke", "no member 20, member 9", Envelope(uri=None, invoke=15))
    s.good("uri-absolute", "an absolute URI", Envelope(uri="http://example.org/r/1.0.3/emon.bin"))
    s.good("uri-1", "a URI of 1 byte", Envelope(uri="f"))
    for n in (23, 24, 199, 200):
        s.good(f"uri-{n}", f"a URI of {n} bytes", Envelope(uri="u" * n))
    s.good("uri-edges", "the first and the last byte allowed in a URI", Envelope(uri="!a~"))
    for r in (0, 1, 15):
        s.good(f"reporting-{r}", f"reporting arguments {r}", Envelope(reporting=(r,) * 5, invoke=r))
    s.good("reporting-mixed", "five different ones", Envelope(reporting=(0, 3, 7, 11, 15)))


def good_numbers(s):
    for n in (0, 1, 23, 24, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 53) - 1):
        s.good(f"seq-{n}", f"seq {n}", Envelope(seq=n))
    for n in (1, 23, 24, 255, 256, 65535, 65536):
        s.good(f"size-{n}", f"size {n}", Envelope(size=n))
    s.good("size-slot", "size equal to the largest", Envelope(size=MAX_SIZES[0]))
    s.good("size-4294967295", "the largest size that can be written, on a device with such a slot",
           Envelope(size=0xFFFFFFFF), max_sizes=(0xFFFFFFFF, 0xFFFFFFFF))
    base = Envelope()
    s.good("floor-below", "seq one above the floor", base, floor=(SEQ - 1, b"\x11" * 32))
    s.good("floor-repair", "seq equal to the floor and the confirmed release", base,
           floor=(SEQ, base.digest))
    zero = Envelope(seq=0)
    s.good("floor-repair-0", "the same at seq 0", zero, floor=(0, zero.digest))


def good_two_components(s):
    s.good("two", "application and filesystem", Envelope(two=True))
    s.good("two-plain", "no optional member", Envelope(two=True, uri=None, text=False,
                                                       text_digest=None))
    s.good("two-full", "every optional member", full(two=True))
    s.good("two-largest", "the largest manifest that the template can express", Envelope(
        two=True, uri="u" * 200, uri1="v" * 200, reference="r" * 64, invoke=2, seq=(1 << 53) - 1,
        size=0xFFFFFFFF, size1=0xFFFFFFFF), max_sizes=(0xFFFFFFFF, 0xFFFFFFFF))
    s.good("two-same-uri", "both from one place", Envelope(two=True, uri1="x", uri="x"))


def good_blocks(s):
    two, three = [Block("a"), Block("b")], [Block("a"), Block("b"), Block("c")]
    s.good("kid", "a block with kid", Envelope(blocks=[Block(kid=b"release 2026")]))
    for n in (1, 23, 24, 32):
        s.good(f"kid-{n}", f"a kid of {n} bytes", Envelope(blocks=[Block(kid=b"k" * n)]))
    s.good("kid-of-another", "kid names a, b signed, both are trusted: the signature decides",
           Envelope(blocks=[Block("b", kid=KEYS["a"].point()[1:33])]), trusted="a,b")
    s.good("blocks-2", "two blocks", Envelope(blocks=two), trusted="a,b")
    s.good("blocks-3", "three blocks", Envelope(blocks=three), trusted="a,b,c")
    s.good("blocks-3-kids", "three blocks, kids, both algs", Envelope(
        blocks=[Block("a", kid=b"1"), Block("b", alg=ES256, kid=b"2"), Block("c", kid=b"3")]),
        trusted="c", threshold=1)
    s.good("threshold-2-of-2", "two of two", Envelope(blocks=two), trusted="a,b", threshold=2)
    s.good("threshold-2-of-3", "two of three trusted", Envelope(
        blocks=[Block("c"), Block("a")]), trusted="a,b,c", threshold=2)
    s.good("threshold-3-of-3", "three of three", Envelope(blocks=three), trusted="c,b,a", threshold=3)
    s.good("threshold-2-and-stranger", "two trusted blocks around an untrusted one", Envelope(
        blocks=[Block("a"), Block("stranger"), Block("b")]), trusted="a,b,c", threshold=2)
    s.good("threshold-2-mixed", "ES256 and ESP256 count alike", Envelope(
        blocks=[Block("a", alg=ES256), Block("b")]), trusted="a,b", threshold=2)
    s.good("stranger-first", "the first block is by a key that is not trusted", Envelope(
        blocks=[Block("stranger"), Block("a")]))
    s.good("stranger-second", "the second block is", Envelope(blocks=[Block("a"), Block("stranger")]))
    s.good("broken-first", "the first block's signature is of another manifest", Envelope(
        blocks=[Block("a", digest=bytes(32)), Block("a")]))
    s.good("high-s", "s is the higher of the two values", Envelope(blocks=[Block(
        signature=lambda g: max(g, g[:32] + (N - int.from_bytes(g[32:], "big")).to_bytes(32, "big")))]))
    hss = Block(alg=HSS_LMS, signature=bytes(range(256)) * 9 + b"h" * (HSS_SIGNATURE_LEN - 2304))
    s.good("hss-lms-second", "an HSS-LMS block of 2,512 bytes is skipped without HSS-LMS keys",
           Envelope(blocks=[Block("a"), hss]))
    s.good("hss-lms-first", "the same before the usable block", Envelope(blocks=[hss, Block("a")]))
    s.good("envelope-4096", "the largest envelope with an HSS-LMS block", sized(4096, HSS_LMS))
    s.good("envelope-2048", "the largest envelope without one", sized(2048, -257))
    for alg, n in ((-8, 64), (-257, 256), (-65535, 0), (5, 16), (0, 64), (-(1 << 63), 1),
                   ((1 << 63) - 1, 1), (-10, 64), (-16, 32)):
        s.good(f"unknown-alg{alg:+}", f"an unknown second block, alg {alg}, {n} bytes, is skipped",
               Envelope(blocks=[Block("a"), Block(alg=alg, signature=b"s" * n)]))
    s.good("unknown-alg-first", "an unknown first block is skipped", Envelope(
        blocks=[Block(alg=-8, signature=b"s" * 64, kid=b"ed25519"), Block("a")]))
    s.good("unknown-alg-two", "two unknown blocks before the usable one", Envelope(
        blocks=[Block(alg=-8, signature=b"s" * 64), Block(alg=-35, signature=b"s" * 96), Block("a")]))


def sized(total, alg):
    """An envelope of exactly this many bytes, filled up with a block of this alg."""
    n = total - len(Envelope(blocks=[Block("a"), Block(alg=alg, signature=b"")]).envelope)
    for fill in range(n, n - 12, -1):
        envelope = Envelope(blocks=[Block("a"), Block(alg=alg, signature=b"\x5a" * fill)])
        if len(envelope.envelope) == total:
            return envelope
    raise AssertionError(total)


def good_texts(s):
    s.good("text-of-others", "a signed text of another form: import refuses it, a device takes it",
           Envelope(text=mapping((tstr("de"), mapping()))))
    s.good("text-lies", "a signed text whose ids are not those of the manifest: import refuses it",
           Envelope(text=Envelope(class_text="emon/esp12e/2m").text_bytes))
    s.good("text-lies-vendor", "the same with another vendor", Envelope(
        text=Envelope(domain="example.com").text_bytes))
    s.good("text-256", "a text of 256 bytes", Envelope(class_text=CLASS_TEXT, text=long_text(256)))
    s.good("text-version-32", "a version of 32 bytes", Envelope(version="1.0.3-" + "9" * 26))
    for name, shows, kw in (
            ("version-33", "a version of 33 bytes", {"version": "9" * 33}),
            ("version-0", "an empty version", {"version": ""}),
            ("version-slash", "a version with a slash", {"version": "../1"}),
            ("extra", "a further member", {"items": {"text_component": more((integer(7), tstr("x")))}}),
            ("missing", "no version", {"items": {"text_component": drop(2)}}),
            ("order", "members out of order", {"items": {"text_component": swap(0, 1)}}),
            ("two-languages", "two languages", {"items": {"text": more((tstr("fr"), mapping()))}}),
            ("indefinite", "an indefinite map", {"raw": {"text_component": indefinite}}),
            ("trailing", "a byte after the map", {"raw": {"text": lambda x: x + b"\0"}})):
        s.good(f"text-form-{name}", f"signed text with {shows}: a device takes M, readers refuse",
               Envelope(**kw))


def long_text(n):
    """Signed text of n bytes; the class is made of what is left."""
    fill = n - len(Envelope(class_text="e/e/").text_bytes)
    for k in range(fill, 0, -1):
        text = Envelope(class_text="e/e/" + "x" * k).text_bytes
        if len(text) == n:
            return text
    raise AssertionError(n)


def bad_identity(s):
    e = Envelope()
    s.bad("vendor", "VENDOR", "another vendor", e, vendor=vendor_id("example.com"))
    s.bad("vendor-bit", "VENDOR", "the last bit of the vendor differs", e,
          vendor=flipped(vendor_id(DOMAIN), 127))
    s.bad("class", "CLASS", "another layout of the same product", e,
          class_=class_id(DOMAIN, "emon/esp12e/2m"))
    s.bad("class-bit", "CLASS", "the first bit of the class differs", e,
          class_=flipped(class_id(DOMAIN, CLASS_TEXT), 0))
    s.bad("seq-older", "OLD_SEQUENCE", "seq one below the floor", e, floor=(SEQ + 1, b"\x11" * 32))
    s.bad("seq-older-same-release", "OLD_SEQUENCE", "the digest does not excuse an older seq", e,
          floor=(SEQ + 1, e.digest))
    s.bad("seq-older-wide", "OLD_SEQUENCE", "seq 1 under a floor of 2^32", Envelope(seq=1),
          floor=(1 << 32, None))
    s.bad("seq-older-0", "OLD_SEQUENCE", "seq 0 under the largest floor", Envelope(seq=0),
          floor=((1 << 53) - 1, None))
    s.bad("seq-same", "SAME_SEQUENCE", "seq equal to the floor, another release", e,
          floor=(SEQ, b"\x11" * 32))
    s.bad("seq-same-unknown", "SAME_SEQUENCE", "seq equal to the floor, confirmed release unknown", e,
          floor=(SEQ, None))
    s.bad("seq-same-image", "SAME_SEQUENCE", "the image of the confirmed release in another M",
          Envelope(uri="elsewhere.bin"), floor=(SEQ, e.digest))
    s.bad("seq-same-0", "SAME_SEQUENCE", "the same at seq 0", Envelope(seq=0), floor=(0, b"\x11" * 32))
    s.bad("too-large", "TOO_LARGE", "one byte more than the slot", Envelope(size=MAX_SIZES[0] + 1))
    s.bad("too-large-4294967295", "TOO_LARGE", "the largest size", Envelope(size=0xFFFFFFFF))
    s.bad("too-large-two", "TOO_LARGE", "the filesystem is one byte too large", Envelope(
        two=True, size1=MAX_SIZES[1] + 1))


def bad_order_of_checks(s):
    def wrong(**kw):
        return Envelope(raw={"manifest_hashed": lambda m: bstr(m) + b"?"}, **kw)
    elsewhere = {"vendor": vendor_id("example.com"), "class_": class_id("example.com", CLASS_TEXT),
                 "floor": (SEQ + 1, None), "max_sizes": (1, 1)}
    s.bad("order-1-form", "ENVELOPE", "form, digest, signature and identity are all wrong: form is first",
          Envelope(invoke=16, raw={"manifest_hashed": lambda m: bstr(m) + b"?"},
                   blocks=[Block("stranger")]), **elsewhere)
    s.bad("order-2-digest", "MANIFEST_DIGEST", "digest, signature and identity",
          wrong(blocks=[Block("stranger")]), **elsewhere)
    s.bad("order-3-signature", "SIGNATURE", "signature and identity",
          Envelope(blocks=[Block("stranger")]), **elsewhere)
    s.bad("order-3-no-block", "NO_BLOCK", "alg and identity",
          Envelope(blocks=[Block("a", alg=-8)]), **elsewhere)
    s.bad("order-4-text", "TEXT", "text and identity", Envelope(text_digest=bytes(32)), **elsewhere)
    s.bad("order-5-vendor", "VENDOR", "vendor, class, sequence and size", Envelope(), **elsewhere)
    del elsewhere["vendor"]
    s.bad("order-6-class", "CLASS", "class, sequence and size", Envelope(), **elsewhere)
    del elsewhere["class_"]
    s.bad("order-7-sequence", "OLD_SEQUENCE", "sequence and size", Envelope(), **elsewhere)


def bad_digests(s):
    s.bad("digest-of-another", "MANIFEST_DIGEST", "wrapper and signature are of another manifest",
          Envelope(raw={"manifest_hashed": lambda m: bstr(m[:-1] + b"\0")}))
    s.bad("digest-without-head", "MANIFEST_DIGEST", "the manifest was hashed without its head",
          Envelope(raw={"manifest_hashed": lambda m: m}))
    s.bad("digest-with-long-head", "MANIFEST_DIGEST", "hashed with a head that is not the shortest",
          Envelope(raw={"manifest_hashed": long_bstr}))
    e = Envelope()
    s.bad("digest-zero", "MANIFEST_DIGEST", "the wrapper's digest is zero", Envelope(
        items={"manifest_digest": put(1, bstr(bytes(32)))}))
    s.bad("digest-of-the-text", "TEXT", "member 23 is not the text's digest", Envelope(
        text_digest=sha256(b"")))
    s.bad("text-digest-without-head", "TEXT", "the text was hashed without its head", Envelope(
        text_digest=sha256(e.text_bytes)))
    s.bad("text-exchanged", "TEXT", "the text of another version", Envelope(
        text_digest=sha256(bstr(Envelope(version="1.0.4").text_bytes))))
    for name in ("digest", "manifest_digest", "text_digest"):
        for alg, n, what in ((-44, 64, "SHA-512"), (-43, 48, "SHA-384"), (-16, 31, "of 31 bytes"),
                             (-16, 33, "of 33 bytes"), (-15, 32, "of alg -15"), (16, 32, "of alg 16")):
            s.bad(f"{name.replace('_', '-')}{alg}-{n}", "ENVELOPE", f"{name}: digest {what}",
                  full(items={name: lambda _, a=alg, n=n: [integer(a), bstr(b"d" * n)]}))


def bad_signatures(s):
    zero, order = bytes(32), N.to_bytes(32, "big")
    for name, shows, edit in (
            ("zero", "r = s = 0", lambda g: zero + zero), ("r-0", "r = 0", lambda g: zero + g[32:]),
            ("s-0", "s = 0", lambda g: g[:32] + zero), ("r-n", "r = n", lambda g: order + g[32:]),
            ("s-n", "s = n", lambda g: g[:32] + order),
            ("s-plus-n", "s is 2^256-1", lambda g: g[:32] + b"\xff" * 32),
            ("ones", "all ones", lambda g: b"\xff" * 64),
            ("swapped", "s || r", lambda g: g[32:] + g[:32]),
            ("little-endian", "r and s in the other byte order", lambda g: g[31::-1] + g[:31:-1]),
            ("r-1-s-1", "r = s = 1", lambda g: (zero[1:] + b"\1") * 2)):
        s.bad(f"signature-{name}", "SIGNATURE", f"signature with {shows}",
              Envelope(blocks=[Block(signature=edit)]))
    for n in (0, 1, 63, 65, 72, 128):
        s.bad(f"signature-{n}-bytes", "ENVELOPE", f"an ECDSA signature of {n} bytes", Envelope(
            blocks=[Block(signature=lambda g, n=n: (g + g)[:n])]))
    s.bad("signature-der", "ENVELOPE", "a DER signature of 70 bytes", Envelope(
        blocks=[Block(signature=b"\x30\x44\x02\x20" + b"r" * 32 + b"\x02\x20" + b"s" * 32)]))
    s.bad("signature-empty-second", "ENVELOPE", "a good block, and one with an empty signature",
          Envelope(blocks=[Block("a"), Block("b", signature=b"")]))
    s.bad("signature-empty-es256", "ENVELOPE", "an empty ES256 signature", Envelope(
        blocks=[Block(alg=ES256, signature=b"")]))
    s.bad("stranger", "SIGNATURE", "signed by a key that is not trusted", Envelope(
        blocks=[Block("stranger")]))
    s.bad("stranger-kid", "SIGNATURE", "the same with the kid of a trusted one", Envelope(
        blocks=[Block("stranger", kid=KEYS["a"].point()[1:33])]))
    s.bad("no-key", "SIGNATURE", "nothing is trusted", Envelope(), trusted="-")
    s.bad("signed-another", "SIGNATURE", "the signature is of another manifest", Envelope(
        blocks=[Block(digest=sha256(b"another"))]))
    s.bad("alg-exchanged", "SIGNATURE", "signed as ES256, says ESP256", Envelope(
        blocks=[Block(signed_alg=ES256)]))
    s.bad("alg-exchanged-es256", "SIGNATURE", "signed as ESP256, says ES256", Envelope(
        blocks=[Block(alg=ES256, signed_alg=-9)]))
    e = Envelope()
    raw = KEYS["a"].sign(b"\x82\x2f\x58\x20" + e.digest)
    s.bad("signed-payload-only", "SIGNATURE", "signed without the Signature1 structure", Envelope(
        blocks=[Block(signature=raw)]))
    raw = KEYS["a"].sign(bstr(e.manifest_bytes))
    s.bad("signed-manifest", "SIGNATURE", "the manifest itself was signed", Envelope(
        blocks=[Block(signature=raw)]))


def bad_blocks(s):
    s.bad("no-block", "NO_BLOCK", "the wrapper holds the digest alone", Envelope(blocks=[]))
    s.bad("only-unknown", "NO_BLOCK", "one block, EdDSA", Envelope(
        blocks=[Block(alg=-8, signature=b"s" * 64)]))
    s.bad("only-unknown-3", "NO_BLOCK", "three blocks of unknown algs", Envelope(
        blocks=[Block(alg=alg, signature=b"s" * 64) for alg in (-8, -35, -10)]))
    s.bad("only-hss-lms", "NO_BLOCK", "one HSS-LMS block, for a build without it", Envelope(
        blocks=[Block(alg=HSS_LMS, signature=b"h" * HSS_SIGNATURE_LEN)]))
    s.bad("unknown-and-stranger", "SIGNATURE", "an unknown alg and a key that is not trusted",
          Envelope(blocks=[Block(alg=-8), Block("stranger")]))
    s.bad("blocks-4", "ENVELOPE", "four good blocks", Envelope(
        blocks=[Block(k) for k in ("a", "b", "c", "a")]))
    s.bad("blocks-4-unknown", "ENVELOPE", "a good block and three unknown ones", Envelope(
        blocks=[Block("a")] + [Block(alg=-8)] * 3))
    two = Envelope(blocks=[Block("a"), Block("b")])
    s.bad("threshold-1-of-2", "THRESHOLD", "one block, two needed", Envelope(), trusted="a,b", threshold=2)
    s.bad("threshold-same-key", "THRESHOLD", "one key in two blocks counts once", Envelope(
        blocks=[Block("a"), Block("a", alg=ES256)]), trusted="a,b", threshold=2)
    s.bad("threshold-same-block", "THRESHOLD", "the same block twice counts once", Envelope(
        blocks=[Block("a"), Block("a")]), trusted="a,b", threshold=2)
    s.bad("threshold-listed-twice", "THRESHOLD", "a key that is listed twice counts once", Envelope(
        blocks=[Block("a"), Block("a")]), trusted="a,a", threshold=2)
    s.bad("threshold-listed-twice-once", "THRESHOLD", "the same with one block", Envelope(),
          trusted="a,a", threshold=2)
    s.bad("threshold-stranger", "THRESHOLD", "the second signature is by a key that is not trusted",
          Envelope(blocks=[Block("a"), Block("stranger")]), trusted="a,b", threshold=2)
    s.bad("threshold-3", "THRESHOLD", "two of three needed", two, trusted="a,b,c", threshold=3)
    s.bad("threshold-4", "THRESHOLD", "more needed than keys are trusted", two, trusted="a,b", threshold=4)
    s.bad("threshold-unknown", "THRESHOLD", "an unknown alg does not count", Envelope(
        blocks=[Block("a"), Block("b", alg=-8)]), trusted="a,b", threshold=2)
    s.bad("threshold-none", "SIGNATURE", "two needed, none verifies", Envelope(
        blocks=[Block("stranger"), Block("c")]), trusted="a,b", threshold=2)
    for n in (0, 33, 64):
        s.bad(f"kid-{n}-bytes", "ENVELOPE", f"a kid of {n} bytes", Envelope(blocks=[Block(kid=b"k" * n)]))
    bad_block_forms(s)


def bad_block_forms(s):
    kid = (integer(4), bstr(b"k"))
    alg = (integer(1), integer(-9))
    for name, shows, kw in (
            ("payload-attached", "the digest as payload", {"items": {"block": put(2, bstr(b"\x82" * 36))}}),
            ("payload-empty", "an empty payload", {"items": {"block": put(2, bstr(b""))}}),
            ("payload-undefined", "undefined as payload", {"items": {"block": put(2, b"\xf7")}}),
            ("payload-false", "false as payload", {"items": {"block": put(2, b"\xf4")}}),
            ("signature-text", "a text string as signature", {"items": {"block": put(3, tstr("s" * 64))}}),
            ("unprotected-text", "kid as text", {"items": {"unprotected": more((integer(4), tstr("k")))}}),
            ("unprotected-array", "an array of headers", {"raw": {"unprotected": lambda _: b"\x80"}}),
            ("unprotected-null", "nil as headers", {"raw": {"unprotected": lambda _: cbor.NIL}}),
            ("unprotected-alg", "alg unprotected", {"items": {"unprotected": more(alg)}}),
            ("unprotected-unknown", "an unknown header", {"items": {"unprotected": more((integer(99), integer(1)))}}),
            ("unprotected-kid-and-more", "kid and more", {"items": {"unprotected": more(kid, (integer(5), bstr(b"iv")))}}),
            ("unprotected-kid-twice", "kid twice", {"items": {"unprotected": more(kid, kid)}}),
            ("protected-more", "a further protected header", {"items": {"protected": more((integer(3), integer(0)))}}),
            ("protected-kid", "kid protected", {"items": {"protected": more(kid)}}),
            ("protected-alg-twice", "alg twice", {"items": {"protected": more(alg)}}),
            ("protected-empty-map", "an empty map", {"items": {"protected": drop(0)}}),
            ("protected-empty", "no bytes", {"raw": {"protected": lambda _: b""}}),
            ("protected-alg-text", "alg as text", {"items": {"protected": value(0, tstr("ESP256"))}}),
            ("protected-alg-huge", "alg below int64", {"items": {"protected": value(0, b"\x3b" + b"\xff" * 8)}}),
            ("protected-alg-long", "alg not in the shortest form", {"items": {"protected": value(0, b"\x38\x08")}}),
            ("protected-bare", "a map that is not in a byte string", {"wrap": {"protected": lambda x: x}}),
            ("bare", "a block that is not in a byte string", {"wrap": {"block": lambda x: x}}),
            ("untagged", "no tag", {"raw": {"cose": lambda x: x}}),
            ("mac0", "tag 17", {"raw": {"cose": lambda x: cbor.tagged(17, x)}}),
            ("sign", "tag 98, COSE_Sign", {"raw": {"cose": lambda x: cbor.tagged(98, x)}}),
            ("tag-long", "tag 18 not in the shortest form", {"raw": {"cose": lambda x: cbor.tagged(18, x, 1)}}),
            ("tag-twice", "tag 18 twice", {"raw": {"cose": lambda x: cbor.tagged(18, cbor.tagged(18, x))}})):
        s.bad(f"block-{name}", "ENVELOPE", f"a block: {shows}", Envelope(**kw))
    good = Envelope()
    unknown = bstr(cbor.tagged(18, array(bstr(mapping((integer(1), integer(-8)))), mapping(),
                                         bstr(b"attached"), bstr(b"s" * 64))))
    s.bad("block-unknown-attached", "ENVELOPE", "a block of unknown alg must have the form too",
          Envelope(items={"auth": more(unknown)}))
    s.bad("block-is-digest", "ENVELOPE", "a second digest in place of a block", Envelope(
        items={"auth": put(1, bstr(array(integer(-16), bstr(good.digest))))}))
    s.bad("block-before-digest", "ENVELOPE", "the block before the digest", Envelope(
        items={"auth": swap(0, 1)}))
    s.bad("auth-empty", "ENVELOPE", "an empty wrapper", Envelope(items={"auth": lambda _: []}))
    s.bad("auth-digest-bare", "ENVELOPE", "a digest that is not in a byte string", Envelope(
        wrap={"manifest_digest": lambda x: x}))


def bad_containers(s):
    """Each container of the template, wrong in each way that a container can be."""
    extra = (integer(24), integer(0))
    for name in MAPS:
        label = name.replace("_", "-")
        s.bad(f"map-more-{label}", "ENVELOPE", f"{name} with a further member",
              full(items={name: more(extra)}))
        if name != "manifest":
            s.bad(f"map-twice-{label}", "ENVELOPE", f"{name} with its first member twice",
                  full(items={name: again(0)}))
        if name != "unprotected":
            s.bad(f"map-empty-{label}", "ENVELOPE", f"{name} empty",
                  full(items={name: lambda _: []}))
    for name in ARRAYS:
        label = name.replace("_", "-")
        s.bad(f"array-more-{label}", "ENVELOPE", f"{name} with a further item",
              full(items={name: more(integer(0))}))
        if name != "auth":
            s.bad(f"array-less-{label}", "ENVELOPE", f"{name} without its last item",
                  full(items={name: lambda x: x[:-1]}))
    for name in MAPS + ARRAYS:
        label = name.replace("_", "-")
        s.bad(f"indefinite-{label}", "ENVELOPE", f"{name} of indefinite length",
              full(raw={name: indefinite}))
        s.bad(f"long-{label}", "ENVELOPE", f"{name}: the count is not in the shortest form",
              full(raw={name: reencode(1)}))
    for name in STRINGS:
        label = name.replace("_", "-")
        s.bad(f"indefinite-bstr-{label}", "ENVELOPE", f"the byte string of {name} in chunks",
              full(wrap={name: indefinite_bstr}))
        s.bad(f"long-bstr-{label}", "ENVELOPE",
              f"the byte string of {name}: the length is not in the shortest form",
              full(wrap={name: long_bstr}))
        s.bad(f"text-bstr-{label}", "ENVELOPE", f"a text string in place of the byte string of {name}",
              full(wrap={name: tstr}))
        if name == "text":
            continue
        s.bad(f"trailing-{label}", "ENVELOPE", f"a byte after {name} in its byte string",
              full(wrap={name: lambda x: bstr(x + b"\0")}))
    e = Envelope()
    s.bad("trailing-envelope", "ENVELOPE", "a byte after the envelope", e.envelope + b"\0")
    s.bad("trailing-envelope-twice", "ENVELOPE", "the envelope twice", e.envelope * 2)
    s.bad("empty", "ENVELOPE", "no bytes", b"")
    s.bad("truncated-1", "ENVELOPE", "the last byte is missing", e.envelope[:-1])
    s.bad("length-past-end", "ENVELOPE", "the manifest's length points past the end", Envelope(
        wrap={"manifest": lambda x: cbor.head(cbor.BSTR, len(x) + 1000) + x}))
    s.bad("length-2-64", "ENVELOPE", "the wrapper's length is 2^64-1", Envelope(
        wrap={"auth": lambda x: cbor.head(cbor.BSTR, (1 << 64) - 1) + x}))
    s.bad("length-2-32", "ENVELOPE", "the manifest's length is 2^32+n", Envelope(
        wrap={"manifest": lambda x: cbor.head(cbor.BSTR, len(x) + (1 << 32)) + x}))
    s.bad("length-inner", "ENVELOPE", "the common byte string reaches past the manifest", Envelope(
        wrap={"common": lambda x: cbor.head(cbor.BSTR, 0xFFFF) + x}))
    s.bad("count-2-32", "ENVELOPE", "the manifest says it has 2^32+n members", Envelope(
        raw={"manifest": lambda x: cbor.head(cbor.MAP, (1 << 32) + (x[0] & 31)) + x[1:]}))
    s.bad("count-auth-2-64", "ENVELOPE", "the wrapper says it has 2^64-1 items", Envelope(
        raw={"auth": lambda x: cbor.head(cbor.ARRAY, (1 << 64) - 1) + x[1:]}))


def bad_members(s):
    s.bad("envelope-manifest-first", "ENVELOPE", "the manifest before the wrapper", Envelope(
        items={"envelope": swap(0, 1)}))
    s.bad("envelope-text-first", "ENVELOPE", "the text before the manifest", Envelope(
        items={"envelope": swap(1, 2)}))
    s.bad("envelope-no-auth", "ENVELOPE", "no wrapper", Envelope(items={"envelope": drop(0)}))
    s.bad("envelope-no-manifest", "ENVELOPE", "no manifest", Envelope(items={"envelope": drop(1)}))
    s.bad("envelope-payload", "ENVELOPE", "an integrated payload", Envelope(
        text=False, items={"envelope": more((tstr("#app"), bstr(b"image")))}))
    s.bad("envelope-delegation", "ENVELOPE", "a delegation chain", Envelope(
        items={"envelope": lambda x: [(integer(1), bstr(b"\x80"))] + x}))
    s.bad("envelope-severed-install", "ENVELOPE", "a severed install section", Envelope(
        text=False, items={"envelope": more((integer(20), bstr(b"\x80")))}))
    s.bad("envelope-untagged", "ENVELOPE", "no tag 107", Envelope(raw={"tagged": lambda x: x}))
    s.bad("envelope-tag-108", "ENVELOPE", "tag 108", Envelope(raw={"tagged": lambda x: cbor.tagged(108, x)}))
    s.bad("envelope-tag-1070", "ENVELOPE", "tag 1070, SUIT_Manifest", Envelope(
        raw={"tagged": lambda x: cbor.tagged(1070, x)}))
    s.bad("envelope-tag-long", "ENVELOPE", "tag 107 not in the shortest form", Envelope(
        raw={"tagged": lambda x: cbor.tagged(107, x, 2)}))
    s.bad("envelope-self-described", "ENVELOPE", "tag 55799 before tag 107", Envelope(
        raw={"tagged": lambda x: cbor.tagged(55799, cbor.tagged(107, x))}))
    s.bad("envelope-array", "ENVELOPE", "an array in place of the map", Envelope(
        raw={"envelope": lambda x: b"\x86" + x[1:]}))
    for i, what in enumerate(("version", "seq", "common", "reference", "validate", "invoke", "install",
                              "text-digest")):
        if what not in ("reference", "invoke", "install"):
            s.bad(f"manifest-no-{what}", "ENVELOPE", f"no {what}, but the text" if i == 7 else f"no {what}",
                  full(items={"manifest": drop(i)}))
        s.bad(f"manifest-twice-{what}", "ENVELOPE", f"{what} twice",
              full(items={"manifest": again(i)}))
        if i < 7:
            s.bad(f"manifest-order-{what}", "ENVELOPE", f"{what} after its successor",
                  full(items={"manifest": swap(i, i + 1)}))
    for key, what in ((5, "manifest component id"), (8, "load"), (12, "unknown"), (16, "payload fetch"),
                      (18, "severed install of drafts"), (-1, "negative")):
        s.bad(f"manifest-member{key:+}", "ENVELOPE", f"member {key}: {what}", Envelope(
            uri=None, text=False, text_digest=None,
            items={"manifest": lambda x, k=key: sorted(x + [(integer(k), bstr(b"\x80"))])}))
    s.bad("manifest-key-text", "ENVELOPE", "a text key", Envelope(
        text=False, text_digest=None, items={"manifest": more((tstr("x"), integer(0)))}))
    s.bad("manifest-severed-install", "ENVELOPE", "the digest of a severed install section", Envelope(
        items={"manifest": value(4, array(integer(-16), bstr(bytes(32))))}))
    s.bad("common-order", "ENVELOPE", "common: 4 before 2", Envelope(items={"common": swap(0, 1)}))
    s.bad("common-dependencies", "ENVELOPE", "common: dependencies", Envelope(
        items={"common": lambda x: [(integer(1), mapping())] + x}))
    for i, what in ((0, "vendor"), (1, "class"), (2, "digest"), (3, "size")):
        s.bad(f"params-no-{what}", "ENVELOPE", f"params without {what}", Envelope(
            items={"params": drop(i)}))
        if i < 3:
            s.bad(f"params-order-{what}", "ENVELOPE", f"params: {what} after its successor",
                  Envelope(items={"params": swap(i, i + 1)}))
    s.bad("params-slot", "ENVELOPE", "params with a component slot", Envelope(
        items={"params": lambda x: x[:3] + [(integer(5), integer(0))] + x[3:]}))
    for i, what in ((0, "vendor"), (1, "class")):
        for n in (0, 15, 17):
            s.bad(f"params-{what}-{n}", "ENVELOPE", f"a {what} id of {n} bytes", Envelope(
                items={"params": value(i, bstr(b"i" * n))}))
    s.bad("params-digest-bare", "ENVELOPE", "a digest that is not in a byte string", Envelope(
        wrap={"digest": lambda x: x}))


def bad_values(s):
    floats = (("half", b"\xf9" + struct.pack(">e", 1.0)), ("single", b"\xfa" + struct.pack(">f", 1.0)),
              ("double", b"\xfb" + struct.pack(">d", float(SEQ))))
    for i, what in ((1, "seq"), (0, "version")):
        for name, encoded in (*floats, ("negative", integer(-1)), ("bignum", b"\xc2\x41\x01"),
                              ("bytes", bstr(b"\x01")), ("text", tstr("1")), ("nil", cbor.NIL),
                              ("true", b"\xf5"), ("array", b"\x81\x01"), ("reserved-28", b"\x1c"),
                              ("indefinite", b"\x1f"), ("tagged", b"\xc1\x01")):
            s.bad(f"{what}-{name}", "ENVELOPE", f"{what}: {name}", Envelope(
                items={"manifest": value(i, encoded)}))
    for v in (0, 2):
        s.bad(f"version-{v}", "ENVELOPE", f"manifest version {v}", Envelope(
            items={"manifest": value(0, integer(v))}))
    for n in (1 << 53, 1 << 63, (1 << 64) - 1):
        s.bad(f"seq-{n}", "ENVELOPE", f"seq {n}", Envelope(seq=n))
    for n, width in ((0, 1), (23, 1), (255, 2), (65535, 4), (SEQ, 8)):
        s.bad(f"seq-{n}-in-{width}", "ENVELOPE", f"seq {n} in {width} bytes: not the shortest form",
              Envelope(items={"manifest": value(1, integer(n, width))}))
    for n in (0, 1 << 32, (1 << 32) + 1000, (1 << 64) - 1):
        s.bad(f"size-{n}", "ENVELOPE", f"size {n}", Envelope(size=n))
    for n, width in ((23, 1), (255, 2), (1000, 4), (1000, 8)):
        s.bad(f"size-{n}-in-{width}", "ENVELOPE", f"size {n} in {width} bytes: not the shortest form",
              Envelope(items={"params": value(3, integer(n, width))}))
    s.bad("size-negative", "ENVELOPE", "a negative size", Envelope(size=-1))
    s.bad("size-float", "ENVELOPE", "a size as float", Envelope(
        items={"params": value(3, b"\xf9\x63\xd0")}))
    s.bad("key-long", "ENVELOPE", "a key not in the shortest form", Envelope(
        items={"manifest": lambda x: x[:4] + [(integer(20, 1), x[4][1])] + x[5:]}))
    s.bad("key-long-seq", "ENVELOPE", "key 2 in 2 bytes", Envelope(
        items={"manifest": lambda x: [x[0], (integer(2, 1), x[1][1])] + x[2:]}))
    for i, where in enumerate(("vendor", "class", "match", "fetch", "install")):
        for r in (16, 24):
            s.bad(f"reporting-{where}-{r}", "ENVELOPE", f"reporting argument {r} ({where})", Envelope(
                reporting=tuple(r if j == i else 15 for j in range(5))))
    s.bad("reporting-invoke-16", "ENVELOPE", "reporting argument 16 (invoke)", Envelope(invoke=16))
    s.bad("reporting-negative", "ENVELOPE", "a negative reporting argument", Envelope(
        reporting=(15, 15, -1, 2, 15)))
    s.bad("reporting-long", "ENVELOPE", "a reporting argument not in the shortest form", Envelope(
        items={"validate": put(1, integer(15, 1))}))
    bad_uris_and_limits(s)


def bad_uris_and_limits(s):
    for n in (201, 255, 256, 700):
        s.bad(f"uri-{n}", "URI", f"a URI of {n} bytes", Envelope(uri="u" * n))
    s.bad("uri-two-201", "URI", "the filesystem's URI has 201 bytes", Envelope(two=True, uri1="u" * 201))
    s.bad("uri-0", "ENVELOPE", "an empty URI", Envelope(uri=""))
    for name, uri in (("space", "a b"), ("crlf", "a\r\nHost: evil"), ("nul", "a\0b"), ("del", "a\x7f"),
                      ("utf8", "caf\u00e9")):
        s.bad(f"uri-{name}", "ENVELOPE", f"a URI with {name}", Envelope(uri=uri))
    s.bad("uri-bytes", "ENVELOPE", "a URI as byte string", Envelope(
        items={"uri_params": value(0, bstr(b"emon.bin"))}))
    s.bad("uri-indefinite", "ENVELOPE", "a URI in chunks", Envelope(
        items={"uri_params": value(0, b"\x7f" + tstr("emon.bin") + b"\xff")}))
    s.bad("reference-uri-65", "ENVELOPE", "a reference URI of 65 bytes", Envelope(reference="r" * 65))
    s.bad("reference-uri-bytes", "ENVELOPE", "a reference URI as byte string", full(
        items={"manifest": value(3, bstr(b"r"))}))
    s.bad("manifest-1025", "ENVELOPE", "a manifest of 1,025 bytes", oversize(1025))
    s.bad("manifest-1500", "ENVELOPE", "a manifest of 1,500 bytes", oversize(1500))
    s.bad("manifest-0", "ENVELOPE", "an empty manifest", Envelope(
        text=False, text_digest=None, raw={"manifest": lambda _: b""}))
    s.bad("envelope-2049", "ENVELOPE", "2,049 bytes without an HSS-LMS block", sized(2049, -257))
    s.bad("envelope-4097", "ENVELOPE", "4,097 bytes with one", sized(4097, HSS_LMS))
    s.bad("envelope-2-hss-lms", "ENVELOPE", "two HSS-LMS blocks of 2,512 bytes", Envelope(
        blocks=[Block("a")] + [Block(alg=HSS_LMS, signature=b"h" * HSS_SIGNATURE_LEN)] * 2))
    s.bad("text-257", "ENVELOPE", "a text of 257 bytes", Envelope(text=long_text(257)))
    s.bad("text-0", "ENVELOPE", "an empty text", Envelope(
        text=False, text_digest=sha256(bstr(b"")),
        items={"envelope": more((integer(23), bstr(b"")))}))
    s.bad("text-unsigned", "ENVELOPE", "a text without member 23", Envelope(text_digest=None))


def oversize(n):
    """A manifest of n bytes, filled up in its reference URI."""
    spare = n - len(Envelope(reference="r" * 256).manifest_bytes) + 256
    envelope = Envelope(reference="r" * spare)
    assert len(envelope.manifest_bytes) == n
    return envelope


def bad_components(s):
    zero, one = array(bstr(b"\0")), array(bstr(b"\1"))
    for name, shows, ids in (
            ("lone-1", "the filesystem alone", [one]), ("2", "component [h'02']", [array(bstr(b"\2"))]),
            ("none", "no component", []), ("empty-id", "an empty id", [array(bstr(b""))]),
            ("long-id", "[h'0000']", [array(bstr(b"\0\0"))]),
            ("path", "[h'00', h'01']", [array(bstr(b"\0"), bstr(b"\1"))]),
            ("integer", "[0]", [array(integer(0))]), ("text", '["0"]', [array(tstr("0"))]),
            ("unused-second", "two components, commands for one", [zero, one])):
        s.bad(f"components-{name}", "ENVELOPE", shows, Envelope(
            items={"components": lambda _, ids=ids: ids}))
    for name, shows, ids in (
            ("swapped", "filesystem before application", [one, zero]), ("same", "the application twice", [zero, zero]),
            ("three", "three components", [zero, one, array(bstr(b"\2"))]),
            ("unused-commands", "one component, commands for two", [zero])):
        s.bad(f"two-{name}", "ENVELOPE", shows, Envelope(
            two=True, items={"components": lambda _, ids=ids: ids}))
    for name, shows, items in (
            ("select-swapped", "component 1 selected first", {"shared": lambda x: x[8:] + x[:8]}),
            ("select-missing", "no component selected in shared", {"shared": drop(0)}),
            ("select-both", "all components selected at once", {"shared": put(1, b"\xf5")}),
            ("select-list", "a list of components selected", {"shared": put(1, array(integer(0)))}),
            ("select-2", "component 2 selected", {"shared": put(9, integer(2))}),
            ("select-validate", "validate selects component 0 twice", {"validate": put(5, integer(0))}),
            ("select-install", "install selects component 0 twice", {"install": put(9, integer(0))}),
            ("half-shared", "shared speaks of component 0 alone", {"shared": lambda x: x[:8]}),
            ("half-validate", "validate speaks of component 0 alone", {"validate": lambda x: x[:4]}),
            ("half-install", "install speaks of component 0 alone", {"install": lambda x: x[:8]}),
            ("vendor", "two vendors", {"params1": value(0, bstr(vendor_id("example.com")))}),
            ("class", "two classes", {"params1": value(1, bstr(class_id(DOMAIN, CLASS_TEXT)))}),
            ("uri-one-form", "install as for one component", {"install": lambda x: x[2:8]}),
            ("validate-one-form", "validate as for one component", {"validate": lambda x: x[2:4]})):
        s.bad(f"two-{name}", "ENVELOPE", shows, Envelope(two=True, items=items))
    s.bad("two-invoke-selected", "ENVELOPE", "invoke selects a component", Envelope(
        two=True, invoke=2, items={"invoke": lambda x: [integer(12), integer(0)] + x}))
    s.bad("two-size-0", "ENVELOPE", "a filesystem of size 0", Envelope(two=True, size1=0))
    bad_commands(s)


def bad_commands(s):
    for name, shows, items in (
            ("shared-order", "class checked before vendor", {"shared": lambda x: x[:2] + x[4:6] + x[2:4]}),
            ("shared-no-vendor", "no vendor check", {"shared": lambda x: x[:2] + x[4:]}),
            ("shared-no-class", "no class check", {"shared": lambda x: x[:4]}),
            ("shared-conditions-first", "conditions before parameters", {"shared": lambda x: x[2:] + x[:2]}),
            ("shared-set-parameters", "directive 19 in place of 20", {"shared": put(0, integer(19))}),
            ("shared-try-each", "try-each", {"shared": more(integer(15), array(bstr(b"\x80")))}),
            ("shared-abort", "abort", {"shared": more(integer(14), integer(15))}),
            ("validate-vendor", "vendor check in validate", {"validate": put(0, integer(1))}),
            ("validate-twice", "image match twice", {"validate": lambda x: x + x}),
            ("validate-empty", "no command in validate", {"validate": lambda x: []}),
            ("install-copy", "copy in place of fetch", {"install": put(2, integer(22))}),
            ("install-swap", "swap", {"install": put(2, integer(31))}),
            ("install-no-match", "no image match after the fetch", {"install": lambda x: x[:4]}),
            ("install-no-uri", "fetch without a URI", {"install": lambda x: x[2:]}),
            ("install-match-first", "image match before the fetch", {"install": lambda x: x[:2] + x[4:] + x[2:4]}),
            ("install-run-sequence", "run-sequence", {"install": lambda x: [integer(32), bstr(array(*x))]}),
            ("invoke-run", "another command in invoke", {"invoke": put(0, integer(24))}),
            ("invoke-twice", "invoke twice", {"invoke": lambda x: x + x})):
        s.bad(f"command-{name}", "ENVELOPE", shows, full(items=items))


def rows():
    s = Set()
    for make in (good_one_component, good_numbers, good_two_components, good_blocks, good_texts,
                 bad_identity, bad_order_of_checks, bad_digests, bad_signatures, bad_blocks,
                 bad_containers, bad_members, bad_values, bad_components):
        make(s)
    flips_and_truncations(s.rows["base"])
    flips_and_truncations(s.rows["base-es256"])
    return list(s.rows.values())


def flips_and_truncations(row):
    """The claim that the C tests repeat in a loop."""
    changed = [row.data[:n] for n in range(len(row.data))]
    changed += [flipped(row.data, bit) for bit in range(8 * len(row.data))]
    for data in changed:
        if judge(SimpleNamespace(**{**vars(row), "data": data}))[0] == "accepted":
            raise SystemExit(f"{row.name}: a changed copy is accepted: {data.hex()}")


COLUMNS = ("name", "file", "expected", "trusted", "threshold", "vendor", "class", "floor_seq",
           "floor_digest", "max_sizes", "shows", "import")


def fields(row):
    return (row.name, row.file, row.expected, row.trusted, str(row.threshold), row.vendor.hex(),
            row.class_.hex(), str(row.floor_seq),
            row.floor_digest.hex() if row.floor_digest is not None else "-",
            ",".join(map(str, row.max_sizes)), row.shows, row.import_)


def files():
    """{name: bytes} of the folder manifest/."""
    made = rows()
    out = {row.file: row.data for row in made}
    lines = ["\t".join(COLUMNS)] + ["\t".join(fields(row)) for row in made]
    assert all(line.count("\t") == len(COLUMNS) - 1 for line in lines)
    out["index.tsv"] = ("\n".join(lines) + "\n").encode()
    index = {"keys": {k.name: {"private": f"{k.secret:064x}", "public": k.point().hex()}
                      for k in KEYS.values()},
             "vectors": [dict(zip(COLUMNS, fields(row))) for row in made]}
    out["index.json"] = (json.dumps(index, indent=1) + "\n").encode()
    keys = ["name\tprivate\tpublic"] + [f"{k.name}\t{k.secret:064x}\t{k.point().hex()}"
                                        for k in KEYS.values()]
    out["keys.tsv"] = ("\n".join(keys) + "\n").encode()
    for k in KEYS.values():
        out[f"keys/{k.name}.key.pem"] = k.private_pem()
        out[f"keys/{k.name}.pub.pem"] = k.public_pem()
    out["app.bin"], out["filesystem.bin"] = APP, FILESYSTEM
    return out
