#!/usr/bin/env bash
# A backend that only scores never loads XGBoost, OpenMP or libcurl, preloaded or not; one that trains does.
[ -n "${JORGE_CLUSTER:-}" ] || {
	status=0
	for preload in "" jorge; do
		JORGE_PRELOAD=$preload "$(dirname "$0")/../bin/cluster" run -c shared_preload_libraries="$preload" bash "$0" || status=1
	done
	exit $status
}
. "$(dirname "$0")/../bin/tap.sh"
what="(preloaded: ${JORGE_PRELOAD:-nothing})"

sql "CREATE EXTENSION jorge; SELECT jorge.install()" >/dev/null
maps="SELECT string_agg(DISTINCT m[1], ' ') FROM regexp_matches(pg_read_file('/proc/self/maps'), '/(jorge[a-z_]*|libxgboost|libgomp|libcurl)[^/\n]*\.so', 'g') m"
used="INSERT INTO jorge.inquiry (source, phone, message) VALUES ('zillow', '512-555-2001', 'budget 400k');
      INSERT INTO jorge.interaction (lead_id, channel, direction) SELECT lead_id, 'call', 'in' FROM jorge.lead;
      SELECT FROM jorge.lead l WHERE jorge.lead_score(l) > 2; SELECT FROM jorge.lead l, jorge.lead_reasons(l) r WHERE rank > 1000;"
is "$(sql "$used $maps")" "jorge" "a backend that takes in, scores and explains maps jorge alone $what"
is "$(sql "SELECT (regexp_match(pg_read_file('/proc/self/status'), 'Threads:\s+(\d+)'))[1]")" 1 "in one thread $what"
postmaster=$(head -1 "$JORGE_CLUSTER/data/postmaster.pid")
unlike "$(cat "/proc/$postmaster/maps")" 'libxgboost|libgomp|libcurl' "nor does the postmaster $what"
trained="SELECT 1 WHERE jorge.forest_hash(jorge.train('SELECT n % 7 AS a, n % 3 AS b, n % 7 > 3 AS won FROM generate_series(1, 500) n', 'won', '{\"rounds\": 3, \"quiet\": true}')) IS NULL;"
like "$(sql "$trained $maps")" 'jorge jorge_learn libgomp libxgboost' "a backend that trains does $what"

done_testing
