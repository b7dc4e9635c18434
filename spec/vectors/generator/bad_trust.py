# SPDX-License-Identifier: MIT
"""Vectors of M whose form is right, or whose signature blocks are wrong."""

from . import cbor
from .build import CLASS_TEXT, DOMAIN, ES256, HSS_LMS, KEYS, SEQ, Block, Envelope
from .cases import HSS_SIGNATURE_LEN, MAX_SIZES, full
from .cbor import array, bstr, integer, mapping, tstr
from .edits import drop, flipped, long_bstr, more, put, swap, value
from .ids import class_id, vendor_id
from .sign import N, sha256


def bad_identity(s):
    e = Envelope()
    s.bad("vendor", "VENDOR", "another vendor", e, vendor=vendor_id("example.com"))
    s.bad(
        "vendor-bit",
        "VENDOR",
        "the last bit of the vendor differs",
        e,
        vendor=flipped(vendor_id(DOMAIN), 127),
    )
    s.bad(
        "class",
        "CLASS",
        "another layout of the same product",
        e,
        class_=class_id(DOMAIN, "emon/esp12e/2m"),
    )
    s.bad(
        "class-bit",
        "CLASS",
        "the first bit of the class differs",
        e,
        class_=flipped(class_id(DOMAIN, CLASS_TEXT), 0),
    )
    s.bad("seq-older", "OLD_SEQUENCE", "seq one below the floor", e, floor=(SEQ + 1, b"\x11" * 32))
    s.bad(
        "seq-older-same-release",
        "OLD_SEQUENCE",
        "the digest does not excuse an older seq",
        e,
        floor=(SEQ + 1, e.digest),
    )
    s.bad(
        "seq-older-wide",
        "OLD_SEQUENCE",
        "seq 1 under a floor of 2^32",
        Envelope(seq=1),
        floor=(1 << 32, None),
    )
    s.bad(
        "seq-older-0",
        "OLD_SEQUENCE",
        "seq 0 under the largest floor",
        Envelope(seq=0),
        floor=((1 << 53) - 1, None),
    )
    s.bad(
        "seq-same",
        "SAME_SEQUENCE",
        "seq equal to the floor, another release",
        e,
        floor=(SEQ, b"\x11" * 32),
    )
    s.bad(
        "seq-same-unknown",
        "SAME_SEQUENCE",
        "seq equal to the floor, confirmed release unknown",
        e,
        floor=(SEQ, None),
    )
    s.bad(
        "seq-same-image",
        "SAME_SEQUENCE",
        "the image of the confirmed release in another M",
        Envelope(uri="elsewhere.bin"),
        floor=(SEQ, e.digest),
    )
    s.bad(
        "seq-same-0", "SAME_SEQUENCE", "the same at seq 0", Envelope(seq=0), floor=(0, b"\x11" * 32)
    )
    s.bad("too-large", "TOO_LARGE", "one byte more than the slot", Envelope(size=MAX_SIZES[0] + 1))
    s.bad("too-large-4294967295", "TOO_LARGE", "the largest size", Envelope(size=0xFFFFFFFF))
    s.bad(
        "too-large-two",
        "TOO_LARGE",
        "the filesystem is one byte too large",
        Envelope(two=True, size1=MAX_SIZES[1] + 1),
    )


def bad_components(s):
    s.bad(
        "components-no-filesystem",
        "COMPONENTS",
        "a layout without a filesystem area",
        Envelope(two=True),
        max_sizes=(MAX_SIZES[0], 0),
    )


def bad_order_of_checks(s):
    def wrong(**kw):
        return Envelope(raw={"manifest_hashed": lambda m: bstr(m) + b"?"}, **kw)

    elsewhere = {
        "vendor": vendor_id("example.com"),
        "class_": class_id("example.com", CLASS_TEXT),
        "floor": (SEQ + 1, None),
        "max_sizes": (1, 1),
    }
    s.bad(
        "order-1-form",
        "ENVELOPE",
        "form, digest, signature and identity are all wrong: form is first",
        Envelope(
            invoke=16, raw={"manifest_hashed": lambda m: bstr(m) + b"?"}, blocks=[Block("stranger")]
        ),
        **elsewhere,
    )
    s.bad(
        "order-2-digest",
        "MANIFEST_DIGEST",
        "digest, signature and identity",
        wrong(blocks=[Block("stranger")]),
        **elsewhere,
    )
    s.bad(
        "order-3-signature",
        "SIGNATURE",
        "signature and identity",
        Envelope(blocks=[Block("stranger")]),
        **elsewhere,
    )
    s.bad(
        "order-3-no-block",
        "NO_BLOCK",
        "alg and identity",
        Envelope(blocks=[Block("a", alg=-8)]),
        **elsewhere,
    )
    s.bad("order-4-text", "TEXT", "text and identity", Envelope(text_digest=bytes(32)), **elsewhere)
    s.bad("order-5-vendor", "VENDOR", "vendor, class, sequence and size", Envelope(), **elsewhere)
    del elsewhere["vendor"]
    s.bad("order-6-class", "CLASS", "class, sequence and size", Envelope(), **elsewhere)
    del elsewhere["class_"]
    s.bad("order-7-sequence", "OLD_SEQUENCE", "sequence and size", Envelope(), **elsewhere)


def bad_digests(s):
    s.bad(
        "digest-of-another",
        "MANIFEST_DIGEST",
        "wrapper and signature are of another manifest",
        Envelope(raw={"manifest_hashed": lambda m: bstr(m[:-1] + b"\0")}),
    )
    s.bad(
        "digest-without-head",
        "MANIFEST_DIGEST",
        "the manifest was hashed without its head",
        Envelope(raw={"manifest_hashed": lambda m: m}),
    )
    s.bad(
        "digest-with-long-head",
        "MANIFEST_DIGEST",
        "hashed with a head that is not the shortest",
        Envelope(raw={"manifest_hashed": long_bstr}),
    )
    e = Envelope()
    s.bad(
        "digest-zero",
        "MANIFEST_DIGEST",
        "the wrapper's digest is zero",
        Envelope(items={"manifest_digest": put(1, bstr(bytes(32)))}),
    )
    s.bad(
        "digest-of-the-text",
        "TEXT",
        "member 23 is not the text's digest",
        Envelope(text_digest=sha256(b"")),
    )
    s.bad(
        "text-digest-without-head",
        "TEXT",
        "the text was hashed without its head",
        Envelope(text_digest=sha256(e.text_bytes)),
    )
    s.bad(
        "text-exchanged",
        "TEXT",
        "the text of another version",
        Envelope(text_digest=sha256(bstr(Envelope(version="1.0.4").text_bytes))),
    )
    for name in ("digest", "manifest_digest", "text_digest"):
        for alg, n, what in (
            (-44, 64, "SHA-512"),
            (-43, 48, "SHA-384"),
            (-16, 31, "of 31 bytes"),
            (-16, 33, "of 33 bytes"),
            (-15, 32, "of alg -15"),
            (16, 32, "of alg 16"),
        ):
            s.bad(
                f"{name.replace('_', '-')}{alg}-{n}",
                "ENVELOPE",
                f"{name}: digest {what}",
                full(items={name: lambda _, a=alg, n=n: [integer(a), bstr(b"d" * n)]}),
            )


def bad_signatures(s):
    zero, order = bytes(32), N.to_bytes(32, "big")
    for name, shows, edit in (
        ("zero", "r = s = 0", lambda g: zero + zero),
        ("r-0", "r = 0", lambda g: zero + g[32:]),
        ("s-0", "s = 0", lambda g: g[:32] + zero),
        ("r-n", "r = n", lambda g: order + g[32:]),
        ("s-n", "s = n", lambda g: g[:32] + order),
        ("s-plus-n", "s is 2^256-1", lambda g: g[:32] + b"\xff" * 32),
        ("ones", "all ones", lambda g: b"\xff" * 64),
        ("swapped", "s || r", lambda g: g[32:] + g[:32]),
        ("little-endian", "r and s in the other byte order", lambda g: g[31::-1] + g[:31:-1]),
        ("r-1-s-1", "r = s = 1", lambda g: (zero[1:] + b"\1") * 2),
    ):
        s.bad(
            f"signature-{name}",
            "SIGNATURE",
            f"signature with {shows}",
            Envelope(blocks=[Block(signature=edit)]),
        )
    for n in (0, 1, 63, 65, 72, 128):
        s.bad(
            f"signature-{n}-bytes",
            "ENVELOPE",
            f"an ECDSA signature of {n} bytes",
            Envelope(blocks=[Block(signature=lambda g, n=n: (g + g)[:n])]),
        )
    s.bad(
        "signature-der",
        "ENVELOPE",
        "a DER signature of 70 bytes",
        Envelope(
            blocks=[Block(signature=b"\x30\x44\x02\x20" + b"r" * 32 + b"\x02\x20" + b"s" * 32)]
        ),
    )
    s.bad(
        "signature-empty-second",
        "ENVELOPE",
        "a good block, and one with an empty signature",
        Envelope(blocks=[Block("a"), Block("b", signature=b"")]),
    )
    s.bad(
        "signature-empty-es256",
        "ENVELOPE",
        "an empty ES256 signature",
        Envelope(blocks=[Block(alg=ES256, signature=b"")]),
    )
    s.bad(
        "stranger",
        "SIGNATURE",
        "signed by a key that is not trusted",
        Envelope(blocks=[Block("stranger")]),
    )
    s.bad(
        "stranger-kid",
        "SIGNATURE",
        "the same with the kid of a trusted one",
        Envelope(blocks=[Block("stranger", kid=KEYS["a"].point()[1:33])]),
    )
    s.bad("no-key", "SIGNATURE", "nothing is trusted", Envelope(), trusted="-")
    s.bad(
        "signed-another",
        "SIGNATURE",
        "the signature is of another manifest",
        Envelope(blocks=[Block(digest=sha256(b"another"))]),
    )
    s.bad(
        "alg-exchanged",
        "SIGNATURE",
        "signed as ES256, says ESP256",
        Envelope(blocks=[Block(signed_alg=ES256)]),
    )
    s.bad(
        "alg-exchanged-es256",
        "SIGNATURE",
        "signed as ESP256, says ES256",
        Envelope(blocks=[Block(alg=ES256, signed_alg=-9)]),
    )
    e = Envelope()
    raw = KEYS["a"].sign(b"\x82\x2f\x58\x20" + e.digest)
    s.bad(
        "signed-payload-only",
        "SIGNATURE",
        "signed without the Signature1 structure",
        Envelope(blocks=[Block(signature=raw)]),
    )
    raw = KEYS["a"].sign(bstr(e.manifest_bytes))
    s.bad(
        "signed-manifest",
        "SIGNATURE",
        "the manifest itself was signed",
        Envelope(blocks=[Block(signature=raw)]),
    )


def bad_blocks(s):
    s.bad("no-block", "NO_BLOCK", "the wrapper holds the digest alone", Envelope(blocks=[]))
    s.bad(
        "only-unknown",
        "NO_BLOCK",
        "one block, EdDSA",
        Envelope(blocks=[Block(alg=-8, signature=b"s" * 64)]),
    )
    s.bad(
        "only-unknown-3",
        "NO_BLOCK",
        "three blocks of unknown algs",
        Envelope(blocks=[Block(alg=alg, signature=b"s" * 64) for alg in (-8, -35, -10)]),
    )
    s.bad(
        "only-hss-lms",
        "NO_BLOCK",
        "one HSS-LMS block, for a build without it",
        Envelope(blocks=[Block(alg=HSS_LMS, signature=b"h" * HSS_SIGNATURE_LEN)]),
    )
    s.bad(
        "unknown-and-stranger",
        "SIGNATURE",
        "an unknown alg and a key that is not trusted",
        Envelope(blocks=[Block(alg=-8), Block("stranger")]),
    )
    s.bad(
        "blocks-4",
        "ENVELOPE",
        "four good blocks",
        Envelope(blocks=[Block(k) for k in ("a", "b", "c", "a")]),
    )
    s.bad(
        "blocks-4-unknown",
        "ENVELOPE",
        "a good block and three unknown ones",
        Envelope(blocks=[Block("a")] + [Block(alg=-8)] * 3),
    )
    two = Envelope(blocks=[Block("a"), Block("b")])
    s.bad(
        "threshold-1-of-2",
        "THRESHOLD",
        "one block, two needed",
        Envelope(),
        trusted="a,b",
        threshold=2,
    )
    s.bad(
        "threshold-same-key",
        "THRESHOLD",
        "one key in two blocks counts once",
        Envelope(blocks=[Block("a"), Block("a", alg=ES256)]),
        trusted="a,b",
        threshold=2,
    )
    s.bad(
        "threshold-same-block",
        "THRESHOLD",
        "the same block twice counts once",
        Envelope(blocks=[Block("a"), Block("a")]),
        trusted="a,b",
        threshold=2,
    )
    s.bad(
        "threshold-listed-twice",
        "THRESHOLD",
        "a key that is listed twice counts once",
        Envelope(blocks=[Block("a"), Block("a")]),
        trusted="a,a",
        threshold=2,
    )
    s.bad(
        "threshold-listed-twice-once",
        "THRESHOLD",
        "the same with one block",
        Envelope(),
        trusted="a,a",
        threshold=2,
    )
    s.bad(
        "threshold-stranger",
        "THRESHOLD",
        "the second signature is by a key that is not trusted",
        Envelope(blocks=[Block("a"), Block("stranger")]),
        trusted="a,b",
        threshold=2,
    )
    s.bad("threshold-3", "THRESHOLD", "two of three needed", two, trusted="a,b,c", threshold=3)
    s.bad(
        "threshold-4",
        "THRESHOLD",
        "more needed than keys are trusted",
        two,
        trusted="a,b",
        threshold=4,
    )
    s.bad(
        "threshold-unknown",
        "THRESHOLD",
        "an unknown alg does not count",
        Envelope(blocks=[Block("a"), Block("b", alg=-8)]),
        trusted="a,b",
        threshold=2,
    )
    s.bad(
        "threshold-0-stranger",
        "SIGNATURE",
        "a threshold of 0 does not accept what nobody signed",
        Envelope(blocks=[Block("stranger")]),
        threshold=0,
    )
    s.bad(
        "threshold-none",
        "SIGNATURE",
        "two needed, none verifies",
        Envelope(blocks=[Block("stranger"), Block("c")]),
        trusted="a,b",
        threshold=2,
    )
    for n in (0, 33, 64):
        s.bad(
            f"kid-{n}-bytes",
            "ENVELOPE",
            f"a kid of {n} bytes",
            Envelope(blocks=[Block(kid=b"k" * n)]),
        )
    bad_block_forms(s)


def bad_block_forms(s):
    kid = (integer(4), bstr(b"k"))
    alg = (integer(1), integer(-9))
    for name, shows, kw in (
        (
            "payload-attached",
            "the digest as payload",
            {"items": {"block": put(2, bstr(b"\x82" * 36))}},
        ),
        ("payload-empty", "an empty payload", {"items": {"block": put(2, bstr(b""))}}),
        ("payload-undefined", "undefined as payload", {"items": {"block": put(2, b"\xf7")}}),
        ("payload-false", "false as payload", {"items": {"block": put(2, b"\xf4")}}),
        (
            "signature-text",
            "a text string as signature",
            {"items": {"block": put(3, tstr("s" * 64))}},
        ),
        (
            "unprotected-text",
            "kid as text",
            {"items": {"unprotected": more((integer(4), tstr("k")))}},
        ),
        ("unprotected-array", "an array of headers", {"raw": {"unprotected": lambda _: b"\x80"}}),
        ("unprotected-null", "nil as headers", {"raw": {"unprotected": lambda _: cbor.NIL}}),
        ("unprotected-alg", "alg unprotected", {"items": {"unprotected": more(alg)}}),
        (
            "unprotected-unknown",
            "an unknown header",
            {"items": {"unprotected": more((integer(99), integer(1)))}},
        ),
        (
            "unprotected-kid-and-more",
            "kid and more",
            {"items": {"unprotected": more(kid, (integer(5), bstr(b"iv")))}},
        ),
        ("unprotected-kid-twice", "kid twice", {"items": {"unprotected": more(kid, kid)}}),
        (
            "protected-more",
            "a further protected header",
            {"items": {"protected": more((integer(3), integer(0)))}},
        ),
        ("protected-kid", "kid protected", {"items": {"protected": more(kid)}}),
        ("protected-alg-twice", "alg twice", {"items": {"protected": more(alg)}}),
        ("protected-empty-map", "an empty map", {"items": {"protected": drop(0)}}),
        ("protected-empty", "no bytes", {"raw": {"protected": lambda _: b""}}),
        ("protected-alg-text", "alg as text", {"items": {"protected": value(0, tstr("ESP256"))}}),
        (
            "protected-alg-huge",
            "alg below int64",
            {"items": {"protected": value(0, b"\x3b" + b"\xff" * 8)}},
        ),
        (
            "protected-alg-long",
            "alg not in the shortest form",
            {"items": {"protected": value(0, b"\x38\x08")}},
        ),
        (
            "protected-bare",
            "a map that is not in a byte string",
            {"wrap": {"protected": lambda x: x}},
        ),
        ("bare", "a block that is not in a byte string", {"wrap": {"block": lambda x: x}}),
        ("untagged", "no tag", {"raw": {"cose": lambda x: x}}),
        ("mac0", "tag 17", {"raw": {"cose": lambda x: cbor.tagged(17, x)}}),
        ("sign", "tag 98, COSE_Sign", {"raw": {"cose": lambda x: cbor.tagged(98, x)}}),
        (
            "tag-long",
            "tag 18 not in the shortest form",
            {"raw": {"cose": lambda x: cbor.tagged(18, x, 1)}},
        ),
        (
            "tag-twice",
            "tag 18 twice",
            {"raw": {"cose": lambda x: cbor.tagged(18, cbor.tagged(18, x))}},
        ),
    ):
        s.bad(f"block-{name}", "ENVELOPE", f"a block: {shows}", Envelope(**kw))
    good = Envelope()
    unknown = bstr(
        cbor.tagged(
            18,
            array(
                bstr(mapping((integer(1), integer(-8)))),
                mapping(),
                bstr(b"attached"),
                bstr(b"s" * 64),
            ),
        )
    )
    s.bad(
        "block-unknown-attached",
        "ENVELOPE",
        "a block of unknown alg must have the form too",
        Envelope(items={"auth": more(unknown)}),
    )
    s.bad(
        "block-is-digest",
        "ENVELOPE",
        "a second digest in place of a block",
        Envelope(items={"auth": put(1, bstr(array(integer(-16), bstr(good.digest))))}),
    )
    s.bad(
        "block-before-digest",
        "ENVELOPE",
        "the block before the digest",
        Envelope(items={"auth": swap(0, 1)}),
    )
    s.bad("auth-empty", "ENVELOPE", "an empty wrapper", Envelope(items={"auth": lambda _: []}))
    s.bad(
        "auth-digest-bare",
        "ENVELOPE",
        "a digest that is not in a byte string",
        Envelope(wrap={"manifest_digest": lambda x: x}),
    )


LISTS = (bad_identity, bad_components, bad_order_of_checks, bad_digests, bad_signatures, bad_blocks)
