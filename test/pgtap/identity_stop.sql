-- Keys that are nobody's: seeds are canonical, a tenant sees the shared ones and its own, and adds only its own.
BEGIN;
SELECT plan(8);

SELECT isnt_empty($$SELECT FROM jorge.identity_stop WHERE location_id = '*' AND kind = 'email'$$, 'there are seeds');
SELECT is_empty($$SELECT key FROM jorge.identity_stop WHERE kind = 'email' AND key IS DISTINCT FROM jorge.email_key(key)$$, 'each e-mail is its own key, so that a look-up finds it');
SELECT is_empty($$SELECT key FROM jorge.identity_stop WHERE kind = 'domain' AND ('x1y@' || key) IS DISTINCT FROM jorge.email_key('x1y@' || key)$$, 'each domain is in the form keys have');
DELETE FROM jorge.identity_stop WHERE location_id = '*' AND kind = 'email';
SELECT jorge.install();
SELECT is_empty($$SELECT FROM jorge.identity_stop WHERE location_id = '*' AND kind = 'email'$$, 'what an owner deletes, install() does not bring back');
SELECT throws_ok($$INSERT INTO jorge.identity_stop (kind, key, reason) VALUES ('name', 'x', 'y')$$, '23514', NULL, 'a kind is phone, email or domain');

INSERT INTO jorge.identity_stop (location_id, kind, key, reason) VALUES ('one', 'phone', '+15128001000', 'office'), ('two', 'phone', '+15128001000', 'office');
CREATE ROLE jorge_stop_tenant;
GRANT USAGE ON SCHEMA jorge TO jorge_stop_tenant;
GRANT SELECT, INSERT ON jorge.identity_stop TO jorge_stop_tenant;
SET jorge.location_id = 'one';
SET ROLE jorge_stop_tenant;
SELECT set_eq($$SELECT DISTINCT location_id FROM jorge.identity_stop$$, ARRAY['*', 'one'], 'a tenant sees the shared rows and its own');
SELECT lives_ok($$INSERT INTO jorge.identity_stop (kind, key, reason) VALUES ('phone', '+15128001001', 'office')$$, 'a tenant adds its own');
SELECT throws_ok($$INSERT INTO jorge.identity_stop (location_id, kind, key, reason) VALUES ('*', 'phone', '+15128001002', 'x')$$, '42501', NULL, 'and none for everybody');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
