#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README's first command, and demo-host, must end well and leave nothing running.
set -euo pipefail
cd "$OTARIA_SOURCE"

running() {
    pgrep -cf "$OTARIA_SOURCE/build/(plain/bin/otaria|board/rom.elf)" || true
}

before=$(running)
ONCE=1 tools/demo
ONCE=1 tools/demo-host
after=$(running)
[ "$before" = "$after" ] || { echo "a demo left a process running"; exit 1; }
