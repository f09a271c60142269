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

is "$(sql "BEGIN READ ONLY; INSERT INTO jorge.inquiry (source) VALUES ('x')" | head -1)" "ERROR:  25006" "a read-only transaction can't insert"
is "$(sql "BEGIN READ ONLY; SELECT count(jorge.lead_score(l)) FROM jorge.lead l; COMMIT")" 3 "but can score"

done_testing
