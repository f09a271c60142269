-- Ids that sort by the time they were made.
BEGIN;
SELECT plan(6);
CREATE TEMP TABLE ids AS SELECT n, jorge.new_id() AS id, clock_timestamp() AS at FROM generate_series(1, 1000) n;
CREATE FUNCTION pg_temp.moment(id uuid) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) $$;
SELECT is((SELECT count(DISTINCT id) FROM ids), 1000::bigint, 'a thousand ids are different');
SELECT is_empty($$SELECT id FROM ids WHERE id::text !~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'$$, 'they are UUIDs of version 7');
SELECT is_empty($$SELECT id, at FROM ids WHERE pg_temp.moment(id) NOT BETWEEN at - interval '100 ms' AND at + interval '2 ms'$$, 'and carry the millisecond they were made in');
SELECT is_empty($$SELECT a.id, b.id FROM ids a JOIN ids b ON a.n < b.n AND pg_temp.moment(a.id) < pg_temp.moment(b.id) AND a.id > b.id$$, 'what is newer sorts behind');
-- as intake's own
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('crm', 'Ada Newid', '+15125550777');
SELECT is_empty($$SELECT i.inquiry_id, l.lead_id FROM jorge.inquiry i JOIN jorge.inquiry_lead l USING (location_id, inquiry_id)
                   WHERE i.name = 'Ada Newid' AND NOT (pg_temp.moment(l.lead_id) BETWEEN pg_temp.moment(i.inquiry_id) AND clock_timestamp() + interval '1 ms')$$,
    'the id of a lead goes by the same clock as that of its inquiry');
CREATE SCHEMA elsewhere;
CREATE FUNCTION elsewhere.gen_random_uuid() RETURNS uuid LANGUAGE sql AS $$ SELECT '00000000-0000-4000-8000-000000000000'::uuid $$;
SET LOCAL search_path = elsewhere, pg_catalog, public;
SELECT isnt(right(jorge.new_id()::text, 12), '000000000000', 'a search_path of somebody else''s changes nothing');
SELECT * FROM finish();
ROLLBACK;
