#!/usr/bin/env bash
# The outbox worker among what happens to a server: idleness, locks, DROP DATABASE and EXTENSION, shutdown, copies of the data.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/lifecycle.py"
