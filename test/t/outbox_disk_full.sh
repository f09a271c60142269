#!/usr/bin/env bash
# The disk fills up while messages are on their way. Where JORGE_LONG is set, and a file system can be mounted.
[ -n "${JORGE_LONG:-}" ] || { echo "ok 1 - a full disk # SKIP without JORGE_LONG"; echo "1..1"; exit 0; }
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/disk_full.py"
