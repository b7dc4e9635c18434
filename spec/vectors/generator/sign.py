# SPDX-License-Identifier: MIT
"""Test keys and deterministic ECDSA (RFC 6979) on P-256 with SHA-256."""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def nonces(secret, digest):
    """RFC 6979 section 3.2, the candidates for k in order."""
    seed = secret.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    k, v = bytes(32), b"\x01" * 32

    def mac(*parts):
        return hmac.new(k, b"".join(parts), hashlib.sha256).digest()

    for mark in (b"\x00", b"\x01"):
        k = mac(v, mark, seed)
        v = mac(v)
    while True:
        v = mac(v)
        candidate = int.from_bytes(v, "big")
        if 0 < candidate < N:
            yield candidate
        k = mac(v, b"\x00")
        v = mac(v)


class Key:
    def __init__(self, name, secret=None):
        """The secret is public by construction: these keys must never be trusted by anything."""
        self.name = name
        seed = sha256(b"otaria test key, never trusted: " + name.encode())
        self.secret = secret or int.from_bytes(seed, "big") % (N - 1) + 1
        self.private = ec.derive_private_key(self.secret, ec.SECP256R1())
        self.public = self.private.public_key()

    def point(self):
        """04 || X || Y"""
        return self.public.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def private_pem(self):
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def public_pem(self):
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, message):
        """r || s, the same for the same message."""
        digest = sha256(message)
        z = int.from_bytes(digest, "big")
        for k in nonces(self.secret, digest):
            point = ec.derive_private_key(k, ec.SECP256R1()).public_key().public_numbers()
            r = point.x % N
            s = pow(k, -1, N) * (z + r * self.secret) % N
            if r and s:
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public, message, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def self_test():
    """RFC 6979 appendix A.2.5, P-256 with SHA-256."""
    key = Key("rfc6979", 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)
    for message, signature in (
        (
            b"sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            b"test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
    ):
        if key.sign(message).hex() != signature.lower():
            raise SystemExit("RFC 6979 self-test failed")
        if not verify(key.public, message, key.sign(message)):
            raise SystemExit("the signature does not verify")
