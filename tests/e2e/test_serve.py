#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The server as a process: settings, token, signals, doors, limits, TLS."""
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import time

from device_plane import device_id, offered, poll
from harness import Lab, connection, until

IMAGE = os.urandom(900_000)


def serve_fails(lab, *argv, code=1):
    """A start that is refused; its sentence."""
    return lab.otaria("serve", "--data", lab.dir / "never", *argv, code=code).strip()


def settings(lab):
    """What cannot be served is said in one line, with the right exit status; file and command line agree."""
    config = lab.dir / "otaria.conf"
    config.write_text("# comment\n[serve]\npoll-interval = 120\ncolour = red\n")
    assert f"{config}:4: there is no setting \"colour\"" in serve_fails(lab, "--config", config, code=2)
    config.write_text("poll-interval = 120\npoll-interval = 130\n")
    assert f"{config}:2: poll-interval is there twice" in serve_fails(lab, "--config", config, code=2)
    config.write_text("poll-interval: x\n")
    assert f"{config}:1: poll-interval: \"x\"" in serve_fails(lab, "--config", config, code=2)
    config.write_text("what is this\n")
    assert f"{config}:1: neither" in serve_fails(lab, "--config", config, code=2)
    config.write_text("[other]\ndata = x\n")
    assert f"{config}:2: [other]" in serve_fails(lab, "--config", config, code=2)
    config.write_text("data = " + "x" * 300 + "\n")
    assert f"{config}:1: longer" in serve_fails(lab, "--config", config, code=2)
    assert "No such file" in serve_fails(lab, "--config", lab.dir / "none.conf")
    assert "in clear text" in serve_fails(lab, "--admin", "0.0.0.0:0", code=2)
    assert "tls-cert" in serve_fails(lab, "--listen", "tls:127.0.0.1:0", code=2)
    assert "numeric address" in serve_fails(lab, "--listen", "localhost:0", code=2)
    assert "below poll-minimum" in serve_fails(lab, "--poll-interval", "5", code=2)
    assert "left over" in serve_fails(lab, "key.pem", code=2)
    assert "release-key" in serve_fails(lab, "--release-key", lab.dir / "none.pem")
    assert "threshold" in serve_fails(lab, "--release-key", lab.pub, "--threshold", 2, code=2)
    assert not (lab.dir / "never").exists(), "a refused start made a data folder"
    print("settings: 14 mistakes named, file and line with those of a file")


def starting(lab):
    """Token, ready file, lock, port in use, a newer database."""
    server = lab.serve()
    assert stat.S_IMODE(server.token_file.stat().st_mode) == 0o600
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", server.token_file.read_text())
    assert server.token.encode() not in b"".join(path.read_bytes() for path in server.data.glob("otaria.db*"))
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in server.data.iterdir())
    for bad in ({"Authorization": ""}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x" + server.token},
                {"Authorization": "Basic " + server.token}):
        assert server.ask("GET", "/admin/v1/status", headers=bad)[0] == 401, bad
    assert "another otaria serve is using" in lab.otaria("serve", "--data", server.data, "--listen", "127.0.0.1:0", code=1)
    said = serve_fails(lab, "--listen", server.listen[0], "--admin", "127.0.0.1:0")
    assert server.listen[0] in said and "in use" in said, said
    assert not (lab.dir / "never/admin.token").exists(), "a token for a server that never ran"

    token, data = server.token, server.data
    server.stop()
    assert server.child.returncode == 0 and not (lab.dir / "ready1.json").exists()
    again = lab.serve(data=data)
    assert again.token == token and again.ask("GET", "/admin/v1/status")[0] == 200
    again.stop()
    fresh = lab.serve("--new-token", data=data)
    assert fresh.token != token and fresh.ask("GET", "/admin/v1/status")[0] == 200
    assert fresh.ask("GET", "/admin/v1/status", headers={"Authorization": f"Bearer {token}"})[0] == 401
    fresh.stop()
    subprocess.run(["/usr/bin/python3", "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('pragma user_version=99')",
                    data / "otaria.db"], check=True)
    said = lab.otaria("serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", code=1)
    assert "newer" in said, said
    (lab.dir / "file").write_text("")
    assert "file" in lab.otaria("serve", "--data", lab.dir / "file/data", code=1)
    print("start: token 0600, hashed, kept, renewed; lock, busy port, newer database, no folder")


def reload(lab):
    """SIGHUP: all of it or nothing."""
    config = lab.dir / "reload.conf"
    config.write_text(f"release-key = {lab.pub}\npoll-interval = 1000\n")
    server = lab.serve("--config", config, key=False)
    server.publish(lab.release("1.0.0", b"one"))

    def hup(text, expect):
        seen = len(server.child.log.read_text())
        config.write_text(text)
        server.child.send_signal(signal.SIGHUP)
        until(expect, lambda: expect in server.child.log.read_text()[seen:], 5)
        return server.child.log.read_text()[seen:]

    def interval():
        return poll(server, device_id(1))[2][4]

    assert 900 <= interval() <= 1100
    for bad in ("release-key = nowhere.pem\n", "nonsense = 1\n", f"release-key = {lab.pub}\nthreshold = 2\n"):
        hup(bad, "reload: nothing changed")
        assert 900 <= interval() <= 1100
    server.publish(lab.release("1.0.1", b"two"))
    lab.otaria("keys", "new", "second", "--dir", lab.dir, "--no-passphrase")
    said = hup(f"release-key = {lab.dir / 'second.pub.pem'}\npoll-interval = 2000\nheader-timeout = 9\n", "reload: done")
    assert "poll-interval: 1000 -> 2000" in said and "header-timeout: 20 -> 9 needs a restart" in said, said
    assert "is trusted from now on" in said and "is not trusted any more" in said, said
    assert 1800 <= interval() <= 2200
    said = hup(config.read_text(), "reload: done")
    assert "poll-interval" not in said and "header-timeout: 20 -> 9 needs a restart" in said, said
    assert "SIGNATURE" in server.publish(lab.release("1.0.2", b"three"), code=1)
    server.publish(lab.release("1.0.3", b"four", key=lab.dir / "second.key.pem"))
    print("SIGHUP: bad files change nothing; keys and intervals change, the rest is named")


def start_download(server, sha256, read=1000):
    """A download whose reader rests after the first bytes."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = server.listen[0].rsplit(":", 1)
    s.connect((host, int(port)))
    s.settimeout(10)
    s.sendall(f"GET /b/{sha256} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return s, s.recv(read)


def read_rest(s, data):
    while chunk := s.recv(65536):
        data += chunk
    return data.split(b"\r\n\r\n", 1)[1]


def stopping(lab):
    """SIGTERM lets a download finish, and takes no new ones; a second one does not wait."""
    server = lab.serve()
    server.publish(lab.release("1.0.0", IMAGE))
    sha256 = hashlib.sha256(IMAGE).hexdigest()
    s, data = start_download(server, sha256)
    server.child.send_signal(signal.SIGTERM)
    until("no new connections", lambda: refuses(server.listen[0]), 5)
    assert server.child.poll() is None
    assert read_rest(s, data) == IMAGE, "the download was cut"
    server.child.wait(5)
    assert server.child.returncode == 0

    server = lab.serve(data=server.data)
    s, data = start_download(server, sha256)
    server.child.send_signal(signal.SIGTERM)
    until("no new connections", lambda: refuses(server.listen[0]), 5)
    began = time.monotonic()
    server.child.send_signal(signal.SIGTERM)
    server.child.wait(5)
    assert server.child.returncode == 1 and time.monotonic() - began < 2
    server = lab.serve("--stop-deadline", 1, data=server.data)
    s, data = start_download(server, sha256)
    server.stop()
    assert server.child.returncode == 0, "the deadline ends a download that does not"
    print("SIGTERM: a download of 900 KB finishes; the second signal and the deadline end one that does not")


def refuses(address):
    try:
        with connection(address):
            return False
    except OSError:
        return True


def talk(address, request):
    """The answer's bytes up to the end of the connection, which must come."""
    with connection(address) as s:
        s.sendall(request)
        data = b""
        while chunk := s.recv(65536):
            data += chunk
    return data


def doors(lab):
    """Malformed and smuggling requests, rebinding, slow headers, while others are served."""
    server = lab.serve("--header-timeout", 1)
    slow = [socket.create_connection(tuple(server.listen[0].rsplit(":", 1))) for _ in range(20)]
    began = time.monotonic()
    for s in slow:
        s.settimeout(5)
        s.sendall(b"POST /v1/poll HT")
    post = b"POST /v1/poll HTTP/1.1\r\nHost: x\r\n"
    bad = [post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", post + b"Content-Length: +5\r\n\r\nhello",
           post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", post + b"Content-Length : 5\r\n\r\nhello",
           post + b"Transfer-Encoding: identity\r\n\r\n", post + b"X: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
           b"POST /v1/poll HTTP/1.1\nHost: x\nContent-Length: 0\n\n", b"GET /v1/poll HTTP/1.1\r\n\r\n",
           b"GET /v1/poll HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"GET  /v1/poll HTTP/1.1\r\nHost: x\r\n\r\n",
           b"GET /v1/poll HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", b"GET http://other/v1/poll HTTP/1.1\r\nHost: x\r\n\r\n",
           b"GET /v1/poll HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nGET", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"]
    for request in bad:
        for address in (server.listen[0], server.admin):
            answer = talk(address, request + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1") == 1, f"{request!r}: {answer!r}"
            assert b"\r\nConnection: close\r\n" in answer
    for host, expect in (("evil.example", 421), ("localhost.evil.example:80", 421), ("localhost", 200), ("[::1]:1", 200)):
        assert server.ask("GET", "/healthz", headers={"Host": host})[0] == expect, host
    named = lab.serve("--host", "ota.example")
    assert named.ask("GET", "/admin/v1/status", headers={"Host": "OTA.example:9"})[0] == 200
    assert poll(server, device_id(1))[0] == 200
    for s in slow:
        answer = s.recv(1000)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408"), answer
        s.close()
    assert 0.9 < time.monotonic() - began < 4
    print(f"doors: {len(bad)} malformed requests 400 and closed, on both planes; rebinding 421; 20 slow clients dropped")


def limits(lab):
    """Unknown classes and floods of new ids leave no rows."""
    server = lab.serve("--new-ids-per-address", 20, "--devices-max", 100)
    server.publish(lab.release("1.0.0", b"image"))
    for n in range(30):
        assert offered(server, device_id(1000 + n), k4=bytes(16)) is None
    for n in range(200):
        assert poll(server, device_id(n))[0] == 200
    metrics = figures(server)
    known, limited = metrics["otaria_devices_known"], metrics["otaria_devices_limited_total"]
    assert 20 <= known <= 100 and known + limited == 200, metrics
    assert metrics["otaria_polls_unknown_class_total"] == 30
    until("rows on disk", lambda: len(server.json("/admin/v1/devices?limit=1000")["devices"]) == known, 5)
    print(f"limits: 30 polls of an unknown class and {limited:.0f} of 200 new ids of one address are counted, not stored")


def figures(server):
    text = server.ask("GET", "/metrics")[2].decode()
    return {name: float(value) for name, value in re.findall(r"^(\w+) ([0-9.]+)$", text, re.M)}


def certificate(lab, name):
    cert, key = lab.dir / f"{name}.pem", lab.dir / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    return cert, key


def handshake(address, trust, session=None):
    """A TLS 1.2 poll-sized request; (its session, whether an old one was resumed, certificate, answer)."""
    context = ssl.create_default_context(cafile=trust)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET  # by session ID, as BearSSL does it
    if session:
        context = session[0]
    with connection(address) as s, context.wrap_socket(s, server_hostname="127.0.0.1", session=session and session[1]) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = tls.recv(1000)
        return (context, tls.session), tls.session_reused, tls.getpeercert(True), answer


def tls(lab):
    """Both planes over TLS; sessions resume by ID; SIGHUP takes another certificate, or keeps the old."""
    cert, key = certificate(lab, "one")
    other_cert, other_key = certificate(lab, "two")
    said = serve_fails(lab, "--tls-cert", cert, "--tls-key", other_key, "--listen", "tls:127.0.0.1:0", "--admin", "127.0.0.1:0")
    assert "key" in said.lower(), said
    server = lab.serve("--listen", "tls:127.0.0.1:0", "--admin", "tls:127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
    facts = json.loads((lab.dir / f"ready{lab.servers}.json").read_text())
    assert len(facts["tls"]) == 2 and facts["tls"][0] == facts["listen"][1] and facts["tls"][1] == facts["admins"][1]
    secure = facts["tls"][1]
    session, resumed, first, answer = handshake(secure, cert)
    assert answer.startswith(b"HTTP/1.1 200") and not resumed
    _, resumed, _, answer = handshake(secure, cert, session)
    assert resumed and answer.startswith(b"HTTP/1.1 200"), "the session was not resumed"
    folder = lab.release("1.0.0", IMAGE)
    lab.otaria("publish", folder, "--server", f"https://{secure}", "--ca", cert, "--token-file", server.token_file)
    fetched = subprocess.run(["curl", "-sS", "--cacert", cert, f"https://{facts['tls'][0]}/b/{hashlib.sha256(IMAGE).hexdigest()}"],
                             check=True, capture_output=True).stdout
    assert fetched == IMAGE
    cert.write_bytes(other_cert.read_bytes())
    server.child.send_signal(signal.SIGHUP)
    until("the pair that does not match is refused", lambda: "nothing changed" in server.child.log.read_text(), 5)
    key.write_bytes(other_key.read_bytes())
    server.child.send_signal(signal.SIGHUP)
    until("the new pair is taken", lambda: "read again" in server.child.log.read_text(), 5)
    assert handshake(secure, other_cert)[2] != first
    print("TLS: publish and 900 KB download, resumption by session ID, certificate changed while running")


def main():
    with Lab() as lab:
        for part in (settings, starting, reload, stopping, doors, limits, tls):
            part(lab)


if __name__ == "__main__":
    main()
