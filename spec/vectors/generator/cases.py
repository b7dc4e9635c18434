# SPDX-License-Identifier: MIT
"""What the lists of vectors share: the set, its judge, envelopes of a given size."""

from types import SimpleNamespace

from . import verify
from .build import CLASS_TEXT, CLASS_TEXT_TWO, DOMAIN, KEYS, Block, Envelope
from .ids import class_id, vendor_id

FULL = {"reference": "https://example.org/emon", "invoke": 2}
MAX_SIZES = (0xF8000, 0xFA000)
HSS_SIGNATURE_LEN = 2512


class Set:
    def __init__(self):
        self.rows = {}

    def add(
        self,
        name,
        expected,
        shows,
        envelope,
        trusted="a",
        threshold=1,
        vendor=None,
        class_=None,
        floor=(0, None),
        max_sizes=MAX_SIZES,
    ):
        """envelope: an Envelope or its bytes."""
        data = envelope if isinstance(envelope, bytes) else envelope.envelope
        two = not isinstance(envelope, bytes) and envelope.two
        class_text = CLASS_TEXT_TWO if two else CLASS_TEXT
        row = SimpleNamespace(
            name=name,
            file=name + ".suit",
            expected=expected,
            trusted=trusted,
            threshold=threshold,
            vendor=vendor or vendor_id(DOMAIN),
            class_=class_ or class_id(DOMAIN, class_text),
            floor_seq=floor[0],
            floor_digest=floor[1],
            max_sizes=max_sizes,
            shows=shows,
            data=data,
        )
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
    who = SimpleNamespace(
        vendor=row.vendor,
        klass=row.class_,
        floor_seq=row.floor_seq,
        floor_digest=row.floor_digest,
        max_sizes=row.max_sizes,
    )
    try:
        m = verify.accept(row.data, trusted_keys(row), row.threshold, who)
    except verify.Refused as e:
        return e.code, e.code
    try:
        verify.publishable(m)
    except verify.Refused as e:
        return "accepted", e.code
    return "accepted", "accepted"


def full(**kw):
    """Every optional member."""
    return Envelope(blocks=[Block(kid=b"a")], **FULL, **kw)


def sized(total, alg):
    """An envelope of exactly this many bytes, filled up with a block of this alg."""
    n = total - len(Envelope(blocks=[Block("a"), Block(alg=alg, signature=b"")]).envelope)
    for fill in range(n, n - 12, -1):
        envelope = Envelope(blocks=[Block("a"), Block(alg=alg, signature=b"\x5a" * fill)])
        if len(envelope.envelope) == total:
            return envelope
    raise AssertionError(total)


def long_class_text(n):
    """The class text that makes a text of n bytes."""
    spare = n - len(Envelope(class_text="e/e/").text_bytes)
    for k in range(spare, 0, -1):
        class_text = "e/e/" + "x" * k
        if len(Envelope(class_text=class_text).text_bytes) == n:
            return class_text
    raise AssertionError(n)


def oversize(n):
    """A manifest of n bytes, filled up in its reference URI."""
    spare = n - len(Envelope(reference="r" * 256).manifest_bytes) + 256
    envelope = Envelope(reference="r" * spare)
    assert len(envelope.manifest_bytes) == n
    return envelope
