-- An arrival costs what there is of itself, not of others, also by plans that were saved when there was nobody.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT plan(2);
INSERT INTO jorge.enroll_rule (rule, sequence) VALUES ('everybody', 'standard');
CREATE FUNCTION pg_temp.ask(first integer, last integer) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO jorge.inquiry (source, phone, email, name, message)
    SELECT 'zillow', '+1512' || 2000000 + n, 'p' || n || '@example.com', 'Person ' || md5(n::text), CASE WHEN n % 9 = 0 THEN 'please stop texting me' ELSE 'I want to buy a house' END
      FROM generate_series(first, last) n $$;
CREATE FUNCTION pg_temp.read() RETURNS TABLE (relation text, rows bigint) LANGUAGE sql VOLATILE AS $$
    SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE schemaname = 'jorge' $$;
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL jit = off;
ANALYZE;
SELECT pg_temp.ask(1, 3), pg_temp.ask(4, 4), pg_temp.ask(1, 3) \g /dev/null
ANALYZE;
SELECT pg_temp.ask(5, 7), pg_temp.ask(8, 8), pg_temp.ask(5, 7) \g /dev/null
SELECT pg_temp.ask(1001, 1600) \g /dev/null
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.read();
SELECT pg_temp.ask(n, n) FROM generate_series(1551, 1650) n \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM jorge.enrollment), '>', 500::bigint, 'most are followed up');
-- but for jorge.lead, which foreign keys look into by plans of PostgreSQL's own
SELECT is_empty($$SELECT r.relation, (r.rows - coalesce(b.rows, 0)) / 100 AS each FROM pg_temp.read() r LEFT JOIN before b USING (relation)
                   WHERE r.rows - coalesce(b.rows, 0) > 30 * 100 AND r.relation <> 'lead' ORDER BY 2 DESC$$, 'an arrival reads not more than thirty rows of any table');
SELECT * FROM finish();
ROLLBACK;
