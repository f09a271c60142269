-- flat: 100,000 single INSERTs INTO jorge.inquiry in one session on a fresh database, by tenths.
-- CPU of the backend per row: it must not grow with the number of rows.
CREATE TABLE source AS SELECT row_number() OVER () AS n, a.* FROM arrivals(100000) a;
CREATE INDEX ON source (n);
ANALYZE source;
DO $$ BEGIN EXECUTE format('CREATE PROCEDURE single(first bigint, last bigint) LANGUAGE plpgsql AS $f$ BEGIN FOR i IN first..last LOOP INSERT INTO jorge.inquiry (%1$s) SELECT %1$s FROM source WHERE n = i; COMMIT; END LOOP; END $f$', columns_of('jorge.inquiry')); END $$;
CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
DECLARE
    began float8;
BEGIN
    FOR tenth IN 1..10 LOOP
        began := cpu();
        CALL single((tenth - 1) * 10000 + 1, tenth * 10000);
        INSERT INTO measured VALUES ('', tenth, (cpu() - began) / 10000 * 1e6);
    END LOOP;
END $$;
CALL measure();
SELECT run AS tenth, round(cpu_us::numeric, 1) AS us_a_row FROM measured ORDER BY run;
