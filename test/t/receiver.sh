#!/usr/bin/env bash
# A webhook's receiver: what its role needs, what it can't do, that tenants stay apart, and what reading a delivery loads.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

sql "CREATE EXTENSION jorge; SELECT jorge.install();
     CREATE ROLE webhook LOGIN;
     GRANT EXECUTE ON FUNCTION jorge.ingest(text, text, jsonb, text, text, boolean), jorge.ingest(text, bytea, jsonb, text, text, boolean) TO webhook;
     GRANT INSERT, SELECT (location_id, inbox_id, parent_id, element, state, inquiry_id) ON jorge.inbox TO webhook;
     CREATE ROLE north LOGIN; ALTER ROLE north SET jorge.location_id = 'north'; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA jorge TO north;
     GRANT EXECUTE ON FUNCTION jorge.ingest(text, text, jsonb, text, text, boolean) TO north;
     CREATE ROLE loader LOGIN; GRANT SELECT, INSERT, UPDATE ON jorge.listing, jorge.agent TO loader; GRANT INSERT, SELECT, UPDATE ON jorge.listing_price, jorge.inbox TO loader;
     GRANT EXECUTE ON FUNCTION jorge.load_json(text, jsonb, text, text), jorge.load_rows(text, jsonb, text, text) TO loader;
     CREATE ROLE stranger LOGIN;" >/dev/null

# the receiver
is "$(sql -U webhook "SELECT jorge.ingest('website', '{\"id\": \"w1\", \"name\": \"Ann\", \"phone\": \"512-867-5301\"}') IS NOT NULL")" t "a role with rights on the inbox alone takes leads in"
is "$(sql "SELECT count(*) FROM jorge.lead JOIN jorge.lead_score USING (location_id, lead_id)")" 1 "and they are scored"
is "$(sql -U webhook "SELECT jorge.ingest('ghl', '{\"type\": \"InboundMessage\", \"contactId\": \"c\", \"from\": \"+15128675302\", \"body\": \"hi\", \"messageId\": \"m\"}') IS NOT NULL")" t "messages too"
is "$(sql "SELECT count(*) FROM jorge.interaction")" 1 "and they are interactions"
is "$(sql -U webhook "SELECT jorge.ingest('website', '{\"oops')")" "" "what can't be read does not fail"
is "$(sql "SELECT state FROM jorge.inbox WHERE body LIKE '%oops%'")" error "and is kept"
is "$(sql -U webhook "SELECT count(*) FROM jorge.inquiry")" "ERROR:  42501" "the role reads no inquiry"
is "$(sql -U webhook "SELECT body FROM jorge.inbox")" "ERROR:  42501" "nor what others delivered"
is "$(sql -U webhook "SELECT * FROM jorge.replay()")" "ERROR:  42501" "nor may it replay"
is "$(sql -U webhook "SELECT jorge.take_lead(NULL, '{}', 'x')")" "ERROR:  42501" "nor call an adapter"
is "$(sql -U stranger "SELECT jorge.ingest('x', '{}')")" "ERROR:  42501" "a stranger delivers nothing"
is "$(sql "SELECT jorge.verify_hub_signature('x', 'sha256=00', 's')")" f "signatures can be checked"

# a hostile search_path of the receiver
sql -U stranger "SELECT 1" >/dev/null
sql "CREATE SCHEMA evil AUTHORIZATION stranger; GRANT USAGE ON SCHEMA evil TO PUBLIC" >/dev/null
sql -U stranger "CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;
     CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
     CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;
     CREATE FUNCTION evil.gen_random_uuid() RETURNS uuid LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'pwned'; END \$\$;" >/dev/null
is "$(sql -U webhook "SET search_path = evil, pg_catalog; SELECT jorge.ingest('website', '{\"id\": \"w2\", \"name\": \"Bo\", \"phone\": \"512-867-5303\"}') IS NOT NULL")" t "a hostile search_path does not reach the adapters"
sql "INSERT INTO jorge.listing (provider_ref, list_price, area) VALUES ('L1', 400000, 'East')" >/dev/null
is "$(sql -U north "SET search_path = evil, pg_catalog; INSERT INTO jorge.inquiry (source, phone, listing_ref) VALUES ('zillow', '512-867-5304', 'L1')")" "" "nor the enrichment"

# tenants
is "$(sql -U north "SELECT count(*) FROM jorge.inquiry_listing")" 0 "another location's listing enriches nothing"
is "$(sql -U north "SELECT area IS NULL FROM jorge.lead WHERE phone = '512-867-5304'")" t "and hints nothing"
is "$(sql -U north "SELECT jorge.ingest('website', '{\"id\": \"w1\", \"name\": \"Cy\", \"phone\": \"512-867-5301\"}') IS NOT NULL")" t "an id that is known elsewhere is new here"
is "$(sql -U north "SELECT DISTINCT location_id FROM jorge.inbox")" north "a tenant sees its own deliveries"
is "$(sql -U north "SELECT jorge.ingest('website', '{\"name\": \"x\"}'::text, location_id => 'main')")" "ERROR:  42501" "and delivers to no other location"
is "$(sql -U north "INSERT INTO jorge.inquiry (location_id, source, listing_ref) VALUES ('main', 'zillow', 'L1')")" "ERROR:  42501" "nor asks about its listings"
is "$(sql -U north "SELECT count(*) > 3 FROM jorge.source")" t "shipped sources, maps and costs are readable"
is "$(sql -U north "UPDATE jorge.field_map SET path = '{x}' WHERE location_id = '*'")" "ERROR:  42501" "but not writable"

# loaders
is "$(sql -U loader "SELECT * FROM jorge.load_json('listing', '[{\"id\": \"L2\", \"list_price\": 1}, {\"id\": \"L3\", \"list_price\": 0}]')")" "1|1" "a loader loads, and bad rows are kept"
is "$(sql -U loader "SELECT * FROM jorge.load_json('goal', '[{\"id\": \"g\"}]')")" "ERROR:  42501" "only what it may write"

# after DROP EXTENSION deliveries are still stored, and taken in when it is back
sql "DROP EXTENSION jorge CASCADE" >/dev/null
is "$(sql "INSERT INTO jorge.inbox (source, body) VALUES ('website', '{\"name\": \"Di\", \"phone\": \"512-867-5309\"}') RETURNING state")" new "without the extension the inbox still takes deliveries"
sql "CREATE EXTENSION jorge; SELECT jorge.install()" >/dev/null
is "$(sql "SELECT state FROM jorge.inbox WHERE body LIKE '%Di%'")" done "install() takes them in"
is "$(sql "SELECT count(*) FROM jorge.lead WHERE name = 'Di'")" 1 "as leads"

# what is loaded
maps="SELECT string_agg(DISTINCT m[1], ' ' ORDER BY m[1]) FROM regexp_matches(pg_read_file('/proc/self/maps'), '/([^/\n]*)\.so', 'g') m"
before=$(sql "$maps")
after=$(sql "SELECT count(jorge.read_payload('<adf><prospect><name>x</name></prospect></adf>'::text)) + count(jorge.verify_signature('x', 'AA', 'MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=')::integer); $maps" | tail -1)
is "$(comm -13 <(tr ' ' '\n' <<<"$before" | sort) <(tr ' ' '\n' <<<"$after" | sort) | grep -v plpgsql | xargs)" jorge "reading mail and checking signatures loads nothing that the server has not"

done_testing
