#!/usr/bin/env bash
# Who is who beside other work: COPY and single inserts at once, a client that gives up waiting, a crash in the middle of a merge,
# and a logical replica, which stores rows without resolving them again.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run -c wal_level=logical bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

wrong="SELECT count(*) FROM jorge.check_identity()"
empty="SET client_min_messages = error; TRUNCATE jorge.inquiry, jorge.lead CASCADE; TRUNCATE jorge.prediction, jorge.event"
sql "CREATE EXTENSION jorge; SELECT jorge.install()" >/dev/null

# half of what is copied comes singly at the same time
copied=20000
[ -z "${JORGE_LONG:-}" ] || copied=100000
psql -qXAt -c "COPY (SELECT 'crm', 'c' || n, 'Person Q' || n, '512' || (2000000 + n), 'p' || n || '@example.com' FROM generate_series(1, $copied) n) TO STDOUT" >"$JORGE_CLUSTER/rows"
psql -qXAt -v VERBOSITY=sqlstate -c "\\copy jorge.inquiry (source, source_ref, name, phone, email) FROM '$JORGE_CLUSTER/rows'" >"$JORGE_CLUSTER/copy.out" 2>&1 &
for client in 1 2; do
	psql -qXAt -c "SELECT format('INSERT INTO jorge.inquiry (source, phone) VALUES (''ghl'', ''512%s'');', 2000000 + $client + n * 2) FROM generate_series(1, 200) n" |
		psql -qXAt -v VERBOSITY=sqlstate >"$JORGE_CLUSTER/single.$client" 2>&1 &
done
wait
is "$(cat "$JORGE_CLUSTER"/copy.out "$JORGE_CLUSTER"/single.*)" "" "COPY beside single inserts: no error, no deadlock, $(sql "SHOW max_locks_per_transaction") locks"
is "$(sql "SELECT count(*) || ' ' || sum(inquiries) FROM jorge.lead")" "$copied $((copied + 400))" "each person is one lead with all arrivals"
is "$(sql "$wrong")" 0 "nothing is wrong"
sql "$empty" >/dev/null

# one waits for another's person, and gives up
sql "BEGIN; INSERT INTO jorge.inquiry (source, phone) VALUES ('zillow', '512-867-5309'); SELECT pg_sleep(1.5); COMMIT" >/dev/null &
for _ in $(seq 50); do
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1.5)%' AND wait_event = 'PgSleep'")" = 1 ] && break
	sleep 0.05
done
is "$(sql "SET statement_timeout = 200; INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-867-5309')")" "ERROR:  57014" "who waits for another's person can give up"
is "$(sql "INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '713-222-4502'); SELECT count(*) FROM jorge.lead")" 1 "others need not wait"
is "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")" 0 "and it left the queue"
wait
is "$(sql "SELECT count(*) || ' ' || sum(inquiries) FROM jorge.lead; $wrong" | tr '\n' ' ')" "2 2 0 " "what gave up left nothing"

# a crash in the middle of a merge
sql "INSERT INTO jorge.inquiry (source, name, email) VALUES ('zillow', 'Ann Smith', 'ann@example.com')" >/dev/null
rows="SELECT md5(string_agg(t, ',' ORDER BY t)) FROM (SELECT l::text AS t FROM jorge.lead l UNION ALL SELECT k::text FROM jorge.lead_key k UNION ALL SELECT a::text FROM jorge.lead_alias a UNION ALL SELECT m::text FROM jorge.lead_merge m) x"
sql "CHECKPOINT" >/dev/null
before=$(sql "$rows")
(echo "BEGIN; SELECT jorge.merge_leads(a.lead_id, b.lead_id) FROM jorge.lead a, jorge.lead b WHERE a.phone = '512-867-5309' AND b.email IS NOT NULL; SELECT 'merged', pg_sleep(60);" | psql -qXAt >"$JORGE_CLUSTER/merge.out" 2>&1) &
for _ in $(seq 100); do
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep'")" = 1 ] && break
	sleep 0.05
done
kill -9 "$(sql "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep'")"
wait
for _ in $(seq 100); do
	[ "$(sql "SELECT 1")" = 1 ] && break
	sleep 0.1
done
is "$(sql "$rows")" "$before" "a crash in the middle of a merge leaves the two as they were"
is "$(sql "SELECT count(jorge.merge_leads(a.lead_id, b.lead_id)) FROM jorge.lead a, jorge.lead b WHERE a.phone = '512-867-5309' AND b.email IS NOT NULL; $wrong" | tr '\n' ' ')" "1 0 " "and they can be merged then"
sql "$empty" >/dev/null

# a replica gets the rows; its triggers do not fire
is "$(sql "SET session_replication_role = replica; INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-867-5309'); SELECT count(*) FROM jorge.lead")" 0 "rows applied by replication are not resolved again"
is "$(sql "SELECT jorge.resolve_pending(); SELECT count(*) FROM jorge.lead" | tr '\n' ' ')" "1 1 " "unless somebody asks for it"
sql "$empty" >/dev/null
psql -qX -c "CREATE DATABASE replica" && psql -qX -d replica -c "CREATE EXTENSION jorge" -c "SELECT jorge.install()" >/dev/null
sql -d replica "SET client_min_messages = error; TRUNCATE jorge.model CASCADE; TRUNCATE jorge.identity_stop" >/dev/null
tables=$(sql "SELECT string_agg(format('jorge.%I', c.relname), ', ') FROM pg_class c WHERE c.relnamespace = 'jorge'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND c.relname IN ('inquiry', 'lead', 'lead_key', 'lead_block', 'lead_alias', 'inquiry_lead', 'lead_score', 'lead_merge', 'lead_apart', 'identity_review', 'interaction', 'interaction_ref', 'lead_conversation')")
sql "CREATE PUBLICATION everything FOR TABLE $tables WITH (publish_via_partition_root = true); SELECT pg_create_logical_replication_slot('everything', 'pgoutput')" >/dev/null
is "$(sql -d replica "SET client_min_messages = error; CREATE SUBSCRIPTION everything CONNECTION 'host=$PGHOST port=$PGPORT user=postgres dbname=$PGDATABASE' PUBLICATION everything WITH (create_slot = false, copy_data = false)")" "" "a database subscribes to another"
is "$(sql "INSERT INTO jorge.inquiry (source, name, phone, email) SELECT 'x', 'Person Q' || n, '512-867-' || 1000 + n, 'p' || n || '@example.com' FROM generate_series(1, 20) n;
           INSERT INTO jorge.interaction (lead_id, channel, direction) SELECT lead_id, 'call', 'in' FROM jorge.lead;
           DO \$\$ BEGIN PERFORM jorge.merge_leads(a.lead_id, b.lead_id) FROM jorge.lead a, jorge.lead b WHERE a.email = 'p1@example.com' AND b.email = 'p2@example.com';
                 PERFORM jorge.erase_lead(lead_id) FROM jorge.lead WHERE email = 'p3@example.com'; END \$\$;
           INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-867-1004')")" "" "arrivals, a merge and an erasure are replicated"
rows="SELECT md5(string_agg(t, ',' ORDER BY t)) FROM (SELECT l::text AS t FROM jorge.lead l UNION ALL SELECT k::text FROM jorge.lead_key k UNION ALL SELECT DISTINCT b::text FROM jorge.lead_block b UNION ALL SELECT a::text FROM jorge.lead_alias a UNION ALL SELECT i::text FROM jorge.inquiry i UNION ALL SELECT s::text FROM jorge.lead_score s) x"
before=$(sql "$rows")
for _ in $(seq 100); do
	[ "$(sql -d replica "$rows")" = "$before" ] && break
	sleep 0.1
done
is "$(sql -d replica "$rows")" "$before" "to the same rows"
is "$(sql -d replica "$wrong")" 0 "where nothing is wrong"
sql -d replica "SET client_min_messages = error; ALTER SUBSCRIPTION everything DISABLE; ALTER SUBSCRIPTION everything SET (slot_name = NONE); DROP SUBSCRIPTION everything" >/dev/null

done_testing
