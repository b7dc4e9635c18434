#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`otaria device run` over TLS: whom it trusts, a whole update with a restart in the middle, and never in the clear."""
import json
import subprocess

from harness import Lab, until
from test_device import Device, image, link


def certificate(lab, name, key, *more):
    """A self-signed certificate for localhost; key: what openssl's -newkey takes."""
    cert, private = lab.dir / f"{name}.pem", lab.dir / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", private, "-out", cert, "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", *more], check=True, capture_output=True)
    return cert, private


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssls_pin(cert):
    """As `curl --pinnedpubkey` and RFC 7469 have it, by openssl alone."""
    key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
    return subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, check=True, capture_output=True).stdout.decode().split()[0]


def serve(lab, cert, *more, **kw):
    server = lab.serve("--listen", "tls:127.0.0.1:0", "--tls-cert", cert[0], "--tls-key", cert[1],
                       "--poll-interval", 1, "--poll-minimum", 1, *more, **kw)
    server.tls = json.loads((lab.dir / f"ready{lab.servers}.json").read_text())["tls"][0]
    return server


def refused(lab, url, first, because, *more):
    device = Device(lab, url, first, *more)
    failed = device.wait("failed")
    assert failed["name"] == "TLS" and because in failed["words"], failed
    device.child.terminate()
    device.child.wait()


def trust(lab, cert, server, first):
    """Which of pin, ca and any lets whom in. Those that are refused say nothing to the server."""
    server.publish(lab.release("1.0.0", first))
    port = server.tls.rsplit(":", 1)[1]
    by_name, by_address, plain = f"https://localhost:{port}", f"https://127.0.0.1:{port}", f"https://{server.listen[0]}"
    pin, other = lab.otaria("keys", "pin", cert[0]).strip(), certificate(lab, "other", EC)
    assert pin == openssls_pin(cert[0])
    wrong = lab.otaria("keys", "pin", other[0]).strip()
    assert wrong != pin
    refused(lab, by_name, first, "its key is no --tls-pin", "--tls-pin", wrong)
    refused(lab, by_name, first, "leads to none of --tls-ca", "--tls-ca", other[0])
    refused(lab, by_address, first, "leads to none of --tls-ca", "--tls-ca", cert[0])
    refused(lab, plain, first, "", "--tls-any")
    assert server.json("/admin/v1/devices")["devices"] == [], "somebody who was refused polled"
    for url, more in ((by_name, ("--tls-pin", wrong, "--tls-pin", pin)), (by_address, ("--tls-pin", pin)), (by_name, ("--tls-ca", cert[0])),
                      (by_address, ("--tls-any",)), (by_name, ("--tls-any", "--tls-full"))):
        device = Device(lab, url, first, *more)
        device.wait("nothing-new")
        device.child.terminate()
        device.child.wait()
    until("five have polled", lambda: len(server.json("/admin/v1/devices")["devices"]) == 5)


def wrong_use(lab, first):
    lab.dir.joinpath("image").write_bytes(first)
    run = ("device", "run", "--flash", lab.dir / "flash", "--key", lab.pub, "--vendor", "a.example", "--class", "a/b/4m2m", "--server")
    assert "otaria keys pin" in lab.otaria(*run, "https://localhost:1", code=2)
    assert "exclude each other" in lab.otaria(*run, "https://localhost:1", "--tls-any", "--tls-pin", "00" * 32, code=2)
    assert "64 hexadecimal digits" in lab.otaria(*run, "https://localhost:1", "--tls-pin", "00" * 31, code=2)
    assert "https://" in lab.otaria(*run, "http://localhost:1", "--tls-any", code=2)
    assert "no certificate" in lab.otaria(*run, "https://localhost:1", "--tls-ca", lab.pub, code=1)
    assert "no certificate" in lab.otaria("keys", "pin", lab.pub, code=1)
    large = certificate(lab, "large", ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"))
    assert "P-256 or RSA" in lab.otaria("keys", "pin", large[0], code=1)
    assert "P-256 or RSA" in lab.otaria("keys", "anchors", large[0], code=1)


def anchors(lab, *certs):
    """The header compiles, as C and with nothing but BearSSL's headers."""
    both, header, source = lab.dir / "both.pem", lab.dir / "otaria_anchors.h", lab.dir / "anchors.c"
    both.write_text("".join(cert[0].read_text() for cert in certs))
    lab.otaria("keys", "anchors", both, "-o", header)
    source.write_text('#include "otaria_anchors.h"\nconst br_x509_trust_anchor *here(void);\n'
                      "const br_x509_trust_anchor *here(void) { return otaria_anchors; }\n"
                      f"_Static_assert(OTARIA_ANCHORS_CNT == {len(certs)}, \"\");\n")
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", source], check=True)


def update(lab, cert, server, first, second):
    """Over a slow link, with the server restarted in mid-download: sessions are gone, the download goes on."""
    pin = lab.otaria("keys", "pin", cert[0]).strip()
    server.publish(lab.release("1.0.0", first))
    device = Device(lab, f"https://{link(lab, server.tls, '--rate', 100_000)}", first, "--tls-pin", pin)
    device.wait("poll")
    server.publish(lab.release("1.1.0", second))
    device.wait("progress")
    server.child.kill()
    server.child.wait()
    server = serve(lab, cert, "--listen", f"tls:{server.tls}", data=server.data)
    device.wait("interrupted")
    for event in ("resumed", "verified", "staged", "reboot", "trial", "confirmed"):
        device.wait(event)


def main():
    with Lab() as lab:
        first, second = image("1.0.0"), image("1.1.0")
        cert, rsa = certificate(lab, "server", EC), certificate(lab, "rsa", ("rsa:2048",))
        wrong_use(lab, first)
        anchors(lab, cert, rsa)
        for which in (cert, rsa):
            trust(lab, which, serve(lab, which), first)
        print("device over tls: pin, ca and any let in whom they should, and refuse before a byte is said")
        update(lab, cert, serve(lab, cert), first, second)
        print("device over tls: 1.0.0 -> 1.1.0 with the server killed in mid-download")


if __name__ == "__main__":
    main()
