#!/usr/bin/env bash
# What a fake GoHighLevel received, whatever it did: every fault of the matrix, contacts, tags, tokens, secrets.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/delivery.py"
