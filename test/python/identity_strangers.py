#!/usr/bin/python3
"""Strangers with near-identical names (JORGE_LONG: 100,000): none is merged with another, whatever office number they gave; by the
matcher, and on the way of an arrival."""
import os
import subprocess
import sys

LONG = bool(os.environ.get("JORGE_LONG"))
LEADS = 100_000 if LONG else 20_000
TAKEN_IN = 100_000 if LONG else 5_000
# candidates looked at for each key, as many as a look-up would take
CAP = 60
tests = []


def check(good, what):
    """Count a test."""
    tests.append(good)
    print(f"{'ok' if good else 'not ok'} {len(tests)} - {what}")


def psql(text):
    """Run SQL and return rows of text."""
    done = subprocess.run(["psql", "-qXAt", "-F\t", "-v", "ON_ERROR_STOP=1"], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit("Bail out! " + done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


# Names a letter apart, an e-mail each, a few dozen towns; addresses on the same streets, but no two people in one house.
PEOPLE = f"""
    CREATE TEMP TABLE people AS
    SELECT n AS id, g.names[1 + n * 7919 % 12] AS first_name, s.names[1 + n * 104729 % 8] AS last_name, PHONE AS phone,
           lower(g.names[1 + n * 7919 % 12] || '.' || s.names[1 + n * 104729 % 8]) || n || '@example.com' AS email,
           CASE WHEN n % 3 = 0 THEN (100 + n) || ' ' || (ARRAY['Oak', 'Elm', 'Main', 'Lamar', 'Cedar', 'Congress', 'Guadalupe', 'Red River'])[1 + n % 8] || ' St' END AS street,
           (ARRAY['Austin', 'Round Rock', 'Cedar Park', 'Pflugerville'])[1 + n % 4] AS city, (78600 + n % 40)::text AS postal_code
      FROM generate_series(1::bigint, {LEADS}) n,
           (SELECT ARRAY['John', 'Jon', 'Johnny', 'Jonathan', 'Johnathan', 'Joan', 'Joanna', 'Johan', 'Jhon', 'Johnnie', 'Jo', 'J'] AS names) g,
           (SELECT ARRAY['Smith', 'Smyth', 'Smithe', 'Smits', 'Smitt', 'Schmidt', 'Schmitt', 'Smith-Jones'] AS names) s;
"""

PAIRS = f"""
    CREATE TEMP TABLE keys AS SELECT id, k AS key, row_number() OVER (PARTITION BY k ORDER BY hashint8(id)) AS place
        FROM people p, unnest(jorge.blocking_keys(p)) k;
    DELETE FROM keys WHERE place > {CAP};
    ANALYZE keys; ANALYZE people;
    WITH pairs AS (SELECT DISTINCT x.id AS i, y.id AS j FROM keys x JOIN keys y USING (key) WHERE x.id < y.id)
    SELECT decision, reason, count(*) FROM pairs, people a, people b, jorge.match_score(a, b) m
     WHERE a.id = i AND b.id = j GROUP BY 1, 2 ORDER BY 1, 2;
"""


def run(what, phone):
    """Compare strangers whose phones are given by an SQL expression; returns the number of merges."""
    answer = psql(PEOPLE.replace("PHONE", phone) + PAIRS)
    print(f"# {what}:", ", ".join(f"{decision} {reason} {count}" for decision, reason, count in answer))
    pairs = sum(int(count) for _, _, count in answer)
    check(pairs > LEADS // 2, f"{what}: {pairs} pairs were compared")
    return sum(int(count) for decision, _, count in answer if decision == "merge")


def take_in(known):
    """Let strangers of one office arrive, most in one statement and some singly; the office's number may be known as such."""
    what = "one office number, " + ("known as such" if known else "not known as such")
    columns = "source, first_name, last_name, phone, email, street, city, postal_code"
    psql("SET client_min_messages = error; TRUNCATE jorge.inquiry, jorge.lead CASCADE; TRUNCATE jorge.prediction, jorge.event;"
         "DELETE FROM jorge.identity_stop WHERE key = '+15128001000';")
    if known:
        psql("INSERT INTO jorge.identity_stop (location_id, kind, key, reason) VALUES ('main', 'phone', '+15128001000', 'our office');")
    singly = TAKEN_IN // 20
    psql("SET client_min_messages = error;" + PEOPLE.replace("PHONE", "'512-800-1000'::text") + f"""
        INSERT INTO jorge.inquiry ({columns}) SELECT 'portal', first_name, last_name, phone, email, street, city, postal_code FROM people
         WHERE id <= {TAKEN_IN - singly} ORDER BY hashint8(id);
        DO $$
        DECLARE p people;
        BEGIN
            FOR p IN SELECT * FROM people WHERE id > {TAKEN_IN - singly} AND id <= {TAKEN_IN} LOOP
                INSERT INTO jorge.inquiry ({columns}) VALUES ('portal', p.first_name, p.last_name, p.phone, p.email, p.street, p.city, p.postal_code);
            END LOOP;
        END $$;""")
    leads, most, arrivals = psql("SELECT count(*), max(inquiries), sum(inquiries) FROM jorge.lead")[0]
    check(int(leads) == int(arrivals) == TAKEN_IN and most == "1", f"{TAKEN_IN} arrive, {what}: each is a lead of its own")
    check(psql("SELECT * FROM jorge.check_identity() LIMIT 5") == [], "nothing is wrong")
    psql("SET client_min_messages = error; TRUNCATE jorge.inquiry, jorge.lead CASCADE; TRUNCATE jorge.prediction, jorge.event;"
         "DELETE FROM jorge.identity_stop WHERE key = '+15128001000';")


def main():
    """Measure."""
    take_in(True)
    take_in(False)
    # an office's number in jorge.identity_stop reaches the matcher as none at all
    check(run("one office number, known as such", "NULL::text") == 0, "nobody is merged")
    # every line of one exchange is in use, so that most people have neighbours a digit away
    check(run("numbers a digit apart", "'+1512' || (8000000 + n * 37 % 100000)") == 0, "nobody is merged")
    check(run("random numbers", "'+1' || (ARRAY[512, 737])[1 + n % 2] || (2000000 + n * 15485863 % 7999993)") == 0, "nobody is merged")
    # the number is not known as an office's: whoever has another name or mailbox is at most a review
    merged, compared = psql(PEOPLE.replace("PHONE", "'+15128001000'::text") + """
        SELECT count(*) FILTER (WHERE decision = 'merge'), count(*)
          FROM people a JOIN people b ON b.id = a.id + 1 + a.id % 5, jorge.match_score(a, b) m
         WHERE a.first_name <> b.first_name AND a.last_name <> b.last_name;""")[0]
    check(int(merged) == 0 and int(compared) > LEADS // 10, f"one office number, not known as such: none of {compared} neighbours with other names is merged")
    print(f"1..{len(tests)}")
    sys.exit(not all(tests))


main()
