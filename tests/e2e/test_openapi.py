#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""spec/openapi.yaml against a real server: status, headers and body of every answer must be written there.

Every operation and each status that one process can provoke is asked for; what the file documents and nobody
saw is listed at the end, and must be on the short list of what this test cannot provoke.
"""
import base64
import hashlib
import json
import re

import cbor2
import jsonschema
import yaml

from device_plane import CBOR, device_id, digest_of, poll_body, suit_of
from harness import SOURCE, Lab, connection

# Out of reach of a healthy server: overload, a broken disk, no memory.
UNSEEN = {"500", "503", "507"}


METHODS = ("get", "head", "put", "post", "delete")


def operations(item):
    return [item[method] for method in METHODS if method in item]


class Spec:
    def __init__(self, text):
        self.doc = yaml.safe_load(text)
        self.seen = set()

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            at = self.doc
            for part in node["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            node = at
        return node

    def schema(self, node):
        """The schema with its references filled in and OpenAPI's nullable in the words of JSON Schema."""
        node = self.resolve(node)
        if isinstance(node, list):
            return [self.schema(part) for part in node]
        if not isinstance(node, dict):
            return node
        out = {key: self.schema(value) for key, value in node.items() if key != "nullable"}
        if node.get("nullable") is True:
            return {"anyOf": [out, {"type": "null"}]}
        return out

    def path_of(self, path):
        for template in self.doc["paths"]:
            pattern = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path.split("?")[0]):
                return template
        raise AssertionError(f"{path}: no path of openapi.yaml")

    def response(self, method, path, status, content_type):
        """The documented response that fits; what the HTTP server itself refuses is told by its text/plain."""
        template = self.path_of(path)
        item = self.doc["paths"][template]
        # A method that the path does not have gets the 405 that its operations document.
        operation = item.get(method.lower()) or {"responses": {"405": next(op["responses"].get("405") for op in operations(item))}}
        responses = operation["responses"]
        if str(status) not in responses or (content_type == "text/plain" and status >= 400):
            responses = self.doc["x-any-request"]
        assert str(status) in responses, f"{method} {path}: status {status} is not documented"
        if responses is not self.doc["x-any-request"]:
            self.seen.add((template, str(status)) if status == 405 else (method, template, str(status)))
        return self.resolve(responses[str(status)])

    def check(self, method, path, status, headers, body):
        what = f"{method} {path} {status}"
        response = self.response(method, path, status, headers.get("Content-Type"))
        documented = {name.lower(): self.resolve(header) for name, header in response.get("headers", {}).items()}
        for name, value in headers.items():
            if name in self.doc["x-every-answer"] or name == "Content-Type":
                continue
            assert name.lower() in documented, f"{what}: header {name} is not documented"
            jsonschema.validate(value, self.schema(documented[name.lower()]["schema"]))
        present = {name.lower() for name in headers}
        for name, header in documented.items():
            assert name in present or not header.get("required"), f"{what}: header {name} is missing"
        self.check_body(what, response.get("content"), headers.get("Content-Type"), body, method)

    def check_body(self, what, content, content_type, body, method):
        if method == "HEAD":
            assert body == b"", f"{what}: a body with HEAD"
            return
        if not content:
            assert body == b"" and content_type is None, f"{what}: a body is not documented: {content_type} {body!r}"
            return
        assert content_type in content, f"{what}: content type {content_type} is not documented"
        value = {"application/json": json.loads, "application/cbor": lambda b: jsonable(cbor2.loads(b)),
                 "application/octet-stream": lambda b: ""}.get(content_type, bytes.decode)(body)
        try:
            jsonschema.validate(value, self.schema(content[content_type]["schema"]))
        except jsonschema.ValidationError as e:
            raise AssertionError(f"{what}: {'/'.join(map(str, e.absolute_path))}: {e.message}") from None

    def unseen(self):
        """(method, path, status) that are documented and were never answered."""
        for path, item in self.doc["paths"].items():
            for method in [method for method in METHODS if method in item]:
                for status in item[method]["responses"]:
                    answer = (path, status) if status == "405" else (method.upper(), path, status)
                    if answer not in self.seen and status not in UNSEEN:
                        yield f"{method.upper()} {path} {status}"


def jsonable(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    return [jsonable(item) for item in value] if isinstance(value, list) else value


class Asker:
    def __init__(self, server, spec):
        self.server, self.spec, self.asked = server, spec, 0

    def __call__(self, method, path, body=None, headers=None, admin=True, expect=200):
        status, got, answer = self.server.ask(method, path, body, headers, admin)
        assert status == expect, f"{method} {path}: {status} instead of {expect}: {answer[:300]!r}"
        self.spec.check(method, path, status, got, answer)
        self.asked += 1
        return answer

    def json(self, method, path, value=None, expect=200):
        body = None if value is None else json.dumps(value).encode()
        return json.loads(self(method, path, body, {"Content-Type": "application/json"}, expect=expect))


def publishing(lab, ask, image):
    """Payloads and releases, accepted and refused. Returns the published envelope."""
    sha256 = hashlib.sha256(image).hexdigest()
    suit = suit_of(lab.release("1.1.0", image))
    release = {"suit": base64.b64encode(suit).decode(), "channel": "stable", "percent": 100, "only": []}
    assert ask.json("POST", "/admin/v1/releases", release, expect=422)["error"] == "NO_PAYLOAD"
    for status in (201, 200):
        assert json.loads(ask("PUT", f"/admin/v1/payloads/{sha256}", image, expect=status))["size"] == len(image)
    ask("PUT", f"/admin/v1/payloads/{sha256}", image + b"x", expect=422)
    ask("PUT", "/admin/v1/payloads/ABC", image, expect=400)
    assert ask.json("POST", "/admin/v1/releases", release, expect=201)["percent"] == 100
    assert ask.json("POST", "/admin/v1/releases", release | {"percent": 7, "only": [device_id(1).hex()]})["percent"] == 7
    ask.json("POST", "/admin/v1/releases", release)
    for wrong in ({}, {"suit": "%"}, release | {"percent": 101}, release | {"channel": ".."}, release | {"only": ["zz"]}, []):
        ask.json("POST", "/admin/v1/releases", wrong, expect=400)
    ask("POST", "/admin/v1/releases", b" " * 70000, expect=413)
    older = suit_of(lab.release("1.0.9", image, seq=1000))
    assert ask.json("POST", "/admin/v1/releases", {"suit": base64.b64encode(older).decode()}, expect=409)["code"] == -72
    ask.json("GET", "/admin/v1/releases")
    return suit


def devices(ask, suit, image):
    """Polls and what the admin plane then says of the devices."""
    sha256 = hashlib.sha256(image).hexdigest()
    for n in range(1, 4):
        result = (-42, digest_of(suit)[:8]) if n == 1 else (0, bytes(8)) if n == 2 else None
        answer = cbor2.loads(ask("POST", "/v1/poll", poll_body(device_id(n), result=result, k15=digest_of(suit) if n == 2 else None),
                                 CBOR, admin=False))
        assert (answer.get(2) == suit) == (n == 3), f"device {n}: {answer}"
    ask("POST", "/v1/poll", b"\xa0", CBOR, admin=False, expect=400)
    ask("POST", "/v1/poll", poll_body(device_id(1)), {"Content-Type": "text/plain"}, admin=False, expect=415)
    ask("GET", "/v1/poll", admin=False, expect=405)
    ask("POST", "/v1/poll", bytes(600), CBOR, admin=False, expect=413)
    for method in ("GET", "HEAD"):
        path = f"/b/{sha256}"
        ask(method, path, admin=False)
        ask(method, path, headers={"Range": "bytes=100-", "If-Range": f'"{sha256}"'}, admin=False, expect=206 if method == "GET" else 200)
        ask(method, path, headers={"Range": "bytes=99999999-"}, admin=False, expect=416 if method == "GET" else 200)
        ask(method, path, headers={"If-None-Match": f'"{sha256}"'}, admin=False, expect=304)
        ask(method, f"/b/{'0' * 64}", admin=False, expect=404)
    ask("POST", f"/b/{sha256}", b"", admin=False, expect=405)
    ask("PUT", f"/b/{sha256}", b"", admin=False, expect=405)


def looking(ask):
    """Everything that the admin plane shows."""
    first = ask.json("GET", "/admin/v1/devices?limit=2")
    assert len(first["devices"]) == 2 and first["next"], first
    assert len(ask.json("GET", f"/admin/v1/devices?limit=2&after={first['next']}")["devices"]) == 1
    for query in ("limit=0", "limit=x", "after=zz"):
        ask.json("GET", f"/admin/v1/devices?{query}", expect=400)
    one = f"/admin/v1/devices/{device_id(1).hex()}"
    assert ask.json("GET", one)["results"][0]["code"] == -42
    assert ask.json("PUT", one, {"channel": "beta"})["channel"] == "beta"
    ask.json("PUT", one, {"channel": "../"}, expect=400)
    for method, body in (("GET", None), ("PUT", {"channel": "beta"})):
        ask.json(method, "/admin/v1/devices/ffffffffffff", body, expect=404)
        ask.json(method, "/admin/v1/devices/1", body, expect=400)
    ask("PUT", one, b" " * 70000, expect=413)
    status = ask.json("GET", "/admin/v1/status")
    assert status["devices"] == 3 and status["channels"] == {"beta": 1, "stable": 2}, status
    ask("GET", "/healthz", headers={"Authorization": "none"})
    ask("GET", "/readyz")
    assert b"otaria_devices" in ask("GET", "/metrics")
    ask.json("POST", "/admin/v1/releases/sensor/1.1.0/withdraw")
    ask.json("POST", "/admin/v1/releases/sensor/1.1.0/withdraw", expect=404)
    ask("POST", "/admin/v1/releases/sensor/1.1.0/withdraw", b" " * 70000, expect=413)


def shut_doors(ask, spec):
    """Each admin operation without token, under a foreign name, and with a method that the path does not have."""
    for template, item in spec.doc["paths"].items():
        if "servers" in item:
            continue
        path = template.replace("{sha256}", "0" * 64).replace("{id}", "020000000001").replace("{product}", "a").replace("{version}", "1")
        for method in [method for method in METHODS if method in item]:
            body = None if method == "get" else b""
            ask(method.upper(), path, body, {"Host": "evil.example"}, expect=421)
            if template != "/healthz":
                ask(method.upper(), path, body, {"Authorization": "Bearer x"}, expect=401)
        if template != "/healthz":
            wrong = next(method for method in ("put", "get", "post") if method not in item)
            ask(wrong.upper(), path, None if wrong == "get" else b"", expect=405)
        ask("DELETE", path, expect=405)


def raw(spec, address, request, expect):
    with connection(address) as s:
        s.sendall(request)
        data = b""
        while chunk := s.recv(65536):
            data += chunk
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    status = int(lines[0].split()[1])
    assert status == expect, f"{request[:60]!r}: {status} instead of {expect}"
    spec.check("POST", "/v1/poll", status, dict(line.split(": ", 1) for line in lines[1:]), body)


def malformed(spec, address):
    """What the HTTP server refuses by itself is documented once for all."""
    head = b"POST /v1/poll HTTP/1.1\r\nHost: x\r\n"
    raw(spec, address, head + b"Transfer-Encoding: chunked\r\n\r\n", 400)
    raw(spec, address, head + b"\r\n", 411)
    raw(spec, address, head + b"Expect: magic\r\nContent-Length: 1\r\n\r\n", 417)
    raw(spec, address, b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414)
    raw(spec, address, head + b"X: " + b"a" * 9000 + b"\r\n\r\n", 431)
    raw(spec, address, b"BREW /v1/poll HTTP/1.1\r\nHost: x\r\n\r\n", 501)
    raw(spec, address, b"GET /v1/poll HTTP/3.0\r\nHost: x\r\n\r\n", 505)


def main():
    spec = Spec((SOURCE / "spec/openapi.yaml").read_text())
    image = bytes(range(256)) * 80
    with Lab() as lab:
        server = lab.serve()
        ask = Asker(server, spec)
        suit = publishing(lab, ask, image)
        devices(ask, suit, image)
        looking(ask)
        shut_doors(ask, spec)
        malformed(spec, server.listen[0])
        closed = Asker(lab.serve(key=False), spec)
        closed.json("POST", "/admin/v1/releases", {"suit": base64.b64encode(suit).decode()}, expect=403)
        never = sorted(spec.unseen())
        assert not never, f"documented, but not seen: {never}"
        print(f"{ask.asked + closed.asked + 7} answers are as openapi.yaml says; {len(spec.seen)} of its answers were seen")


if __name__ == "__main__":
    main()
