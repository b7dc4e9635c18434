# SPDX-License-Identifier: MIT
"""Vendor and class ids (FORMAT.md section 5)."""

import uuid

IDS = (
    ("example.org", "emon/esp12e/4m2m"),
    ("example.org", "emon/esp12e/4m1m1m"),
    ("example.org", "emon/esp12e/2m"),
    ("example.com", "emon/esp12e/4m2m"),
    ("emonesp.openenergymonitor.org", "emonesp/esp12e/4m2m"),
    ("a.b", "P.1/h_2/4m2m"),
    ("xn--bcher-kva.example", "sensor-2/d1-mini/1m"),
    ("arm.com", "suit"),
)


def vendor_id(domain):
    return uuid.uuid5(uuid.NAMESPACE_DNS, domain).bytes


def class_id(domain, text):
    return uuid.uuid5(uuid.UUID(bytes=vendor_id(domain)), text).bytes


def table():
    # The pair that draft-ietf-suit-manifest publishes.
    assert vendor_id("arm.com").hex() == "fa6b4a53d5ad5fdfbe9de663e4d41ffe"
    assert class_id("arm.com", "suit").hex() == "1492af1425695e48bf429b2d51f2ab45"
    lines = ["vendor_domain\tclass_text\tvendor_id\tclass_id"]
    for domain, text in IDS:
        lines.append(
            "\t".join((domain, text, vendor_id(domain).hex(), class_id(domain, text).hex()))
        )
    return "\n".join(lines) + "\n"
