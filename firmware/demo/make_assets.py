#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_assets.py VERSION OUT: what an energy monitor carries in flash, made from formulas.

Web pages (text that names the version, so two versions differ in places) and calibration tables
(numbers that look like noise). The same version gives the same bytes. Format: assets.h.
"""

import math
import struct
import sys

PHASES = 3
POINTS = 24 * 60  # a curve has one value a minute
CHANNELS = 24
TABLE_LEN = 4096  # one entry a converter step

LANGUAGES = {
    "en": ("power", "energy", "voltage", "current", "update available", "on trial", "confirmed"),
    "de": ("Leistung", "Energie", "Spannung", "Strom", "Update verfügbar", "auf Probe", "bestätigt"),
    "fr": ("puissance", "énergie", "tension", "courant", "mise à jour", "à l'essai", "confirmée"),
    "es": ("potencia", "energía", "tensión", "corriente", "actualización", "a prueba", "confirmada"),
}


def load_curve(channel, minute):
    """Watts of a made-up household."""
    day = 2 * math.pi * minute / POINTS
    base = 180 + 90 * math.sin(day - 1.9) + 14 * math.sin(37 * day + channel)
    peak = 1500 * math.exp(-(((minute - 7 * 60 - 11 * channel) / 42) ** 2))
    return base + peak + 600 * math.exp(-(((minute - 19 * 60 + 5 * channel) / 65) ** 2))


def chart(channel, step):
    points = " ".join(f"{m // step},{load_curve(channel, m):.1f}" for m in range(0, POINTS, step))
    return (f'<svg viewBox="0 0 {POINTS // step} 2400" role="img"><title>channel {channel}</title>'
            f'<polyline fill="none" stroke="currentColor" points="{points}"/></svg>\n')


def page(version, language, words, channel):
    rows = "".join(f"<tr><th>{word}</th><td>{load_curve(channel, 60 * i):.2f}</td></tr>\n"
                   for i, word in enumerate(words))
    return (f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>demo {version}</title>\n'
            f"<h1>{words[0]} {channel}</h1><table>\n{rows}</table>\n{chart(channel, 6)}"
            f"<footer>version {version}</footer></html>\n").encode()


def calibration(channel):
    """Converter step -> milliwatts, with the fine structure of a real converter's error."""
    out = bytearray()
    for step in range(TABLE_LEN):
        gain = 1 + 0.002 * math.sin(step / 97 + channel) + 0.0007 * math.sin(step * 1.7 + channel)
        out += struct.pack("<H", int(step * 15.9 * gain + 3 * channel) & 0xFFFF)
    return bytes(out)


def files(version):
    yield "version.txt", f"{version}\n".encode()
    for language, words in LANGUAGES.items():
        for channel in range(PHASES):
            yield f"{language}/channel{channel}.html", page(version, language, words, channel)
    for channel in range(CHANNELS):
        yield f"calibration/{channel}.bin", calibration(channel)


def pack(entries):
    at = 4 + 12 * len(entries)
    head, body = struct.pack("<I", len(entries)), b""
    for name, content in entries:
        label = name.encode() + b"\0"
        label += bytes(-len(label) % 4)
        head += struct.pack("<III", at + len(body), at + len(body) + len(label), len(content))
        body += label + content + bytes(-len(content) % 4)
    return head + body


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "wb") as out:
        out.write(pack(list(files(sys.argv[1]))))


main()
