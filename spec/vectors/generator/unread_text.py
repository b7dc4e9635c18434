# SPDX-License-Identifier: MIT
"""Vectors of M whose text is the signed one, but not of the form of FORMAT.md section 4: nobody
looks into it to accept M, whoever reads it (import) refuses."""

from .build import CLASS_TEXT, DOMAIN, Envelope
from .cbor import integer, mapping, tstr
from .edits import drop, indefinite, more, swap
from .ids import class_id, vendor_id


def unread_texts(s):
    s.good(
        "text-form-de",
        "a signed text in another language",
        Envelope(text=mapping((tstr("de"), mapping()))),
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
        s.good(
            f"text-class-{name}",
            f"a class text: {name}",
            Envelope(class_text=class_text, uri="emon.bin"),
            class_=class_id(DOMAIN, class_text),
        )
    for name, domain in (
        ("empty", ""),
        ("upper", "Example.org"),
        ("slash", "example.org/x"),
        ("space", "example .org"),
    ):
        s.good(
            f"text-domain-{name}",
            f"a vendor domain: {name}",
            Envelope(domain=domain),
            vendor=vendor_id(domain),
            class_=class_id(domain, CLASS_TEXT),
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
        s.good(
            f"text-form-{name}",
            f"signed text with {shows}",
            Envelope(**kw),
        )


LISTS = (unread_texts,)
