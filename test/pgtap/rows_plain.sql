-- What an arrival writes is the same whether C or SQL writes it, and a table that asks for more than C does gets it.
BEGIN;
SELECT plan(31);

-- the same arrivals for two locations: people who come once, and again with other words, another phone or another e-mail
CREATE TEMP TABLE waves AS
    SELECT w.wave, s.source, s.source_ref || '-' || w.wave AS source_ref, s.received_at + w.wave * interval '1 hour' AS received_at, s.name,
           CASE WHEN w.wave = 2 AND s.source_ref < 'm' THEN NULL ELSE s.phone END AS phone,
           CASE WHEN w.wave = 1 AND s.source_ref > 'g' THEN NULL ELSE s.email END AS email, s.street, s.city, s.message, s.budget_max
      FROM jorge.synthetic_leads(150, 11) s, generate_series(0, 2) w(wave);
CREATE FUNCTION pg_temp.arrive(location text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR number IN 0..2 LOOP
        INSERT INTO jorge.inquiry (location_id, source, source_ref, received_at, name, phone, email, street, city, message, budget_max)
        SELECT $1, source, source_ref, received_at, name, phone, email, street, city, message, budget_max FROM waves WHERE wave = number ORDER BY source_ref;
    END LOOP;
    -- one by one
    FOR number IN 1..20 LOOP
        INSERT INTO jorge.inquiry (location_id, source, received_at, name, phone, message)
        SELECT $1, 'one', received_at + interval '1 day', name, phone, 'cash buyer, ready now' FROM waves WHERE wave = 0 AND phone IS NOT NULL ORDER BY source_ref LIMIT 1 OFFSET number;
    END LOOP;
END $$;
CREATE TEMP TABLE seen (lead_id uuid);
CREATE FUNCTION pg_temp.watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (NEW.lead_id); RETURN NULL; END $$;

SELECT pg_temp.arrive('plain');
CREATE TRIGGER watch AFTER INSERT ON jorge.event FOR EACH ROW EXECUTE FUNCTION pg_temp.watch();
SELECT pg_temp.arrive('watched');
SELECT is((SELECT count(*) FROM seen), (SELECT count(*) FROM jorge.event WHERE location_id = 'watched'), 'a user''s trigger on events sees each');
SELECT cmp_ok((SELECT count(*) FROM seen), '>', 300::bigint, 'there were many');
DROP TRIGGER watch ON jorge.event;
TRUNCATE seen;

-- people by what they came with, as their ids differ
CREATE TEMP VIEW who AS SELECT location_id, lead_id, string_agg(i.source || coalesce(i.source_ref, '') || i.received_at, ',' ORDER BY i.received_at, i.source_ref) AS person
    FROM jorge.inquiry_lead l JOIN jorge.inquiry i USING (location_id, inquiry_id) WHERE location_id IN ('plain', 'watched') GROUP BY 1, 2;
CREATE FUNCTION pg_temp.differences(rows text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    EXECUTE format('WITH r AS (SELECT location_id AS place, w.person, (to_jsonb(t) - %L::text[])::text AS row FROM (%s) t JOIN who w USING (location_id, lead_id)),
        a AS (SELECT person, row FROM r WHERE place = ''plain''), b AS (SELECT person, row FROM r WHERE place = ''watched'')
        SELECT count(*) FROM ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a)) d',
        '{location_id,lead_id,inquiry_id,prediction_id,event_id,detail}', rows) INTO n;
    RETURN n;
END $$;
SELECT is(pg_temp.differences('SELECT * FROM jorge.' || t), 0::bigint, t || ': the same rows from C and from SQL')
  FROM unnest('{lead,lead_score,lead_key,inquiry_lead,prediction,event}'::text[]) t;
SELECT cmp_ok((SELECT count(*) FROM jorge.lead WHERE location_id = 'plain' AND inquiries > 1), '>', 50::bigint, 'known people were among them');
SELECT is((SELECT count(*) FROM jorge.check_identity()), 0::bigint, 'and all is in order');
SELECT is((SELECT count(*) FROM jorge.event WHERE location_id = 'plain' AND tableoid = 'jorge.event_default'::regclass), 0::bigint, 'rows are in the partition of their month');
SELECT is((SELECT count(*) FROM jorge.inquiry_lead l WHERE l.location_id = 'plain' AND NOT EXISTS (SELECT FROM jorge.lead p WHERE (p.location_id, p.lead_id) = (l.location_id, l.lead_id))), 0::bigint, 'links lead to people');

-- what a table may ask for
CREATE FUNCTION pg_temp.one(phone text) RETURNS uuid LANGUAGE sql AS $$
    WITH i AS (INSERT INTO jorge.inquiry (location_id, source, name, phone, email) VALUES ('asks', 'web', 'Ann Onymous', $1, 'ann' || $1 || '@example.com') RETURNING inquiry_id) SELECT inquiry_id FROM i
$$;
CREATE FUNCTION pg_temp.lead_of(inquiry uuid) RETURNS jorge.lead LANGUAGE sql AS $$
    SELECT p FROM jorge.inquiry_lead l JOIN jorge.lead p USING (location_id, lead_id) WHERE l.inquiry_id = $1
$$;
ALTER TABLE jorge.lead ADD COLUMN seat serial, ADD COLUMN mark text DEFAULT 'blue', ADD COLUMN moment timestamptz DEFAULT clock_timestamp();
SELECT is((pg_temp.lead_of(pg_temp.one('5125550101'))).mark, 'blue', 'a column with a constant default');
SELECT cmp_ok((pg_temp.lead_of(pg_temp.one('5125550102'))).seat, '>', (pg_temp.lead_of(pg_temp.one('5125550101'))).seat, 'with a sequence');
SELECT cmp_ok((pg_temp.lead_of(pg_temp.one('5125550103'))).moment, '>', now(), 'with a function of the clock');
ALTER TABLE jorge.lead ALTER COLUMN mark SET DEFAULT 'red';
SELECT is((pg_temp.lead_of(pg_temp.one('5125550104'))).mark, 'red', 'with another default from now on');
ALTER TABLE jorge.lead ADD COLUMN initial text GENERATED ALWAYS AS (left(name, 1)) STORED;
SELECT is((pg_temp.lead_of(pg_temp.one('5125550105'))).initial, 'A', 'a generated column');
ALTER TABLE jorge.lead DROP COLUMN initial;
CREATE INDEX lead_city ON jorge.lead (city) INCLUDE (lead_id);
SELECT pg_temp.one('5125550106');
INSERT INTO jorge.inquiry (location_id, source, phone, city) VALUES ('asks', 'web', '5125550106', 'Marfa');
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SELECT is((SELECT count(*) FROM jorge.lead WHERE city = 'Marfa' AND location_id = 'asks'), 1::bigint, 'an index on what changed finds the new version');
RESET enable_seqscan; RESET enable_bitmapscan;
DROP INDEX jorge.lead_city;
ALTER TABLE jorge.lead ADD CONSTRAINT no_zeta CHECK (name <> 'Zeta Jones');
SELECT throws_ok($$INSERT INTO jorge.inquiry (location_id, source, name, phone) VALUES ('asks', 'web', 'Zeta Jones', '5125550107')$$, '23514', NULL, 'a constraint of the user''s refuses');
SELECT throws_ok($$INSERT INTO jorge.inquiry (location_id, source, name, phone) VALUES ('asks', 'web', 'Zeta Jones', '5125550106')$$, '23514', NULL, 'also a change');
CREATE UNIQUE INDEX one_score ON jorge.lead_score (model) WHERE location_id = 'asks2';
INSERT INTO jorge.inquiry (location_id, source, phone) VALUES ('asks2', 'web', '5125550108');
SELECT throws_ok($$INSERT INTO jorge.inquiry (location_id, source, phone) VALUES ('asks2', 'web', '5125550109')$$, '23505', NULL, 'a unique index of the user''s refuses');
DROP INDEX jorge.one_score;
CREATE DOMAIN pg_temp.short AS text CHECK (length(value) < 5);
ALTER TABLE jorge.lead ADD COLUMN tag pg_temp.short DEFAULT 'abc';
SELECT is((pg_temp.lead_of(pg_temp.one('5125550110'))).tag::text, 'abc', 'a domain');
ALTER TABLE jorge.lead DROP COLUMN tag;
CREATE RULE quiet AS ON INSERT TO jorge.event WHERE NEW.location_id = 'quiet' DO INSTEAD NOTHING;
INSERT INTO jorge.inquiry (location_id, source, phone) VALUES ('quiet', 'web', '5125550111');
SELECT is((SELECT count(*) FROM jorge.event WHERE location_id = 'quiet'), 0::bigint, 'a rule');
DROP RULE quiet ON jorge.event;
-- between the locking of two known people and their writing the table is rewritten: where one was there is another now
INSERT INTO jorge.inquiry (location_id, source, name, phone, email) VALUES
    ('moved', 'web', 'Ada Byron', '5125550201', NULL), ('moved', 'web', 'Ada Byron', NULL, 'ada@example.com'), ('moved', 'web', 'Bob Cratchit', '5125550202', NULL),
    ('moved', 'web', 'Cy Coleman', '5125550203', NULL), ('moved', 'web', 'Di Dors', '5125550204', NULL);
CREATE FUNCTION pg_temp.rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE jorge.lead ADD COLUMN dice float8 DEFAULT random(); RETURN NULL; END $$;
CREATE TRIGGER rewrite AFTER INSERT ON jorge.lead_merge FOR EACH ROW EXECUTE FUNCTION pg_temp.rewrite();
INSERT INTO jorge.inquiry (location_id, source, name, phone, email, city) VALUES
    ('moved', 'mail', 'Ada Byron', '5125550201', 'ada@example.com', 'Austin'), ('moved', 'mail', 'Bob Cratchit', '5125550202', NULL, 'Boerne'),
    ('moved', 'mail', 'Cy Coleman', '5125550203', NULL, 'Cuero');
SELECT results_eq($$SELECT name, city, inquiries FROM jorge.lead WHERE location_id = 'moved' ORDER BY name$$,
                  $$VALUES ('Ada Byron', 'Austin', 3), ('Bob Cratchit', 'Boerne', 2), ('Cy Coleman', 'Cuero', 2), ('Di Dors', NULL, 1)$$, 'a table rewritten between reading and writing');
SELECT has_column('jorge', 'lead', 'dice', 'as it was');
DROP TRIGGER rewrite ON jorge.lead_merge;
-- tables are remembered by name, until the name means nothing or something else
ALTER TABLE jorge.identity_stop RENAME TO once;
SELECT throws_ok($$INSERT INTO jorge.inquiry (location_id, source, phone) VALUES ('moved', 'web', '5125550201')$$, '42P01', NULL, 'a table that has lost its name');
CREATE TABLE jorge.identity_stop (LIKE jorge.once);
CREATE INDEX ON jorge.identity_stop (key);
INSERT INTO jorge.identity_stop (location_id, kind, key, reason) SELECT 'moved', 'phone', jorge.phone_key('5125550201'), 'test';
INSERT INTO jorge.inquiry (location_id, source, name, phone) VALUES ('moved', 'web', 'Ada Byron', '5125550201');
SELECT is((SELECT inquiries FROM jorge.lead WHERE location_id = 'moved' AND city = 'Austin'), 3, 'another of that name is asked');
DROP TABLE jorge.identity_stop;
ALTER TABLE jorge.once RENAME TO identity_stop;
INSERT INTO jorge.inquiry (location_id, source, name, phone) VALUES ('moved', 'web', 'Ada Byron', '5125550201');
SELECT is((SELECT inquiries FROM jorge.lead WHERE location_id = 'moved' AND city = 'Austin'), 4, 'and the old one, back again');
CREATE FUNCTION pg_temp.loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen SELECT lead_id FROM fresh; RETURN NULL; END $$;
CREATE TRIGGER loud AFTER INSERT ON jorge.lead_score REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.loud();
SELECT pg_temp.one('5125550112');
SELECT is((SELECT count(*) FROM seen), 1::bigint, 'a statement''s trigger');
-- what is read without the executor may have been changed, too
INSERT INTO jorge.inquiry (location_id, source, name, phone, street, postal_code) VALUES ('null', 'web', 'Maria Lopezana', '3056210001', '12 Oak Street', '33101');
ALTER TABLE jorge.lead_block ALTER location_id DROP NOT NULL;
UPDATE jorge.lead_block SET location_id = NULL WHERE location_id = 'null';
INSERT INTO jorge.inquiry (location_id, source, name, phone, street, postal_code) VALUES ('null', 'web', 'Maria Lopezana', '3056210002', '12 Oak Street', '33101');
SELECT is((SELECT count(*) FROM jorge.lead WHERE location_id = 'null'), 2::bigint, 'a blocking key of nobody');
ALTER TABLE jorge.lead_block ALTER lead_id TYPE bigint USING 1;
SELECT throws_ok($$INSERT INTO jorge.inquiry (location_id, source, name, phone, street, postal_code) VALUES ('null', 'web', 'Maria Lopezana', '3056210003', '12 Oak Street', '33101')$$,
                 '42804', NULL, 'and one of a number');
SELECT * FROM finish();
ROLLBACK;
