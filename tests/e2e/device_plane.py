# SPDX-License-Identifier: MIT
"""A device's side of spec/PROTOCOL.md in a few lines, written from that page and not from the C code."""
import hashlib
import uuid

import cbor2

from harness import CLASS, VENDOR

VENDOR_ID = uuid.uuid5(uuid.NAMESPACE_DNS, VENDOR)
CLASS_ID = uuid.uuid5(VENDOR_ID, CLASS)
CBOR = {"Content-Type": "application/cbor"}
IDLE, TRIAL = 0, 3


def poll_body(device, running=b"", state=IDLE, result=None, **more):
    """A poll request; result is (code, 8 bytes of the digest of the M that it is about)."""
    body = {1: 1, 2: device, 3: VENDOR_ID.bytes, 4: CLASS_ID.bytes, 6: hashlib.sha256(running).digest(), 7: bytes(16), 8: state}
    if result is not None:
        body[9] = list(result)
    body |= {11: "1.0.0", 12: {1: 5, 2: 30000, 3: -61, 4: "power on"}, 16: 1}
    body |= {int(key[1:]): value for key, value in more.items()}  # k5=...
    return cbor2.dumps({key: body[key] for key in sorted(body) if body[key] is not None})


def poll(server, device, **more):
    """(status, headers, decoded answer or None)."""
    status, headers, body = server.ask("POST", "/v1/poll", poll_body(device, **more), CBOR, admin=False)
    return status, headers, cbor2.loads(body) if status == 200 else None


def offered(server, device, **more):
    """The manifest offered to this device, or None."""
    status, _, answer = poll(server, device, **more)
    assert status == 200, f"poll: {status}"
    return answer.get(2)


def device_id(n):
    return bytes([2, 0, 0]) + n.to_bytes(3, "big")


def suit_of(folder):
    """The envelope of a release folder with one release in it."""
    return next(path for path in folder.glob("*.suit") if path.name.count("-") >= 3).read_bytes()


def digest_of(suit):
    """The signed digest of an envelope: the hash in its first authentication block."""
    return cbor2.loads(cbor2.loads(cbor2.loads(suit).value[2])[0])[1]
