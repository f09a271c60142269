-- Outcomes as they become known, and training rows that knew nothing of later.

CREATE TABLE IF NOT EXISTS jorge.lead_outcome (
    location_id text NOT NULL,
    outcome_id  uuid NOT NULL DEFAULT jorge.new_id(),
    lead_id     uuid NOT NULL,
    at          timestamptz NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('open', 'won', 'lost')),
    sale_price  numeric,
    revenue     numeric,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, outcome_id),
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS lead_outcome_lead_idx ON jorge.lead_outcome (lead_id, at, location_id);
COMMENT ON TABLE jorge.lead_outcome IS 'History of the outcome of each lead, a row for every change of it, whoever makes it. jorge.lead has the newest.';
COMMENT ON COLUMN jorge.lead_outcome.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_outcome.outcome_id IS 'Id of the change.';
COMMENT ON COLUMN jorge.lead_outcome.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_outcome.at IS 'When it happened.';
COMMENT ON COLUMN jorge.lead_outcome.outcome IS 'won, lost, or open (again).';
COMMENT ON COLUMN jorge.lead_outcome.sale_price IS 'Price of the sale, US dollars.';
COMMENT ON COLUMN jorge.lead_outcome.revenue IS 'Commission earned, US dollars.';
COMMENT ON COLUMN jorge.lead_outcome.recorded_at IS 'When it was told here.';
COMMENT ON COLUMN jorge.lead_outcome.recorded_by IS 'Role that told it.';

CREATE OR REPLACE FUNCTION jorge.note_outcome(lead jorge.lead) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    INSERT INTO jorge.lead_outcome (location_id, lead_id, at, outcome, sale_price, revenue)
    VALUES (lead.location_id, lead.lead_id, coalesce(lead.outcome_at, now()), lead.outcome, lead.sale_price, lead.revenue)
$fn$;
COMMENT ON FUNCTION jorge.note_outcome(jorge.lead) IS 'Puts the outcome that a lead has into its history. Called by triggers on jorge.lead.';
REVOKE ALL ON FUNCTION jorge.note_outcome(jorge.lead) FROM PUBLIC;
CREATE OR REPLACE TRIGGER outcome_told AFTER INSERT ON jorge.lead
    FOR EACH ROW WHEN (NEW.outcome <> 'open') EXECUTE FUNCTION jorge.outcome_noted();
COMMENT ON TRIGGER outcome_told ON jorge.lead IS 'Keeps the history of outcomes.';
CREATE OR REPLACE TRIGGER outcome_changed AFTER UPDATE OF outcome, outcome_at, sale_price, revenue ON jorge.lead
    FOR EACH ROW WHEN (ROW(OLD.outcome, OLD.outcome_at, OLD.sale_price, OLD.revenue) IS DISTINCT FROM ROW(NEW.outcome, NEW.outcome_at, NEW.sale_price, NEW.revenue))
    EXECUTE FUNCTION jorge.outcome_noted();
COMMENT ON TRIGGER outcome_changed ON jorge.lead IS 'Keeps the history of outcomes.';
-- what was told while the triggers were absent
INSERT INTO jorge.lead_outcome (location_id, lead_id, at, outcome, sale_price, revenue)
SELECT l.location_id, l.lead_id, coalesce(l.outcome_at, now()), l.outcome, l.sale_price, l.revenue
  FROM jorge.lead l
 WHERE l.outcome <> 'open' AND l.outcome IS DISTINCT FROM (SELECT o.outcome FROM jorge.lead_outcome o
       WHERE o.location_id = l.location_id AND o.lead_id = l.lead_id ORDER BY o.at DESC, o.recorded_at DESC LIMIT 1);

CREATE OR REPLACE FUNCTION jorge.record_outcome(lead_id uuid, outcome text, at timestamptz DEFAULT now(), sale_price numeric DEFAULT NULL, revenue numeric DEFAULT NULL,
                                                reason text DEFAULT NULL, location_id text DEFAULT jorge.current_location())
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    known jorge.lead;
BEGIN
    IF coalesce($2, '') NOT IN ('open', 'won', 'lost') THEN
        RAISE EXCEPTION 'unknown outcome "%"', $2 USING ERRCODE = 'invalid_parameter_value', HINT = 'Outcomes are won, lost and open.';
    END IF;
    IF $3 IS NULL OR NOT isfinite($3) OR $3 > now() + interval '1 minute' THEN
        RAISE EXCEPTION 'an outcome can''t be of %', coalesce($3::text, 'no time') USING ERRCODE = 'invalid_parameter_value', HINT = 'It is told when it has happened.';
    END IF;
    PERFORM jorge.locked_lead($1, $7);
    known := jorge.stored_lead($1, $7);
    IF $3 < coalesce(known.outcome_at, (SELECT max(o.at) FROM jorge.lead_outcome o WHERE o.location_id = $7 AND o.lead_id = known.lead_id), '-infinity') THEN
        -- history learns of it, the lead keeps what is newer
        INSERT INTO jorge.lead_outcome (location_id, lead_id, at, outcome, sale_price, revenue)
        SELECT $7, known.lead_id, $3, $2, $4, $5
         WHERE NOT EXISTS (SELECT FROM jorge.lead_outcome o WHERE o.location_id = $7 AND o.lead_id = known.lead_id AND o.at = $3 AND o.outcome = $2
                              AND ($4 IS NULL OR o.sale_price = $4) AND ($5 IS NULL OR o.revenue = $5));
        RETURN false;
    END IF;
    UPDATE jorge.lead l
       SET outcome = $2, outcome_at = CASE WHEN $2 <> 'open' THEN $3 END, sale_price = coalesce($4, l.sale_price), revenue = coalesce($5, l.revenue),
           stage = CASE WHEN $2 = 'won' THEN 'closed' ELSE l.stage END, drop_reason = CASE WHEN $2 = 'lost' THEN coalesce($6, l.drop_reason) WHEN $2 = 'open' THEN NULL ELSE l.drop_reason END
     WHERE l.location_id = $7 AND l.lead_id = known.lead_id;
    IF $2 = 'open' THEN
        -- an open lead has no time of its own for the trigger to tell
        UPDATE jorge.lead_outcome o SET at = $3 WHERE o.location_id = $7 AND o.lead_id = known.lead_id AND o.outcome = 'open' AND o.at = now() AND o.recorded_at = now();
    END IF;
    IF known.outcome <> $2 THEN
        INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
        VALUES ($7, known.lead_id, 'lead_outcome', 'record_outcome', jsonb_strip_nulls(jsonb_build_object('outcome', $2, 'at', $3, 'reason', $6)));
    END IF;
    RETURN true;
END
$fn$;
COMMENT ON FUNCTION jorge.record_outcome(uuid, text, timestamptz, numeric, numeric, text, text) IS
    'Tells what became of a lead: won, lost or open again, when, and for how much; sets it in jorge.lead (won closes the stage, reason is the drop_reason of a lost one), keeps the history (jorge.lead_outcome) and writes an event lead_outcome. False if a newer outcome is known: then only the history learns of it. Repeating it changes nothing. ERROR P0002 no such lead; 22023 unknown outcome, or one of the future.';
REVOKE ALL ON FUNCTION jorge.record_outcome(uuid, text, timestamptz, numeric, numeric, text, text) FROM PUBLIC;

-- ---- training rows ----

CREATE OR REPLACE FUNCTION jorge.training_set(days_back integer DEFAULT 90, horizon_days integer DEFAULT 90, as_of timestamptz DEFAULT now(),
                                              moment text DEFAULT 'arrival', location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (lead_id uuid, at timestamptz, won boolean, censored boolean, days float8, features jorge.features)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF $1 IS NULL OR $1 < 1 OR $2 IS NULL OR $2 < 1 OR $3 IS NULL OR coalesce($4, '') NOT IN ('arrival', 'every') THEN
        RAISE EXCEPTION 'a training set needs days to look back, days of horizon, a time and a moment' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Moments are arrival (the first prediction of each lead) and every (each prediction).';
    END IF;
    RETURN QUERY
    WITH logged AS MATERIALIZED (
        -- of one transaction's predictions of a lead: for arrival the one that knew least, else the one that knew most; (features)[19] is num_interactions
        SELECT DISTINCT ON (p.lead_id, CASE WHEN $4 = 'every' THEN p.at END) p.lead_id, p.at, p.features
          FROM jorge.prediction p
         -- a moment is never after its prediction; that of history loaded later is before
         WHERE p.location_id = $5 AND p.at > $3 - make_interval(days => $1 + $2)
           AND ($4 = 'every' OR NOT EXISTS (SELECT FROM jorge.prediction e WHERE e.location_id = $5 AND e.lead_id = p.lead_id AND e.at <= $3 - make_interval(days => $1 + $2)))
         ORDER BY p.lead_id, CASE WHEN $4 = 'every' THEN p.at END, p.at,
                  CASE WHEN $4 = 'every' THEN -p.features[19] ELSE p.features[19] END NULLS FIRST, p.prediction_id
    ), placed AS (
        -- a prediction that knew nothing but inquiries is of their time, also where history was loaded later
        SELECT g.lead_id, g.features,
               CASE WHEN coalesce(g.features[19], 0) = 0
                    THEN least(g.at, (SELECT max(q.received_at) FROM jorge.inquiry_lead il JOIN jorge.inquiry q USING (location_id, inquiry_id)
                                       WHERE il.location_id = $5 AND il.lead_id = g.lead_id AND il.linked_at <= g.at))
                    ELSE g.at END AS moment
          FROM logged g
    ), known AS (
        SELECT m.lead_id, m.moment, m.features, e.ends <= $3 AS complete, e.ends, before.outcome AS was, after.outcome AS is, after.at AS since
          FROM placed m, LATERAL (SELECT m.moment + make_interval(days => $2) AS ends) e
          LEFT JOIN LATERAL (SELECT o.outcome FROM jorge.lead_outcome o WHERE o.location_id = $5 AND o.lead_id = m.lead_id AND o.at <= m.moment
                              ORDER BY o.at DESC, o.recorded_at DESC LIMIT 1) before ON true
          LEFT JOIN LATERAL (SELECT o.outcome, o.at FROM jorge.lead_outcome o WHERE o.location_id = $5 AND o.lead_id = m.lead_id AND o.at <= least(e.ends, $3)
                              ORDER BY o.at DESC, o.recorded_at DESC LIMIT 1) after ON true
         WHERE m.moment > $3 - make_interval(days => $1 + $2) AND m.moment <= $3
    )
    SELECT k.lead_id, k.moment,
           -- until the horizon has passed nobody is counted: those that end early would stand for all
           CASE WHEN k.complete THEN coalesce(k.is = 'won', false) END, NOT k.complete,
           extract(epoch FROM CASE WHEN k.is IN ('won', 'lost') THEN k.since ELSE least(k.ends, $3) END - k.moment) / 86400.0::float8,
           jorge.features_from_vector(k.features)
      FROM known k WHERE coalesce(k.was, 'open') = 'open'
     ORDER BY k.moment, k.lead_id;
END
$fn$;
COMMENT ON FUNCTION jorge.training_set(integer, integer, timestamptz, text, text) IS
    'Rows to learn from, each as it was at its moment: features as they were logged with a prediction (jorge.prediction), and whether the lead was won within the horizon after it, by the history of outcomes. Nothing that happened later than the horizon, or than as_of, is looked at, so that a row once complete stays as it is. at: the moment, in (as_of - days_back - horizon_days, as_of]; leads that had an outcome by then are left out. censored: the horizon had not passed at as_of: won is NULL, and jorge.train() leaves the row out. days: from the moment to the outcome, or as long as was watched (for survival models). moment: arrival = a row a lead, its first prediction; every = each prediction, where rows of one lead are alike: keep them in one fold. Needs the prediction log (jorge.log_predictions). Use: jorge.train(''SELECT won, features FROM jorge.training_set()'', ''won''). ERROR 22023 for arguments out of range.';

-- ---- leakage ----

CREATE OR REPLACE FUNCTION jorge.feature_auc(query text, label text, sample integer DEFAULT 5000, path text DEFAULT pg_catalog.current_setting('search_path'))
    RETURNS TABLE (feature text, roc_auc float8, observations bigint)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM set_config('search_path', path, true);
    RETURN QUERY EXECUTE format($q$
        WITH numbered AS (SELECT "(q)", row_number() OVER () AS i, count(*) OVER () AS n FROM (%s) "(q)"),
        sampled AS MATERIALIZED (SELECT i, to_jsonb("(q)") AS r FROM numbered WHERE i %% greatest(n / $2, 1) = 0),
        rows AS MATERIALIZED (
            SELECT i, CASE WHEN r ->> $1 IN ('true', '1') THEN true WHEN r ->> $1 IN ('false', '0') THEN false END AS won, r - $1 AS r FROM sampled),
        cells AS (
            SELECT x.i, x.won, e.key, e.value FROM rows x, jsonb_each(x.r) e WHERE x.won IS NOT NULL AND jsonb_typeof(e.value) <> 'object'
            UNION ALL
            SELECT x.i, x.won, n.key, n.value FROM rows x, jsonb_each(x.r) e, jsonb_each(CASE WHEN jsonb_typeof(e.value) = 'object' THEN e.value ELSE '{}' END) n
             WHERE x.won IS NOT NULL),
        kinds AS (SELECT key, bool_or(jsonb_typeof(value) = 'string') AS words, count(DISTINCT value) FILTER (WHERE jsonb_typeof(value) = 'string') AS kinds,
                         bool_or(jsonb_typeof(value) IN ('number', 'boolean')) AS numbers FROM cells GROUP BY key),
        -- a word stands for the rate of its rows; more than 20 words tell rows apart, not outcomes
        spoken AS (SELECT c.key, c.value, avg(c.won::integer) AS rate FROM cells c JOIN kinds k USING (key) WHERE k.words AND NOT k.numbers AND k.kinds <= 20 GROUP BY 1, 2),
        valued AS (
            SELECT c.key, c.won, CASE jsonb_typeof(c.value) WHEN 'boolean' THEN (c.value::text = 'true')::integer ELSE (c.value #>> '{}')::float8 END AS v
              FROM cells c JOIN kinds k USING (key) WHERE k.numbers AND NOT k.words AND jsonb_typeof(c.value) IN ('number', 'boolean', 'null')
            UNION ALL
            SELECT c.key, c.won, s.rate FROM cells c JOIN spoken s ON s.key = c.key AND s.value = c.value),
        -- missing values are at one end or the other
        ended AS (SELECT v.key, v.won, coalesce(v.v, e.value) AS v, e.value AS missing FROM valued v, (VALUES ('-Infinity'::float8), ('Infinity')) e(value)),
        counted AS (SELECT key, missing, v, sum(won::integer) AS won, sum((NOT won)::integer) AS lost FROM ended GROUP BY 1, 2, 3),
        ranked AS (SELECT key, missing, won, lost, sum(lost) OVER (PARTITION BY key, missing ORDER BY v) - lost AS below FROM counted),
        areas AS (SELECT key, sum(won * (below + lost / 2.0)) / nullif(sum(won) * sum(lost), 0) AS area, sum(won + lost) AS n FROM ranked GROUP BY key, missing)
        SELECT key, max(greatest(area, 1 - area))::float8, max(n)::bigint FROM areas GROUP BY key HAVING max(area) IS NOT NULL ORDER BY 2 DESC, 1$q$, query)
        USING label, sample;
END
$fn$;
COMMENT ON FUNCTION jorge.feature_auc(text, text, integer, text) IS
    'How well each column of a query tells the outcome (column label, boolean or 0/1) alone: area under the ROC curve, in the better direction, missing values at the better end; fields of composite columns count, words (up to 20 kinds) stand for the rate of their rows. About as many rows as sample are looked at, evenly spaced. The query runs with the caller''s rights and may only read.';

CREATE OR REPLACE FUNCTION jorge.warn_of_leakage(query text, label text, above float8 DEFAULT 0.95, path text DEFAULT pg_catalog.current_setting('search_path')) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    suspects text[];
    names text;
BEGIN
    SELECT array_agg(a.feature ORDER BY a.roc_auc DESC, a.feature), string_agg(format('%s (%s)', a.feature, round(a.roc_auc::numeric, 3)), ', ' ORDER BY a.roc_auc DESC, a.feature)
      INTO suspects, names FROM jorge.feature_auc($1, $2, path => $4) a WHERE a.roc_auc > $3 AND a.observations >= 30;
    IF suspects IS NOT NULL THEN
        RAISE WARNING 'tells the outcome almost alone: %', names
            USING HINT = 'It may have been known only after the outcome, as the length of the last call or a status is. Leave such a feature out, or take rows from jorge.training_set().';
    END IF;
    RETURN coalesce(suspects, '{}');
END
$fn$;
COMMENT ON FUNCTION jorge.warn_of_leakage(text, text, float8, text) IS
    'A WARNING that names columns of a query which alone reach a higher area under the ROC curve than above (jorge.feature_auc(), 30 rows at least), and returns their names: no honest feature does, they were most likely filled after the outcome.';
