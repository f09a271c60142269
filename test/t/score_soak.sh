#!/usr/bin/env bash
# 100 clients ask for scores of random leads, half of them with plans of their own each time: no backend's memory grows.
# 20 seconds; 10 minutes with JORGE_LONG=1 (test/bin/run long).
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run -c max_connections=120 bash "$0"
. "$(dirname "$0")/../bin/tap.sh"
pgbench=$("${PG_CONFIG:-pg_config}" --bindir)/pgbench
seconds=20 most=64 # kB a backend may still come to keep: the server's own caches
[ -z "${JORGE_LONG:-}" ] || seconds=600 most=16

# Number of client backends, and their anonymous memory, kB
memory() {
	local files
	files=$(sql "SELECT string_agg(format('/proc/%s/status', pid), ' ') FROM pg_stat_activity WHERE application_name = 'pgbench'")
	# shellcheck disable=SC2086
	awk '/^RssAnon/ { n++; kb += $2 } END { print n + 0, kb + 0 }' $files
}

if [ ! -x "$pgbench" ]; then
	echo "ok 1 - # SKIP no pgbench"
	echo "1..1"
	exit
fi

sql "CREATE EXTENSION jorge; SELECT jorge.install(); SELECT jorge.load_synthetic_leads(2000); CREATE TABLE numbered AS SELECT row_number() OVER () AS n, lead_id FROM jorge.lead;
     CREATE UNIQUE INDEX ON numbered (n); VACUUM ANALYZE numbered; VACUUM ANALYZE jorge.lead" >/dev/null
cat >"$JORGE_CLUSTER/soak.sql" <<-END
	\set n random(1, 2000)
	SELECT jorge.lead_score(l) FROM jorge.lead l JOIN numbered USING (lead_id) WHERE n = :n;
END
chmod 755 "$JORGE_CLUSTER"
for mode in simple prepared; do
	"$pgbench" -n -M $mode -c 50 -j 2 -T "$seconds" -f "$JORGE_CLUSTER/soak.sql" -l --log-prefix="$JORGE_CLUSTER/soak_$mode" \
		--sampling-rate="$([ -n "${JORGE_LONG:-}" ] && echo 0.05 || echo 1)" postgres >"$JORGE_CLUSTER/soak_$mode.out" 2>&1 &
done
for _ in $(seq 100); do
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench' AND query LIKE 'SELECT%'")" = 100 ] && break
	sleep 0.1
done
sleep $((seconds / 6))
read -r clients before <<<"$(memory)"
sleep $((seconds / 3))
read -r clients_later after <<<"$(memory)"
wait
is "$clients $clients_later" "100 100" "100 clients are at work"
is "$(grep -h '^number of failed transactions' "$JORGE_CLUSTER"/soak_*.out | sort -u)" "number of failed transactions: 0 (0.000%)" "no call fails"
is "$((after - before < 100 * most))" 1 "memory of the backends does not grow (from $before to $after kB in all)"
for mode in simple prepared; do
	awk '{ print $3 }' "$JORGE_CLUSTER"/soak_${mode}* 2>/dev/null | grep -E '^[0-9]+$' | sort -n >"$JORGE_CLUSTER/sorted"
	calls=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$JORGE_CLUSTER/soak_$mode.out")
	n=$(wc -l <"$JORGE_CLUSTER/sorted")
	echo "# -M $mode: $calls calls, median $(sed -n "$((n / 2 + 1))p" "$JORGE_CLUSTER/sorted") us, p99 $(sed -n "$((n * 99 / 100))p" "$JORGE_CLUSTER/sorted") us at the client, 50 of 100 clients on $(nproc) cores"
	is "$((calls > 0))" 1 "scores were served (-M $mode)"
done

done_testing
