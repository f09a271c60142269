-- ingest: what a delivery costs: stored raw, read, mapped by jorge.field_map, made an inquiry (a new person: found, folded,
-- scored, logged), against one INSERT INTO jorge.inquiry of the same columns. CPU of the backend, 2,000 of each, best of 3.
CREATE TABLE people AS
SELECT row_number() OVER () AS n, name, phone, email, message FROM arrivals(9000) WHERE phone IS NOT NULL AND email IS NOT NULL AND message IS NOT NULL LIMIT 2000;
CREATE TABLE deliveries AS
SELECT n, 'inquiry' AS what, NULL AS source, NULL AS body FROM people
UNION ALL SELECT n, 'flat JSON', 'website', jsonb_build_object('id', n, 'name', name, 'phone', phone, 'email', email, 'message', message)::text FROM people
UNION ALL SELECT n, 'GoHighLevel contact', 'ghl', jsonb_build_object('type', 'ContactCreate', 'id', 'c' || n, 'name', name, 'phone', phone, 'email', email, 'tags', '["x"]'::jsonb, 'customFields', '[]'::jsonb)::text FROM people
UNION ALL SELECT n, 'Facebook lead', 'facebook', jsonb_build_object('id', n, 'field_data', jsonb_build_array(jsonb_build_object('name', 'full_name', 'values', jsonb_build_array(name)),
                jsonb_build_object('name', 'phone_number', 'values', jsonb_build_array(phone)), jsonb_build_object('name', 'email', 'values', jsonb_build_array(email)), jsonb_build_object('name', 'message', 'values', jsonb_build_array(message))))::text FROM people
UNION ALL SELECT n, 'mail with labels', 'email', format(E'From: Form <f@example.com>\nSubject: lead\nMessage-ID: <%s>\n\nName: %s\nPhone: %s\nEmail: %s\nMessage: %s\n', n, name, phone, email, message) FROM people;
CREATE INDEX ON deliveries (what, n);
CREATE FUNCTION take(of text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE d record; began float8; used float8 := 0;
BEGIN
    FOR d IN SELECT * FROM deliveries JOIN people USING (n) WHERE what = of ORDER BY n LOOP
        began := cpu();
        IF of = 'inquiry' THEN
            INSERT INTO jorge.inquiry (source, source_ref, name, phone, email, message) VALUES ('website', d.n, d.name, d.phone, d.email, d.message);
        ELSE
            PERFORM jorge.ingest(d.source, d.body);
        END IF;
        used := used + cpu() - began;
    END LOOP;
    RETURN used;
END $$;
CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
DECLARE w text;
BEGIN
    FOR run IN 0..3 LOOP -- run 0 warms up
        FOR w IN SELECT DISTINCT what FROM deliveries ORDER BY what LOOP
            PERFORM empty();
            TRUNCATE jorge.inbox, jorge.inbox_ref, jorge.lead_contact, jorge.lead_tag;
            COMMIT;
            INSERT INTO measured VALUES (w, run, take(w) / 2000 * 1e6);
            IF w <> 'inquiry' AND (SELECT count(*) FROM jorge.inbox WHERE state <> 'done') > 0 THEN
                RAISE EXCEPTION '% is not taken in: %', w, (SELECT min(coalesce(error, state)) FROM jorge.inbox WHERE state <> 'done');
            END IF;
            COMMIT;
        END LOOP;
    END LOOP;
END $$;
CALL measure();
SELECT what, round(min(cpu_us)::numeric) AS best_us, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_us))::numeric) AS median_us
  FROM measured WHERE run > 0 GROUP BY what ORDER BY 2;
