#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README's first command must end well and leave nothing running.
set -euo pipefail
cd "$OTARIA_SOURCE"
before=$(pgrep -cf "$OTARIA_SOURCE/build/plain/bin/otaria" || true)
ONCE=1 tools/demo-host
after=$(pgrep -cf "$OTARIA_SOURCE/build/plain/bin/otaria" || true)
[ "$before" = "$after" ] || { echo "the demo left a process running"; exit 1; }
