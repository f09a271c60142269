#!/usr/bin/env bash
# Workers and postmasters are killed at random; by the provider's ledger nothing is lost and nothing arrives twice. Hundreds of kills
# where JORGE_LONG is set; JORGE_SEED repeats a run.
exec "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/../fake_ghl/kills.py"
