-- What every benchmark starts from
\pset footer off
\pset border 1
\pset null '-'
SET client_min_messages = warning;
CREATE EXTENSION jorge;
SELECT jorge.install() \g /dev/null
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE c AS :bench, 'bench_cpu';
CREATE FUNCTION nop(float4[]) RETURNS float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS :bench, 'bench_nop';
CREATE FUNCTION xgboost_row(ubj bytea, vector float4[]) RETURNS float8 LANGUAGE c IMMUTABLE STRICT AS :bench, 'bench_xgboost_row';

-- n inquiries as they really come: messages of the synthetic generator, a new person each
CREATE FUNCTION arrivals(n integer) RETURNS SETOF jorge.inquiry LANGUAGE sql AS $$
    SELECT 'main', jorge.new_id(), s.received_at, s.source, s.source_ref, s.campaign, s.cost, s.side, s.name, s.first_name, s.last_name,
           s.phone, s.email, s.street, s.city, s.state, s.postal_code, NULL, s.message, s.budget_min, s.budget_max, s.timeline, s.financing,
           s.property_type, s.bedrooms, s.bathrooms, s.area, s.listing_ref, s.language, s.time_zone, NULL::jsonb
      FROM jorge.synthetic_leads(n, 7) s
$$;

-- Empty the managed tables
CREATE FUNCTION empty() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE jorge.inquiry, jorge.lead, jorge.lead_key, jorge.inquiry_lead, jorge.lead_alias, jorge.interaction, jorge.lead_score, jorge.prediction, jorge.event CASCADE;
END $$;

-- The rows that jorge has just written, kept to be written again without it
CREATE FUNCTION keep_rows() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE w_inquiry AS SELECT row_number() OVER () AS n, i.* FROM jorge.inquiry i;
    CREATE TABLE w_link AS SELECT w.n, l.* FROM jorge.inquiry_lead l JOIN w_inquiry w USING (inquiry_id);
    CREATE TABLE w_lead AS SELECT w.n, l.* FROM jorge.lead l JOIN w_link w USING (lead_id) WHERE w.rule = 'new';
    CREATE TABLE w_key AS SELECT w.n, k.* FROM jorge.lead_key k JOIN w_lead w USING (lead_id);
    CREATE TABLE w_score AS SELECT w.n, s.* FROM jorge.lead_score s JOIN w_lead w USING (lead_id);
    CREATE TABLE w_prediction AS SELECT w.n, p.* FROM jorge.prediction p JOIN w_lead w USING (lead_id);
    CREATE TABLE w_event AS SELECT w.n, e.* FROM jorge.event e JOIN w_lead w USING (lead_id);
    CREATE TABLE w_block AS SELECT w.n, array_agg(b.key) AS keys, count(*) AS blocks FROM jorge.lead_block b JOIN w_lead w USING (lead_id) GROUP BY w.n;
    CREATE INDEX ON w_block (n);
    CREATE INDEX ON w_inquiry (n); CREATE INDEX ON w_link (n); CREATE INDEX ON w_lead (n); CREATE INDEX ON w_key (n);
    CREATE INDEX ON w_score (n); CREATE INDEX ON w_prediction (n); CREATE INDEX ON w_event (n);
    ANALYZE w_inquiry; ANALYZE w_link; ANALYZE w_lead; ANALYZE w_key; ANALYZE w_score; ANALYZE w_prediction; ANALYZE w_event; ANALYZE w_block;
END $$;

-- A table's columns without n
CREATE FUNCTION columns_of(relation regclass, prefix text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(prefix || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;

-- One statement that writes all rows of the arrivals with condition on n
CREATE FUNCTION write_statement(condition text) RETURNS text LANGUAGE sql AS $$
    SELECT 'b AS (INSERT INTO jorge.lead_block SELECT w.location_id, unnest(b.keys), w.lead_id FROM w_block b JOIN w_lead w USING (n) WHERE ' || condition || '), '
           || string_agg(CASE WHEN position < 7 THEN format('c%s AS (%s)', position, insertion) END, ', ')
           || (SELECT ' ' || i FROM (SELECT 1) x, LATERAL (SELECT format('INSERT INTO jorge.event (%1$s) SELECT %1$s FROM w_event WHERE %2$s', columns_of('jorge.event'), condition) AS i) y)
      FROM (SELECT position, format('INSERT INTO jorge.%1$I (%2$s) SELECT %2$s FROM w_%3$s WHERE %4$s', target, columns_of(('jorge.' || target)::regclass), short, condition) AS insertion
              FROM (VALUES (1, 'inquiry', 'inquiry'), (2, 'lead', 'lead'), (3, 'lead_key', 'key'), (4, 'inquiry_lead', 'link'), (5, 'lead_score', 'score'), (6, 'prediction', 'prediction')) t(position, target, short)) s
$$;

-- VALUES of a table's columns taken from a variable
CREATE FUNCTION insert_of(target regclass, VARIADIC variables text[]) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO %s (%s) VALUES %s', target, columns_of(target),
                  (SELECT string_agg('(' || columns_of(target, v || '.') || ')', ', ') FROM unnest(variables) v))
$$;
-- ours(first, last) and baseline(first, last): CPU seconds to write the arrivals that keep_rows() kept, one by one
CREATE PROCEDURE make_writers() LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION ours(first bigint, last bigint) RETURNS float8 LANGUAGE plpgsql AS $body$
        DECLARE r w_inquiry; began float8; used float8 := 0;
        BEGIN
            FOR r IN SELECT * FROM w_inquiry WHERE n BETWEEN first AND last ORDER BY n LOOP
                began := cpu();
                %s;
                used := used + cpu() - began;
            END LOOP;
            RETURN used;
        END $body$ $f$, insert_of('jorge.inquiry', 'r'));
    EXECUTE format($f$
        CREATE FUNCTION baseline(first bigint, last bigint) RETURNS float8 LANGUAGE plpgsql AS $body$
        DECLARE r w_inquiry; l w_lead; k1 w_key; k2 w_key; i w_link; s w_score; p w_prediction; e w_event; b w_block; began float8; used float8 := 0;
        BEGIN
            FOR r IN SELECT * FROM w_inquiry WHERE n BETWEEN first AND last ORDER BY n LOOP
                SELECT * INTO l FROM w_lead WHERE n = r.n;
                SELECT * INTO k1 FROM w_key WHERE n = r.n AND kind = 'P';
                SELECT * INTO k2 FROM w_key WHERE n = r.n AND kind = 'E';
                SELECT * INTO i FROM w_link WHERE n = r.n;
                SELECT * INTO s FROM w_score WHERE n = r.n;
                SELECT * INTO p FROM w_prediction WHERE n = r.n;
                SELECT * INTO e FROM w_event WHERE n = r.n;
                SELECT * INTO b FROM w_block WHERE n = r.n;
                began := cpu();
                WITH a AS (%s), b AS (%s), c AS (%s), d AS (%s), f AS (%s), g AS (%s), h AS (INSERT INTO jorge.lead_block SELECT r.location_id, unnest(b.keys), l.lead_id) %s;
                used := used + cpu() - began;
            END LOOP;
            RETURN used;
        END $body$ $f$, insert_of('jorge.inquiry', 'r'), insert_of('jorge.lead', 'l'), insert_of('jorge.lead_key', 'k1', 'k2'),
        insert_of('jorge.inquiry_lead', 'i'), insert_of('jorge.lead_score', 's'), insert_of('jorge.prediction', 'p'),
        insert_of('jorge.event', 'e'));
END $$;

CREATE TABLE measured (what text, run integer, cpu_us float8);
