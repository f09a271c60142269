-- predict: jorge.predict(forest, vector) over 1,000,000 stored vectors, one process, against libxgboost called for each
-- row with a booster kept by the backend (on 100,000 of them), and what reading the vectors costs.
-- CPU of the backend, best of five, interleaved. Target: at least 10x the rows per CPU second.
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE TABLE vectors AS
    SELECT (SELECT array_agg((random() * 100)::float4) FROM generate_series(1, cardinality(i.feature_names)) WHERE n IS NOT NULL) AS vector
      FROM generate_series(1, 1000000) n, (SELECT f.feature_names FROM jorge.model m, jorge.forest_info(m.forest) f) i;
VACUUM ANALYZE vectors;
CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
DECLARE
    began float8;
BEGIN
    FOR run IN 1..5 LOOP
        began := cpu(); PERFORM avg(nop(vector)) FROM vectors;
        INSERT INTO measured VALUES ('reading the vectors', run, cpu() - began);
        began := cpu(); PERFORM avg(jorge.predict(m.forest, v.vector)) FROM jorge.model m, vectors v;
        INSERT INTO measured VALUES ('jorge.predict(forest, vector)', run, cpu() - began);
        began := cpu(); PERFORM avg(xgboost_row(m.ubj, v.vector)) FROM (SELECT ubj FROM jorge.model OFFSET 0) m, (SELECT vector FROM vectors LIMIT 100000) v;
        INSERT INTO measured VALUES ('libxgboost a row, cached booster', run, 10 * (cpu() - began));
    END LOOP;
END $$;
CALL measure();
SELECT what, round(1000 * min(cpu_us)::numeric) AS ns_a_row, round((1 / min(cpu_us))::numeric, 2) AS million_rows_per_cpu_second,
       round(((SELECT min(cpu_us) FROM measured WHERE what LIKE 'libxgboost%') / min(cpu_us))::numeric, 1) AS times_libxgboost
  FROM measured GROUP BY what ORDER BY 2;

-- from raw rows: features and score of stored leads, which carry what their messages said, and of rows that carry a message
TRUNCATE measured;
INSERT INTO jorge.inquiry SELECT * FROM arrivals(50000);
CREATE TABLE raw AS SELECT * FROM jorge.inquiry;
VACUUM ANALYZE jorge.lead; VACUUM ANALYZE raw;
CREATE PROCEDURE measure_rows() LANGUAGE plpgsql AS $$
DECLARE
    began float8;
BEGIN
    FOR run IN 1..5 LOOP
        began := cpu(); PERFORM avg(jorge.lead_score(l)) FROM jorge.lead l;
        INSERT INTO measured VALUES ('avg(lead_score(lead)), text read on arrival', run, cpu() - began);
        began := cpu(); PERFORM avg(jorge.lead_score(r)) FROM raw r;
        INSERT INTO measured VALUES ('avg(lead_score(inquiry)), text scanned now', run, cpu() - began);
        began := cpu(); PERFORM count((jorge.text_signals(r.message)).words) FROM raw r;
        INSERT INTO measured VALUES ('of which the text scan', run, cpu() - began);
    END LOOP;
END $$;
CALL measure_rows();
SELECT what, round((1e9 * min(cpu_us) / 50000)::numeric) AS ns_a_row,
       round((100 * min(cpu_us) / (SELECT min(cpu_us) FROM measured WHERE what LIKE '%scanned now'))::numeric) AS percent
  FROM measured GROUP BY what ORDER BY what;
