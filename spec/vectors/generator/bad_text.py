# SPDX-License-Identifier: MIT
"""Vectors of M whose text is the signed one, but not of the form of FORMAT.md section 4."""

from .build import Envelope
from .cbor import bstr, integer, mapping, tstr
from .edits import drop, indefinite, more, swap
from .sign import sha256


def bad_texts(s):
    s.bad(
        "text-form-de",
        "TEXT",
        "a signed text in another language",
        Envelope(text=mapping((tstr("de"), mapping()))),
    )
    s.bad(
        "text-form-empty",
        "TEXT",
        "an empty signed text",
        Envelope(
            text=False,
            text_digest=sha256(bstr(b"")),
            items={"envelope": more((integer(23), bstr(b"")))},
        ),
    )
    for name, class_text in (
        ("two-parts", "emon/esp12e"),
        ("four-parts", "emon/esp12e/4m2m/x"),
        ("empty-part", "emon//4m2m"),
        ("empty-last", "emon/esp12e/"),
        ("dots", "emon/../4m2m"),
        ("hidden", ".emon/esp12e/4m2m"),
        ("space", "em on/esp12e/4m2m"),
        ("utf8", "caf\u00e9/a/4m2m"),
    ):
        s.bad(
            f"text-class-{name}",
            "TEXT",
            f"a class text: {name}",
            Envelope(text=Envelope(class_text=class_text).text_bytes),
        )
    for name, domain in (
        ("empty", ""),
        ("upper", "Example.org"),
        ("slash", "example.org/x"),
        ("space", "example .org"),
    ):
        s.bad(
            f"text-domain-{name}",
            "TEXT",
            f"a vendor domain: {name}",
            Envelope(text=Envelope(domain=domain).text_bytes),
        )
    for name, shows, kw in (
        ("version-33", "a version of 33 bytes", {"version": "9" * 33}),
        ("version-0", "an empty version", {"version": ""}),
        ("version-slash", "a version with a slash", {"version": "../1"}),
        ("extra", "a further member", {"items": {"text_component": more((integer(7), tstr("x")))}}),
        ("missing", "no version", {"items": {"text_component": drop(2)}}),
        ("order", "members out of order", {"items": {"text_component": swap(0, 1)}}),
        ("two-languages", "two languages", {"items": {"text": more((tstr("fr"), mapping()))}}),
        ("indefinite", "an indefinite map", {"raw": {"text_component": indefinite}}),
        ("trailing", "a byte after the map", {"raw": {"text": lambda x: x + b"\0"}}),
    ):
        s.bad(
            f"text-form-{name}",
            "TEXT",
            f"signed text with {shows}",
            Envelope(**kw),
        )


LISTS = (bad_texts,)
