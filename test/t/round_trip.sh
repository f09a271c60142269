#!/usr/bin/env bash
# The data outlives the extension: DROP EXTENSION CASCADE, CREATE EXTENSION, install() gives equal scores; so does
# pg_dump and restore. What the owner has changed is kept.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

scores="SELECT md5(string_agg(lead_id || ' ' || jorge.lead_score(l)::text, ',' ORDER BY lead_id)) FROM jorge.lead l"
rows="SELECT md5(string_agg(t, ',' ORDER BY t)) FROM (SELECT l::text AS t FROM jorge.lead l UNION ALL SELECT s::text FROM jorge.lead_score s UNION ALL SELECT i::text FROM jorge.interaction i UNION ALL SELECT p::text FROM jorge.prediction p UNION ALL SELECT q::text FROM jorge.inquiry q) x"

sql "CREATE EXTENSION jorge; SELECT jorge.install(); SELECT jorge.load_synthetic_leads(300);
     CREATE OR REPLACE FUNCTION jorge.money_text(dollars float8) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''my own ''::text';" >/dev/null
before_scores=$(sql "$scores")
before_rows=$(sql "$rows")
before_policies=$(sql "SELECT count(*) FROM pg_policies WHERE schemaname = 'jorge'")
like "$before_scores" '^[0-9a-f]{32}$' "leads are scored"

is "$(sql "DROP EXTENSION jorge")" "ERROR:  2BP01" "DROP EXTENSION refuses while triggers use it"
sql "DROP EXTENSION jorge CASCADE" >/dev/null 2>&1
is "$(sql "SELECT count(*) FROM pg_extension WHERE extname = 'jorge'")" 0 "CASCADE drops it"
is "$(sql "$rows")" "$before_rows" "and keeps every row"
is "$(sql "INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2001'), ('ghl', '512-555-2001')")" "" "inquiries still arrive"
is "$(sql "CREATE EXTENSION jorge; SELECT jorge.install()")" "" "it comes back"
is "$(sql "SELECT inquiries FROM jorge.lead WHERE phone = '512-555-2001'")" 2 "inquiries that arrived meanwhile have their lead"
sql "DELETE FROM jorge.lead_score WHERE lead_id = (SELECT lead_id FROM jorge.lead WHERE phone = '512-555-2001'); DELETE FROM jorge.lead_key WHERE key = '+15125552001'; DELETE FROM jorge.prediction WHERE lead_id = (SELECT lead_id FROM jorge.lead WHERE phone = '512-555-2001');
     CREATE TEMP TABLE gone AS DELETE FROM jorge.inquiry_lead WHERE lead_id = (SELECT lead_id FROM jorge.lead WHERE phone = '512-555-2001') RETURNING inquiry_id;" >/dev/null 2>&1
sql "WITH gone AS (DELETE FROM jorge.inquiry_lead WHERE lead_id = (SELECT lead_id FROM jorge.lead WHERE phone = '512-555-2001') RETURNING inquiry_id) SELECT 1 FROM gone; DELETE FROM jorge.inquiry WHERE phone = '512-555-2001'; DELETE FROM jorge.lead WHERE phone = '512-555-2001'" >/dev/null
is "$(sql "$rows")" "$before_rows" "the other rows are as before"
is "$(sql "$scores")" "$before_scores" "with equal scores"
is "$(sql "SELECT jorge.money_text(5)")" "my own " "a policy function that its owner has changed is kept"
is "$(sql "SELECT jorge.install(); SELECT jorge.install(); SELECT count(*) FROM jorge.model" | tail -1)" 1 "install() can be repeated"
is "$(sql "SELECT count(*) FROM pg_policies WHERE schemaname = 'jorge'")" "$before_policies" "the policies are there"
is "$(sql "INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2002'); SELECT count(*) FROM jorge.lead_score JOIN jorge.lead USING (lead_id) WHERE phone = '512-555-2002'")" 1 "new inquiries are scored"

sql "DROP EXTENSION jorge CASCADE" >/dev/null 2>&1
is "$(sql "INSERT INTO jorge.interaction (lead_id, channel, direction) SELECT lead_id, 'call', 'in' FROM jorge.lead ORDER BY lead_id LIMIT 1")" "" "interactions arrive without the extension too"
sql "CREATE EXTENSION jorge; SELECT jorge.install()" >/dev/null
is "$(sql "SELECT count(*) FROM jorge.lead l WHERE interactions <> (SELECT count(*) FROM jorge.interaction i WHERE i.lead_id = l.lead_id)")" 0 "and are counted once it is back"

before_scores=$(sql "$scores")
before_rows=$(sql "$rows")
pg_dump -Fc -d postgres -f "$JORGE_CLUSTER/dump" && psql -qX -c "CREATE DATABASE restored" && pg_restore -d restored "$JORGE_CLUSTER/dump"
is "$?" 0 "pg_dump and pg_restore"
is "$(sql -d restored "$rows")" "$before_rows" "a restored database has the same rows"
is "$(sql -d restored "$scores")" "$before_scores" "and equal scores"
is "$(sql -d restored "SELECT jorge.money_text(5)")" "my own " "and the owner's functions"
is "$(sql -d restored "INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2003'); SELECT count(*) FROM jorge.lead_score JOIN jorge.lead USING (lead_id) WHERE phone = '512-555-2003'")" 1 "and takes in inquiries"

done_testing
