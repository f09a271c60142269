-- identity: keys, likeness of names and the matcher, a call. CPU of the backend, best of five, the scan of the table
-- subtracted. jorge.match_score() reads two rows, brings them into comparable form, compares and writes eleven columns; of
-- one row against many the one is read once.
CREATE TABLE people AS
SELECT s.name, s.first_name, s.last_name, s.phone, s.email, s.street, s.city, s.postal_code FROM jorge.synthetic_leads(20000, 3) s;
CREATE TABLE pairs AS
SELECT a.p AS a, b.p AS b FROM (SELECT row_number() OVER () AS n, p FROM people p) a JOIN (SELECT row_number() OVER () AS n, p FROM people p) b ON b.n = 1 + a.n % 20000;
VACUUM ANALYZE people;
VACUUM ANALYZE pairs;
CREATE PROCEDURE measure(what text, relation text, expression text, base text) LANGUAGE plpgsql AS $$
DECLARE
    began float8;
    used float8;
BEGIN
    FOR run IN 1..5 LOOP
        began := cpu(); EXECUTE format('SELECT count(%s) FROM %s', expression, relation); used := cpu() - began;
        began := cpu(); EXECUTE format('SELECT count(%s) FROM %s', base, relation); used := used - (cpu() - began);
        INSERT INTO measured VALUES (what, run, used * 1e6 / 20000);
    END LOOP;
END $$;
CALL measure('jorge.phone_key()', 'people', 'jorge.phone_key(phone)', 'phone');
CALL measure('jorge.email_key()', 'people', 'jorge.email_key(email)', 'email');
CALL measure('jorge.name_key()', 'people', 'jorge.name_key(name)', 'name');
CALL measure('jorge.jaro_winkler()', 'people', 'jorge.jaro_winkler(first_name, last_name)', 'first_name || last_name');
CALL measure('jorge.name_similarity()', 'people', 'jorge.name_similarity(name, ''Robert (Bob) Smith'')', 'name');
CALL measure('jorge.blocking_keys()', 'people', 'jorge.blocking_keys(people)', 'people');
CALL measure('jorge.match_score(): pair of strangers', 'pairs', 'jorge.match_score(a, b)', 'a');
CALL measure('jorge.match_score(): one row against many', 'pairs, (SELECT people AS one FROM people LIMIT 1) o', 'jorge.match_score(one, b)', 'b');
CALL measure('jorge.match_score(): the same two rows', 'pairs, (SELECT people AS one FROM people LIMIT 1) o, (SELECT people AS two FROM people OFFSET 1 LIMIT 1) t', 'jorge.match_score(one, two)', 'b');
SELECT what, round(min(cpu_us)::numeric, 3) AS us_a_call FROM measured GROUP BY what ORDER BY 1;
