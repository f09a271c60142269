#!/usr/bin/env bash
# Reply, STOP and other stops racing the claim: no send whose stop committed first. 300 races, in the long run 10,000.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
races=300
[ -z "${JORGE_LONG:-}" ] || races=10000
exec test/bin/cluster run -c track_commit_timestamp=on bash -c '
	psql -qX -v ON_ERROR_STOP=1 -c "CREATE EXTENSION jorge" -c "SELECT jorge.install()" -o /dev/null || exit 1
	timeout 900 "${PYTHON:-/usr/bin/python3}" test/python/lib/follow_race.py '"$races"
