# SPDX-License-Identifier: MIT
"""Vectors of M that do not match the template."""

import struct

from . import cbor
from .build import CLASS_TEXT, DOMAIN, HSS_LMS, SEQ, Block, Envelope
from .cases import HSS_SIGNATURE_LEN, full, long_class_text, oversize, sized
from .cbor import array, bstr, integer, mapping, tstr
from .edits import (
    again,
    count,
    drop,
    indefinite,
    indefinite_bstr,
    length,
    long_bstr,
    more,
    put,
    reencode,
    swap,
    value,
)
from .ids import class_id, vendor_id
from .sign import sha256


MAPS = ("params", "common", "manifest", "envelope", "uri_params", "protected", "unprotected")
ARRAYS = (
    "digest",
    "components",
    "shared",
    "validate",
    "invoke",
    "install",
    "text_digest",
    "manifest_digest",
    "block",
    "auth",
)
STRINGS = (
    "digest",
    "shared",
    "common",
    "validate",
    "invoke",
    "install",
    "manifest_digest",
    "protected",
    "block",
    "auth",
    "manifest",
    "text",
)


def bad_containers(s):
    """Each container of the template, wrong in each way that a container can be."""
    extra = (integer(24), integer(0))
    for name in MAPS:
        label = name.replace("_", "-")
        s.bad(
            f"map-more-{label}",
            "ENVELOPE",
            f"{name} with a further member",
            full(items={name: more(extra)}),
        )
        if name != "manifest":
            s.bad(
                f"map-twice-{label}",
                "ENVELOPE",
                f"{name} with its first member twice",
                full(items={name: again(0)}),
            )
        if name != "unprotected":
            s.bad(
                f"map-empty-{label}", "ENVELOPE", f"{name} empty", full(items={name: lambda _: []})
            )
    for name in ARRAYS:
        label = name.replace("_", "-")
        s.bad(
            f"array-more-{label}",
            "ENVELOPE",
            f"{name} with a further item",
            full(items={name: more(integer(0))}),
        )
        if name != "auth":
            s.bad(
                f"array-less-{label}",
                "ENVELOPE",
                f"{name} without its last item",
                full(items={name: lambda x: x[:-1]}),
            )
    for name in MAPS + ARRAYS:
        label = name.replace("_", "-")
        s.bad(
            f"indefinite-{label}",
            "ENVELOPE",
            f"{name} of indefinite length",
            full(raw={name: indefinite}),
        )
        s.bad(
            f"long-{label}",
            "ENVELOPE",
            f"{name}: the count is not in the shortest form",
            full(raw={name: reencode(1)}),
        )
    for name in MAPS + ARRAYS:
        label = name.replace("_", "-")
        s.bad(
            f"count-more-{label}",
            "ENVELOPE",
            f"{name}: the count is one more than there is",
            full(raw={name: count(1)}),
        )
        if name != "unprotected":
            s.bad(
                f"count-less-{label}",
                "ENVELOPE",
                f"{name}: the count is one less than there is",
                full(raw={name: count(-1)}),
            )
    for name in STRINGS:
        label = name.replace("_", "-")
        for change, what in ((-1, "less"), (1, "more")):
            s.bad(
                f"length-{what}-{label}",
                "ENVELOPE",
                f"the byte string of {name}: the length is one {what} than the content's",
                full(wrap={name: length(change)}),
            )
        s.bad(
            f"indefinite-bstr-{label}",
            "ENVELOPE",
            f"the byte string of {name} in chunks",
            full(wrap={name: indefinite_bstr}),
        )
        s.bad(
            f"long-bstr-{label}",
            "ENVELOPE",
            f"the byte string of {name}: the length is not in the shortest form",
            full(wrap={name: long_bstr}),
        )
        s.bad(
            f"text-bstr-{label}",
            "ENVELOPE",
            f"a text string in place of the byte string of {name}",
            full(wrap={name: tstr}),
        )
        if name == "text":
            continue
        s.bad(
            f"trailing-{label}",
            "ENVELOPE",
            f"a byte after {name} in its byte string",
            full(wrap={name: lambda x: bstr(x + b"\0")}),
        )
    e = Envelope()
    s.bad("trailing-envelope", "ENVELOPE", "a byte after the envelope", e.envelope + b"\0")
    s.bad("trailing-envelope-twice", "ENVELOPE", "the envelope twice", e.envelope * 2)
    s.bad("empty", "ENVELOPE", "no bytes", b"")
    s.bad("truncated-1", "ENVELOPE", "the last byte is missing", e.envelope[:-1])
    s.bad(
        "length-past-end",
        "ENVELOPE",
        "the manifest's length points past the end",
        Envelope(wrap={"manifest": lambda x: cbor.head(cbor.BSTR, len(x) + 1000) + x}),
    )
    s.bad(
        "length-2-64",
        "ENVELOPE",
        "the wrapper's length is 2^64-1",
        Envelope(wrap={"auth": lambda x: cbor.head(cbor.BSTR, (1 << 64) - 1) + x}),
    )
    s.bad(
        "length-2-32",
        "ENVELOPE",
        "the manifest's length is 2^32+n",
        Envelope(wrap={"manifest": lambda x: cbor.head(cbor.BSTR, len(x) + (1 << 32)) + x}),
    )
    s.bad(
        "length-inner",
        "ENVELOPE",
        "the common byte string reaches past the manifest",
        Envelope(wrap={"common": lambda x: cbor.head(cbor.BSTR, 0xFFFF) + x}),
    )
    s.bad(
        "count-2-32",
        "ENVELOPE",
        "the manifest says it has 2^32+n members",
        Envelope(raw={"manifest": lambda x: cbor.head(cbor.MAP, (1 << 32) + (x[0] & 31)) + x[1:]}),
    )
    s.bad(
        "count-auth-2-64",
        "ENVELOPE",
        "the wrapper says it has 2^64-1 items",
        Envelope(raw={"auth": lambda x: cbor.head(cbor.ARRAY, (1 << 64) - 1) + x[1:]}),
    )


def bad_members(s):
    s.bad(
        "envelope-manifest-first",
        "ENVELOPE",
        "the manifest before the wrapper",
        Envelope(items={"envelope": swap(0, 1)}),
    )
    s.bad(
        "envelope-text-first",
        "ENVELOPE",
        "the text before the manifest",
        Envelope(items={"envelope": swap(1, 2)}),
    )
    s.bad("envelope-no-auth", "ENVELOPE", "no wrapper", Envelope(items={"envelope": drop(0)}))
    s.bad("envelope-no-manifest", "ENVELOPE", "no manifest", Envelope(items={"envelope": drop(1)}))
    s.bad(
        "envelope-payload",
        "ENVELOPE",
        "an integrated payload",
        Envelope(text=False, items={"envelope": more((tstr("#app"), bstr(b"image")))}),
    )
    s.bad(
        "envelope-delegation",
        "ENVELOPE",
        "a delegation chain",
        Envelope(items={"envelope": lambda x: [(integer(1), bstr(b"\x80"))] + x}),
    )
    s.bad(
        "envelope-severed-install",
        "ENVELOPE",
        "a severed install section",
        Envelope(text=False, items={"envelope": more((integer(20), bstr(b"\x80")))}),
    )
    s.bad("envelope-untagged", "ENVELOPE", "no tag 107", Envelope(raw={"tagged": lambda x: x}))
    s.bad(
        "envelope-tag-108",
        "ENVELOPE",
        "tag 108",
        Envelope(raw={"tagged": lambda x: cbor.tagged(108, x)}),
    )
    s.bad(
        "envelope-tag-1070",
        "ENVELOPE",
        "tag 1070, SUIT_Manifest",
        Envelope(raw={"tagged": lambda x: cbor.tagged(1070, x)}),
    )
    s.bad(
        "envelope-tag-long",
        "ENVELOPE",
        "tag 107 not in the shortest form",
        Envelope(raw={"tagged": lambda x: cbor.tagged(107, x, 2)}),
    )
    s.bad(
        "envelope-self-described",
        "ENVELOPE",
        "tag 55799 before tag 107",
        Envelope(raw={"tagged": lambda x: cbor.tagged(55799, cbor.tagged(107, x))}),
    )
    s.bad(
        "envelope-array",
        "ENVELOPE",
        "an array in place of the map",
        Envelope(raw={"envelope": lambda x: b"\x86" + x[1:]}),
    )
    for i, what in enumerate(
        ("version", "seq", "common", "reference", "validate", "invoke", "install", "text-digest")
    ):
        if what not in ("reference", "invoke", "install"):
            s.bad(
                f"manifest-no-{what}",
                "ENVELOPE",
                f"no {what}, but the text" if i == 7 else f"no {what}",
                full(items={"manifest": drop(i)}),
            )
        s.bad(
            f"manifest-twice-{what}",
            "ENVELOPE",
            f"{what} twice",
            full(items={"manifest": again(i)}),
        )
        if i < 7:
            s.bad(
                f"manifest-order-{what}",
                "ENVELOPE",
                f"{what} after its successor",
                full(items={"manifest": swap(i, i + 1)}),
            )
    for key, what in (
        (5, "manifest component id"),
        (8, "load"),
        (12, "unknown"),
        (16, "payload fetch"),
        (18, "severed install of drafts"),
        (-1, "negative"),
    ):
        s.bad(
            f"manifest-member{key:+}",
            "ENVELOPE",
            f"member {key}: {what}",
            Envelope(
                uri=None,
                text=False,
                text_digest=None,
                items={"manifest": lambda x, k=key: sorted(x + [(integer(k), bstr(b"\x80"))])},
            ),
        )
    s.bad(
        "manifest-key-text",
        "ENVELOPE",
        "a text key",
        Envelope(text=False, text_digest=None, items={"manifest": more((tstr("x"), integer(0)))}),
    )
    s.bad(
        "manifest-severed-install",
        "ENVELOPE",
        "the digest of a severed install section",
        Envelope(items={"manifest": value(4, array(integer(-16), bstr(bytes(32))))}),
    )
    s.bad("common-order", "ENVELOPE", "common: 4 before 2", Envelope(items={"common": swap(0, 1)}))
    s.bad(
        "common-dependencies",
        "ENVELOPE",
        "common: dependencies",
        Envelope(items={"common": lambda x: [(integer(1), mapping())] + x}),
    )
    for i, what in ((0, "vendor"), (1, "class"), (2, "digest"), (3, "size")):
        s.bad(
            f"params-no-{what}",
            "ENVELOPE",
            f"params without {what}",
            Envelope(items={"params": drop(i)}),
        )
        if i < 3:
            s.bad(
                f"params-order-{what}",
                "ENVELOPE",
                f"params: {what} after its successor",
                Envelope(items={"params": swap(i, i + 1)}),
            )
    s.bad(
        "params-slot",
        "ENVELOPE",
        "params with a component slot",
        Envelope(items={"params": lambda x: x[:3] + [(integer(5), integer(0))] + x[3:]}),
    )
    for i, what in ((0, "vendor"), (1, "class")):
        for n in (0, 15, 17):
            s.bad(
                f"params-{what}-{n}",
                "ENVELOPE",
                f"a {what} id of {n} bytes",
                Envelope(items={"params": value(i, bstr(b"i" * n))}),
            )
    s.bad(
        "params-digest-bare",
        "ENVELOPE",
        "a digest that is not in a byte string",
        Envelope(wrap={"digest": lambda x: x}),
    )


def bad_values(s):
    floats = (
        ("half", b"\xf9" + struct.pack(">e", 1.0)),
        ("single", b"\xfa" + struct.pack(">f", 1.0)),
        ("double", b"\xfb" + struct.pack(">d", float(SEQ))),
    )
    for i, what in ((1, "seq"), (0, "version")):
        for name, encoded in (
            *floats,
            ("negative", integer(-1)),
            ("bignum", b"\xc2\x41\x01"),
            ("bytes", bstr(b"\x01")),
            ("text", tstr("1")),
            ("nil", cbor.NIL),
            ("true", b"\xf5"),
            ("array", b"\x81\x01"),
            ("reserved-28", b"\x1c"),
            ("indefinite", b"\x1f"),
            ("tagged", b"\xc1\x01"),
        ):
            s.bad(
                f"{what}-{name}",
                "ENVELOPE",
                f"{what}: {name}",
                Envelope(items={"manifest": value(i, encoded)}),
            )
    for v in (0, 2):
        s.bad(
            f"version-{v}",
            "ENVELOPE",
            f"manifest version {v}",
            Envelope(items={"manifest": value(0, integer(v))}),
        )
    for n in (1 << 53, 1 << 63, (1 << 64) - 1):
        s.bad(f"seq-{n}", "ENVELOPE", f"seq {n}", Envelope(seq=n))
    for n, width in ((0, 1), (23, 1), (255, 2), (65535, 4), (SEQ, 8)):
        s.bad(
            f"seq-{n}-in-{width}",
            "ENVELOPE",
            f"seq {n} in {width} bytes: not the shortest form",
            Envelope(items={"manifest": value(1, integer(n, width))}),
        )
    for n in (0, 1 << 32, (1 << 32) + 1000, (1 << 64) - 1):
        s.bad(f"size-{n}", "ENVELOPE", f"size {n}", Envelope(size=n))
    for n, width in ((23, 1), (255, 2), (1000, 4), (1000, 8)):
        s.bad(
            f"size-{n}-in-{width}",
            "ENVELOPE",
            f"size {n} in {width} bytes: not the shortest form",
            Envelope(items={"params": value(3, integer(n, width))}),
        )
    s.bad("size-negative", "ENVELOPE", "a negative size", Envelope(size=-1))
    s.bad(
        "size-float",
        "ENVELOPE",
        "a size as float",
        Envelope(items={"params": value(3, b"\xf9\x63\xd0")}),
    )
    s.bad(
        "key-long",
        "ENVELOPE",
        "a key not in the shortest form",
        Envelope(items={"manifest": lambda x: x[:4] + [(integer(20, 1), x[4][1])] + x[5:]}),
    )
    s.bad(
        "key-long-seq",
        "ENVELOPE",
        "key 2 in 2 bytes",
        Envelope(items={"manifest": lambda x: [x[0], (integer(2, 1), x[1][1])] + x[2:]}),
    )
    for i, where in enumerate(("vendor", "class", "match", "fetch", "install")):
        for r in (16, 24):
            s.bad(
                f"reporting-{where}-{r}",
                "ENVELOPE",
                f"reporting argument {r} ({where})",
                Envelope(reporting=tuple(r if j == i else 15 for j in range(5))),
            )
    s.bad("reporting-invoke-16", "ENVELOPE", "reporting argument 16 (invoke)", Envelope(invoke=16))
    s.bad(
        "reporting-negative",
        "ENVELOPE",
        "a negative reporting argument",
        Envelope(reporting=(15, 15, -1, 2, 15)),
    )
    s.bad(
        "reporting-long",
        "ENVELOPE",
        "a reporting argument not in the shortest form",
        Envelope(items={"validate": put(1, integer(15, 1))}),
    )
    bad_uris_and_limits(s)


def bad_uris_and_limits(s):
    for n in (201, 255, 256, 700):
        s.bad(f"uri-{n}", "URI", f"a URI of {n} bytes", Envelope(uri="u" * n))
    s.bad(
        "uri-two-201",
        "URI",
        "the filesystem's URI has 201 bytes",
        Envelope(two=True, uri1="u" * 201),
    )
    s.bad("uri-0", "ENVELOPE", "an empty URI", Envelope(uri=""))
    for name, uri in (
        ("space", "a b"),
        ("crlf", "a\r\nHost: evil"),
        ("nul", "a\0b"),
        ("del", "a\x7f"),
        ("utf8", "caf\u00e9"),
    ):
        s.bad(f"uri-{name}", "ENVELOPE", f"a URI with {name}", Envelope(uri=uri))
    s.bad(
        "uri-bytes",
        "ENVELOPE",
        "a URI as byte string",
        Envelope(items={"uri_params": value(0, bstr(b"emon.bin"))}),
    )
    s.bad(
        "uri-indefinite",
        "ENVELOPE",
        "a URI in chunks",
        Envelope(items={"uri_params": value(0, b"\x7f" + tstr("emon.bin") + b"\xff")}),
    )
    s.bad(
        "reference-uri-65", "ENVELOPE", "a reference URI of 65 bytes", Envelope(reference="r" * 65)
    )
    s.bad(
        "reference-uri-bytes",
        "ENVELOPE",
        "a reference URI as byte string",
        full(items={"manifest": value(3, bstr(b"r"))}),
    )
    s.bad("manifest-1025", "ENVELOPE", "a manifest of 1,025 bytes", oversize(1025))
    s.bad("manifest-1500", "ENVELOPE", "a manifest of 1,500 bytes", oversize(1500))
    s.bad(
        "manifest-0",
        "ENVELOPE",
        "an empty manifest",
        Envelope(text=False, text_digest=None, raw={"manifest": lambda _: b""}),
    )
    s.bad("envelope-2049", "ENVELOPE", "2,049 bytes without an HSS-LMS block", sized(2049, -257))
    s.bad("envelope-4097", "ENVELOPE", "4,097 bytes with one", sized(4097, HSS_LMS))
    s.bad(
        "envelope-2-hss-lms",
        "ENVELOPE",
        "two HSS-LMS blocks of 2,512 bytes",
        Envelope(
            blocks=[Block("a")] + [Block(alg=HSS_LMS, signature=b"h" * HSS_SIGNATURE_LEN)] * 2
        ),
    )
    s.bad(
        "text-0",
        "ENVELOPE",
        "an empty text",
        Envelope(
            text=False,
            text_digest=sha256(bstr(b"")),
            items={"envelope": more((integer(23), bstr(b"")))},
        ),
    )
    s.bad(
        "text-257",
        "ENVELOPE",
        "a text of 257 bytes",
        Envelope(class_text=long_class_text(257), uri="emon.bin"),
    )
    s.bad("text-unsigned", "ENVELOPE", "a text without member 23", Envelope(text_digest=None))


def bad_components(s):
    zero, one = array(bstr(b"\0")), array(bstr(b"\1"))
    for name, shows, ids in (
        ("lone-1", "the filesystem alone", [one]),
        ("2", "component [h'02']", [array(bstr(b"\2"))]),
        ("none", "no component", []),
        ("empty-id", "an empty id", [array(bstr(b""))]),
        ("long-id", "[h'0000']", [array(bstr(b"\0\0"))]),
        ("path", "[h'00', h'01']", [array(bstr(b"\0"), bstr(b"\1"))]),
        ("integer", "[0]", [array(integer(0))]),
        ("text", '["0"]', [array(tstr("0"))]),
        ("unused-second", "two components, commands for one", [zero, one]),
    ):
        s.bad(
            f"components-{name}",
            "ENVELOPE",
            shows,
            Envelope(items={"components": lambda _, ids=ids: ids}),
        )
    for name, shows, ids in (
        ("swapped", "filesystem before application", [one, zero]),
        ("same", "the application twice", [zero, zero]),
        ("three", "three components", [zero, one, array(bstr(b"\2"))]),
        ("unused-commands", "one component, commands for two", [zero]),
    ):
        s.bad(
            f"two-{name}",
            "ENVELOPE",
            shows,
            Envelope(two=True, items={"components": lambda _, ids=ids: ids}),
        )
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
        ("validate-one-form", "validate as for one component", {"validate": lambda x: x[2:4]}),
    ):
        s.bad(f"two-{name}", "ENVELOPE", shows, Envelope(two=True, items=items))
    s.bad(
        "two-invoke-selected",
        "ENVELOPE",
        "invoke selects a component",
        Envelope(two=True, invoke=2, items={"invoke": lambda x: [integer(12), integer(0)] + x}),
    )
    s.bad("two-size-0", "ENVELOPE", "a filesystem of size 0", Envelope(two=True, size1=0))
    bad_commands(s)


def bad_commands(s):
    for name, shows, items in (
        (
            "shared-order",
            "class checked before vendor",
            {"shared": lambda x: x[:2] + x[4:6] + x[2:4]},
        ),
        ("shared-no-vendor", "no vendor check", {"shared": lambda x: x[:2] + x[4:]}),
        ("shared-no-class", "no class check", {"shared": lambda x: x[:4]}),
        (
            "shared-conditions-first",
            "conditions before parameters",
            {"shared": lambda x: x[2:] + x[:2]},
        ),
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
        (
            "install-match-first",
            "image match before the fetch",
            {"install": lambda x: x[:2] + x[4:] + x[2:4]},
        ),
        (
            "install-run-sequence",
            "run-sequence",
            {"install": lambda x: [integer(32), bstr(array(*x))]},
        ),
        ("invoke-run", "another command in invoke", {"invoke": put(0, integer(24))}),
        ("invoke-twice", "invoke twice", {"invoke": lambda x: x + x}),
    ):
        s.bad(f"command-{name}", "ENVELOPE", shows, full(items=items))


LISTS = (bad_containers, bad_members, bad_values, bad_components)
