# SPDX-License-Identifier: MIT
"""The folder manifest/: the vectors of M, their index, the keys and the images."""

import json
from types import SimpleNamespace

from . import bad_form, unread_text, bad_trust, good
from .build import APP, FILESYSTEM, KEYS
from .cases import Set, judge
from .edits import flipped


def rows():
    s = Set()
    for make in good.LISTS + bad_trust.LISTS + unread_text.LISTS + bad_form.LISTS:
        make(s)
    flips_and_truncations(s.rows["base"])
    flips_and_truncations(s.rows["base-es256"])
    return list(s.rows.values())


def flips_and_truncations(row):
    """The claim that the C tests repeat in a loop."""
    changed = [row.data[:n] for n in range(len(row.data))]
    changed += [flipped(row.data, bit) for bit in range(8 * len(row.data))]
    for data in changed:
        if judge(SimpleNamespace(**{**vars(row), "data": data}))[0] == "accepted":
            raise SystemExit(f"{row.name}: a changed copy is accepted: {data.hex()}")


COLUMNS = (
    "name",
    "file",
    "expected",
    "trusted",
    "threshold",
    "vendor",
    "class",
    "floor_seq",
    "floor_digest",
    "max_sizes",
    "shows",
    "import",
)


def fields(row):
    return (
        row.name,
        row.file,
        row.expected,
        row.trusted,
        str(row.threshold),
        row.vendor.hex(),
        row.class_.hex(),
        str(row.floor_seq),
        row.floor_digest.hex() if row.floor_digest is not None else "-",
        ",".join(map(str, row.max_sizes)),
        row.shows,
        row.import_,
    )


def files():
    """{name: bytes} of the folder manifest/."""
    made = rows()
    out = {row.file: row.data for row in made}
    lines = ["\t".join(COLUMNS)] + ["\t".join(fields(row)) for row in made]
    assert all(line.count("\t") == len(COLUMNS) - 1 for line in lines)
    out["index.tsv"] = ("\n".join(lines) + "\n").encode()
    index = {
        "keys": {
            k.name: {"private": f"{k.secret:064x}", "public": k.point().hex()}
            for k in KEYS.values()
        },
        "vectors": [dict(zip(COLUMNS, fields(row))) for row in made],
    }
    out["index.json"] = (json.dumps(index, indent=1) + "\n").encode()
    keys = ["name\tprivate\tpublic"] + [
        f"{k.name}\t{k.secret:064x}\t{k.point().hex()}" for k in KEYS.values()
    ]
    out["keys.tsv"] = ("\n".join(keys) + "\n").encode()
    for k in KEYS.values():
        out[f"keys/{k.name}.key.pem"] = k.private_pem()
        out[f"keys/{k.name}.pub.pem"] = k.public_pem()
    out["app.bin"], out["filesystem.bin"] = APP, FILESYSTEM
    return out
