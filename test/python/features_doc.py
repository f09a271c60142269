#!/usr/bin/python3
"""doc/features.md repeats the catalogue, jorge.feature, word for word; with --print, the table to put there."""
import pathlib
import subprocess
import sys

QUERY = """
SELECT format('| %s | %s%s | %s | %s | %s | %s |', position, name, CASE WHEN protected THEN ' (protected)' ELSE '' END,
              unit, range, description, missing)
FROM jorge.feature ORDER BY position
"""
HEAD = ["| # | feature | unit | range | meaning | missing if |", "|---|---|---|---|---|---|"]


def catalogue():
    """Return the table's lines as the database has them."""
    setup = ["-c", "SET client_min_messages = error", "-c", "CREATE EXTENSION IF NOT EXISTS jorge"]
    out = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *setup, "-c", QUERY],
                         check=True, capture_output=True, text=True).stdout
    return out.splitlines()


def documented():
    """Return the lines below the head of the catalogue in the page."""
    lines = (pathlib.Path(__file__).parents[2] / "doc" / "features.md").read_text().splitlines()
    if HEAD[0] not in lines:
        return []
    start = lines.index(HEAD[0]) + len(HEAD)
    return [line for line in lines[start:] if line.startswith("|")]


if sys.argv[1:] == ["--print"]:
    print("\n".join(HEAD + catalogue()))
    sys.exit()

expected, found = catalogue(), documented()
print("1..2")
print("ok 1 - the catalogue is not empty" if expected else "not ok 1 - the catalogue is empty")
if expected == found:
    print("ok 2 - doc/features.md has the catalogue")
else:
    print("not ok 2 - doc/features.md has the catalogue: run test/python/features_doc.py --print")
    for line in sorted(set(expected) ^ set(found)):
        print("#", "missing" if line in expected else "surplus", line)
sys.exit(expected != found or not expected)
