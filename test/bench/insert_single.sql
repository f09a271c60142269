-- insert_single: one INSERT INTO jorge.inquiry (a new person: found, folded, scored, logged) against one prepared
-- data-modifying statement that writes the same rows of all eight tables, given as parameters, without triggers.
-- CPU of the backend within the statement, 5,000 rows a run, five runs of each, interleaved. Target: at most 1.6x.
INSERT INTO jorge.inquiry SELECT * FROM arrivals(12000) WHERE phone IS NOT NULL AND email IS NOT NULL LIMIT 5000;
SELECT keep_rows() \g /dev/null

CALL make_writers();

CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
BEGIN
    FOR run IN 0..5 LOOP -- run 0 warms up
        PERFORM empty();
        COMMIT;
        INSERT INTO measured VALUES ('INSERT INTO jorge.inquiry', run, ours(1, 5000) / 5000 * 1e6);
        PERFORM empty();
        ALTER TABLE jorge.inquiry DISABLE TRIGGER intake;
        COMMIT;
        INSERT INTO measured VALUES ('same rows, no triggers', run, baseline(1, 5000) / 5000 * 1e6);
        ALTER TABLE jorge.inquiry ENABLE TRIGGER intake;
        COMMIT;
    END LOOP;
END $$;
CALL measure();
SELECT what, round(min(cpu_us)::numeric, 1) AS best_us, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_us))::numeric, 1) AS median_us,
       round((min(cpu_us) / (SELECT min(cpu_us) FROM measured WHERE run > 0 AND what LIKE 'same%'))::numeric, 2) AS ratio_best
  FROM measured WHERE run > 0 GROUP BY what ORDER BY what;
