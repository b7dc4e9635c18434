# SPDX-License-Identifier: MIT
"""The folder poll/: poll requests and responses (PROTOCOL.md), and what a reader makes of them."""

import re
from types import SimpleNamespace

from . import good, verify
from .build import APP, CLASS_TEXT, DOMAIN, SEQ, VERSION, Envelope
from .cases import Set
from .cbor import (
    ARRAY,
    BREAK,
    BSTR,
    MAP,
    NIL,
    TAG,
    TSTR,
    Malformed,
    Reader,
    array,
    bstr,
    integer,
    mapping,
    tstr,
)
from .edits import indefinite, reencode
from .ids import class_id, vendor_id
from .sign import sha256

REQUEST_MAX, RESPONSE_MAX, ENVELOPE_MAX = 512, 2560, 2048
NESTING_MAX, PAYLOADS_MAX = 8, 6
U32, U64 = (1 << 32) - 1, (1 << 64) - 1
PATH = re.compile(rb"/b/[0-9a-f]{64}")


# The reader: an independent account of the rules, by which every vector is judged.


def check(condition, why):
    if not condition:
        raise Malformed(why)


def any_item(r, depth=0):
    check(depth <= NESTING_MAX, "nesting")
    major, n = r.any_head()
    if major in (BSTR, TSTR):
        r.take(n)
    elif major in (ARRAY, MAP):
        for _ in range(n * (2 if major == MAP else 1)):
            any_item(r, depth + 1)
    elif major == TAG:
        any_item(r, depth + 1)
    elif major == 7:
        check(r.data[r.at - 1] in b"\xf4\xf5\xf6", "simple value")


def up_to(most):
    def read(r):
        n = r.uint()
        check(n <= most, "number")
        return n

    return read


def signed(r):
    n = r.integer()
    check(-(1 << 31) <= n < 1 << 31, "int32")
    return n


def octets(least, most=None):
    return lambda r: r.bstr(least, most or least)


def words(most):
    def read(r):
        text = r.tstr()
        check(len(text) <= most, "text too long")
        check(all(0x20 <= c <= 0x7E for c in text), "text not printable")
        return text.decode()

    return read


def members(readers):
    """A map whose unknown members are skipped."""

    def read(r):
        found, last = {}, -1
        for _ in range(r.expect(MAP)):
            key = r.uint()
            check(key > last, "order")
            last = key
            name, reader = readers.get(key, (None, any_item))
            value = reader(r)
            if name:
                found[name] = value
        return found

    return read


def result(r):
    r.expect(ARRAY, 2)
    return f"{signed(r)}:{r.bstr(8, 8).hex()}"


def payload(r):
    r.expect(ARRAY, 4)
    component, path = up_to(U32)(r), r.tstr()
    encoding, size = up_to(U32)(r), up_to(U32)(r)
    if not PATH.fullmatch(path) or component > 1 or encoding > 2:
        return None
    return f"{component}:{path.decode()}:{encoding}:{size}"


def payloads(r):
    found = [payload(r) for _ in range(r.expect(ARRAY))]
    return ",".join([p for p in found if p][:PAYLOADS_MAX]) or "-"


def hexed(reader):
    return lambda r: reader(r).hex()


STATUS = members(
    {
        1: ("uptime", up_to(U32)),
        2: ("heap", up_to(U32)),
        3: ("rssi", signed),
        4: ("reset", words(31)),
    }
)
REQUEST = {
    1: ("protocol", up_to(U32)),
    2: ("id", hexed(octets(6, 16))),
    3: ("vendor", hexed(octets(16))),
    4: ("class", hexed(octets(16))),
    5: ("seq", up_to(U64)),
    6: ("sha256", hexed(octets(32))),
    7: ("nonce", hexed(octets(16))),
    8: ("state", up_to(U32)),
    9: ("result", result),
    10: ("boots", up_to(U32)),
    11: ("version", words(32)),
    12: ("status", STATUS),
    14: ("capabilities", up_to(U32)),
    15: ("running", hexed(octets(32))),
    16: ("counter", up_to(U64)),
}
RESPONSE = {
    2: ("m", octets(1, ENVELOPE_MAX)),
    4: ("again", up_to(U32)),
    5: ("payloads", payloads),
    7: ("version", words(32)),
}
REQUEST_SHOWN = (
    ("id", "-"), ("vendor", "-"), ("class", "-"), ("seq", 0), ("sha256", "00" * 32), ("nonce", "00" * 16),
    ("state", 0), ("result", "-"), ("boots", 0), ("version", "-"), ("uptime", 0), ("heap", 0),
    ("rssi", 0), ("reset", "-"), ("capabilities", 0), ("running", "-"), ("counter", 0),
)  # fmt: skip
RESPONSE_SHOWN = (("m_len", 0), ("again", 0), ("payloads", "-"), ("version", "-"))


def read(kind, data):
    """The decoded message as one line, or None."""
    readers, most, shown = (
        (REQUEST, REQUEST_MAX, REQUEST_SHOWN)
        if kind == "request"
        else (RESPONSE, RESPONSE_MAX, RESPONSE_SHOWN)
    )
    try:
        check(len(data) <= most, "too long")
        r = Reader(data)
        found = members(readers)(r)
        r.done()
        if kind == "request":
            check(found.get("protocol") == 1, "protocol version")
            check({"id", "vendor", "class"} <= set(found), "identity")
    except Malformed:
        return None
    found.update(found.pop("status", {}))
    found["m_len"] = len(found.pop("m", b""))
    return " ".join(f"{k}={found.get(k, default) or default}" for k, default in shown)


# The messages.

M = Envelope()
PLAIN, GZIP, DELTA = (b"/b/" + sha256(x).hex().encode() for x in (APP, b"gzip", b"delta"))
ID = bytes.fromhex("5ccf7f012345")

FULL_REQUEST = {
    1: integer(1),
    2: bstr(ID),
    3: bstr(vendor_id(DOMAIN)),
    4: bstr(class_id(DOMAIN, CLASS_TEXT)),
    5: integer(SEQ),
    6: bstr(sha256(APP)),
    7: bstr(bytes(range(16))),
    8: integer(3),
    9: array(integer(-67), bstr(M.digest[:8])),
    10: integer(2),
    11: tstr(VERSION),
    12: mapping(
        (integer(1), integer(86400)),
        (integer(2), integer(31744)),
        (integer(3), integer(-67)),
        (integer(4), tstr("External System")),
    ),
    14: integer(3),
    15: bstr(M.digest),
    16: integer(12345),
}
FULL_RESPONSE = {
    2: bstr(M.envelope),
    4: integer(3600),
    5: array(
        array(integer(0), tstr(PLAIN), integer(0), integer(len(APP))),
        array(integer(0), tstr(GZIP), integer(1), integer(700)),
        array(integer(0), tstr(DELTA), integer(2), integer(90)),
    ),
    7: tstr("1.0.3"),
}
FULL = {"request": FULL_REQUEST, "response": FULL_RESPONSE}


def message(members_):
    return mapping(*((integer(k), v) for k, v in sorted(members_.items())))


def changed(kind, without=(), **values):
    """The full message with members replaced or added: k5=..., and some left out."""
    out = {k: v for k, v in FULL[kind].items() if k not in without}
    out.update({int(k[1:]): v for k, v in values.items()})
    return message(out)


class Messages:
    def __init__(self):
        self.rows = []

    def add(self, kind, name, expected, shows, data):
        decoded = read(kind, data)
        if (decoded is None) == (expected == "accepted"):
            raise SystemExit(f"poll {kind} {name}: expected {expected}, the reader says {decoded}")
        name = f"{kind}-{name}"
        row = SimpleNamespace(
            name=name, kind=kind, expected=expected, decoded=decoded or "-", shows=shows, data=data
        )
        assert name not in [r.name for r in self.rows], name
        self.rows.append(row)

    def good(self, kind, name, shows, data):
        self.add(kind, name, "accepted", shows, data)

    def bad(self, kind, name, shows, data):
        self.add(kind, name, "POLL", shows, data)


def good_requests(s):
    s.good("request", "full", "every member", changed("request"))
    needed = {k: FULL_REQUEST[k] for k in (1, 2, 3, 4)}
    s.good("request", "minimal", "protocol version, id, vendor, class", message(needed))
    s.good(
        "request", "first", "a device that was never updated: no result, no M",
        changed("request", without=(9, 15), k5=integer(0), k8=integer(0), k10=integer(0)),
    )  # fmt: skip
    for n in (6, 16):
        s.good(
            "request", f"id-{n}", f"an id of {n} bytes", changed("request", k2=bstr(b"\xa5" * n))
        )
    s.good("request", "version-32", "a version of 32 bytes", changed("request", k11=tstr("v" * 32)))
    s.good(
        "request", "counter-largest", "the largest counter", changed("request", k16=integer(U64))
    )
    s.good(
        "request", "unknown", "unknown members of every kind are ignored",
        changed("request", k13=integer(7), k17=bstr(b"mac"), k18=NIL, k19=b"\xf5", k21=b"\xf4", k20=integer(-300),
                k99=array(mapping((tstr("a"), array(bstr(b""), tstr("b")))), array())),
    )  # fmt: skip
    s.good(
        "request", "status-edges", "the largest and the smallest numbers of the status",
        changed("request", k12=mapping((integer(1), integer(U32)), (integer(2), integer(U32)),
                                       (integer(3), integer(-(1 << 31))), (integer(4), tstr("r" * 31)))),
    )  # fmt: skip
    s.good(
        "request", "result-edges", "the largest result code",
        changed("request", k9=array(integer((1 << 31) - 1), bstr(b"12345678"))),
    )  # fmt: skip
    s.good(
        "request", "unknown-status", "an unknown member of the status is ignored",
        changed("request", k12=mapping((integer(1), integer(5)), (integer(9), tstr("new")))),
    )  # fmt: skip
    s.good("request", "512", "512 bytes", padded("request", REQUEST_MAX))


def padded(kind, total):
    """The full message filled up to this length with an unknown member."""
    spare = total - len(changed(kind, k200=bstr(b"")))
    for n in range(spare, 0, -1):
        data = changed(kind, k200=bstr(b"p" * n))
        if len(data) == total:
            return data
    raise AssertionError(total)


def good_responses(s):
    s.good("response", "nothing", "nothing new", message({}))
    s.good("response", "again", "nothing new, and when to come back", message({4: integer(3600)}))
    for n in (0, 1, U32):
        s.good("response", f"again-{n}", f"come back after {n} s", message({4: integer(n)}))
    s.good("response", "full", "M and three payloads", changed("response"))
    s.good("response", "m-alone", "M without payloads", message({2: bstr(M.envelope)}))
    s.good("response", "payloads-empty", "M and an empty list", changed("response", k5=array()))
    s.good(
        "response", "reserved", "the reserved members 1 and 3 are ignored, whatever they are",
        changed("response", k1=bstr(b"F"), k3=array(tstr("R"))),
    )  # fmt: skip
    s.good(
        "response", "unknown", "unknown members are ignored",
        changed("response", k6=tstr("x"), k8=NIL, k99=mapping((integer(1), array(integer(-1))))),
    )  # fmt: skip
    s.good(
        "response", "version-32", "a version of 32 bytes", changed("response", k7=tstr("v" * 32))
    )
    fine = array(integer(0), tstr(GZIP), integer(1), integer(700))
    for name, component, encoding in (
        ("component-2", 2, 0),
        ("encoding-3", 0, 3),
        ("largest", U32, U32),
    ):
        odd = array(integer(component), tstr(PLAIN), integer(encoding), integer(U32))
        s.good("response", f"payload-{name}", "a component or encoding that is not known is dropped",
               changed("response", k5=array(odd, fine)))  # fmt: skip
    s.good("response", "payload-filesystem", "a payload of the filesystem",
           changed("response", k5=array(array(integer(1), tstr(PLAIN), integer(2), integer(0)))))  # fmt: skip
    paths = [array(integer(0), tstr(PLAIN), integer(0), integer(n)) for n in range(7)]
    s.good("response", "payloads-6", "six payloads", changed("response", k5=array(*paths[:6])))
    s.good(
        "response",
        "payloads-7",
        "of seven payloads the first six",
        changed("response", k5=array(*paths)),
    )
    s.good("response", "2560", "2,560 bytes", padded("response", RESPONSE_MAX))
    longest = padded_envelope()
    s.good("response", "m-2048", "an M of 2,048 bytes", message({2: bstr(longest)}))
    digits = PLAIN[3:]
    for name, path in (
        ("upper", b"/b/" + digits.upper()), ("63", PLAIN[:-1]), ("65", PLAIN + b"0"),
        ("g", PLAIN[:-1] + b"g"), ("other", b"/c/" + digits), ("relative", b"b/" + digits),
        ("url", b"http://example.org" + PLAIN), ("scheme-relative", b"//b/" + digits), ("empty", b""),
        ("query", PLAIN + b"?x"), ("dots", b"/b/../b/" + digits), ("crlf", PLAIN + b"\r\n"),
        ("nul", PLAIN + b"\0"), ("space", b" " + PLAIN), ("long", b"/b/" + b"a" * 300),
    ):  # fmt: skip
        bad = array(integer(0), tstr(path), integer(0), integer(len(APP)))
        fine = array(integer(0), tstr(GZIP), integer(1), integer(700))
        s.good(
            "response", f"path-{name}", "a path of another form is dropped, the rest is kept",
            changed("response", k5=array(bad, fine)),
        )  # fmt: skip


def padded_envelope():
    s = Set()
    good.good_blocks(s)
    data = s.rows["envelope-2048"].data
    assert len(data) == ENVELOPE_MAX and verify.decode(data)
    return data


def bad_requests(s):
    for key, what in ((1, "protocol version"), (2, "id"), (3, "vendor"), (4, "class")):
        s.bad("request", f"no-{key}", f"no {what}", changed("request", without=(key,)))
    s.bad("request", "protocol-2", "protocol version 2", changed("request", k1=integer(2)))
    for key, lengths in ((2, (0, 5, 17, 255)), (3, (0, 15, 17)), (4, (0, 15, 17)), (6, (0, 31, 33)),
                         (7, (0, 15, 17)), (15, (0, 31, 33))):  # fmt: skip
        for n in lengths:
            s.bad("request", f"{key}-of-{n}", f"member {key} of {n} bytes",
                  changed("request", **{f"k{key}": bstr(b"x" * n)}))  # fmt: skip
    s.bad("request", "version-33", "a version of 33 bytes", changed("request", k11=tstr("v" * 33)))
    for name, value in (
        ("one", array(integer(-67))), ("three", array(integer(-67), bstr(b"12345678"), NIL)),
        ("short", array(integer(-67), bstr(b"1234567"))), ("long", array(integer(-67), bstr(b"123456789"))),
        ("swapped", array(bstr(b"12345678"), integer(-67))), ("bare", integer(-67)),
        ("range", array(integer(-(1 << 31) - 1), bstr(b"12345678"))),
    ):  # fmt: skip
        s.bad("request", f"result-{name}", f"member 9: {name}", changed("request", k9=value))
    s.bad(
        "request", "status-array", "the status as array", changed("request", k12=array(integer(1)))
    )
    s.bad("request", "status-text", "an uptime as text",
          changed("request", k12=mapping((integer(1), tstr("1")))))  # fmt: skip
    for key in (1, 2):
        s.bad("request", f"status-{key}-2-32", "2^32 in the status",
              changed("request", k12=mapping((integer(key), integer(1 << 32)))))  # fmt: skip
    for n in (1 << 31, -(1 << 31) - 1):
        s.bad("request", f"status-rssi{n:+}", "an rssi that is no int32",
              changed("request", k12=mapping((integer(3), integer(n)))))  # fmt: skip
    s.bad("request", "status-order", "the status out of order",
          changed("request", k12=mapping((integer(2), integer(1)), (integer(1), integer(1)))))  # fmt: skip
    s.bad("request", "513", "513 bytes", padded("request", REQUEST_MAX + 1))
    bad_types(s, "request")


def bad_responses(s):
    s.bad("response", "2561", "2,561 bytes", padded("response", RESPONSE_MAX + 1))
    s.bad("response", "m-empty", "an empty M", changed("response", k2=bstr(b"")))
    s.bad(
        "response",
        "m-2049",
        "an M of 2,049 bytes",
        changed("response", k2=bstr(b"m" * (ENVELOPE_MAX + 1))),
    )
    s.bad("response", "again-2-32", "2^32 s", changed("response", k4=integer(1 << 32)))
    s.bad("response", "version-33", "a version of 33 bytes", changed("response", k7=tstr("v" * 33)))
    entry = [integer(0), tstr(PLAIN), integer(0), integer(1000)]
    for name, value in (
        ("three", array(*entry[:3])), ("five", array(*entry, integer(0))), ("empty", array()),
        ("map", mapping((integer(0), tstr(PLAIN)))), ("path-bytes", array(entry[0], bstr(PLAIN), *entry[2:])),
        ("size-text", array(*entry[:3], tstr("1000"))), ("size-negative", array(*entry[:3], integer(-1))),
        ("size-2-32", array(*entry[:3], integer(1 << 32))), ("bare", tstr(PLAIN)),
        ("component-negative", array(integer(-1), *entry[1:])),
    ):  # fmt: skip
        s.bad(
            "response",
            f"payload-{name}",
            f"a payload entry: {name}",
            changed("response", k5=array(value)),
        )
    bad_types(s, "response")


def bad_types(s, kind):
    """What both have in common: each member of another type, and damage to the whole."""
    for key, value in FULL[kind].items():
        for name, other in (("nil", NIL), ("float", b"\xf9\x3c\x00"), ("negative", integer(-1)),
                            ("indefinite", indefinite(array())), ("array", array(NIL))):  # fmt: skip
            s.bad(
                kind, f"{key}-{name}", f"member {key}: {name}", changed(kind, **{f"k{key}": other})
            )
        if value[0] >> 5 != TSTR:
            s.bad(
                kind,
                f"{key}-text",
                f"member {key}: text",
                changed(kind, **{f"k{key}": tstr("x" * 16)}),
            )
    version, most = (11, 16) if kind == "request" else (7, 7)
    s.good(kind, "version-edges", "the first and the last character of a text",
           changed(kind, **{f"k{version}": tstr(" ~")}))  # fmt: skip
    for name, text in (
        ("1f", "a\x1f"),
        ("7f", "a\x7f"),
        ("nul", "\0"),
        ("newline", "1\n"),
        ("utf8", "\u00e9"),
    ):
        s.bad(kind, f"version-{name}", "a version with a character that is not printable ASCII",
              changed(kind, **{f"k{version}": tstr(text)}))  # fmt: skip
    pairs = [(integer(k), v) for k, v in sorted(FULL[kind].items())]
    s.bad(kind, "order", "two members out of order", mapping(pairs[1], pairs[0], *pairs[2:]))
    s.bad(
        kind, "order-last", "the last two out of order", mapping(*pairs[:-2], pairs[-1], pairs[-2])
    )
    s.bad(kind, "key-twice", "a member twice", mapping(pairs[0], *pairs))
    s.bad(kind, "key-twice-last", "the last member twice", mapping(*pairs, pairs[-1]))
    s.bad(kind, "order-after-largest", "a member after key 2^64-1",
          mapping(*pairs[:-1], (integer(U64), NIL), pairs[-1]))  # fmt: skip
    for name, key in (("negative", integer(-1)), ("text", tstr("x")), ("long", integer(99, 2))):
        s.bad(kind, f"key-{name}", f"a key: {name}", mapping(*pairs, (key, NIL)))
    for name, item in (("undefined", b"\xf7"), ("half", b"\xf9\x3c\x00"), ("double", b"\xfb" + bytes(8)),
                       ("simple", b"\xe0"), ("simple-2", b"\xf8\x20"), ("break", BREAK),
                       ("chunks", b"\x5f\x41\x00\xff"), ("long", b"\x18\x01")):  # fmt: skip
        s.bad(
            kind,
            f"unknown-{name}",
            f"an unknown member: {name}",
            changed(kind, **{f"k{most + 90}": item}),
        )
    s.good(
        kind,
        "unknown-8-deep",
        "an unknown member nested 8 times",
        changed(kind, k90=b"\x81" * 8 + b"\0"),
    )
    s.bad(
        kind,
        "unknown-9-deep",
        "an unknown member nested 9 times",
        changed(kind, k90=b"\x81" * 9 + b"\0"),
    )
    whole = changed(kind)
    s.bad(kind, "empty", "no bytes", b"")
    s.bad(kind, "trailing", "a byte after the message", whole + b"\0")
    s.bad(kind, "twice", "a second message", message({}) + message({}))
    s.bad(kind, "array", "an array", array(integer(1), bstr(ID)))
    s.bad(kind, "indefinite", "a map of indefinite length", indefinite(whole))
    s.bad(kind, "long-head", "a count that is not in the shortest form", reencode(1)(whole))
    s.bad(kind, "count-more", "one more member than there is", bytes([whole[0] + 1]) + whole[1:])
    s.bad(kind, "count-2-64", "2^64-1 members", b"\xbb" + b"\xff" * 8 + whole[1:])
    s.bad(kind, "break", "a break", BREAK)
    s.bad(kind, "unknown-truncated", "an unknown member that reaches past the end",
          mapping((integer(99), b"\x5a\xff\xff\xff\xff")))  # fmt: skip
    s.bad(kind, "unknown-2-64", "an unknown array of 2^64-1 items",
          mapping((integer(99), b"\x9b" + b"\xff" * 8)))  # fmt: skip
    s.bad(kind, "unknown-deep", "an unknown member nested 200 times",
          mapping((integer(99), b"\x81" * 200 + b"\0")))  # fmt: skip
    step = max(1, len(whole) // 16)
    for n in range(1, len(whole), step):
        s.bad(kind, f"truncated-{n}", f"the first {n} bytes", whole[:n])


COLUMNS = ("name", "file", "kind", "expected", "decoded", "shows")


def files():
    s = Messages()
    for make in (good_requests, good_responses, bad_requests, bad_responses):
        make(s)
    for kind in FULL:
        whole = changed(kind)
        assert all(read(kind, whole[:n]) is None for n in range(len(whole)))
    lines = ["\t".join(COLUMNS)]
    for row in s.rows:
        lines.append(
            "\t".join(
                (row.name, row.name + ".cbor", row.kind, row.expected, row.decoded, row.shows)
            )
        )
    out = {row.name + ".cbor": row.data for row in s.rows}
    out["index.tsv"] = ("\n".join(lines) + "\n").encode()
    return out
