#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README's first command, and demo-host, must end well and leave nothing running.
set -euo pipefail
cd "$OTARIA_SOURCE"

ONCE=1 tools/demo
ONCE=1 tools/demo-host
# Every process of a demo has a file of its folder in its arguments; other tests' have not.
if pgrep -af "$OTARIA_SOURCE/build/demo/"; then
    echo "a demo left a process running"
    exit 1
fi
