#!/usr/bin/python3
"""Series of every ugly kind: all functions answer with finite numbers in order, or with an error that names its class."""
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

random.seed(20240607)
TESTS = 7
counted = failed = 0
# invalid parameter, numeric out of range, datetime out of range, program limit
CLEAN = {"22023", "22003", "22008", "54000"}

PROBE = r"""
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS jorge;
-- what is wrong with the answers about a series: nothing, or the first fault
CREATE FUNCTION pg_temp.fault(s jorge.series) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    code text;
    first date := (SELECT max(start) FROM jorge.points(s));
    probe text;
    answer boolean;
BEGIN
    FOREACH probe IN ARRAY ARRAY[
        'SELECT bool_and((mean > ''-Infinity'' AND mean < ''Infinity'') AND (lo95 IS NULL OR (lo95 <= lo80 AND lo80 <= hi80 AND hi80 <= hi95 AND hi95 < ''Infinity'' AND lo95 > ''-Infinity''))) FROM jorge.forecast($1, 18)',
        'SELECT bool_and(mean BETWEEN lo95 AND hi95) FROM jorge.forecast($1, 7) WHERE method <> ''croston'' AND lo95 IS NOT NULL',
        'SELECT bool_and(mean < ''Infinity'') FROM jorge.forecast($1, 3, ''mean'', ''interpolate'')',
        'SELECT bool_and(mean < ''Infinity'') FROM jorge.forecast($1, 3, ''count'')',
        'SELECT sd IS NULL OR (sd >= 0 AND lo95 <= lo80 AND hi80 <= hi95) FROM jorge.total($1, $2 + 1, $2 + 1000)',
        'SELECT bool_and(p BETWEEN 0 AND 1 AND p <= before) FROM (SELECT p, lag(p, 1, p) OVER (ORDER BY goal) AS before FROM unnest(ARRAY[-1e308, -1e9, -1, 0, 1e-9, 1, 1e3, 1e9, 1e308]) goal, jorge.p_reach($1, goal, $2 + 400) p) x',
        'SELECT bool_and(mae >= 0 AND coverage80 <= coverage95) FROM jorge.accuracy($1, 3, 5)',
        'SELECT bool_and(value > ''-Infinity'' AND value = value) FROM jorge.anomalies($1)',
        'SELECT bool_and(abs(value - trend - season - remainder) <= 1e-9 * (abs(value) + abs(trend) + abs(season))) FROM jorge.decompose($1)',
        'SELECT bool_and(factor IS NULL OR factor < ''Infinity'') FROM jorge.season_factors($1)',
        'SELECT sigma2 >= 0 AND alpha BETWEEN 0 AND 1 FROM jorge.ets($1, ''AAN'')',
        'SELECT sigma2 >= 0 FROM jorge.ets($1, ''ets'')',
        'SELECT sigma2 >= 0 FROM jorge.theta($1)',
        'SELECT bool_and(mean < ''Infinity'') FROM jorge.forecast($1, 3, method => ''AAA'')',
        'SELECT bool_and(mean < ''Infinity'') FROM jorge.forecast($1, 3, method => ''croston'')',
        'SELECT bool_and(mean < ''Infinity'') FROM jorge.forecast($1, 3, method => ''mean'')',
        'SELECT length(jorge.sparkline($1)) <= 60',
        'SELECT $1::text::jorge.series OPERATOR(jorge.=) $1'] LOOP
        BEGIN
            EXECUTE probe INTO answer USING s, first;
            IF NOT coalesce(answer, true) THEN RETURN probe; END IF;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE;
            IF code NOT IN ('22023', '22003', '22008', '54000') THEN RETURN probe || ': ' || code || ' ' || SQLERRM; END IF;
        END;
    END LOOP;
    RETURN '';
END $$;
"""


def check(good, what, detail=""):
    global counted, failed
    counted, failed = counted + 1, failed + (not good)
    print(f"{'ok' if good else 'not ok'} {counted} - {what}")
    if not good and detail:
        print("#", detail[:2000].replace("\n", "\n# "))


def psql(sql, *options):
    """Run SQL in one session and return its output and errors."""
    done = subprocess.run(["psql", "-XqAt", "-v", "VERBOSITY=verbose", *options], input=sql, capture_output=True, text=True)
    return done.stdout, done.stderr


def ugly():
    """Yield (name, values); None is a period without a value."""
    tiny, huge = 5e-324, 1e308
    for n in (1, 2, 3, 4, 5, 9, 10, 11, 24, 25, 36, 37, 60, 200):
        yield f"{n} random", [random.gauss(100, 20) for _ in range(n)]
        yield f"{n} zeros", [0.0] * n
        yield f"{n} equal", [3.3] * n
        yield f"{n} huge", [huge * random.uniform(0.5, 1) for _ in range(n)]
        yield f"{n} huge of both signs", [huge * random.choice((-1, 1)) for _ in range(n)]
        yield f"{n} tiny", [tiny * random.randint(1, 9) for _ in range(n)]
        yield f"{n} of every size", [10 ** random.uniform(-300, 300) for _ in range(n)]
        yield f"{n} nearly equal", [1e9 + random.random() * 1e-6 for _ in range(n)]
        yield f"{n} on a line", [5.0 + 3 * i for i in range(n)]
        yield f"{n} falling to 0", [max(0.0, 50.0 - 5 * i) for i in range(n)]
        yield f"{n} doubling", [2.0 ** i for i in range(n)]
        yield f"{n} alternating", [(-1.0) ** i for i in range(n)]
        yield f"{n} often 0", [0.0 if random.random() < 0.7 else random.expovariate(0.01) for _ in range(n)]
        yield f"{n} one spike", [1.0] * (n - 1) + [1e12]
        yield f"{n} season alone", [100 + 50 * math.sin(i * math.pi / 6) for i in range(n)]
        yield f"{n} gaps", [None if random.random() < 0.3 else random.uniform(1, 2) for _ in range(n)]
        yield f"{n} one zero", [0.0] + [random.uniform(1, 2) for _ in range(n - 1)]
    yield "nothing", []


def array(values):
    return "'{" + ",".join("NULL" if v is None else repr(v) for v in values) + "}'"


def probe_all():
    cases = [(name, values, period) for name, values in ugly() for period in ("month", "quarter", "day", "year")
             if period == "month" or len(values) in (5, 11, 60)]
    sql = PROBE + "".join(f"SELECT {i}, pg_temp.fault(jorge.series_of('1990-01-01', {array(values)}, '{period}'));\n"
                          for i, (_, values, period) in enumerate(cases))
    out, errors = psql(sql)
    lines = [line.split("|", 1) for line in out.splitlines()]
    faults = [f"{cases[int(i)][0]} by {cases[int(i)][2]}: {fault}" for i, fault in lines if fault]
    check(len(lines) == len(cases) and not faults, f"{len(cases)} ugly series give finite answers or clean errors",
          "\n".join(faults) + errors)


def long_series():
    out, errors = psql(PROBE + """
        SET statement_timeout = '120s';
        CREATE TEMP TABLE long AS SELECT jorge.series_of('1700-01-01', array_agg(100 + i % 7 + sin(i / 50.0) * 20), 'day') AS s FROM generate_series(1, 100000) i;
        SELECT count(*) FILTER (WHERE mean BETWEEN lo95 AND hi95 AND hi95 < 1000) FROM long, jorge.forecast(s, 30);
        SELECT count(*) FROM long, jorge.accuracy(s);
        SELECT count(*) FROM long, jorge.decompose(s);
        SELECT count(*) < 1000 FROM long, jorge.anomalies(s);""")
    check(out.split() == ["30", "2", "100000", "t"], "100,000 points are forecast, judged and decomposed", out + errors)
    out, errors = psql(PROBE + """
        SET statement_timeout = '200ms';
        SELECT fitted FROM jorge.ets((SELECT jorge.series_of('0100-01-01', array_agg(random()), 'week') FROM generate_series(1, 90000) i), 'AAdA');""")
    check("57014" in errors and not out, "a long fit can be cancelled", out + errors)


def orders():
    """The same rows in any order, reversed, repeated, halved: the same bits."""
    rows = [(f"2020-01-01 00:00+00'::timestamptz + {random.randint(0, 2000)} * interval '1 day", random.choice((1, -1)) * 10 ** random.uniform(-12, 12))
            for _ in range(400)]
    answers = set()
    for _ in range(4):
        random.shuffle(rows)
        values = ", ".join(f"('{t}', {v!r}::float8)" for t, v in rows)
        half = len(rows) // 2
        parts = [", ".join(f"('{t}', {v!r}::float8)" for t, v in part) for part in (rows[:half], rows[half:])]
        out, errors = psql(f"SELECT jorge.series(t, v) FROM (VALUES {values}) x(t, v);"
                           f"SELECT a OPERATOR(jorge.+) b FROM (SELECT jorge.series(t, v) FROM (VALUES {parts[0]}) x(t, v)) p(a),"
                           f" (SELECT jorge.series(t, v) FROM (VALUES {parts[1]}) x(t, v)) q(b);")
        answers.update(out.splitlines() or [errors])
    exact = {}
    check(len(answers) == 1, "shuffled and merged rows give one series", "\n".join(sorted(answers))[:500])
    # and its sums are the correctly rounded ones
    out, _ = psql("\\f '|'\n" + f"SELECT extract(year FROM start) * 12 + extract(month FROM start) - 1, sum FROM jorge.points('{answers.pop()}');")
    found = {int(k): float(v) for k, v in (line.split("|") for line in out.splitlines())}
    days, _ = psql("".join(f"SELECT extract(year FROM t) * 12 + extract(month FROM t) - 1 FROM (SELECT '{t}' AT TIME ZONE 'UTC') x(t);" for t, _ in rows))
    for month, (_, value) in zip(days.split(), rows):
        exact.setdefault(int(month), []).append(value)
    check(all(found[month] == math.fsum(values) for month, values in exact.items()), "every sum is the correctly rounded one")


def binary():
    """Binary COPY goes round; damaged bytes are refused or read as a valid series."""
    header = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "series")
        out, errors = psql(f"""
            CREATE TEMP TABLE t AS SELECT jorge.series_of('2020-01-01', ARRAY[0.1, NULL, -1e300, 5e-324, 0], p, 'America/Chicago') AS s FROM unnest('{{day,week,month,quarter,year}}'::text[]) p;
            INSERT INTO t SELECT jorge.series(d, v) FROM (VALUES (date '2024-01-01', 0.1), ('2024-01-01', 1e300), ('2024-01-01', 0.2)) x(d, v);
            \\copy t TO '{path}' (FORMAT binary)
            CREATE TEMP TABLE u (s jorge.series);
            \\copy u FROM '{path}' (FORMAT binary)
            SELECT count(*), bool_and(t.s OPERATOR(jorge.=) u.s) FROM t JOIN u ON t.s::text = u.s::text;""")
        check(out.split("\n")[0] == "6|t", "binary form goes round", out + errors)
        with open(path, "rb") as file:
            body = file.read()[len(header):]
        size = struct.unpack("!i", body[2:6])[0]
        value = body[6:6 + size]
        sql = ["SET client_min_messages = error; CREATE TEMP TABLE u (s jorge.series);"]
        tries = 400
        for i in range(tries):
            damaged = bytearray(value)
            if i % 4 == 0:
                damaged = damaged[:random.randrange(len(damaged))]
            elif i % 4 == 1:
                damaged += bytes(random.randrange(256) for _ in range(random.randint(1, 20)))
            else:
                for _ in range(random.randint(1, 3)):
                    damaged[random.randrange(len(damaged))] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
            name = os.path.join(folder, str(i))
            with open(name, "wb") as file:
                file.write(header + struct.pack("!hi", 1, len(damaged)) + bytes(damaged) + struct.pack("!h", -1))
            sql.append(f"\\copy u FROM '{name}' (FORMAT binary)")
        sql.append("SELECT bool_and(s::text::jorge.series OPERATOR(jorge.=) s) IS NOT false, 'alive' FROM u;")
        out, errors = psql("\n".join(sql))
        codes = {line.split("ERROR:")[1].split(":")[0].strip() for line in errors.splitlines() if "ERROR:" in line}
        check(out.strip() == "t|alive" and codes <= CLEAN | {"22P03", "08P01", "22021"}, f"{tries} damaged binary values are refused or valid",
              out + str(codes) + errors[-500:])


print(f"1..{TESTS}")
probe_all()
long_series()
orders()
binary()
sys.exit(failed > 0 or counted != TESTS)
