#!/usr/bin/env bash
# Roles: what an application, a tenant and a stranger can and can't do, each in sessions of its own.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

sql "CREATE EXTENSION jorge; SELECT jorge.install();
     CREATE ROLE website LOGIN; GRANT INSERT ON jorge.inquiry TO website;
     CREATE ROLE north LOGIN; ALTER ROLE north SET jorge.location_id = 'north'; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA jorge TO north;
     CREATE ROLE stranger LOGIN; GRANT CREATE ON DATABASE postgres TO stranger; CREATE SCHEMA evil AUTHORIZATION stranger; GRANT USAGE ON SCHEMA evil TO PUBLIC;" >/dev/null

is "$(sql -U website "INSERT INTO jorge.inquiry (source, phone, message) VALUES ('zillow', '512-555-2001', 'budget 400k')")" "" "a role that may only insert inquiries can insert one"
is "$(sql "SELECT count(*) FROM jorge.lead JOIN jorge.lead_score USING (location_id, lead_id)")" 1 "and its lead is scored"
is "$(sql -U website "SELECT count(*) FROM jorge.lead")" "ERROR:  42501" "it can read nothing"
is "$(sql -U website "SELECT jorge.promote('jorge_lead_scorer', 1)")" "ERROR:  42501" "nor deploy a model"
is "$(sql -U website "SELECT jorge.lead_class(0.9)")" HOT "pure functions are for everybody"
# progress_rows() is volatile because it reads other backends, new_id() because no two are alike, not because they write
is "$(sql "SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY 1) FROM pg_proc p WHERE pronamespace = 'jorge'::regnamespace AND provolatile = 'v' AND proname NOT IN ('new_id', 'progress_rows') AND prorettype <> 'trigger'::regtype AND has_function_privilege('website', p.oid, 'EXECUTE')")" "" "no function that writes is granted to PUBLIC"
is "$(sql "SELECT count(*) FROM pg_proc WHERE pronamespace = 'jorge'::regnamespace AND prosecdef")" 0 "no function is SECURITY DEFINER"
is "$(sql "SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class c WHERE relnamespace = 'jorge'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'shipped_function' AND NOT (relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'))")" "" "every table has row security and a tenant policy"

is "$(sql -U north "INSERT INTO jorge.inquiry (source, phone) VALUES ('zillow', '512-555-2001'); SELECT location_id, inquiries FROM jorge.lead")" "north|1" "a tenant's inquiry becomes a lead of its own, though the phone is known elsewhere"
is "$(sql "SELECT count(*) FROM jorge.lead")" 2 "the owner sees both"
is "$(sql -U north "INSERT INTO jorge.inquiry (location_id, source) VALUES ('main', 'zillow')")" "ERROR:  42501" "a tenant can't write into another location"
is "$(sql -U north "SET jorge.location_id = 'main'; SELECT count(*) FROM jorge.lead WHERE location_id = 'main'" | tail -1)" 0 "a fresh session can't read another location by SET"
is "$(sql -U north "SELECT set_config('jorge.location_id', 'main', false); SELECT jorge.current_location()" | tail -1)" north "nor by set_config()"
is "$(PGOPTIONS="-c jorge.location_id=main" sql -U north "SELECT count(*) FROM jorge.lead WHERE location_id = 'main'" | tail -1)" 0 "nor by connection options"
is "$(sql -U north "SELECT jorge.current_location(); SET jorge.location_id = 'main'" | tail -1)" "ERROR:  42501" "once the library is loaded SET says so"
is "$(sql -U stranger "SELECT count(*) FROM jorge.lead")" "ERROR:  42501" "a stranger reads nothing"

# a hostile search_path: operators and functions that would run as the owner
sql -U stranger "CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;
     CREATE FUNCTION evil.eq(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;
     CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
     CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.eq);
     CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;
     CREATE FUNCTION evil.coalesce(text, text) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;" >/dev/null
is "$(sql -U website "SET search_path = evil, pg_catalog; INSERT INTO jorge.inquiry (source, phone, email) VALUES ('ghl', '512-555-2001', 'a@example.com'), ('ghl', '512-555-2002', NULL)")" "" "a hostile search_path does not reach the triggers"
is "$(sql "SELECT inquiries FROM jorge.lead WHERE location_id = 'main' AND phone = '512-555-2001'")" 2 "which did their work"
is "$(sql -U north "SET search_path = evil, pg_catalog; SELECT count(jorge.lead_score(l)) FROM jorge.lead l")" 1 "nor lead_score()"
is "$(sql "SET search_path = evil, pg_catalog; SELECT jorge.install()")" "" "nor install()"

# a type of one's own in place of one of PostgreSQL's, and a change of every kind of row that a trigger of ours looks at
sql "CREATE ROLE editor LOGIN; GRANT USAGE ON SCHEMA evil TO editor; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jorge TO editor;
     GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jorge TO editor" >/dev/null
id=$(sql "SELECT lead_id FROM jorge.lead WHERE location_id = 'main' LIMIT 1")
trap=$(for type in text uuid bool jsonb timestamptz float8 numeric int4 int8 name date interval; do
	echo "CREATE FUNCTION pg_temp.evil(pg_catalog.$type) RETURNS pg_catalog.bool LANGUAGE plpgsql AS \$\$ BEGIN IF pg_has_role(current_user, 'postgres', 'member') THEN RAISE EXCEPTION 'pwned'; END IF; RETURN true; END \$\$;
	      CREATE DOMAIN pg_temp.$type AS pg_catalog.$type CHECK (pg_temp.evil(VALUE));"
done)
is "$(sql -U editor "$trap SET search_path = pg_temp, evil, pg_catalog;
	INSERT INTO jorge.inquiry (source, phone, email, listing_ref) VALUES ('ghl', '512-555-2001', 'a@example.com', 'x');
	INSERT INTO jorge.interaction (lead_id, channel, direction, body) VALUES ('$id', 'sms', 'in', 'hello'), ('$id', 'call', 'out', NULL);
	UPDATE jorge.interaction SET body = 'hello again';
	UPDATE jorge.lead SET name = 'Ann Other', stage = 'hot', outcome = 'won' WHERE lead_id OPERATOR(pg_catalog.=) '$id';
	INSERT INTO jorge.consent (lead_id, channel, act, source) VALUES ('$id', 'sms', 'revoke', 'sms');
	INSERT INTO jorge.inbox (source, payload) VALUES ('zillow', '{\"name\": \"Bo Other\", \"phone\": \"512-555-2009\"}');
	SELECT count(jorge.lead_score(l)) FROM jorge.lead l;
	DELETE FROM jorge.interaction;" 2>&1 | grep -c P0001)" 0 "a hostile type reaches no trigger"
is "$(sql "SELECT name || ' ' || interactions || ' ' || inbound FROM jorge.lead WHERE lead_id = '$id'")" "Ann Other 0 0" "and they did their work"

# somebody else's schema "cron" is no clock
sql "CREATE ROLE dba LOGIN; GRANT CREATE ON DATABASE postgres TO dba" >/dev/null
sql -U dba "CREATE SCHEMA cron; CREATE TABLE cron.job_run_details (command text, end_time timestamptz);
	CREATE FUNCTION cron.grab() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;
	CREATE FUNCTION cron.schedule_in_database(text, text, text, text, text, boolean) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
	CREATE TRIGGER grab BEFORE DELETE ON cron.job_run_details FOR EACH STATEMENT EXECUTE FUNCTION cron.grab();
	GRANT ALL ON SCHEMA cron TO PUBLIC; GRANT ALL ON cron.job_run_details TO PUBLIC" >/dev/null
is "$(sql "SELECT jorge.run_job('prune_jobs'); SELECT mode LIKE 'pg_cron' FROM jorge.clock()" | paste -sd' ')" "done f" "somebody else's schema cron is not touched"
sql "DROP SCHEMA cron CASCADE" >/dev/null

# functions that install() keeps are the owner's, in jorge
sql -U stranger "CREATE FUNCTION evil.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'" >/dev/null
is "$(sql -U north "INSERT INTO jorge.shipped_function VALUES ('evil.mine()', 'x')")" "ERROR:  42501" "nobody but the owner says which functions are kept"
sql "INSERT INTO jorge.shipped_function VALUES ('evil.mine()', 'x'); CREATE FUNCTION evil.count_definitions() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'evil.mine()') THEN RAISE EXCEPTION 'pwned'; END IF; END \$\$;
	CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION evil.count_definitions()" >/dev/null
is "$(sql "SELECT jorge.install()")" "" "a function elsewhere is not made anew by install()"
sql "DROP EVENT TRIGGER watch; DELETE FROM jorge.shipped_function WHERE signature = 'evil.mine()'" >/dev/null

# another tenant's rows, by functions and by what one writes oneself
sql "ALTER ROLE editor SET jorge.location_id = 'north'" >/dev/null
theirs=$(sql "SELECT lead_id FROM jorge.lead WHERE location_id = 'north' LIMIT 1")
is "$(sql -U editor "SELECT jorge.refold_lead('$id', 'main')")" "ERROR:  42501" "a lead of another tenant is not folded anew"
consent=$(sql "SELECT to_jsonb(c) || '{\"consent_id\": \"00000000-0000-4000-8000-000000000097\", \"source\": \"x\"}' FROM jorge.consent c WHERE location_id = 'main' LIMIT 1")
is "$(sql -U editor "INSERT INTO jorge.lead_merge (location_id, winner_id, loser_id, rule, winner_row, loser_row, moved, replaced)
	VALUES ('north', '$theirs', '00000000-0000-4000-8000-000000000099', 'manual', '{}', '{\"location_id\": \"main\", \"lead_id\": \"00000000-0000-4000-8000-000000000098\", \"name\": \"Forged\"}', '{}',
	        '{\"jorge.consent lead_id\": [$consent]}');
	INSERT INTO jorge.lead_alias (location_id, alias_id, lead_id) VALUES ('north', '00000000-0000-4000-8000-000000000099', '$theirs');
	SELECT jorge.unmerge('00000000-0000-4000-8000-000000000099', 'x')" | tail -1)" "00000000-0000-4000-8000-000000000099" "a forged merge can be undone"
is "$(sql "SELECT (SELECT count(*) FROM jorge.lead WHERE name = 'Forged' AND location_id <> 'north') + (SELECT count(*) FROM jorge.consent WHERE source = 'x' AND location_id <> 'north')")" 0 "but brings nothing to another tenant"
sql "CREATE ROLE webhook LOGIN; GRANT INSERT ON jorge.inbox TO webhook" >/dev/null
is "$(sql -U webhook "INSERT INTO jorge.inbox (source, payload) VALUES ('load:agent', '{\"id\": \"x1\", \"name\": \"Fake Agent\"}')")" "ERROR:  42501" "who may only deliver stores no business data"
is "$(sql "INSERT INTO jorge.inbox (source, payload) VALUES ('load:agent', '{\"id\": \"x1\", \"name\": \"Real Agent\"}'); SELECT count(*) FROM jorge.agent WHERE name = 'Real Agent'")" 1 "who may write it, does"

is "$(sql "BEGIN READ ONLY; INSERT INTO jorge.inquiry (source) VALUES ('x')" | head -1)" "ERROR:  25006" "a read-only transaction can't insert"
is "$(sql "BEGIN READ ONLY; SELECT count(jorge.lead_score(l)) FROM jorge.lead l; COMMIT")" "$(sql "SELECT count(*) FROM jorge.lead")" "but can score"

done_testing
