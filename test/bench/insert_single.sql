-- insert_single: one INSERT INTO jorge.inquiry (a new person: found, folded, scored, logged) against one prepared
-- data-modifying statement that writes the same rows of all seven tables, given as parameters, without triggers.
-- CPU of the backend within the statement, 5,000 rows a run, five runs of each, interleaved. Target: at most 1.6x.
INSERT INTO jorge.inquiry SELECT * FROM arrivals(12000) WHERE phone IS NOT NULL AND email IS NOT NULL LIMIT 5000;
SELECT keep_rows() \g /dev/null

-- VALUES of a table's columns taken from a variable
CREATE FUNCTION insert_of(target regclass, VARIADIC variables text[]) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO %s (%s) VALUES %s', target, columns_of(target),
                  (SELECT string_agg('(' || columns_of(target, v || '.') || ')', ', ') FROM unnest(variables) v))
$$;
DO $$
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION ours() RETURNS float8 LANGUAGE plpgsql AS $body$
        DECLARE r w_inquiry; began float8; used float8 := 0;
        BEGIN
            FOR r IN SELECT * FROM w_inquiry ORDER BY n LOOP
                began := cpu();
                %s;
                used := used + cpu() - began;
            END LOOP;
            RETURN used;
        END $body$ $f$, insert_of('jorge.inquiry', 'r'));
    EXECUTE format($f$
        CREATE FUNCTION baseline() RETURNS float8 LANGUAGE plpgsql AS $body$
        DECLARE r w_inquiry; l w_lead; k1 w_key; k2 w_key; i w_link; s w_score; p w_prediction; e w_event; began float8; used float8 := 0;
        BEGIN
            FOR r IN SELECT * FROM w_inquiry ORDER BY n LOOP
                SELECT * INTO l FROM w_lead WHERE n = r.n;
                SELECT * INTO k1 FROM w_key WHERE n = r.n AND kind = 'P';
                SELECT * INTO k2 FROM w_key WHERE n = r.n AND kind = 'E';
                SELECT * INTO i FROM w_link WHERE n = r.n;
                SELECT * INTO s FROM w_score WHERE n = r.n;
                SELECT * INTO p FROM w_prediction WHERE n = r.n;
                SELECT * INTO e FROM w_event WHERE n = r.n;
                began := cpu();
                WITH a AS (%s), b AS (%s), c AS (%s), d AS (%s), f AS (%s), g AS (%s) %s;
                used := used + cpu() - began;
            END LOOP;
            RETURN used;
        END $body$ $f$, insert_of('jorge.inquiry', 'r'), insert_of('jorge.lead', 'l'), insert_of('jorge.lead_key', 'k1', 'k2'),
        insert_of('jorge.inquiry_lead', 'i'), insert_of('jorge.lead_score', 's'), insert_of('jorge.prediction', 'p'),
        insert_of('jorge.event', 'e'));
END $$;

CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
BEGIN
    FOR run IN 0..5 LOOP -- run 0 warms up
        PERFORM empty();
        COMMIT;
        INSERT INTO measured VALUES ('INSERT INTO jorge.inquiry', run, ours() / 5000 * 1e6);
        PERFORM empty();
        ALTER TABLE jorge.inquiry DISABLE TRIGGER intake;
        COMMIT;
        INSERT INTO measured VALUES ('same rows, no triggers', run, baseline() / 5000 * 1e6);
        ALTER TABLE jorge.inquiry ENABLE TRIGGER intake;
        COMMIT;
    END LOOP;
END $$;
CALL measure();
SELECT what, round(min(cpu_us)::numeric, 1) AS best_us, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_us))::numeric, 1) AS median_us,
       round((min(cpu_us) / (SELECT min(cpu_us) FROM measured WHERE run > 0 AND what LIKE 'same%'))::numeric, 2) AS ratio_best
  FROM measured WHERE run > 0 GROUP BY what ORDER BY what;
