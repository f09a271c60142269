#!/usr/bin/python3
# agencies: revenue forecasts of 200 simulated agencies against a forecaster that knows the law that made them
# (test/python/revenue_truth.py): errors, ratio, bias and coverage by months ahead; wanted: three months ahead a
# ratio up to 1.15, 80 % intervals that hold 80 +- 5 %, and below 15 % with 100 deals a month.
"""Run by test/bench/run; JORGE_AGENCIES and JORGE_MONTHS (26-61, months of history) choose others."""
import os
import pathlib
import subprocess
import sys

TEST = pathlib.Path(__file__).resolve().parents[1] / "python" / "revenue_truth.py"

subprocess.run(["psql", "-qX", "-c", "CREATE EXTENSION IF NOT EXISTS jorge"], check=True)
sys.exit(subprocess.run([sys.executable, str(TEST)], env={**os.environ, "JORGE_LONG": "1"}).returncode)
