#!/usr/bin/python3
# table: 1,000,000 leads scored in one query (TABLE_ROWS for fewer): by whole row, by columns, from stored vectors, in bulk,
# in parallel, and written back; against libxgboost called for each row and against a Python client that reads, predicts
# and copies back. CPU of backends, and of the client where there is one, a row; best of several, interleaved.
import io
import os
import resource
import sys
import time

import numpy
import psycopg2
import xgboost

ROWS = int(os.environ.get("TABLE_ROWS", "1000000"))
BASE = min(ROWS, 20000)          # leads that arrive, to be copied
ROW_CALLS = min(ROWS, 20000)     # rows for libxgboost called a row
CLIENT = min(ROWS, 100000)       # rows for the client
RUNS = 3
BENCH = sys.argv[1]

connection = psycopg2.connect("")
connection.autocommit = True
cursor = connection.cursor()


def sql(text, *args):
    """Run a statement; its first value, if it has one"""
    cursor.execute(text, args or None)
    return cursor.fetchone()[0] if cursor.description else None


def postmaster_cpu():
    """CPU seconds of processes that the postmaster has seen end: the parallel workers, here"""
    with open(os.environ["JORGE_CLUSTER"] + "/data/postmaster.pid") as file:
        pid = int(file.readline())
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def own_cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def backend(query, rows, workers=False):
    """CPU ns a row of a query"""
    children = postmaster_cpu() if workers else 0
    began = sql("SELECT cpu()")
    cursor.execute(query)
    used = sql("SELECT cpu()") - began
    if workers:
        time.sleep(0.2)  # until the postmaster has noticed
        used += postmaster_cpu() - children
    return used / rows * 1e9


def with_client(work, rows):
    """CPU ns a row of the client and its backend"""
    began = sql("SELECT cpu()"), own_cpu()
    work()
    ended = own_cpu()
    return (sql("SELECT cpu()") - began[0] + ended - began[1]) / rows * 1e9


# ---- data

cursor.execute("SET client_min_messages = warning; CREATE EXTENSION jorge; SELECT jorge.install()")
cursor.execute("ALTER SYSTEM SET autovacuum = off; ")
cursor.execute("SELECT pg_reload_conf()")
for name, returns, args in (("cpu", "float8", ""), ("nop", "float8", "float4[]"), ("xgboost_row", "float8", "bytea, float4[]"),
                            ("dmatrix_row", "float8", "bytea, float4[]")):
    cursor.execute(f"CREATE FUNCTION {name}({args}) RETURNS {returns} LANGUAGE c PARALLEL SAFE AS '{BENCH}', 'bench_{name}'")
cursor.execute(f"SET jit = off; SET max_parallel_workers_per_gather = 0; SELECT jorge.load_synthetic_leads({BASE})")
columns = sql("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
              " WHERE attrelid = 'jorge.lead'::regclass AND attnum > 0 AND NOT attisdropped")
copied = columns.replace("lead_id", "gen_random_uuid()", 1)
cursor.execute("SET session_replication_role = replica")
# copies one after the other, so that the same lead comes again only after all others
cursor.execute(f"CREATE TEMP TABLE base AS SELECT {columns} FROM jorge.lead")
for first in range(BASE, ROWS, BASE):
    cursor.execute(f"INSERT INTO jorge.lead ({columns}) SELECT {copied} FROM base LIMIT {ROWS - first}")
cursor.execute("RESET session_replication_role")
cursor.execute("VACUUM ANALYZE jorge.lead")
cursor.execute("CREATE TABLE vectors AS SELECT lead_id AS id, jorge.feature_vector(m.forest, f) AS vector"
               " FROM jorge.lead l, jorge.model m, jorge.lead_features(l) f")
cursor.execute("VACUUM ANALYZE vectors")
rows = sql("SELECT count(*) FROM jorge.lead")
cursor.execute("EXPLAIN (VERBOSE, COSTS OFF) SELECT jorge.lead_score(l) FROM jorge.lead l")
call = next(line for line, in cursor.fetchall() if "lead_score_columns(" in line)
by_columns = call.split("Output: ")[1]

# ---- reading

FIELDS = len(sql("SELECT (jorge.forest_info(forest)).feature_names FROM jorge.model"))
booster = xgboost.Booster({"nthread": 1})
booster.load_model(bytearray(sql("SELECT ubj FROM jorge.model")))
booster.set_param({"nthread": 1})


def fetch_rows(columns, use):
    """Read the vectors as a client does that fetches rows"""
    with connection, connection.cursor() as reader:
        reader.execute(f"SELECT {columns} FROM vectors LIMIT {CLIENT}")
        while block := reader.fetchmany(10000):
            use([row[0] for row in block], numpy.array([row[-1] for row in block], dtype=numpy.float32))


def copy_rows(columns, use):
    """Read them as one does that copies them out as text"""
    out = io.StringIO()
    vector = "array_to_string(vector, ',', 'nan')"
    cursor.copy_expert(f"COPY (SELECT {vector} FROM vectors LIMIT {CLIENT}) TO STDOUT", out)
    x = numpy.fromstring(out.getvalue().replace("\n", ","), sep=",", dtype=numpy.float32).reshape(-1, FIELDS)
    ids = None
    if columns != "vector":
        out = io.StringIO()
        cursor.copy_expert(f"COPY (SELECT id FROM vectors LIMIT {CLIENT}) TO STDOUT", out)
        ids = out.getvalue().split()
    use(ids, x)


def predict(ids, x):
    return booster.inplace_predict(x)


def predict_and_write(ids, x):
    lines = io.StringIO("".join(f"{i}\t{p}\n" for i, p in zip(ids, booster.inplace_predict(x).tolist())))
    cursor.copy_expert("COPY scored FROM STDIN", lines)


parallel = ("SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
            " SET min_parallel_table_scan_size = 0; {}; SET max_parallel_workers_per_gather = 0")
vector_query = "SELECT avg(jorge.predict(m.forest, v.vector)) FROM jorge.model m, vectors v"
lead_query = "SELECT sum(hashfloat8(jorge.lead_score(l))) FROM jorge.lead l"
first = "(SELECT vector FROM vectors LIMIT {}) v, (SELECT ubj FROM jorge.model OFFSET 0) m"
readings = {
    "count(*)": lambda: backend("SELECT count(*) FROM jorge.lead", rows),
    "reading stored vectors": lambda: backend("SELECT avg(nop(vector)) FROM vectors", rows),
    "predict(forest, stored vector)": lambda: backend(vector_query, rows),
    "lead_score(l)": lambda: backend("SELECT avg(jorge.lead_score(l)) FROM jorge.lead l", rows),
    "lead_score by its columns": lambda: backend(f"SELECT avg({by_columns}) FROM jorge.lead l", rows),
    "lead_score of a row value": lambda: backend("SELECT avg(jorge.lead_score(x.l)) FROM (SELECT l FROM jorge.lead l OFFSET 0) x", rows),
    "score_batch, nothing written": lambda: backend("SELECT * FROM jorge.score_batch(everything => true)", rows),
    "sum of hashes of lead_score(l)": lambda: backend(lead_query, rows),
    "the same with 2 workers": lambda: backend(parallel.format(lead_query), rows, True),
    "libxgboost a row, in place": lambda: backend("SELECT avg(xgboost_row(ubj, vector)) FROM " + first.format(ROW_CALLS), ROW_CALLS),
    "libxgboost a row, DMatrix": lambda: backend("SELECT avg(dmatrix_row(ubj, vector)) FROM " + first.format(ROW_CALLS), ROW_CALLS),
    "client: fetch, predict": lambda: with_client(lambda: fetch_rows("vector", predict), CLIENT),
    "client: COPY, predict": lambda: with_client(lambda: copy_rows("vector", predict), CLIENT),
}
best = {what: min(times) for what, times in zip(readings, zip(*[[measure() for measure in readings.values()] for _ in range(RUNS)]))}

serial_hash = sql(lead_query)
cursor.execute("SET max_parallel_workers_per_gather = 2")
parallel_hash = sql(lead_query)
workers = "Gather" in str((cursor.execute("EXPLAIN " + lead_query), cursor.fetchall()))
cursor.execute("SET max_parallel_workers_per_gather = 0")

# ---- writing into an indexed table


def emptied(measure):
    cursor.execute("DROP TABLE IF EXISTS scored; CREATE TABLE scored (id uuid PRIMARY KEY, probability float8 NOT NULL)")
    return measure()


insert = f"INSERT INTO scored SELECT v.id, jorge.predict(m.forest, v.vector) FROM (SELECT * FROM vectors LIMIT {CLIENT}) v, jorge.model m"
writings = {
    "INSERT ... SELECT predict(forest, vector)": lambda: emptied(lambda: backend(insert, CLIENT)),
    "client: fetch, predict, COPY back": lambda: emptied(lambda: with_client(lambda: fetch_rows("id, vector", predict_and_write), CLIENT)),
    "client: COPY, predict, COPY back": lambda: emptied(lambda: with_client(lambda: copy_rows("id, vector", predict_and_write), CLIENT)),
}
best.update({what: min(times) for what, times in zip(writings, zip(*[[measure() for measure in writings.values()] for _ in range(RUNS)]))})
cursor.execute("TRUNCATE jorge.lead_score, jorge.prediction, jorge.event; SET jorge.log_predictions = off")
best["score_all: first scores"] = backend("CALL jorge.score_all()", rows)
cursor.execute("VACUUM ANALYZE jorge.lead_score")
best["score_all: nothing is due"] = backend("CALL jorge.score_all()", rows)
best["score_all: all written anew"] = backend("CALL jorge.score_all(everything => true)", rows)
cursor.execute("VACUUM jorge.lead_score")
cursor.execute("SET jorge.log_predictions = on")
best["score_all: all, with the prediction log"] = backend("CALL jorge.score_all(everything => true)", rows)

# ---- what came out

print(f"{rows} leads, {rows} vectors of {FIELDS}; {ROW_CALLS} calls of libxgboost a row; {CLIENT} rows for the client\n")
print(f"{'':44}{'CPU ns a row':>12}")
for what, used in best.items():
    print(f"{what:44}{used:12.0f}")
client_reads = min(best["client: fetch, predict"], best["client: COPY, predict"])
client_writes = min(best["client: fetch, predict, COPY back"], best["client: COPY, predict, COPY back"])
vector, lead = best["predict(forest, stored vector)"], best["lead_score(l)"]
bars = [
    ("whole row / its columns", lead / best["lead_score by its columns"], "<=", 1.1),
    ("lead_score(l) / stored vector", lead / vector, "<=", 2.5),
    ("libxgboost a row, in place / stored vector", best["libxgboost a row, in place"] / vector, ">=", 15),
    ("libxgboost a row, DMatrix / stored vector", best["libxgboost a row, DMatrix"] / vector, ">=", 0),
    ("client reads / stored vector", client_reads / vector, ">=", 6),
    ("client writes / INSERT ... SELECT", client_writes / best["INSERT ... SELECT predict(forest, vector)"], ">=", 3),
    ("lead_score(l) / score_batch", lead / best["score_batch, nothing written"], ">=", 1.8),
    ("CPU of leader and workers / serial", best["the same with 2 workers"] / best["sum of hashes of lead_score(l)"], "<=", 1.15),
]
print(f"\n{'ratio':44}{'':>8}{'bar':>8}")
for what, ratio, sign, bar in bars:
    text = f"{sign} {bar}" if bar else ""
    print(f"{what:44}{ratio:8.2f}{text:>8}  {'' if not bar or (ratio <= bar if sign == '<=' else ratio >= bar) else 'MISSED'}")
print(f"\nsums of hashes, serial and {'parallel' if workers else 'NOT parallel'}: {'equal' if serial_hash == parallel_hash else 'DIFFER'}")
