-- insert_bulk: INSERT INTO jorge.inquiry ... SELECT of 100,000 new persons against one set-based statement that
-- writes the same rows of all eight tables without triggers.
-- CPU of the backend per row, five runs of each, interleaved. Target: at most 2.0x.
CREATE TABLE source AS SELECT * FROM arrivals(100000);
INSERT INTO jorge.inquiry SELECT * FROM source;
SELECT keep_rows() \g /dev/null
DO $$ BEGIN EXECUTE format('CREATE FUNCTION baseline() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN WITH %s; END $f$', write_statement('true')); END $$;

CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
DECLARE
    began float8;
BEGIN
    FOR run IN 1..5 LOOP
        PERFORM empty();
        COMMIT;
        began := cpu();
        INSERT INTO jorge.inquiry SELECT * FROM source;
        INSERT INTO measured VALUES ('INSERT INTO jorge.inquiry ... SELECT', run, (cpu() - began) / 100000 * 1e6);
        PERFORM empty();
        ALTER TABLE jorge.inquiry DISABLE TRIGGER intake;
        COMMIT;
        began := cpu();
        PERFORM baseline();
        INSERT INTO measured VALUES ('same rows, no triggers', run, (cpu() - began) / 100000 * 1e6);
        ALTER TABLE jorge.inquiry ENABLE TRIGGER intake;
        COMMIT;
    END LOOP;
END $$;
CALL measure();
SELECT what, round(min(cpu_us)::numeric, 1) AS best_us, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_us))::numeric, 1) AS median_us,
       round((min(cpu_us) / (SELECT min(cpu_us) FROM measured WHERE what LIKE 'same%'))::numeric, 2) AS ratio_best
  FROM measured GROUP BY what ORDER BY what;
