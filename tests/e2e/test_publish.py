#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Publishing: what is offered to whom, each refusal with its code and exit status, withdrawal."""
import base64
import csv
import hashlib
import json
import time

from device_plane import device_id, digest_of, offered, poll, suit_of
from harness import SOURCE, Lab

IMAGE = bytes(range(256)) * 64
VECTORS = SOURCE / "spec/vectors/manifest"


def last_line(text):
    return text.strip().splitlines()[-1]


def releases(server):
    return server.json("/admin/v1/releases")["releases"]


def refused(server, folder, name, *more):
    """Publishing the folder exits with 1, its last line says why, and nothing changed on the server."""
    before = releases(server)
    said = last_line(server.publish(folder, *more, code=1))
    assert name in said, f"{name} expected: {said}"
    assert releases(server) == before, f"{name}: refused, and the list of releases changed"


def post(server, suit, **more):
    body = json.dumps({"suit": base64.b64encode(suit).decode()} | more).encode()
    status, _, answer = server.ask("POST", "/admin/v1/releases", body, {"Content-Type": "application/json"})
    return status, json.loads(answer)


def offers(lab, server):
    """Channel, percentage, only-list: from the poll after the publishing on."""
    first = lab.release("1.0.0", IMAGE)
    assert "offered to 100 %" in server.publish(first)
    assert offered(server, device_id(1)) == suit_of(first)
    _, _, answer = poll(server, device_id(1))
    sha256 = hashlib.sha256(IMAGE).hexdigest()
    assert answer[5] == [[0, f"/b/{sha256}", 0, len(IMAGE)]] and answer[7] == "1.0.0", answer
    status, headers, body = server.ask("GET", f"/b/{sha256}", admin=False)
    assert (status, body, headers["ETag"]) == (200, IMAGE, f'"{sha256}"')
    assert offered(server, device_id(1), k15=digest_of(suit_of(first))) is None, "it runs that already"
    assert offered(server, device_id(1), state=3) is None, "it is on trial"
    assert offered(server, device_id(1), k4=bytes(16)) is None, "it is another class"
    assert offered(server, device_id(1), k5=lab.seq + 10) is None, "it confirmed something newer"

    second = lab.release("1.1.0", IMAGE + b"2")
    server.publish(second, "--percent", 20)
    chosen = {n for n in range(200) if offered(server, device_id(n)) == suit_of(second)}
    assert 15 <= len(chosen) <= 70, f"{len(chosen)} of 200 are not about 20 %"
    server.publish(second, "--percent", 50)
    more = {n for n in range(200) if offered(server, device_id(n)) == suit_of(second)}
    assert chosen < more and 70 <= len(more) <= 130, f"{len(chosen)} grew to {len(more)}"
    server.publish(second, "--only", device_id(7).hex())
    assert {n for n in range(200) if offered(server, device_id(n)) == suit_of(second)} == {7}

    third = lab.release("1.2.0", IMAGE + b"3")
    server.publish(third, "--channel", "beta")
    lab.otaria("fleet", "set", device_id(5).hex(), "--channel", "beta", *server.access)
    assert [offered(server, device_id(n)) == suit_of(third) for n in (4, 5)] == [False, True]
    print(f"offers: channels; 20 % are {len(chosen)} of 200 and stay in at 50 % ({len(more)}); only-list")
    return second


def refusals(lab, server, published):
    """Each by the command, with exit status 1 and the reason in the last line."""
    seq = lab.seq
    lab.otaria("keys", "new", "thief", "--dir", lab.dir, "--no-passphrase")
    refused(server, lab.release("2.0.0", IMAGE, key=lab.dir / "thief.key.pem"), "SIGNATURE")
    refused(server, lab.release("2.0.0", IMAGE, seq=seq - 30), "OLD_SEQUENCE")
    current = [r["seq"] for r in releases(server) if r["version"] == "1.1.0"]
    refused(server, lab.release("2.0.1", IMAGE + b"other", seq=current[0]), "SAME_SEQUENCE")
    refused(server, lab.release("2.0.2", IMAGE, seq=int(time.time()) + 90000), "FUTURE_SEQUENCE")
    altered = lab.release("2.0.3", IMAGE)
    image = next(altered.glob("*-2.0.3.bin"))
    image.write_bytes(b"\xff" + image.read_bytes()[1:])
    refused(server, altered, "DIGEST")
    image.unlink()
    refused(server, altered, "No such file")
    refused(server, lab.dir / "nowhere", "nowhere")
    truncated = lab.release("2.0.4", IMAGE)
    for path in truncated.glob("*.suit"):
        path.write_bytes(path.read_bytes()[:-1])
    refused(server, truncated, "ENVELOPE")
    wrong = lab.dir / "wrong.token"
    wrong.write_text("x" * 43 + "\n")
    wrong.chmod(0o600)
    said = last_line(lab.otaria("publish", published, "--server", server.admin_url, "--token-file", wrong, code=1))
    assert "token" in said, said
    lab.otaria("publish", published, code=2)
    keyless = lab.serve(key=False)
    said = last_line(keyless.publish(published, code=1))
    assert "release key" in said, said
    assert post(keyless, suit_of(published))[0] == 403
    assert "publishing is refused" in keyless.child.log.read_text()
    print("refusals: wrong key, older, same and future sequence, altered and missing image, torn manifest, token, no release key")


def vectors(lab):
    """Every manifest vector whose verdict does not depend on a device's state, through the HTTP route."""
    server = lab.serve("--release-key", VECTORS / "keys/a.pub.pem", key=False)
    told = {}
    with open(VECTORS / "index.tsv", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        # What a device holds against M (its ids, its floor, a smaller layout) is no business of publishing.
        if (row["trusted"], row["threshold"]) != ("a", "1") or (row["floor_seq"], row["floor_digest"]) != ("0", "-") or row["import"] in ("VENDOR", "CLASS") \
                or row["max_sizes"] != "1015808,1024000":
            continue
        suit = (VECTORS / row["file"]).read_bytes()
        status, answer = post(server, suit)
        if not 1 <= len(suit) <= 2048:  # a longer one fits into no poll
            assert status == 400, f"{row['name']}: {status} {answer}"
        elif row["name"] == "text-256":  # a text may be so long, but the server's columns for its names are not
            assert answer["error"] == "TEXT", f"{row['name']}: {answer}"
        elif row["import"] == "accepted":
            assert answer["error"] in ("NO_PAYLOAD", "FUTURE_SEQUENCE", "OLD_SEQUENCE"), f"{row['name']}: {answer}"
        else:
            assert (status, answer["error"]) == (422, row["import"]), f"{row['name']} ({row['shows']}): {row['import']} expected: {answer}"
        told[row["import"]] = told.get(row["import"], 0) + 1
    assert releases(server) == [], "a vector was published"
    assert len(told) >= 7 and told["TEXT"] > 10, told
    print("vectors:", ", ".join(f"{n} {name}" for name, n in sorted(told.items())))


def withdrawal(lab, server):
    """Not offered from the next poll on; its sequence is spent."""
    fourth = lab.release("1.3.0", IMAGE + b"4")
    server.publish(fourth)
    assert offered(server, device_id(9)) == suit_of(fourth)
    lab.otaria("release", "withdraw", "sensor", "1.3.0", *server.access)
    assert offered(server, device_id(9)) != suit_of(fourth)
    refused(server, fourth, "WITHDRAWN")
    said = last_line(lab.otaria("release", "withdraw", "sensor", "9.9.9", *server.access, code=1))
    assert "no release" in said, said
    server.stop()
    again = lab.serve(data=server.data)
    assert offered(again, device_id(9)) != suit_of(fourth), "a restart brought it back"
    print("withdrawal: at once, for good")


def main():
    with Lab() as lab:
        server = lab.serve("--new-ids-per-address", 0)
        published = offers(lab, server)
        refusals(lab, server, published)
        withdrawal(lab, server)
        vectors(lab)


if __name__ == "__main__":
    main()
