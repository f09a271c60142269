#!/usr/bin/env bash
# The outbox worker among what an administrator does: another owner, an open transaction, locks.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/upkeep.py"
