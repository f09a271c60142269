#!/usr/bin/env bash
# A standby is promoted while the primary's requests were on their way. Where JORGE_LONG is set.
[ -n "${JORGE_LONG:-}" ] || { echo "ok 1 - failover # SKIP without JORGE_LONG"; echo "1..1"; exit 0; }
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/failover.py"
