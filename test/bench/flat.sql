-- flat: 100,000 single INSERTs INTO jorge.inquiry in one session into empty tables, by tenths, and the statement that
-- writes the same rows without triggers, likewise. Both grow as indexes get deeper; the ratio must not.
-- CPU of the backend within the statement, per row.
INSERT INTO jorge.inquiry SELECT * FROM arrivals(240000) WHERE phone IS NOT NULL AND email IS NOT NULL LIMIT 100000;
SELECT keep_rows() \g /dev/null
CALL make_writers();
SELECT empty() \g /dev/null
\connect -
CREATE PROCEDURE measure(what text) LANGUAGE plpgsql AS $$
BEGIN
    FOR tenth IN 1..10 LOOP
        INSERT INTO measured VALUES (what, tenth, 100 * CASE what WHEN 'ours' THEN ours(tenth * 10000 - 9999, tenth * 10000) ELSE baseline(tenth * 10000 - 9999, tenth * 10000) END);
        COMMIT;
    END LOOP;
END $$;
CALL measure('ours');
SELECT empty() \g /dev/null
ALTER TABLE jorge.inquiry DISABLE TRIGGER intake;
\connect -
CALL measure('baseline');
SELECT o.run AS tenth, round(o.cpu_us::numeric, 1) AS us_a_row, round(b.cpu_us::numeric, 1) AS same_rows_no_triggers, round((o.cpu_us / b.cpu_us)::numeric, 2) AS ratio
  FROM measured o JOIN measured b ON o.what = 'ours' AND b.what = 'baseline' AND o.run = b.run ORDER BY 1;
