#!/usr/bin/env bash
# A server process under valgrind that parses models, scores and explains: no error has jorge.so on its stack. Long run only.
if [ -z "${JORGE_LONG:-}" ]; then
	echo "1..0 # SKIP slow: make test-long runs it"
	exit 0
fi
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"
if ! command -v valgrind >/dev/null; then
	echo "ok 1 # SKIP no valgrind: make deps installs it"
	echo "1..1"
	exit 0
fi

as_owner() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi; }

sql "CREATE EXTENSION jorge; SELECT jorge.install(); SELECT jorge.load_synthetic_leads(60, 3)" >/dev/null
sql "CREATE TABLE doc AS SELECT forest::text AS json, jorge.forest_ubj(forest) AS ubj FROM jorge.model" >/dev/null
sql "CREATE TABLE vectors AS SELECT array_agg(v) AS vs FROM (SELECT jorge.feature_vector(m.forest, jorge.lead_features(l)) AS v FROM jorge.model m, jorge.lead l LIMIT 37) s" >/dev/null
sql "CREATE FUNCTION damaged(n int) RETURNS int LANGUAGE plpgsql AS 'DECLARE refused int := 0; d doc; BEGIN
	SELECT * INTO d FROM doc;
	FOR i IN 1..n LOOP
		BEGIN
			PERFORM jorge.forest_from_ubj(set_byte(d.ubj, (i * 7919) % length(d.ubj), i % 256));
			PERFORM overlay(d.json PLACING chr(32 + i % 90) FROM 1 + (i * 7919) % length(d.json))::jorge.forest;
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
		END;
	END LOOP;
	RETURN refused;
END'" >/dev/null
bin=$JORGE_CLUSTER/install$("${PG_CONFIG:-pg_config}" --bindir)
as_owner "$bin/pg_ctl" -D "$JORGE_CLUSTER/data" -m fast -w -s stop

# one command a line; those that answer must say "done"
cat >"$JORGE_CLUSTER/commands" <<'SQL'
SELECT 'done' FROM jorge.lead HAVING avg(jorge.lead_score(lead)) > 0 AND count(jorge.score(lead)) > 0
SELECT 'done' FROM jorge.lead l, LATERAL jorge.lead_reasons(l) HAVING count(*) > 0
SELECT 'done' FROM doc WHERE jorge.forest_hash(json::jorge.forest) = jorge.forest_hash(jorge.forest_from_ubj(ubj)) AND json::jorge.forest::text = json
SELECT 'done' FROM vectors, jorge.model WHERE cardinality(jorge.contributions_batch(forest, vs)) > 0
SET jorge.forest_cache = '1MB'
SELECT 'done' FROM vectors, jorge.model WHERE cardinality(jorge.contributions_batch(replace(forest::text, '{"learner":', '{"pad":"' || repeat('x', 2000000) || '","learner":')::jorge.forest, vs)) > 0
SELECT 'done' FROM vectors, jorge.model, jorge.forest_info(forest) i, (SELECT array_agg(x) AS v FROM unnest((SELECT vs[1:1] FROM vectors)) x) v WHERE jorge.interaction(forest, v, feature_names[1], feature_names[2]) IS NOT NULL
INSERT INTO jorge.inquiry (source, phone, message) VALUES ('zillow', '512-555-2001', 'Cash buyer, $600k, see it asap?')
SELECT 'done' FROM jorge.lead_score WHERE probability > 0 HAVING count(*) > 0
SELECT 'done' WHERE damaged(200) > 0
SQL
expected=$(grep -c done "$JORGE_CLUSTER/commands")
chmod 644 "$JORGE_CLUSTER/commands"
as_owner timeout 3000 valgrind --quiet --trace-children=no --leak-check=no --track-origins=no --num-callers=30 --error-limit=no \
	--xml=yes --xml-file="$JORGE_CLUSTER/data/valgrind.xml" \
	"$bin/postgres" --single -D "$JORGE_CLUSTER/data" -c jit=off postgres <"$JORGE_CLUSTER/commands" >"$JORGE_CLUSTER/output" 2>&1
is "$(grep -c '= "done"' "$JORGE_CLUSTER/output")" "$expected" "models are parsed, leads scored and explained under valgrind" ||
	tail -40 "$JORGE_CLUSTER/output" | sed 's/^/# /'
errors=$("${PYTHON:-/usr/bin/python3}" - "$JORGE_CLUSTER/data/valgrind.xml" <<'PY'
import sys
import xml.etree.ElementTree as tree
for error in tree.parse(sys.argv[1]).getroot().iter("error"):
    frames = error.findall("stack/frame")
    if any((f.findtext("obj") or "").endswith("/jorge.so") for f in frames):
        print(error.findtext("kind"), *[f"{f.findtext('fn')}:{f.findtext('line')}" for f in frames[:6]])
PY
)
is "$errors" "" "no error comes from jorge"

done_testing
