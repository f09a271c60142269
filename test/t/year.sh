#!/usr/bin/env bash
# A year of weeks: leads arrive, outcomes follow, drift is checked each week and the model learns anew each month. In week
# 30 the world changes. Ends with the report that an agency would read. Only in the long run (JORGE_LONG).
[ -n "${JORGE_LONG:-}" ] || { echo "1..0 # SKIP only in make test-long"; exit 0; }
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

sql "CREATE EXTENSION jorge" >/dev/null
sql "SELECT jorge.install()" >/dev/null
psql -qX -v ON_ERROR_STOP=1 -o /dev/null <<'SQL'
-- an agency without a model of its own, whose standing word is that its market is too small for the gates
DELETE FROM jorge.model_active;
INSERT INTO jorge.retrain_plan (location_id, name, days_back, horizon_days, override) VALUES ('main', 'jorge_lead_scorer', 270, 30, 'a small market: better than before is good enough');
CREATE SCHEMA sim;
CREATE TABLE sim.fate (lead_id uuid PRIMARY KEY, due_at timestamptz, outcome text);
CREATE TABLE sim.week_log (week integer PRIMARY KEY, drift text, retrained text);
-- the same year in every run: a draw depends on the arrival alone
CREATE FUNCTION sim.draw(arrival text, what text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || left(md5(what || arrival), 8))::bit(32)::bigint / 4294967296.0::float8 $$;
CREATE FUNCTION sim.week(week integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    monday timestamptz := '2025-01-06Z'::timestamptz + week * interval '7 days';
    sunday timestamptz := monday + interval '7 days';
    changed boolean := week >= 30;
    found text;
    run jorge.retrain_run;
BEGIN
    CREATE TEMP TABLE coming ON COMMIT DROP AS
        SELECT gen_random_uuid() AS inquiry_id, monday + (s.received_at - date_trunc('week', s.received_at)) AS at, week || s.source_ref AS ref, s.* FROM jorge.synthetic_leads(50, 5000 + week) s;
    INSERT INTO jorge.inquiry (inquiry_id, received_at, source, side, name, phone, email, city, message, budget_min, budget_max, timeline, financing, area)
    SELECT inquiry_id, at, CASE WHEN changed AND sim.draw(ref, 'source') < 0.7 THEN 'realtor_com' ELSE source END, side, name, phone, email, city, message,
           CASE WHEN changed THEN 1.8 ELSE 1 END * budget_min, CASE WHEN changed THEN 1.8 ELSE 1 END * budget_max, timeline, financing, area FROM coming ORDER BY at;
    -- they came then, not now
    UPDATE jorge.prediction p SET at = x.at FROM (SELECT il.lead_id, max(c.at) AS at FROM coming c JOIN jorge.inquiry_lead il USING (inquiry_id) GROUP BY 1) x WHERE p.lead_id = x.lead_id AND p.at = now();
    UPDATE jorge.inquiry_lead il SET linked_at = c.at FROM coming c WHERE il.inquiry_id = c.inquiry_id;
    -- what will become of them; in the new world those who looked like buyers don't buy
    INSERT INTO sim.fate
    SELECT DISTINCT ON (il.lead_id) il.lead_id, c.at + interval '3 days' + sim.draw(c.ref, 'days') * interval '24 days',
           CASE WHEN sim.draw(c.ref, 'fate') < CASE WHEN changed THEN greatest(0.55 - 0.9 * c.true_probability, 0.02) ELSE c.true_probability END THEN 'won' ELSE 'lost' END
      FROM coming c JOIN jorge.inquiry_lead il USING (inquiry_id) ORDER BY il.lead_id, c.at ON CONFLICT DO NOTHING;
    PERFORM jorge.record_outcome(f.lead_id, f.outcome, f.due_at) FROM sim.fate f WHERE f.due_at >= monday AND f.due_at < sunday;
    IF EXISTS (SELECT FROM jorge.model_active) THEN
        found := jorge.check_drift('jorge_lead_scorer', monday, sunday, horizon_days => 30);
    END IF;
    IF week % 4 = 3 THEN
        run := jorge.retrain('jorge_lead_scorer', 'main', sunday);
        UPDATE jorge.model_active SET activated_at = sunday WHERE activated_at = now();
    END IF;
    INSERT INTO sim.week_log VALUES (week, found, run.decision);
END $$;
SQL
for week in $(seq 0 51); do
	psql -qX -v ON_ERROR_STOP=1 -o /dev/null -c "SELECT sim.week($week)" || { echo "not ok - week $week"; exit 1; }
done

is "$(sql "SELECT count(*) FROM sim.week_log")" 52 "a year of weeks"
is "$(sql "SELECT count(*) >= 2400 AND count(*) FILTER (WHERE outcome <> 'open') > 2000 FROM jorge.lead")" t "with leads and outcomes"
is "$(sql "SELECT min(week) < 16 FROM sim.week_log WHERE retrained = 'promoted'")" t "a model of its own once there is enough to learn from"
is "$(sql "SELECT bool_or(retrained = 'not enough data') FROM sim.week_log")" t "and not before"
is "$(sql "SELECT count(*) <= 2 FROM sim.week_log w WHERE week < 30 AND drift IN ('warn', 'alert')")" t "$(sql "SELECT count(*) FILTER (WHERE drift IN ('warn', 'alert')) || ' alarms in ' || count(drift) || ' weeks without a change' FROM sim.week_log WHERE week < 30")"
is "$(sql "SELECT min(week) FROM sim.week_log WHERE week >= 30 AND drift = 'alert'")" 30 "the week of the change is flagged"
is "$(sql "SELECT count(*) FROM jorge.drift_alert WHERE \"from\" = '2025-01-06Z'::timestamptz + 30 * interval '7 days' AND feature = 'source_realtor_com' AND level = 'alert'")" 1 "by the source that has come"
is "$(sql "SELECT min(week) BETWEEN 33 AND 38 FROM sim.week_log WHERE week >= 30 AND EXISTS (SELECT FROM jorge.drift_alert a WHERE a.feature = '(calibration)' AND a.\"from\" = '2025-01-06Z'::timestamptz + week * interval '7 days')")" t "that predictions fail is told when their outcomes arrive"
is "$(sql "SELECT count(*) > 0 FROM jorge.retrain_run WHERE as_of > '2025-01-06Z'::timestamptz + 30 * interval '7 days' AND decision = 'promoted' AND reason LIKE '%better beyond noise%'")" t "a model that has learned the change proves itself and serves"
auc="SELECT c.roc_auc FROM (SELECT jorge.tally(probability, won::integer) AS t FROM jorge.served_outcomes('2025-01-06Z'::timestamptz + %s * interval '7 days', '2025-01-06Z'::timestamptz + %s * interval '7 days', 30)) x, jorge.classification(t) c"
before=$(sql "$(printf "$auc" 24 30)") after=$(sql "$(printf "$auc" 35 39)") end=$(sql "$(printf "$auc" 47 52)")
is "$(sql "SELECT $before > 0.7 AND $after < 0.5 AND $end > $after + 0.15")" t "area under the curve of what was served: $before before, $after after the change, $end at the end of the year"
is "$(sql "SELECT bool_and(r.report ~ part) FROM (SELECT jorge.model_report('91 days', as_of => '2025-01-06Z'::timestamptz + 52 * interval '7 days', horizon_days => 30) AS report) r, unnest('{Served,Outcomes,Ranking,Accuracy,Calibration,HOT,WARM,COLD,Drift,Retraining}'::text[]) part")" t "the report of the last quarter has all its parts"
echo "# the year, a line a month:"
sql "SELECT format('#   week %s: %s; drift in %s of 4 weeks; area %s', lpad((4 * m + 3)::text, 2), coalesce(max(w.retrained), '-'), count(*) FILTER (WHERE w.drift IN ('warn', 'alert')),
            (SELECT coalesce(round(c.roc_auc::numeric, 2)::text, '-') FROM (SELECT jorge.tally(o.probability, o.won::integer) AS t FROM jorge.served_outcomes('2025-01-06Z'::timestamptz + 4 * m * interval '7 days', '2025-01-06Z'::timestamptz + (4 * m + 4) * interval '7 days', 30) o) x LEFT JOIN LATERAL jorge.classification(x.t) c ON true))
       FROM generate_series(0, 12) m JOIN sim.week_log w ON w.week / 4 = m GROUP BY m ORDER BY m"
sql "SELECT jorge.model_report('91 days', as_of => '2025-01-06Z'::timestamptz + 52 * interval '7 days', horizon_days => 30)" | sed 's/^/# /'
done_testing
