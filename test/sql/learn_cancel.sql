-- A training can be cancelled between rounds, gives its memory back, and starts no thread.

\set VERBOSITY terse
CREATE SCHEMA learn_cancel;
SET search_path TO learn_cancel;

CREATE FUNCTION status(field text) RETURNS bigint LANGUAGE sql
    RETURN substring(pg_read_file('/proc/self/status') FROM field || ':\s+(\d+)')::bigint;

-- 20,000 rows of 10 features, 10,000 rounds: minutes of work
CREATE TABLE sample AS
SELECT i % 2 = 0 AS won, sin(i) AS a, sin(i * 2) AS b, sin(i * 3) AS c, sin(i * 4) AS d, sin(i * 5) AS e,
       sin(i * 6) AS f, sin(i * 7) AS g, sin(i * 8) AS h, sin(i * 9) AS i, sin(i * 10) AS j
FROM generate_series(1, 20000) i;
CREATE VIEW long_training AS
SELECT jorge.train('SELECT * FROM sample', 'won', '{"quiet": true, "rounds": 10000, "early_stopping": 0, "max_depth": 10}') AS forest;
CREATE TABLE reading AS SELECT NULL::text AS at, NULL::bigint AS rss, NULL::timestamptz AS time LIMIT 0;

-- two to warm up, twenty to measure
SET statement_timeout = '300ms';
SELECT 'SELECT forest IS NULL FROM long_training' FROM generate_series(1, 2) \gexec
INSERT INTO reading SELECT 'before', status('RssAnon'), clock_timestamp();
SELECT 'SELECT forest IS NULL FROM long_training' FROM generate_series(1, 20) \gexec
INSERT INTO reading SELECT 'after', status('RssAnon'), clock_timestamp();
RESET statement_timeout;

SELECT a.rss - b.rss < 4096 AS memory_returned, (a.time - b.time) / 20 < interval '2 s' AS prompt
FROM reading a, reading b WHERE a.at = 'after' AND b.at = 'before';
SELECT count(*) AS progress_left_over FROM jorge.progress;

-- caught inside a transaction that goes on: memory is back at once, not at its end
DO $$
DECLARE
    before bigint;
BEGIN
    FOR n IN 0 .. 10 LOOP
        BEGIN
            -- fails on its last row but has read the others by then
            PERFORM jorge.train('SELECT CASE WHEN n > 199999 THEN 2 ELSE n % 2 END AS won, n, -n AS m FROM generate_series(1, 200000) n', 'won');
        EXCEPTION WHEN invalid_parameter_value THEN
            NULL;
        END;
        IF n = 0 THEN
            before := status('RssAnon');
        END IF;
    END LOOP;
    RAISE NOTICE 'memory returned: %', status('RssAnon') - before < 4096;
END $$;

-- threads: none, before, while cancelled, and after a full training
SELECT status('Threads') AS threads;
SELECT jorge.train('SELECT * FROM sample', 'won', '{"quiet": true, "rounds": 3}') IS NOT NULL AS trained;
SELECT jorge.train('SELECT won, a, b, (a > 0)::text AS c FROM sample', 'won', '{"quiet": true, "booster": "linear", "rounds": 3}') IS NOT NULL AS linear;
SELECT jorge.train('SELECT won::text AS class, a, b FROM sample', 'class', '{"quiet": true, "objective": "multi:softprob", "rounds": 3}') IS NOT NULL AS classes;
SELECT jorge.train('SELECT 1 + a AS days, won, b FROM sample WHERE a > -0.9', 'days', '{"quiet": true, "objective": "survival:aft", "event": "won", "rounds": 3, "booster": "forest", "trees": 5}') IS NOT NULL AS times;
-- a random forest is cancelled between its trees
INSERT INTO reading SELECT 'forest before', status('RssAnon'), clock_timestamp();
SET statement_timeout = '300ms';
SELECT jorge.train('SELECT * FROM sample', 'won', '{"quiet": true, "booster": "forest", "trees": 10000}') IS NULL AS forest;
SELECT jorge.train('SELECT * FROM sample', 'won', '{"quiet": true, "booster": "linear", "rounds": 10000, "early_stopping": 0}') IS NULL AS linear;
RESET statement_timeout;
SELECT status('RssAnon') - rss < 4096 AS memory_returned, clock_timestamp() - time < interval '10 s' AS prompt FROM reading WHERE at = 'forest before';
SELECT status('Threads') AS threads;

-- signals are as they were: nothing stays blocked
SELECT substring(pg_read_file('/proc/self/status') FROM 'SigBlk:\s+(\w+)') AS blocked;
