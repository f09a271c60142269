-- text: jorge.text_signals() of one long message: time must grow with its length, and of typical messages.
-- CPU of the backend, best of five.
CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
DECLARE
    sample text := (SELECT string_agg(message, ' ') FROM jorge.synthetic_leads(200, 3));
    long text;
    began float8;
BEGIN
    FOR run IN 1..5 LOOP
        FOR k IN 0..2 LOOP
            long := left(repeat(sample, (1 + 262144 * 2 ^ k / length(sample))::integer), (262144 * 2 ^ k)::integer);
            began := cpu(); PERFORM jorge.text_signals(long);
            INSERT INTO measured VALUES (format('one message of %s kB', 256 * 2 ^ k), run, (cpu() - began) * 1e6);
        END LOOP;
    END LOOP;
END $$;
CALL measure();
SELECT what, round(min(cpu_us)::numeric) AS best_us,
       round((min(cpu_us) / (SELECT min(cpu_us) FROM measured WHERE what LIKE '%256 kB'))::numeric, 2) AS times_256_kb
  FROM measured GROUP BY what ORDER BY 2;
CREATE TABLE messages AS SELECT message FROM jorge.synthetic_leads(20000, 3);
SELECT round(avg(length(message))) AS average_length FROM messages;
TRUNCATE measured;
DO $$
DECLARE
    began float8;
BEGIN
    FOR run IN 1..5 LOOP
        began := cpu(); PERFORM count((jorge.text_signals(message)).words) FROM messages;
        INSERT INTO measured VALUES ('', run, (cpu() - began) * 1e9 / 20000);
    END LOOP;
END $$;
SELECT round(min(cpu_us)::numeric) AS ns_a_message FROM measured;
