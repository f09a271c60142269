#!/usr/bin/env bash
# pg_upgrade of a server that delivers. Where JORGE_LONG is set.
[ -n "${JORGE_LONG:-}" ] || { echo "ok 1 - an upgrade # SKIP without JORGE_LONG"; echo "1..1"; exit 0; }
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/upgrade.py"
