#!/usr/bin/env bash
# An hour of deliveries. Where JORGE_LONG is set; JORGE_SOAK=SECONDS,MESSAGES makes it shorter.
[ -n "${JORGE_LONG:-}" ] || { echo "ok 1 - an hour of deliveries # SKIP without JORGE_LONG"; echo "1..1"; exit 0; }
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/soak.py"
