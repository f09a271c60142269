#!/usr/bin/env bash
# A follow-up from end to end, the fake GoHighLevel's ledger as the truth.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/follow_up.py"
