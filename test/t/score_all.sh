#!/usr/bin/env bash
# jorge.score_all(): writes what is due and nothing else, goes on where it was cancelled or killed, keeps newer scores, and
# stands in nobody's way.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

run="SELECT concat_ws(' ', state, leads, due, written) FROM jorge.score_run ORDER BY started_at DESC LIMIT 1"
same="SELECT count(*), count(*) FILTER (WHERE s.probability IS DISTINCT FROM jorge.lead_score(l) OR s.class IS DISTINCT FROM jorge.lead_class(s.probability)) FROM jorge.lead l LEFT JOIN jorge.lead_score s USING (location_id, lead_id)"
log() { sql "SELECT count(*) FROM jorge.prediction WHERE reason = 'score_all'"; }
# until QUERY ANSWER: wait for it
until_is() { for _ in $(seq 200); do [ "$(sql "$1")" = "$2" ] && return; sleep 0.05; done; }

sql "CREATE EXTENSION jorge; SELECT jorge.install(); SELECT jorge.load_synthetic_leads(1000)" >/dev/null
is "$(sql "CALL jorge.score_all(); $run")" "done 1000 0 0" "what the triggers have scored is not due"
is "$(sql "SELECT count(*) FROM jorge.event WHERE reason = 'score_all'; SELECT count(*) FROM jorge.prediction WHERE reason = 'score_all'" | paste -sd' ')" "0 0" "and nothing is written"

# ---- what is due
sql "CREATE TABLE old AS SELECT lead_id, class FROM jorge.lead_score; CREATE TABLE changed AS SELECT lead_id FROM jorge.lead ORDER BY lead_id LIMIT 10; CREATE TABLE missing AS SELECT lead_id FROM jorge.lead ORDER BY lead_id OFFSET 500 LIMIT 3;
     UPDATE jorge.lead SET visits = visits + 4, inbound = inbound + 9, replies = 5, reply_seconds = 60 WHERE lead_id IN (TABLE changed); DELETE FROM jorge.lead_score WHERE lead_id IN (TABLE missing);
     UPDATE jorge.lead_score SET model = 'older_v1' WHERE lead_id = (SELECT lead_id FROM jorge.lead ORDER BY lead_id DESC LIMIT 1)" >/dev/null
differing=$(sql "SELECT count(*) FROM jorge.lead l JOIN jorge.lead_score s USING (lead_id) WHERE s.probability <> jorge.lead_score(l)")
is "$(sql "SELECT concat_ws(' ', leads, due, written) FROM jorge.score_batch()")" "1000 $((differing + 4)) 0" "a dry run tells what is due"
is "$(sql "CALL jorge.score_all(batch_size => 64); $run")" "done 1000 $((differing + 4)) $((differing + 4))" "changed rows, missing scores and scores of another model are written, others not"
is "$(sql "$same")" "1000|0" "all scores are those of lead_score()"
is "$(log)" $((differing + 4)) "each is in the prediction log"
is "$(sql "SELECT (SELECT count(*) FROM jorge.event WHERE reason = 'score_all') = count(*) AND count(*) > 3 FROM old JOIN jorge.lead_score s USING (lead_id) WHERE s.class <> old.class OR lead_id IN (TABLE missing)")" t "there is an event where the class is new"
is "$(sql "SELECT bool_and(p.features = jorge.lead_feature_vector(l)) FROM jorge.prediction p JOIN jorge.lead l USING (lead_id) WHERE p.reason = 'score_all'")" t "with the features it was made from"
is "$(sql "SET jorge.hot_threshold = 0.6; CALL jorge.score_all(); SELECT due = (SELECT count(*) FROM jorge.lead_score WHERE probability >= 0.6 AND probability < 0.8) AND due > 0 FROM jorge.score_run ORDER BY started_at DESC LIMIT 1")" t "a threshold that was moved makes due whose class it changes"
sql "CALL jorge.score_all()" >/dev/null
is "$(sql "SET jorge.log_predictions = off; CALL jorge.score_all(everything => true, batch_size => 300); $run; SELECT count(*) > 0 FROM jorge.lead_score WHERE scored_at < now() - interval '1 min'" | paste -sd' ')" "done 1000 1000 1000 f" "everything => true writes all"
is "$(sql "UPDATE jorge.lead_score SET scored_at = scored_at - interval '40 days' WHERE lead_id IN (TABLE changed); CALL jorge.score_all(older_than => '30 days'); $run")" "done 1000 10 10" "older_than writes what is older"

for way in "SET enable_nestloop = off" "SET enable_indexscan = off" "SET enable_nestloop = off; SET enable_mergejoin = off" "SET debug_parallel_query = on; SET force_parallel_mode = on"; do
	is "$(sql "$way; DELETE FROM jorge.lead_score; CALL jorge.score_all(batch_size => 70)" 2>/dev/null | grep -v 42704; sql "$same")" "1000|0" "whatever the plan is ($way)"
	is "$(sql "$way; SELECT due FROM jorge.score_batch()" | tail -1)" 0 "a dry run agrees"
done

# ---- cancelled, terminated, killed: a trigger makes batches slow
sql "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF current_setting(''application_name'') = ''slow'' THEN PERFORM pg_sleep(0.3); ELSIF current_setting(''application_name'') = ''slower'' THEN PERFORM pg_sleep(3); END IF; RETURN NULL; END';
     CREATE TRIGGER pause BEFORE UPDATE ON jorge.lead_score FOR EACH STATEMENT EXECUTE FUNCTION pause(); DELETE FROM jorge.prediction; DELETE FROM jorge.score_run" >/dev/null
all="SET application_name = 'slow'; CALL jorge.score_all(everything => true, batch_size => 150)"
is "$(sql "SET statement_timeout = 1000; $all")" "ERROR:  57014" "a run can be cancelled within a batch"
like "$(sql "$run")" '^running (300|450) ' "what was done before is kept"
sql "$all" >/dev/null 2>&1 &
first=$(sql "SELECT leads FROM jorge.score_run")
until_is "SELECT leads > $first FROM jorge.score_run" t
is "$(sql "SELECT p.task, p.total, p.done >= r.leads FROM jorge.progress p, jorge.score_run r")" "score|1000|t" "a run shows in jorge.progress"
is "$(sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slow'")" t "it can be terminated"
wait
sql "$all" >/dev/null 2>&1 &
second=$(sql "SELECT leads FROM jorge.score_run")
until_is "SELECT leads > $second FROM jorge.score_run" t
kill -9 "$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'slow'")"
wait
until_is "SELECT 1" 1
is "$(sql "$all; $run")" "done 1000 1000 1000" "killed together with the server, it is gone on with"
is "$(sql "SELECT count(*) FROM jorge.score_run")" 1 "as one run"
is "$(sql "SELECT count(*), count(DISTINCT lead_id) FROM jorge.prediction")" "1000|1000" "that has scored each lead once"

# ---- another model comes to serve in the middle
sql "SET statement_timeout = 500; $all" >/dev/null
sql "SELECT jorge.register_model(name, forest, metrics) FROM jorge.model; SELECT jorge.promote('jorge_lead_scorer', 2)" >/dev/null
like "$(sql "SET client_min_messages = notice; $all")" 'NOTICE:  00000' "a run of a model that serves no longer ends, with a notice"
is "$(sql "SELECT string_agg(concat_ws(' ', model, state, leads, due), ',' ORDER BY started_at) FROM (SELECT * FROM jorge.score_run ORDER BY started_at DESC LIMIT 2) x")" "jorge_lead_scorer_v1 superseded 150 150,jorge_lead_scorer_v2 done 1000 1000" "and one with the new model begins"
is "$(sql "SELECT DISTINCT model FROM jorge.lead_score")" jorge_lead_scorer_v2 "all scores are of one model"
is "$(sql "CALL jorge.score_all(model => 'none such')")" "ERROR:  42704" "a model that nobody promoted is an error"
is "$(sql "BEGIN; CALL jorge.score_all()" | tail -1)" "ERROR:  2D000" "in a transaction block it is refused"
is "$(sql "CALL jorge.score_all(batch_size => 0)")" "ERROR:  22023" "so is a batch of nothing"

# ---- with others at work: one lead is being changed and not committed, one is changed between reading and writing
lead=$(sql "SELECT lead_id FROM jorge.lead ORDER BY lead_id LIMIT 1")
other=$(sql "SELECT lead_id FROM jorge.lead ORDER BY lead_id OFFSET 1 LIMIT 1")
talk="INSERT INTO jorge.interaction (lead_id, channel, direction, body) VALUES"
(echo "BEGIN; $talk ('$lead', 'sms', 'in', 'I want to buy now, cash');"; sleep 8; echo "COMMIT;") | psql -qX >/dev/null 2>&1 &
until_is "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'" 1
sql "SET application_name = 'slower'; CALL jorge.score_all(everything => true)" >/dev/null 2>&1 &
runner=$!
until_is "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" 1
is "$(sql "SET lock_timeout = 1000; $talk ('$other', 'visit', 'in', 'Lovely house, let us make an offer today')")" "" "a run does not hold leads up while it reads"
wait $runner
is "$(sql "$run")" "done 1000 1000 998" "a lead that somebody works on, and one that was scored meanwhile, are left alone"
wait
is "$(sql "$same")" "1000|0" "and keep their newer scores"

# ---- many at once: single inserts by several clients, bulk inserts, and runs
sql "DROP TRIGGER pause ON jorge.lead_score" >/dev/null
for client in 1 2 3; do
	for n in $(seq 40); do
		echo "BEGIN; $talk ((SELECT lead_id FROM jorge.lead ORDER BY random() LIMIT 1), 'sms', 'in', 'message $n'); $talk ((SELECT lead_id FROM jorge.lead ORDER BY random() LIMIT 1), 'call', 'out', NULL); COMMIT;"
	done | psql -qX >"$JORGE_CLUSTER/client_$client" 2>&1 &
done
(for n in $(seq 10); do echo "INSERT INTO jorge.inquiry (source, phone, message) SELECT 'zillow', '512' || (3000000 + $n * 100 + i), 'hello' FROM generate_series(1, 100) i;"; done) | psql -qX >"$JORGE_CLUSTER/client_bulk" 2>&1 &
for _ in $(seq 6); do sql "CALL jorge.score_all(everything => true, batch_size => 200)"; done >"$JORGE_CLUSTER/client_run" 2>&1
wait
# two writers of one lead at a time may deadlock with each other as ever; with a run, never
is "$(cat "$JORGE_CLUSTER"/client_run)" "" "runs among inserts meet no deadlock"
is "$(grep -c 'deadlock' "$JORGE_CLUSTER"/client_bulk)" 0 "nor do bulk inserts"
is "$(grep -A3 'deadlock detected' "$JORGE_CLUSTER"/data/server.log | grep -c 'jorge_scored')" 0 "no deadlock names a run"
is "$(sql "$same" | cut -d'|' -f2)" 0 "no newer score is lost"

# ---- tenants
sql "SET jorge.location_id = 'north'; INSERT INTO jorge.inquiry (source, phone, message) SELECT 'ghl', '512' || (4000000 + n), 'hi' FROM generate_series(1, 20) n" >/dev/null
is "$(sql "UPDATE jorge.lead SET visits = 7 WHERE location_id = 'north'; CALL jorge.score_all(); SELECT count(*) FROM jorge.score_run WHERE location_id = 'north'")" 0 "a run is of one location"
is "$(sql "CALL jorge.score_all(location_id => NULL); SELECT concat_ws(' ', state, leads, due) FROM jorge.score_run WHERE location_id = 'north'")" "done 20 20" "or of all, one after the other"
sql "CREATE ROLE tenant LOGIN; ALTER ROLE tenant SET jorge.location_id = 'north'; GRANT USAGE ON SCHEMA jorge TO tenant;
     GRANT SELECT, INSERT, UPDATE ON jorge.lead, jorge.lead_score, jorge.prediction, jorge.event, jorge.score_run TO tenant" >/dev/null
is "$(sql -U tenant "CALL jorge.score_all()")" "ERROR:  42501" "a role needs the right to call it"
sql "GRANT EXECUTE ON PROCEDURE jorge.score_all TO tenant; GRANT EXECUTE ON FUNCTION jorge.score_step, jorge.score_batch TO tenant" >/dev/null
is "$(sql -U tenant "CALL jorge.score_all(location_id => NULL, everything => true); SELECT DISTINCT location_id, leads FROM jorge.score_run")" "north|20" "and reaches its own location only"

done_testing
