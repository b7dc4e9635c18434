# SPDX-License-Identifier: MIT
"""Vectors of M that are accepted."""

from .build import DOMAIN, ES256, HSS_LMS, KEYS, SEQ, Block, Envelope
from .cases import HSS_SIGNATURE_LEN, MAX_SIZES, full, long_class_text, sized
from .ids import class_id
from .sign import N


def good_one_component(s):
    s.good(
        "base",
        "one block without kid, no text: the base for every bit flip and every truncation",
        Envelope(text=False, text_digest=None),
    )
    s.good(
        "base-es256",
        "the same with alg -7",
        Envelope(text=False, text_digest=None, blocks=[Block(alg=ES256)]),
    )
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
    s.good(
        "size-4294967295",
        "the largest size that can be written, on a device with such a slot",
        Envelope(size=0xFFFFFFFF),
        max_sizes=(0xFFFFFFFF, 0xFFFFFFFF),
    )
    base = Envelope()
    s.good("floor-below", "seq one above the floor", base, floor=(SEQ - 1, b"\x11" * 32))
    s.good(
        "floor-repair",
        "seq equal to the floor and the confirmed release",
        base,
        floor=(SEQ, base.digest),
    )
    zero = Envelope(seq=0)
    s.good("floor-repair-0", "the same at seq 0", zero, floor=(0, zero.digest))


def good_two_components(s):
    s.good("two", "application and filesystem", Envelope(two=True))
    s.good(
        "two-plain",
        "no optional member",
        Envelope(two=True, uri=None, text=False, text_digest=None),
    )
    s.good("two-full", "every optional member", full(two=True))
    s.good(
        "two-largest",
        "the largest manifest that the template can express",
        Envelope(
            two=True,
            uri="u" * 200,
            uri1="v" * 200,
            reference="r" * 64,
            invoke=2,
            seq=(1 << 53) - 1,
            size=0xFFFFFFFF,
            size1=0xFFFFFFFF,
        ),
        max_sizes=(0xFFFFFFFF, 0xFFFFFFFF),
    )
    s.good("two-same-uri", "both from one place", Envelope(two=True, uri1="x", uri="x"))


def good_blocks(s):
    two, three = [Block("a"), Block("b")], [Block("a"), Block("b"), Block("c")]
    s.good("kid", "a block with kid", Envelope(blocks=[Block(kid=b"release 2026")]))
    for n in (1, 23, 24, 32):
        s.good(f"kid-{n}", f"a kid of {n} bytes", Envelope(blocks=[Block(kid=b"k" * n)]))
    s.good(
        "kid-of-another",
        "kid names a, b signed, both are trusted: the signature decides",
        Envelope(blocks=[Block("b", kid=KEYS["a"].point()[1:33])]),
        trusted="a,b",
    )
    s.good("blocks-2", "two blocks", Envelope(blocks=two), trusted="a,b")
    s.good("blocks-3", "three blocks", Envelope(blocks=three), trusted="a,b,c")
    s.good(
        "blocks-3-kids",
        "three blocks, kids, both algs",
        Envelope(
            blocks=[Block("a", kid=b"1"), Block("b", alg=ES256, kid=b"2"), Block("c", kid=b"3")]
        ),
        trusted="c",
        threshold=1,
    )
    s.good("threshold-0", "a threshold of 0 is read as 1", Envelope(), threshold=0)
    s.good("threshold-2-of-2", "two of two", Envelope(blocks=two), trusted="a,b", threshold=2)
    s.good(
        "threshold-2-of-3",
        "two of three trusted",
        Envelope(blocks=[Block("c"), Block("a")]),
        trusted="a,b,c",
        threshold=2,
    )
    s.good(
        "threshold-3-of-3", "three of three", Envelope(blocks=three), trusted="c,b,a", threshold=3
    )
    s.good(
        "threshold-2-and-stranger",
        "two trusted blocks around an untrusted one",
        Envelope(blocks=[Block("a"), Block("stranger"), Block("b")]),
        trusted="a,b,c",
        threshold=2,
    )
    s.good(
        "threshold-2-mixed",
        "ES256 and ESP256 count alike",
        Envelope(blocks=[Block("a", alg=ES256), Block("b")]),
        trusted="a,b",
        threshold=2,
    )
    s.good(
        "stranger-first",
        "the first block is by a key that is not trusted",
        Envelope(blocks=[Block("stranger"), Block("a")]),
    )
    s.good(
        "stranger-second", "the second block is", Envelope(blocks=[Block("a"), Block("stranger")])
    )
    s.good(
        "broken-first",
        "the first block's signature is of another manifest",
        Envelope(blocks=[Block("a", digest=bytes(32)), Block("a")]),
    )
    s.good(
        "high-s",
        "s is the higher of the two values",
        Envelope(
            blocks=[
                Block(
                    signature=lambda g: max(
                        g, g[:32] + (N - int.from_bytes(g[32:], "big")).to_bytes(32, "big")
                    )
                )
            ]
        ),
    )
    hss = Block(alg=HSS_LMS, signature=bytes(range(256)) * 9 + b"h" * (HSS_SIGNATURE_LEN - 2304))
    s.good(
        "hss-lms-second",
        "an HSS-LMS block of 2,512 bytes is skipped without HSS-LMS keys",
        Envelope(blocks=[Block("a"), hss]),
    )
    s.good("hss-lms-first", "the same before the usable block", Envelope(blocks=[hss, Block("a")]))
    s.good("envelope-4096", "the largest envelope with an HSS-LMS block", sized(4096, HSS_LMS))
    s.good("envelope-2048", "the largest envelope without one", sized(2048, -257))
    for alg, n in (
        (-8, 64),
        (-257, 256),
        (-65535, 0),
        (5, 16),
        (0, 64),
        (-(1 << 63), 1),
        ((1 << 63) - 1, 1),
        (-10, 64),
        (-16, 32),
    ):
        s.good(
            f"unknown-alg{alg:+}",
            f"an unknown second block, alg {alg}, {n} bytes, is skipped",
            Envelope(blocks=[Block("a"), Block(alg=alg, signature=b"s" * n)]),
        )
    s.good(
        "unknown-alg-first",
        "an unknown first block is skipped",
        Envelope(blocks=[Block(alg=-8, signature=b"s" * 64, kid=b"ed25519"), Block("a")]),
    )
    s.good(
        "unknown-alg-two",
        "two unknown blocks before the usable one",
        Envelope(
            blocks=[
                Block(alg=-8, signature=b"s" * 64),
                Block(alg=-35, signature=b"s" * 96),
                Block("a"),
            ]
        ),
    )


def good_texts(s):
    s.good(
        "text-lies",
        "a signed text whose ids are not those of the manifest: import refuses it",
        Envelope(text=Envelope(class_text="emon/esp12e/2m").text_bytes),
    )
    s.good(
        "text-lies-vendor",
        "the same with another vendor",
        Envelope(text=Envelope(domain="example.com").text_bytes),
    )
    longest = long_class_text(256)
    s.good(
        "text-256",
        "a text of 256 bytes",
        Envelope(class_text=longest, uri="emon.bin"),
        class_=class_id(DOMAIN, longest),
    )
    s.good(
        "text-characters",
        "a text with every kind of character",
        Envelope(class_text="Em0n_z/ESP-12.E/4m2m", version="!~V9"),
        class_=class_id(DOMAIN, "Em0n_z/ESP-12.E/4m2m"),
    )
    s.good("text-version-32", "a version of 32 bytes", Envelope(version="1.0.3-" + "9" * 26))


LISTS = (good_one_component, good_numbers, good_two_components, good_blocks, good_texts)
