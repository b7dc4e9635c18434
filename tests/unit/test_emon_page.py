#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""firmware/emon/page: what is embedded is the page, self-contained, allowed by hash, usable without eyes or mouse."""
import base64
import gzip
import hashlib
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

ROOT = pathlib.Path(os.environ.get("OTARIA_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PAGE = ROOT / "firmware/emon/page"


def embedded(source):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "page.c"
        subprocess.run([sys.executable, PAGE / "embed", source, out], check=True)
        text = out.read_text()
    length = int(re.search(r"emon_page_len = (\d+);", text)[1])
    words = [int(w, 16) for w in re.findall(r"0x([0-9a-f]{8})u", text)]
    data = struct.pack(f"<{len(words)}I", *words)
    assert len(data) - length in range(4)
    return data[:length]


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.all = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))

    def of(self, *tags):
        return [attrs for tag, attrs in self.all if tag in tags]


def the_answer_is_an_http_answer_with_the_page_in_it():
    answer = embedded(PAGE / "index.html")
    assert answer == embedded(PAGE / "index.html"), "two runs give different bytes"
    assert len(answer) < 6000, f"{len(answer)} bytes: a page for an ESP8266 is smaller"
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and int(fields["Content-Length"]) == len(body)
    assert body[4:8] == bytes(4), "the time of the build is in the gzip header"
    return fields, gzip.decompress(body).decode()


def only_its_own_script_and_style_run(fields, page):
    policy = dict(rule.split(" ", 1) for rule in fields["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for tag in ("script", "style"):
        source = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert policy[f"{tag}-src"] == f"'sha256-{digest}'", tag
    elements = Elements(page)
    for tag, attrs in elements.all:
        assert not any(name == "style" or name.startswith("on") for name in attrs), f"the policy forbids it: {tag} {attrs}"
        assert not attrs.get("src") and attrs.get("href") in (None, "data:,"), f"not in this file: {tag} {attrs}"


def nothing_of_the_device_becomes_markup(page):
    script = re.search(r"<script>(.*?)</script>", page, re.S)[1]
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc", ".href"):
        assert sink not in script, sink
    for store in ("localStorage", "sessionStorage", "document.cookie"):
        assert store not in script, f"the password must not stay: {store}"


def everything_has_a_name_for_those_who_do_not_see_it(page):
    elements = Elements(page)
    ids = {attrs["id"] for _, attrs in elements.all if "id" in attrs}
    labelled = {attrs["for"] for attrs in elements.of("label")}
    assert labelled <= ids
    for attrs in elements.of("input", "select"):
        assert attrs.get("id") in labelled, f"without a label: {attrs}"
    for attrs in elements.of("section", "table"):
        assert attrs.get("aria-labelledby") in ids, attrs
    assert all("aria-label" in attrs for attrs in elements.of("progress"))
    assert any(attrs.get("aria-live") == "polite" for attrs in elements.of("p"))
    assert elements.of("html")[0]["lang"] == "en" and any(attrs.get("name") == "viewport" for attrs in elements.of("meta"))
    used = set(re.findall(r'(?:\$|show|failed|action)\("([\w-]+)"', page))
    assert used <= ids, f"the script speaks of what is not there: {used - ids}"


def main():
    fields, page = the_answer_is_an_http_answer_with_the_page_in_it()
    only_its_own_script_and_style_run(fields, page)
    nothing_of_the_device_becomes_markup(page)
    everything_has_a_name_for_those_who_do_not_see_it(page)


main()
