# SPDX-License-Identifier: MIT
"""`otaria release verify` over every vector: the code of spec/vectors/manifest/index.tsv, and the exit code."""
import csv
import os
import subprocess

from harness import OTARIA, SOURCE

FOLDER = SOURCE / "spec/vectors/manifest"
# What its options cannot say: a confirmed release (with sequence 0 too), a threshold of 0, the filesystem's room.
INEXPRESSIBLE = {"floor-repair", "seq-same-0", "threshold-0", "threshold-0-stranger", "too-large-two", "components-no-filesystem"}


def command(row):
    """The device of a vector as options; None when options cannot express it."""
    names = [] if row["trusted"] == "-" else row["trusted"].split(",")
    floor, repair = int(row["floor_seq"]), row["floor_digest"]
    if len(set(names)) != len(names):
        return None  # the same key twice is wrong use of the command
    if row["name"] in INEXPRESSIBLE:
        return None
    argv = [OTARIA, "release", "verify", "--threshold", row["threshold"], "--vendor-id", row["vendor"],
            "--class-id", row["class"], "--max-size", row["max_sizes"].split(",")[0]]
    if floor or repair != "-":
        argv += ["--min-seq", str(floor + 1)]
    for name in names or ["stranger"]:
        argv += ["--key", FOLDER / f"keys/{name}.pub.pem"]
    return [*map(str, argv), str(FOLDER / row["file"])]


def sampled(rows):
    """Every vector with OTARIA_LONG; else one in six of those, the most, that only say ENVELOPE: the C tests run all."""
    if os.environ.get("OTARIA_LONG"):
        return rows
    return [row for i, row in enumerate(rows) if row["expected"] != "ENVELOPE" or i % 6 == 0]


def main():
    rows = list(csv.DictReader(open(FOLDER / "index.tsv", encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = sampled(rows)
    wrong, run = [], 0
    for row in rows:
        argv = command(row)
        if argv is None:
            continue
        run += 1
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        last = (done.stdout.strip().splitlines() or [""])[-1]
        expected = {"SAME_SEQUENCE": "OLD_SEQUENCE"}.get(row["expected"], row["expected"])
        found = last.split()[0] if last.startswith("accepted seq=") else last.removeprefix("refused: ").split(" ")[0]
        if found != expected or done.returncode != (0 if expected == "accepted" else 1) or done.stderr:
            wrong.append(f"{row['name']}: exit {done.returncode}, {last!r}{done.stderr}, should be {expected}")
    assert not wrong, "\n".join(wrong)
    assert run > len(rows) - 12, f"only {run} of {len(rows)} vectors could be run"
    print(f"{run} vectors: each with its verdict and exit code")


if __name__ == "__main__":
    main()
