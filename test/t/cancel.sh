#!/usr/bin/env bash
# Cancelled or killed in the middle, a statement leaves nothing behind, and the next one works.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

rows="SELECT (SELECT count(*) FROM jorge.inquiry) + (SELECT count(*) FROM jorge.lead) + (SELECT count(*) FROM jorge.lead_key) + (SELECT count(*) FROM jorge.prediction) + (SELECT count(*) FROM jorge.event WHERE kind = 'lead_ml_scored')"
many="INSERT INTO jorge.inquiry (source, phone, message) SELECT 'ghl', '512' || (2000000 + n), 'budget 400k, pre-approved' FROM generate_series(1, 200000) n"
sql "CREATE EXTENSION jorge; SELECT jorge.install()" >/dev/null

is "$(sql "SET statement_timeout = 700; $many")" "ERROR:  57014" "a bulk insert can be cancelled: the error is not swallowed"
is "$(sql "$rows")" 0 "and leaves nothing"

# messages long enough that the cancel falls into the guarded scan, whose other errors do not fail the statement
sql "ALTER TABLE jorge.inquiry DISABLE TRIGGER intake; INSERT INTO jorge.inquiry (source, message) SELECT 'ghl', repeat('budget is 400k, see it asap? ', 40000) FROM generate_series(1, 100); ALTER TABLE jorge.inquiry ENABLE TRIGGER intake" >/dev/null
is "$(sql "SET statement_timeout = 300; SELECT jorge.resolve_pending()")" "ERROR:  57014" "nor is it where messages are scanned"
is "$(sql "SELECT count(*) FROM jorge.lead")" 0 "and that leaves nothing either"
sql "DELETE FROM jorge.inquiry" >/dev/null

sql "SET application_name = 'victim'; $many" >/dev/null 2>&1 &
for _ in $(seq 100); do
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND now() - query_start > interval '0.5 s'")" = 1 ] && break
	sleep 0.1
done
is "$(sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'")" t "a bulk insert can be terminated"
wait
is "$(sql "$rows")" 0 "and leaves nothing"
is "$(sql "BEGIN; INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2001'); SAVEPOINT a; INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2002'); ROLLBACK TO a; COMMIT; SELECT count(*) FROM jorge.lead" | tail -1)" 1 "a savepoint takes back what came after it"
backend=$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
kill -9 "$backend"
for _ in $(seq 100); do
	[ "$(sql "SELECT 1")" = 1 ] && break
	sleep 0.1
done
is "$(sql "INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2001'); SELECT count(*) FROM jorge.lead_score")" 1 "after a crash of the server intake goes on"

done_testing
