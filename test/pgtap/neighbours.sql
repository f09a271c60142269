-- A large statement finds the same people as smaller ones, whatever it remembers and forgets between its batches.
BEGIN;
SELECT plan(15);

-- 1,000 people in three batches: new; with typing errors; with another phone, which fits what half of the leads have become. Then what
-- makes the statement forget: a phone that is an office's, and the e-mail of one with the phone of another, which makes the two one.
CREATE TEMP TABLE people AS
    SELECT n, initcap(translate(substr(md5('g' || n), 1, 6), '0123456789', 'aeiounrstl')) AS given, initcap(translate(substr(md5('s' || n), 1, 7), '0123456789', 'aeiounrstl')) AS surname,
           format('305%s%s', 200 + n % 700, lpad((n * 7919 % 9000 + 1000)::text, 4, '0')) AS phone, n * 3 + 100 || ' ' || (ARRAY['Oak', 'Palm', 'Ocean', 'Coral'])[n % 4 + 1] || ' Street' AS street,
           (33000 + n % 90)::text AS postal_code
      FROM generate_series(1, 1000) n;
CREATE TEMP TABLE arrivals AS
    SELECT row_number() OVER (ORDER BY wave, n) AS number, x.* FROM (
        SELECT 1 AS wave, n, given || ' ' || surname AS name, phone, 'p' || n || '@example.org' AS email, street, postal_code FROM people
        UNION ALL
        SELECT 2, n, given || ' ' || overlay(surname PLACING 'zz' FROM 4 FOR 1), overlay(phone PLACING '7' FROM 5 FOR 1), NULL, street, postal_code FROM people
        UNION ALL
        SELECT 3, n, given || ' ' || overlay(surname PLACING 'zz' FROM 4 FOR 1), '212' || right(overlay(phone PLACING '7' FROM 5 FOR 1), 7), NULL, NULL, NULL FROM people WHERE n <= 520
        UNION ALL
        SELECT 4, n, given || ' ' || surname, '786' || right(phone, 7), NULL, NULL, NULL FROM people WHERE n > 520
        UNION ALL
        SELECT 5, n, 'Office ' || surname, '9547310199', 'o' || n || '@example.org', NULL, NULL FROM people WHERE n <= 40
        UNION ALL
        SELECT 6, n, given || ' ' || surname, (SELECT phone FROM people q WHERE q.n = p.n + 1), 'p' || n || '@example.org', NULL, NULL FROM people p WHERE n > 520 AND n % 100 = 50) x;
CREATE FUNCTION pg_temp.arrive(location text, at_a_time integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    total integer := (SELECT count(*) FROM arrivals);
BEGIN
    FOR start IN 1..total BY at_a_time LOOP
        INSERT INTO jorge.inquiry (location_id, source, source_ref, received_at, name, phone, email, street, postal_code)
        SELECT $1, 'web', number::text, timestamptz '2026-03-01' + number * interval '1 minute', name, phone, email, street, postal_code
          FROM arrivals WHERE number BETWEEN start AND start + at_a_time - 1 ORDER BY arrivals.number;
    END LOOP;
END $$;
-- who is one person by which rules, and who is asked about, by number of arrival
CREATE FUNCTION pg_temp.persons(location text) RETURNS TABLE (person text) LANGUAGE sql AS $$
    SELECT string_agg(i.source_ref || ' ' || l.rule, ',' ORDER BY i.source_ref::integer) FROM jorge.inquiry_lead l JOIN jorge.inquiry i USING (location_id, inquiry_id)
     WHERE l.location_id = $1 GROUP BY l.lead_id
$$;
CREATE FUNCTION pg_temp.reviews(location text) RETURNS TABLE (pair text) LANGUAGE sql AS $$
    WITH first AS (SELECT l.lead_id, min(i.source_ref::integer) AS number FROM jorge.inquiry_lead l JOIN jorge.inquiry i USING (location_id, inquiry_id) WHERE l.location_id = $1 GROUP BY 1)
    SELECT concat_ws(' ', least(a.number, b.number), greatest(a.number, b.number), r.reasons, round(r.score::numeric, 2))
      FROM jorge.identity_review r JOIN first a ON a.lead_id = r.lead_a JOIN first b ON b.lead_id = r.lead_b WHERE r.location_id = $1
$$;

-- first, while nobody else has these keys
SELECT pg_temp.arrive('large', 100000);
-- a batch each, which remembers nothing of the others
SELECT pg_temp.arrive('apart', 1000);
SELECT set_eq($$SELECT * FROM pg_temp.persons('large')$$, $$SELECT * FROM pg_temp.persons('apart')$$, 'the same people');
SELECT set_eq($$SELECT * FROM pg_temp.reviews('large')$$, $$SELECT * FROM pg_temp.reviews('apart')$$, 'the same questions');
SELECT cmp_ok((SELECT count(*) FROM pg_temp.persons('apart')), '<', 1600::bigint, 'many were recognised');
SELECT cmp_ok((SELECT count(*) FROM jorge.inquiry_lead WHERE location_id = 'large' AND rule = 'fields'), '>', 300::bigint, 'by what they have in common');
SELECT cmp_ok((SELECT count(*) FROM pg_temp.reviews('apart')), '>', 20::bigint, 'some are asked about');
SELECT ok(EXISTS (SELECT FROM jorge.identity_stop WHERE location_id = 'large' AND key = '+19547310199'), 'the office''s number is nobody''s');
SELECT cmp_ok((SELECT count(*) FROM jorge.lead_merge WHERE location_id = 'large' AND rule = 'phone+email'), '>', 3::bigint, 'leads were merged');

-- what is remembered does not fit
SET LOCAL maintenance_work_mem = '1MB';
SELECT pg_temp.arrive('little', 100000);
SELECT set_eq($$SELECT * FROM pg_temp.persons('little')$$, $$SELECT * FROM pg_temp.persons('apart')$$, 'with little memory: the same people');
SELECT set_eq($$SELECT * FROM pg_temp.reviews('little')$$, $$SELECT * FROM pg_temp.reviews('apart')$$, 'with little memory: the same questions');
RESET maintenance_work_mem;

-- a trigger of the user's changes leads while the statement is at work: what they say then is what counts
CREATE FUNCTION pg_temp.move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jorge.lead SET street = '7 Elsewhere Road', postal_code = '90210', phone = NULL WHERE location_id = NEW.location_id AND lead_id = NEW.lead_id AND street LIKE '%Oak%';
    RETURN NULL;
END $$;
CREATE TRIGGER move AFTER INSERT ON jorge.lead_score FOR EACH ROW WHEN (NEW.location_id LIKE 'watched%') EXECUTE FUNCTION pg_temp.move();
SELECT pg_temp.arrive('watched apart', 1000);
SELECT pg_temp.arrive('watched large', 100000);
SELECT set_eq($$SELECT * FROM pg_temp.persons('watched large')$$, $$SELECT * FROM pg_temp.persons('watched apart')$$, 'a user''s trigger on leads is heeded');
SELECT set_eq($$SELECT * FROM pg_temp.reviews('watched large')$$, $$SELECT * FROM pg_temp.reviews('watched apart')$$, 'also in what is asked');
SELECT cmp_ok((SELECT count(*) FROM jorge.lead WHERE location_id = 'watched large' AND street LIKE '7 Else%'), '>', 50::bigint, 'and did something');
DROP TRIGGER move ON jorge.lead_score;

-- two tenants have the same people: neither's are taken for the other's
SELECT pg_temp.arrive('halves', 500);
INSERT INTO jorge.inquiry (location_id, source, source_ref, received_at, name, phone, email, street, postal_code)
SELECT v.location, 'web', number::text, timestamptz '2026-03-01' + number * interval '1 minute', name, phone, email, street, postal_code
  FROM arrivals, (VALUES ('both a'), ('both b')) v(location) ORDER BY arrivals.number, location;
SELECT set_eq($$SELECT * FROM pg_temp.persons('both a')$$, $$SELECT * FROM pg_temp.persons('halves')$$, 'two tenants in one statement: the first''s people');
SELECT set_eq($$SELECT * FROM pg_temp.persons('both b')$$, $$SELECT * FROM pg_temp.persons('halves')$$, 'and the second''s');

SELECT is_empty('SELECT * FROM jorge.check_identity()', 'nothing is wrong');
SELECT * FROM finish();
ROLLBACK;
