# SPDX-License-Identifier: MIT
"""The worked example of FORMAT.md: a vector cut into its items, one a line."""

from .cbor import BSTR, TSTR, Reader, bstr

# What each line says. An item is one head with its content, or a head alone (of a map, an array, a
# tag, or a byte string that is looked into, marked with ">").
LABELS = """
tag 107, SUIT envelope
map of 3
  2: authentication wrapper
  > byte string
    array: the digest and one block
    > byte string
      array
      -16, SHA-256
      digest of the manifest with its head
    > byte string
      tag 18, COSE_Sign1
      array
      > protected
        map of 1
        1: alg
        -9, ESP256
      unprotected: empty
      nil: the payload is detached
      signature r || s
  3: manifest
  > byte string
    map of 6
    1: manifest version
    1
    2: sequence number
    1732449600
    3: common
    > byte string
      map of 2
      2: components
      array
      array
      h'00', the application
      4: shared sequence
      > byte string
        array
        20: override parameters
        map of 4
        1: vendor id
        UUIDv5(DNS, "example.org")
        2: class id
        UUIDv5(vendor, "emon/esp12e/4m2m")
        3: image digest
        > byte string
          array
          -16, SHA-256
          of app.bin
        14: image size
        1000
        1: condition vendor
        reporting
        2: condition class
        reporting
    7: validate
    > byte string
      array
      3: condition image match
      reporting
    20: install
    > byte string
      array
      20: override parameters
      map of 1
      21: uri
      "emon-esp12e-4m2m-1.0.3.bin"
      21: fetch
      reporting
      3: condition image match
      reporting
    23: digest of the text
    array
    -16, SHA-256
    digest of the text with its head
  23: text
  > byte string
    map of 1
    "en"
    map of 1
    key: array
    h'00'
    map of 3
    2: model name, the class text
    "emon/esp12e/4m2m"
    3: vendor domain
    "example.org"
    6: version
    "1.0.3"
"""
WIDE = 16


def wrapped(data, depth):
    """Lines of hex, 16 bytes each."""
    return ["  " * depth + data[i : i + WIDE].hex(" ") for i in range(0, len(data), WIDE)]


def example(data):
    r, out = Reader(data), []
    for label in LABELS.strip("\n").split("\n"):
        depth, label = (len(label) - len(label.lstrip())) // 2, label.strip()
        start = r.at
        major, n = r.any_head()
        if major == TSTR or (major == BSTR and not label.startswith(">")):
            r.take(n)
        assert label.startswith(">") <= (major == BSTR), label
        lines = wrapped(data[start : r.at], depth)
        label = f"{n} bytes:" if label == "> byte string" else label.lstrip("> ")
        if major == BSTR and r.at - start <= 3 and "bytes" not in label and n > 1:
            label += f", {n} bytes:"
        out.append(f"{lines[0]:<60}{label}")
        out += lines[1:]
    r.done()
    return "\n".join(line.rstrip() for line in out) + "\n"


def signed(envelope):
    """The 55 bytes that the block of this envelope signs."""
    head = b"\x84\x6aSignature1" + bstr(bytes.fromhex("a10128")) + b"\x40\x58\x24\x82\x2f\x58\x20"
    lines = wrapped(head + envelope.digest, 0)
    return "\n".join(lines) + "\n"
