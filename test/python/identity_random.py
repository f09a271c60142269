#!/usr/bin/python3
"""Random concurrent work on identity: inserts, edits, merges, unmerges, erasures by eight clients; afterwards
jorge.check_identity() is empty. And one person by three key shapes from eight clients at once: one lead, no deadlock."""
import os
import random
import re
import subprocess
import sys
import tempfile

LONG = bool(os.environ.get("JORGE_LONG"))
OPERATIONS = 100000 if LONG else 2000
CLIENTS = 8
OF_ONE_PERSON = 4000 if LONG else 1600
# what a client that meets another may be told: try again (40..., and 25P02 for the rest of that transaction), no longer there,
# one already, decided meanwhile
EXPECTED = {"40001", "40P01", "25P02", "P0002", "22023", "55000", "23503"}


def psql(sql, *options):
    return subprocess.run(["psql", "-qXAt", "-v", "VERBOSITY=sqlstate", *options], input=sql, capture_output=True, text=True)


def at_once(scripts):
    """Run scripts in sessions of their own at the same time; returns the SQLSTATEs they were told."""
    files = []
    for script in scripts:
        handle = tempfile.NamedTemporaryFile("w", suffix=".sql")
        handle.write("SET client_min_messages = error;\n" + script)
        handle.flush()
        os.chmod(handle.name, 0o644)
        files.append(handle)
    running = [subprocess.Popen(["psql", "-qXAt", "-v", "VERBOSITY=sqlstate", "-f", f.name], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True) for f in files]
    told = []
    for process in running:
        told += re.findall(r"(?:ERROR|FATAL|PANIC):\s+(\w{5})", process.communicate()[1])
    return told


def operation(rng, people):
    """One random operation on a pool of people small enough to meet."""
    person = rng.randrange(people)
    phone = f"512-{200 + person // 8000}-{1000 + person % 8000}"
    email = f"p{person}@example.com"
    other = rng.randrange(people)
    lead = f"(SELECT k.lead_id FROM jorge.lead_key k WHERE k.key = 'p{other}@example.com')"
    mine = f"(SELECT k.lead_id FROM jorge.lead_key k WHERE k.key = '{email}')"
    source = rng.choice(["zillow", "facebook", "ghl", "email"])
    name = rng.choice([f"Person Q{person}", "", f"P. Q{person}"])
    dice = rng.random()
    if dice < 0.62:
        shape = rng.randrange(4)
        keys = [f"'{phone}', NULL", f"NULL, '{email}'", f"'{phone}', '{email}'",
                f"'{phone}', 'p{other if rng.random() < 0.05 else person}@example.com'"][shape]
        return f"INSERT INTO jorge.inquiry (source, name, phone, email) VALUES ('{source}', '{name}', {keys});"
    if dice < 0.67:
        return (f"INSERT INTO jorge.inquiry (source, name, phone, email) SELECT 'ghl', NULL, '512-{200}-' || 1000 + (random() * {people - 1})::int, NULL"
                f" FROM generate_series(1, {rng.choice([3, 10, 100])});")
    if dice < 0.75:
        return f"INSERT INTO jorge.interaction (lead_id, channel, direction) SELECT x, 'call', 'in' FROM {mine} y(x) WHERE x IS NOT NULL;"
    if dice < 0.80:
        return f"UPDATE jorge.lead SET city = 'C{dice:.6f}' WHERE lead_id = {mine};"
    if dice < 0.82:
        return f"INSERT INTO jorge.lead (name, phone, email) VALUES ('{name}', '{phone}', '{email}');"
    if dice < 0.88:
        return f"SELECT jorge.merge_leads({mine}, {lead}) WHERE {mine} IS NOT NULL AND {lead} IS NOT NULL;"
    if dice < 0.95:
        return ("SELECT jorge.unmerge(merge_id) FROM (SELECT merge_id FROM jorge.lead_merge WHERE undone_at IS NULL AND erased_at IS NULL"
                " ORDER BY random() LIMIT 1) m;")
    if dice < 0.97:
        return f"SELECT jorge.erase_lead(x) FROM {mine} y(x) WHERE x IS NOT NULL;"
    return (f"BEGIN; INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '{phone}');"
            f" INSERT INTO jorge.inquiry (source, email) VALUES ('ghl', '{email}'); {rng.choice(['COMMIT', 'ROLLBACK'])};")


def main():
    tests = []

    def check(good, what, detail=""):
        tests.append(good)
        print(f"{'ok' if good else 'not ok'} {len(tests)} - {what}")
        if not good and detail:
            print("# " + detail.replace("\n", "\n# "))

    clean = "SET client_min_messages = error; TRUNCATE jorge.inquiry, jorge.lead CASCADE; TRUNCATE jorge.prediction, jorge.event;"
    psql(clean)
    shapes = ["'512-867-5309', NULL", "NULL, 'ann@example.com'", "'(512) 867-5309', 'Ann@Example.com'"]
    told = at_once(["\n".join(f"INSERT INTO jorge.inquiry (source, name, phone, email) VALUES ('s{c}', 'Ann Smith', {shapes[(n + c) % 3]});"
                              for n in range(OF_ONE_PERSON // CLIENTS)) for c in range(CLIENTS)])
    check(told == [], f"eight clients, {OF_ONE_PERSON} inserts of one person by three key shapes: no error, no deadlock", str(set(told)))
    check(psql("SELECT count(*), sum(inquiries) FROM jorge.lead").stdout.strip() == f"1|{OF_ONE_PERSON}", "exactly one lead",
          psql("SELECT lead_id, inquiries FROM jorge.lead").stdout)
    wrong = psql("SELECT * FROM jorge.check_identity() LIMIT 20").stdout
    check(wrong == "", "nothing is wrong", wrong)

    psql(clean)
    seed = int(os.environ.get("JORGE_SEED", random.SystemRandom().randrange(10 ** 6)))
    print(f"# JORGE_SEED={seed}")
    people = max(200, OPERATIONS // 100)
    told = at_once(["\n".join(operation(rng, people) for _ in range(OPERATIONS // CLIENTS))
                    for rng in (random.Random(seed * 100 + c) for c in range(CLIENTS))])
    print("# told: " + str({state: told.count(state) for state in set(told)}))
    check(set(told) <= EXPECTED, "random work is told nothing unexpected", str(set(told) - EXPECTED))
    wrong = psql("SELECT * FROM jorge.check_identity() LIMIT 20")
    check(wrong.stdout == "" and wrong.stderr == "", "and nothing is wrong after it", wrong.stdout + wrong.stderr)
    counts = psql("SELECT (SELECT count(*) FROM jorge.lead), (SELECT count(*) FROM jorge.lead_merge), (SELECT count(undone_at) FROM jorge.lead_merge),"
                  " (SELECT count(erased_at) FROM jorge.lead)").stdout.strip()
    print("# leads, merges, undone, erased: " + counts)
    check(all(int(n) > 0 for n in counts.split("|")), "all kinds of work were done", counts)
    drift = psql("CREATE TEMP TABLE was AS SELECT * FROM jorge.lead; SELECT count(jorge.refold_lead(lead_id, location_id)) FROM was;"
                 " SELECT count(*) FROM was w JOIN jorge.lead l USING (location_id, lead_id) WHERE w::text <> l::text AND l.erased_at IS NULL").stdout.split()[-1]
    check(drift == "0", "folding every lead anew changes none", drift)
    # merging and unmerging, twenty pairs nested: every row as before
    same = psql("""
        SET client_min_messages = error;
        CREATE FUNCTION pg_temp.everything() RETURNS text LANGUAGE plpgsql AS $$
        DECLARE t regclass; part text; whole text := '';
        BEGIN
            FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'jorge'::regnamespace AND c.relkind = 'r'
                        AND c.relname !~ '^(event|lead_merge)' ORDER BY c.relname LOOP
                EXECUTE format('SELECT md5(string_agg(r, '','' ORDER BY r)) FROM (SELECT x::text AS r FROM %s x) y', t) INTO part;
                whole := whole || t || ' ' || coalesce(part, '') || E'\\n';
            END LOOP;
            RETURN whole;
        END $$;
        CREATE TEMP TABLE seen AS SELECT pg_temp.everything() AS rows;
        DO $$
        DECLARE pair record; merges uuid[] := '{}';
        BEGIN
            FOR pair IN SELECT a.lead_id AS a, b.lead_id AS b FROM (SELECT lead_id, row_number() OVER (ORDER BY md5(lead_id::text)) AS n FROM jorge.lead WHERE erased_at IS NULL) a
                          JOIN (SELECT lead_id, row_number() OVER (ORDER BY lead_id) AS n FROM jorge.lead WHERE erased_at IS NULL) b USING (n) WHERE n <= 20 LOOP
                BEGIN
                    merges := jorge.merge_leads(pair.a, pair.b) || merges;
                EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN NULL;
                END;
            END LOOP;
            FOR i IN 1 .. cardinality(merges) LOOP PERFORM jorge.unmerge(merges[i]); END LOOP;
        END $$;
        SELECT coalesce((SELECT string_agg(l, ' / ') FROM (SELECT regexp_split_to_table(rows, E'\\n') AS l FROM seen EXCEPT SELECT regexp_split_to_table(pg_temp.everything(), E'\\n')) d), 'same')""")
    check(same.stdout.strip() == "same", "merging and unmerging gives every row of every table back", same.stdout + same.stderr)
    psql(clean)
    print(f"1..{len(tests)}")
    sys.exit(0 if all(tests) else 1)


main()
