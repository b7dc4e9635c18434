# SPDX-License-Identifier: MIT
"""Envelopes by the template of FORMAT.md, with a place to break each part.

Every container has a name. An edit is a pair of dicts: `items[name]` gets the list of encoded items
(pairs for a map) before they are joined, `raw[name]` the encoded container, and `wrap[name]`
replaces the byte string around it. Names of containers: uri_params, install, validate, invoke,
digest, params, params1, components, shared, common, manifest, manifest_digest, protected,
unprotected, block, cose, auth, text_component, text_language, text, envelope, tagged; raw has
manifest_hashed too: what is hashed in place of the manifest with its head.
"""

from . import cbor
from .cbor import array, bstr, integer, mapping, tstr
from .ids import class_id, vendor_id
from .sign import Key, sha256

DOMAIN = "example.org"
CLASS_TEXT = "emon/esp12e/4m2m"
CLASS_TEXT_TWO = "emon/esp12e/4m1m1m"
VERSION = "1.0.3"
SEQ = 1732449600
ESP256, ES256, HSS_LMS = -9, -7, -46

KEYS = {name: Key(name) for name in ("a", "b", "c", "stranger")}


def image(name, size):
    """Bytes that look like nothing, the same each time."""
    out = b"".join(
        sha256(f"otaria vector image {name} {i}".encode()) for i in range(size // 32 + 1)
    )
    return out[:size]


APP = image("app", 1000)
FILESYSTEM = image("filesystem", 600)


def digest_array(digest):
    return array(integer(-16), bstr(digest))


def to_sign(protected, digest):
    return array(tstr("Signature1"), bstr(protected), bstr(b""), bstr(digest_array(digest)))


class Block:
    """One COSE_Sign1. signature: None = made with key over the digest, or the bytes themselves."""

    def __init__(self, key="a", alg=ESP256, kid=None, signature=None, signed_alg=None, digest=None):
        self.key, self.alg, self.kid = key, alg, kid
        self.signature, self.signed_alg, self.digest = signature, signed_alg, digest


class Envelope:
    def __init__(
        self,
        seq=SEQ,
        size=len(APP),
        uri=True,
        text=True,
        text_digest=True,
        reference=None,
        invoke=None,
        two=False,
        reporting=(15, 15, 15, 2, 15),
        domain=DOMAIN,
        class_text=None,
        version=VERSION,
        blocks=None,
        image_digest=None,
        uri1=True,
        size1=len(FILESYSTEM),
        items=None,
        raw=None,
        wrap=None,
    ):
        self.__dict__.update(locals())
        self.class_text = class_text or (CLASS_TEXT_TWO if two else CLASS_TEXT)
        name = f"{self.class_text.replace('/', '-')}-{version}"
        self.uri = f"{name}.bin" if uri is True else uri
        self.uri1 = f"{name}.fs.bin" if uri1 is True else uri1
        self.blocks = [Block()] if blocks is None else blocks
        self.items, self.raw, self.wrap = items or {}, raw or {}, wrap or {}
        self.used = set()
        self.envelope = self.build()
        unused = (set(self.items) | set(self.raw) | set(self.wrap)) - self.used
        assert not unused, f"no such container: {unused}"

    def pack(self, name, kind, items):
        self.used.add(name)
        items = self.items.get(name, lambda x: x)(list(items))
        return self.raw.get(name, lambda x: x)(kind(*items))

    def bstr(self, name, content):
        return self.wrap.get(name, bstr)(content)

    def params(self, name, digest, size):
        digest = self.pack("digest", array, (integer(-16), bstr(digest)))
        return self.pack(
            name,
            mapping,
            (
                (integer(1), bstr(vendor_id(self.domain))),
                (integer(2), bstr(class_id(self.domain, self.class_text))),
                (integer(3), self.bstr("digest", digest)),
                (integer(14), integer(size)),
            ),
        )

    def manifest(self):
        vendor_r, class_r, match_r, fetch_r, install_r = map(integer, self.reporting)
        select = [(integer(12), integer(i)) for i in (0, 1)] if self.two else [()]
        params = [self.params("params", self.image_digest or sha256(APP), self.size)]
        uris = [self.pack("uri_params", mapping, ((integer(21), tstr(self.uri or "")),))]
        if self.two:
            params.append(self.params("params1", sha256(FILESYSTEM), self.size1))
            uris.append(self.pack("uri_params1", mapping, ((integer(21), tstr(self.uri1)),)))
        shared, validate, install = [], [], []
        for i, chosen in enumerate(select):
            shared += [*chosen, integer(20), params[i], integer(1), vendor_r, integer(2), class_r]
            validate += [*chosen, integer(3), match_r]
            install += [*chosen, integer(20), uris[i], integer(21), fetch_r, integer(3), install_r]
        components = [array(bstr(bytes([i]))) for i in range(len(select))]
        common = self.pack(
            "common",
            mapping,
            (
                (integer(2), self.pack("components", array, components)),
                (integer(4), self.bstr("shared", self.pack("shared", array, shared))),
            ),
        )
        members = [
            (integer(1), integer(1)),
            (integer(2), integer(self.seq)),
            (integer(3), self.bstr("common", common)),
        ]
        if self.reference is not None:
            members.append((integer(4), tstr(self.reference)))
        members.append((integer(7), self.bstr("validate", self.pack("validate", array, validate))))
        if self.invoke is not None:
            invoke = self.pack("invoke", array, (integer(23), integer(self.invoke)))
            members.append((integer(9), self.bstr("invoke", invoke)))
        if self.uri is not None:
            members.append(
                (integer(20), self.bstr("install", self.pack("install", array, install)))
            )
        if self.text_digest:
            digest = sha256(bstr(self.text_bytes)) if self.text_digest is True else self.text_digest
            members.append(
                (integer(23), self.pack("text_digest", array, (integer(-16), bstr(digest))))
            )
        return self.pack("manifest", mapping, members)

    def make_text(self):
        component = self.pack(
            "text_component",
            mapping,
            (
                (integer(2), tstr(self.class_text)),
                (integer(3), tstr(self.domain)),
                (integer(6), tstr(self.version)),
            ),
        )
        language = self.pack("text_language", mapping, ((array(bstr(b"\x00")), component),))
        return self.pack("text", mapping, ((tstr("en"), language),))

    def block(self, spec, digest):
        protected = self.pack("protected", mapping, ((integer(1), integer(spec.alg)),))
        signed = protected
        if spec.signed_alg is not None:
            signed = mapping((integer(1), integer(spec.signed_alg)))
        signature = spec.signature
        if signature is None:
            signature = KEYS[spec.key].sign(to_sign(signed, spec.digest or digest))
        elif callable(signature):
            signature = signature(KEYS[spec.key].sign(to_sign(signed, digest)))
        kid = () if spec.kid is None else ((integer(4), bstr(spec.kid)),)
        unprotected = self.pack("unprotected", mapping, kid)
        items = (self.bstr("protected", protected), unprotected, cbor.NIL, bstr(signature))
        self.used.add("cose")
        return self.raw.get("cose", lambda x: cbor.tagged(18, x))(self.pack("block", array, items))

    def build(self):
        self.text_bytes = self.make_text() if self.text in (True, False) else self.text
        self.manifest_bytes = self.manifest()
        self.used.add("manifest_hashed")
        self.digest = sha256(self.raw.get("manifest_hashed", bstr)(self.manifest_bytes))
        shown = self.pack("manifest_digest", array, (integer(-16), bstr(self.digest)))
        auth = [self.bstr("manifest_digest", shown)]
        auth += [self.bstr("block", self.block(b, self.digest)) for b in self.blocks]
        members = [
            (integer(2), self.bstr("auth", self.pack("auth", array, auth))),
            (integer(3), self.bstr("manifest", self.manifest_bytes)),
        ]
        if self.text:
            members.append((integer(23), self.bstr("text", self.text_bytes)))
        self.used.add("tagged")
        envelope = self.pack("envelope", mapping, members)
        return self.raw.get("tagged", lambda x: cbor.tagged(107, x))(envelope)
