-- Drift: what the world was like when a model learned, and whether it still is. Thresholds are rows.

CREATE TABLE IF NOT EXISTS jorge.model_reference (
    location_id  text NOT NULL,
    name         text NOT NULL,
    version      integer NOT NULL,
    feature      text NOT NULL,
    "position"   integer NOT NULL,
    histogram    text NOT NULL,
    observations bigint NOT NULL,
    moment       text NOT NULL DEFAULT 'arrival' CHECK (moment IN ('arrival', 'latest')),
    kept_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, name, version, feature),
    FOREIGN KEY (location_id, name, version) REFERENCES jorge.model ON DELETE CASCADE
);
COMMENT ON TABLE jorge.model_reference IS 'What jorge.drift() compares with: a histogram of each feature of a version as it was in training, and of its outcomes. Made by jorge.keep_reference().';
COMMENT ON COLUMN jorge.model_reference.location_id IS 'Location of the model; "*" = shared.';
COMMENT ON COLUMN jorge.model_reference.name IS 'Model.';
COMMENT ON COLUMN jorge.model_reference.version IS 'Its version.';
COMMENT ON COLUMN jorge.model_reference.feature IS 'Feature, or (score) or (outcome).';
COMMENT ON COLUMN jorge.model_reference."position" IS 'Order: 1, 2, 3 ... as the model has its features, 0 for (score) and (outcome).';
COMMENT ON COLUMN jorge.model_reference.histogram IS 'The text of a jorge.histogram, which lasts longer than the extension.';
COMMENT ON COLUMN jorge.model_reference.observations IS 'Observations in it.';
COMMENT ON COLUMN jorge.model_reference.moment IS 'Which predictions of the log are like those rows: the first one of each lead (arrival), or the latest within the window (latest).';
COMMENT ON COLUMN jorge.model_reference.kept_at IS 'When it was taken.';
DROP POLICY IF EXISTS shared ON jorge.model_reference;
CREATE POLICY shared ON jorge.model_reference FOR SELECT USING (location_id = '*');
COMMENT ON POLICY shared ON jorge.model_reference IS 'What is shared is readable by every location.';

DO $do$
BEGIN
    IF to_regclass('jorge.drift_limit') IS NULL THEN
        CREATE TABLE jorge.drift_limit (
            location_id text NOT NULL,
            feature     text NOT NULL,
            warn        float8 NOT NULL CHECK (warn >= 0),
            alert       float8 NOT NULL CHECK (alert >= warn),
            alpha       float8 NOT NULL CHECK (alpha > 0 AND alpha < 1),
            least       integer NOT NULL CHECK (least >= 1),
            watched     boolean NOT NULL DEFAULT true,
            note        text,
            PRIMARY KEY (location_id, feature)
        );
        INSERT INTO jorge.drift_limit (location_id, feature, warn, alert, alpha, least, watched, note) VALUES
            ('*', '*', 0.1, 0.25, 0.01, 30, true, 'the usual steps of the index'),
            ('*', '(calibration)', 0.03, 0.08, 0.01, 30, true, 'distance of predicted and observed rate'),
            ('*', 'month', 0.1, 0.25, 0.01, 30, false, 'a window of a few weeks lies in one month'),
            ('*', 'season', 0.1, 0.25, 0.01, 30, false, 'a window of a few weeks lies in one season');
        GRANT SELECT ON jorge.drift_limit TO PUBLIC;
    END IF;
END
$do$;
COMMENT ON TABLE jorge.drift_limit IS 'From when on drift is told. The row of a location and feature goes before that of the location and "*", and these before the shared ones.';
COMMENT ON COLUMN jorge.drift_limit.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.drift_limit.feature IS 'Feature, (score), (outcome) or (calibration); "*" = those without a row.';
COMMENT ON COLUMN jorge.drift_limit.warn IS 'Population stability index (of (calibration): distance of the rates) from which a significant change is a warning.';
COMMENT ON COLUMN jorge.drift_limit.alert IS 'The same for an alert.';
COMMENT ON COLUMN jorge.drift_limit.alpha IS 'Chance of a false alarm in one check of all features together, 0 ... 1: a change is significant if its p value, adjusted for how many are looked at, is below.';
COMMENT ON COLUMN jorge.drift_limit.least IS 'Observations below which nothing is said.';
COMMENT ON COLUMN jorge.drift_limit.watched IS 'false = shown, never told.';
COMMENT ON COLUMN jorge.drift_limit.note IS 'Why.';
DROP POLICY IF EXISTS shared ON jorge.drift_limit;
CREATE POLICY shared ON jorge.drift_limit FOR SELECT USING (location_id = '*');
COMMENT ON POLICY shared ON jorge.drift_limit IS 'What is shared is readable by every location.';

CREATE TABLE IF NOT EXISTS jorge.drift_check (
    location_id    text NOT NULL,
    check_id       uuid NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    name           text NOT NULL,
    version        integer NOT NULL,
    "from"         timestamptz NOT NULL,
    "to"           timestamptz NOT NULL,
    feature        text NOT NULL,
    psi            float8,
    ks             float8,
    p              float8,
    p_adjusted     float8,
    level          text NOT NULL,
    reference_n    bigint,
    current_n      bigint,
    reference_mean float8,
    current_mean   float8,
    PRIMARY KEY (location_id, check_id, feature)
);
CREATE INDEX IF NOT EXISTS drift_check_at_idx ON jorge.drift_check (at, location_id);
COMMENT ON TABLE jorge.drift_check IS 'What jorge.check_drift() found, a row a feature and check: the metric to draw. Its alarms are in the view jorge.drift_alert.';
COMMENT ON COLUMN jorge.drift_check.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.drift_check.check_id IS 'Id of the check; also the event_id of its event, where it gave one.';
COMMENT ON COLUMN jorge.drift_check.at IS 'When it was made.';
COMMENT ON COLUMN jorge.drift_check.name IS 'Model.';
COMMENT ON COLUMN jorge.drift_check.version IS 'Its version.';
COMMENT ON COLUMN jorge.drift_check."from" IS 'Begin of the window.';
COMMENT ON COLUMN jorge.drift_check."to" IS 'End of the window.';
COMMENT ON COLUMN jorge.drift_check.feature IS 'As in jorge.drift(), like all columns from here on.';
COMMENT ON COLUMN jorge.drift_check.psi IS 'Population stability index.';
COMMENT ON COLUMN jorge.drift_check.ks IS 'Kolmogorov-Smirnov distance.';
COMMENT ON COLUMN jorge.drift_check.p IS 'p value of the feature alone.';
COMMENT ON COLUMN jorge.drift_check.p_adjusted IS 'Adjusted for all that were looked at (Holm).';
COMMENT ON COLUMN jorge.drift_check.level IS 'ok, warn, alert, too few, unwatched.';
COMMENT ON COLUMN jorge.drift_check.reference_n IS 'Observations of the reference.';
COMMENT ON COLUMN jorge.drift_check.current_n IS 'Observations in the window.';
COMMENT ON COLUMN jorge.drift_check.reference_mean IS 'Mean then, to 1 %.';
COMMENT ON COLUMN jorge.drift_check.current_mean IS 'Mean now, to 1 %.';

CREATE OR REPLACE VIEW jorge.drift_alert WITH (security_invoker) AS
    SELECT * FROM jorge.drift_check WHERE level IN ('warn', 'alert');
COMMENT ON VIEW jorge.drift_alert IS 'The alarms of jorge.drift_check.';
COMMENT ON COLUMN jorge.drift_alert.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.drift_alert.check_id IS 'Id of the check and of its event.';
COMMENT ON COLUMN jorge.drift_alert.at IS 'When.';
COMMENT ON COLUMN jorge.drift_alert.name IS 'Model.';
COMMENT ON COLUMN jorge.drift_alert.version IS 'Its version.';
COMMENT ON COLUMN jorge.drift_alert."from" IS 'Begin of the window.';
COMMENT ON COLUMN jorge.drift_alert."to" IS 'End of the window.';
COMMENT ON COLUMN jorge.drift_alert.feature IS 'As in jorge.drift().';
COMMENT ON COLUMN jorge.drift_alert.psi IS 'Population stability index.';
COMMENT ON COLUMN jorge.drift_alert.ks IS 'Kolmogorov-Smirnov distance.';
COMMENT ON COLUMN jorge.drift_alert.p IS 'p value of the feature alone.';
COMMENT ON COLUMN jorge.drift_alert.p_adjusted IS 'Adjusted for all that were looked at.';
COMMENT ON COLUMN jorge.drift_alert.level IS 'warn or alert.';
COMMENT ON COLUMN jorge.drift_alert.reference_n IS 'Observations of the reference.';
COMMENT ON COLUMN jorge.drift_alert.current_n IS 'Observations in the window.';
COMMENT ON COLUMN jorge.drift_alert.reference_mean IS 'Mean then.';
COMMENT ON COLUMN jorge.drift_alert.current_mean IS 'Mean now.';

-- ---- histograms of a query ----

CREATE OR REPLACE FUNCTION jorge.query_columns(query text, names text[], path text DEFAULT pg_catalog.current_setting('search_path')) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    found_columns text;
BEGIN
    PERFORM set_config('search_path', path, true);
    -- a column of a composite type counts as its fields, as in jorge.train()
    EXECUTE format($q$
        WITH sample AS (SELECT to_jsonb("(q)") AS r FROM (%s) "(q)" LIMIT 100),
             top AS (SELECT DISTINCT e.key FROM sample, jsonb_each(r) e),
             nested AS (SELECT DISTINCT e.key, n.key AS field FROM sample, jsonb_each(r) e,
                               jsonb_object_keys(CASE WHEN jsonb_typeof(e.value) = 'object' THEN e.value ELSE '{}' END) AS n(key))
        SELECT string_agg(c, ', ') FROM (
            SELECT coalesce((SELECT format('q.%%I', t.key) FROM top t WHERE t.key = w.name),
                            (SELECT format('(q.%%I).%%I', n.key, n.field) FROM nested n WHERE n.field = w.name ORDER BY 1 LIMIT 1)) AS c
              FROM unnest($1) AS w(name)) x$q$, query) INTO found_columns USING names;
    RETURN found_columns;
END
$fn$;
COMMENT ON FUNCTION jorge.query_columns(text, text[], text) IS
    'Which of the names the rows of a query (q) have, as a list for SELECT; fields of composite columns count. NULL if none, or no rows. Runs the query for its first 100 rows with the caller''s rights, and under the search_path that is handed over (by default the caller''s).';

CREATE OR REPLACE FUNCTION jorge.query_histograms(query text, forest jorge.forest, label text DEFAULT NULL, scores boolean DEFAULT true, logged boolean DEFAULT false,
                                                  path text DEFAULT pg_catalog.current_setting('search_path'))
    RETURNS TABLE (feature text, "position" integer, histogram jorge.histogram)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    names text[] := (jorge.forest_info(forest)).feature_names;
    columns text := CASE WHEN logged THEN (SELECT string_agg(format('q.%I', n), ', ') FROM unnest(names) n WHERE n IN (SELECT f.name FROM jorge.feature f))
                         ELSE jorge.query_columns(query, names, path) END;
    labels text := CASE WHEN label IS NOT NULL THEN jorge.query_columns(query, ARRAY[label], path) END;
BEGIN
    IF columns IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('search_path', path, true);
    RETURN QUERY EXECUTE format($q$
        WITH vectors AS MATERIALIZED (
            SELECT jorge.feature_vector($1, "(row)") AS v, "(row)"."(label)" AS l FROM (SELECT %s, %s AS "(label)" FROM (%s) q) "(row)")
        SELECT ($2)[u.i], u.i::integer, jorge.histogram(u.value) FROM vectors, unnest(v) WITH ORDINALITY u(value, i) GROUP BY u.i
        UNION ALL
        SELECT '(score)', 0, jorge.histogram(jorge.predict($1, v)) FROM vectors WHERE $3 HAVING count(*) > 0
        UNION ALL
        SELECT '(outcome)', 0, jorge.histogram(l) FROM vectors WHERE l IS NOT NULL HAVING count(*) > 0$q$,
        columns, CASE WHEN labels IS NULL THEN 'NULL::float8' ELSE format('CASE to_jsonb(%1$s)::text WHEN ''true'' THEN 1.0::float8 WHEN ''false'' THEN 0 ELSE %1$s::text::float8 END', labels) END, query)
        USING forest, names, scores;
END
$fn$;
COMMENT ON FUNCTION jorge.query_histograms(text, jorge.forest, text, boolean, boolean, text) IS
    'Histograms of what a forest reads in the rows of a query, a row a feature by name; of its predictions as (score), if scores; and of the column named label (number or boolean) as (outcome). Columns that the rows lack are missing values. No rows if the query has none, or no column of the forest. logged: the query is one of jorge.prediction_query(), whose columns are known. Runs the query with the caller''s rights; it may only read.';

CREATE OR REPLACE FUNCTION jorge.prediction_query(since timestamptz, until timestamptz, moment text, location_id text) RETURNS text
    LANGUAGE sql STABLE
    -- times as they can be read again, whatever the session's style
    SET search_path = pg_catalog, pg_temp
    SET datestyle = 'ISO'
AS $fn$
    SELECT format(CASE moment WHEN 'latest' THEN
        'SELECT f.* FROM (SELECT DISTINCT ON (p.lead_id) p.features FROM jorge.prediction p WHERE p.location_id = %L AND p.at >= %L AND p.at < %L
           ORDER BY p.lead_id, p.at DESC, p.prediction_id) x, LATERAL jorge.features_from_vector(x.features) f'
        ELSE
        'SELECT f.* FROM (SELECT DISTINCT ON (p.lead_id) p.features FROM jorge.prediction p WHERE p.location_id = %1$L AND p.at >= %2$L AND p.at < %3$L
            AND NOT EXISTS (SELECT FROM jorge.prediction e WHERE e.location_id = %1$L AND e.lead_id = p.lead_id AND e.at < %2$L)
           -- of one transaction''s predictions the one that knew least: (features)[19] is num_interactions
           ORDER BY p.lead_id, p.at, p.features[19] NULLS FIRST, p.prediction_id) x, LATERAL jorge.features_from_vector(x.features) f' END,
        location_id, since, until)
$fn$;
COMMENT ON FUNCTION jorge.prediction_query(timestamptz, timestamptz, text, text) IS
    'Query of the features that the prediction log has of a window, one row a lead: its first prediction ever (moment arrival), or the latest within the window (latest). One row a lead, because rows of the same lead are no independent observations.';

CREATE OR REPLACE FUNCTION jorge.keep_reference(name text, version integer DEFAULT NULL, query text DEFAULT NULL, location_id text DEFAULT '*', label text DEFAULT NULL,
                                                scores boolean DEFAULT false, moment text DEFAULT 'arrival', path text DEFAULT pg_catalog.current_setting('search_path'))
    RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    chosen jorge.model;
    kept integer;
BEGIN
    SELECT m.* INTO chosen FROM jorge.model m
     WHERE m.location_id = $4 AND m.name = $1
       AND m.version = coalesce($2, (SELECT a.version FROM jorge.model_active a WHERE a.location_id = $4 AND a.name = $1));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'model "%" has no version % in location "%"', $1, coalesce($2::text, 'that serves'), $4 USING ERRCODE = 'undefined_object',
            HINT = 'See SELECT location_id, name, version FROM jorge.model.';
    END IF;
    IF $3 IS NULL THEN
        RAISE EXCEPTION 'what the model learned from is not told' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Pass the query of its training rows, or of rows like them.';
    END IF;
    DELETE FROM jorge.model_reference r WHERE r.location_id = $4 AND r.name = chosen.name AND r.version = chosen.version;
    INSERT INTO jorge.model_reference (location_id, name, version, feature, "position", histogram, observations, moment)
    SELECT $4, chosen.name, chosen.version, h.feature, h."position", h.histogram::text,
           (SELECT sum(b.observations) FROM jorge.histogram_buckets(h.histogram) b), $7
      FROM jorge.query_histograms($3, chosen.forest, $5, $6, path => $8) h;
    GET DIAGNOSTICS kept = ROW_COUNT;
    IF kept = 0 THEN
        RAISE EXCEPTION 'the query has no rows, or no column that the model reads' USING ERRCODE = 'no_data_found';
    END IF;
    RETURN kept;
END
$fn$;
COMMENT ON FUNCTION jorge.keep_reference(text, integer, text, text, text, boolean, text, text) IS
    'Keeps what the world was like when a version learned: histograms of its features over the rows of a query, of the outcomes (column label), and, only if scores, of its predictions: leave that out for rows it was trained on, whose scores are bolder than those of new ones; jorge.drift() then takes the version''s own first live scores. Replaces an earlier reference; returns the number of histograms. moment: which logged predictions are like these rows. ERROR 42704 no such version; 22004 no query; P0002 no rows.';

-- ---- the check ----

CREATE OR REPLACE FUNCTION jorge.histogram_mean(histogram jorge.histogram) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT sum(CASE WHEN b.lower >= 0 THEN b.lower ELSE b.upper END * b.observations) / nullif(sum(b.observations), 0)
      FROM jorge.histogram_buckets(histogram) b WHERE abs(b.lower) < 'Infinity' AND abs(b.upper) < 'Infinity'
$fn$;
COMMENT ON FUNCTION jorge.histogram_mean(jorge.histogram) IS 'Mean of the finite values to 1 % towards zero; exact for integers to 256. NULL without any.';

CREATE OR REPLACE FUNCTION jorge.drift_judged(rows jsonb, location_id text)
    RETURNS TABLE (feature text, psi float8, ks float8, p float8, level text, p_adjusted float8, reference_n bigint, current_n bigint,
                   reference_mean float8, current_mean float8, reference_missing float8, current_missing float8)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH r AS (
        SELECT x.*, l.warn, l.alert, l.alpha,
               CASE WHEN NOT l.watched THEN 'unwatched' WHEN x.p IS NULL OR least(x.reference_n, x.current_n) < l.least THEN 'too few' END AS unsaid
          FROM jsonb_to_recordset($1) AS x("position" integer, feature text, psi float8, ks float8, p float8, size float8, reference_n bigint, current_n bigint,
                                           reference_mean float8, current_mean float8, reference_missing float8, current_missing float8),
               LATERAL (SELECT d.* FROM jorge.drift_limit d WHERE d.location_id IN ($2, '*') AND d.feature IN (x.feature, '*')
                         ORDER BY d.feature = '*', d.location_id = '*' LIMIT 1) l),
    -- Holm's step-down: the smallest p times how many there are, the next times one less ...
    h AS (SELECT r.*, row_number() OVER w AS place, count(*) OVER (PARTITION BY unsaid IS NULL) AS looked_at
            FROM r WINDOW w AS (PARTITION BY unsaid IS NULL ORDER BY r.p)),
    a AS (SELECT h.*, CASE WHEN unsaid IS NULL THEN least(1, max(h.p * (looked_at - place + 1)) OVER (PARTITION BY unsaid IS NULL ORDER BY place)) END AS adjusted FROM h)
    SELECT a.feature, a.psi, a.ks, a.p,
           CASE WHEN unsaid IS NOT NULL THEN unsaid WHEN adjusted < alpha AND size >= alert THEN 'alert' WHEN adjusted < alpha AND size >= warn THEN 'warn' ELSE 'ok' END,
           adjusted, a.reference_n, a.current_n, a.reference_mean, a.current_mean, a.reference_missing, a.current_missing
      FROM a ORDER BY a."position", a.feature
$fn$;
COMMENT ON FUNCTION jorge.drift_judged(jsonb, text) IS 'Puts levels to comparisons by jorge.drift_limit, all of them together being one look: p values are adjusted by Holm''s method.';

CREATE OR REPLACE FUNCTION jorge.drift(name text, query text, location_id text DEFAULT jorge.current_location(), version integer DEFAULT NULL, path text DEFAULT pg_catalog.current_setting('search_path'))
    RETURNS TABLE (feature text, psi float8, ks float8, p float8, level text, p_adjusted float8, reference_n bigint, current_n bigint,
                   reference_mean float8, current_mean float8, reference_missing float8, current_missing float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    chosen jorge.model := jorge.watched_model($1, $4, $3);
BEGIN
    IF NOT EXISTS (SELECT FROM jorge.model_reference r WHERE r.location_id = chosen.location_id AND r.name = chosen.name AND r.version = chosen.version) THEN
        RAISE EXCEPTION 'version % of model "%" has no reference to compare with', chosen.version, chosen.name USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = format('Keep one: SELECT jorge.keep_reference(%L, %s, query, %L).', chosen.name, chosen.version, chosen.location_id);
    END IF;
    RETURN QUERY SELECT d.* FROM jorge.drift_judged(
        (SELECT jsonb_agg(to_jsonb(t) - 'used_bins' || jsonb_build_object('position', r."position", 'feature', r.feature, 'size', t.psi,
                          'reference_mean', jorge.histogram_mean(r.histogram::jorge.histogram), 'current_mean', jorge.histogram_mean(h.histogram)))
           FROM jorge.model_reference r
           JOIN jorge.query_histograms($2, chosen.forest, path => $5) h ON h.feature = r.feature,
                LATERAL jorge.drift_test(r.histogram::jorge.histogram, h.histogram) t
          WHERE r.location_id = chosen.location_id AND r.name = chosen.name AND r.version = chosen.version), $3) d;
END
$fn$;
COMMENT ON FUNCTION jorge.drift(text, text, text, integer, text) IS
    'Do the rows of a query look like those a model learned from? Columns as of jorge.drift(name, from, to); for models over any table. Runs the query with the caller''s rights. ERROR 42704 no such model, 55000 it has no reference.';

CREATE OR REPLACE FUNCTION jorge.watched_model(name text, version integer, location_id text) RETURNS jorge.model
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    chosen jorge.model;
BEGIN
    SELECT m.* INTO chosen FROM jorge.model m LEFT JOIN jorge.model_active a USING (location_id, name)
     WHERE m.name = $1 AND m.location_id IN ($3, '*') AND m.version = coalesce($2, a.version)
     ORDER BY m.location_id = '*' LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'model "%" has no version % for location "%"', $1, coalesce($2::text, 'that serves'), $3 USING ERRCODE = 'undefined_object',
            HINT = 'See SELECT location_id, name, version FROM jorge.model.';
    END IF;
    RETURN chosen;
END
$fn$;
COMMENT ON FUNCTION jorge.watched_model(text, integer, text) IS 'The version of a model that serves a location, its own or the shared one; or the version asked for. ERROR 42704 if there is none.';

CREATE OR REPLACE FUNCTION jorge.drift(name text, "from" timestamptz, "to" timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(),
                                       version integer DEFAULT NULL, horizon_days integer DEFAULT 90)
    RETURNS TABLE (feature text, psi float8, ks float8, p float8, level text, p_adjusted float8, reference_n bigint, current_n bigint,
                   reference_mean float8, current_mean float8, reference_missing float8, current_missing float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    chosen jorge.model := jorge.watched_model($1, $5, $4);
    reference jsonb;
    compared jsonb;
    began timestamptz;
    counted record;
BEGIN
    IF $2 IS NULL OR $3 IS NULL OR $2 >= $3 OR $6 IS NULL OR $6 < 1 THEN
        RAISE EXCEPTION 'a window begins before it ends, and a horizon has at least one day' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT jsonb_object_agg(r.feature, jsonb_build_object('position', r."position", 'histogram', r.histogram, 'moment', r.moment)) INTO reference
      FROM jorge.model_reference r WHERE r.location_id = chosen.location_id AND r.name = chosen.name AND r.version = chosen.version;
    -- what no reference tells of, the log does: the version's own beginnings, up to a quarter of a year before the window
    IF reference IS NULL OR NOT reference ? '(score)' THEN
        SELECT greatest(min(a.activated_at), $2 - interval '91 days') INTO began
          FROM jorge.model_active a WHERE a.location_id = chosen.location_id AND a.name = chosen.name AND a.version = chosen.version;
        SELECT coalesce(reference, '{}') || coalesce(jsonb_object_agg(h.feature, jsonb_build_object('position', h."position", 'histogram', h.histogram::text))
                                                     FILTER (WHERE reference IS NULL OR h.feature = '(score)'), '{}') INTO reference
          FROM jorge.query_histograms(jorge.prediction_query(coalesce(began, $2 - interval '91 days'), $2,
                                                             coalesce((SELECT min(e.value ->> 'moment') FROM jsonb_each(reference) e), 'arrival'), $4), chosen.forest, logged => true) h;
    END IF;
    SELECT jsonb_agg(to_jsonb(t) - 'used_bins' || jsonb_build_object('position', r.value -> 'position', 'feature', r.key, 'size', t.psi,
                     'reference_mean', jorge.histogram_mean((r.value ->> 'histogram')::jorge.histogram), 'current_mean', jorge.histogram_mean(h.histogram)))
      INTO compared
      FROM jsonb_each(reference) r
      LEFT JOIN jorge.query_histograms(jorge.prediction_query($2, $3, coalesce((SELECT min(e.value ->> 'moment') FROM jsonb_each(reference) e), 'arrival'), $4),
                                       chosen.forest, logged => true) h ON h.feature = r.key,
           LATERAL jorge.drift_test((r.value ->> 'histogram')::jorge.histogram, coalesce(h.histogram, '')) t
     WHERE r.key <> '(outcome)';
    -- outcomes arrive when the horizon has passed: leads whose horizon ended within the window
    SELECT count(*) AS n, bool_or(o.told) AS told, sum(o.won::integer) AS won, jorge.histogram(o.won::integer) AS outcomes, sum(q.probability) AS expected,
           sum(q.probability * (1 - q.probability)) AS variance,
           sum((o.won::integer - q.probability) * (1 - 2 * q.probability)) AS spiegelhalter,
           sum((1 - 2 * q.probability) ^ 2 * q.probability * (1 - q.probability)) AS spiegelhalter_variance
      INTO counted
      FROM (SELECT t.*, EXISTS (SELECT FROM jorge.lead_outcome k WHERE k.location_id = $4 AND k.lead_id = t.lead_id) AS told
              FROM jorge.training_set(ceil(extract(epoch FROM $3 - $2) / 86400)::integer, $6, $3, 'arrival', $4) t) o,
           LATERAL (SELECT jorge.predict_row(chosen.forest, o.features) AS probability) q
     WHERE NOT o.censored AND o.at >= $2 - make_interval(days => $6) AND o.at < $3 - make_interval(days => $6);
    -- where nobody tells outcomes, open leads are no evidence
    IF counted.told IS NOT TRUE THEN
        counted.n := 0;
        counted.outcomes := '';
        counted.variance := NULL;
        counted.spiegelhalter_variance := NULL;
    END IF;
    IF reference ? '(outcome)' THEN
        SELECT coalesce(compared, '[]') || jsonb_build_array(to_jsonb(t) - 'used_bins' || jsonb_build_object('position', 0, 'feature', '(outcome)', 'size', t.psi,
               'reference_mean', jorge.histogram_mean((reference -> '(outcome)' ->> 'histogram')::jorge.histogram), 'current_mean', jorge.histogram_mean(counted.outcomes)))
          INTO compared FROM jorge.drift_test((reference -> '(outcome)' ->> 'histogram')::jorge.histogram, coalesce(counted.outcomes, '')) t;
    END IF;
    -- two ways to be wrong: the mean (calibration in the large), and the spread (Spiegelhalter 1986)
    compared := coalesce(compared, '[]') || jsonb_build_array(jsonb_build_object('position', 0, 'feature', '(calibration)',
        'size', abs(counted.won - counted.expected) / nullif(counted.n, 0), 'reference_n', counted.n, 'current_n', counted.n,
        'reference_mean', counted.expected / nullif(counted.n, 0), 'current_mean', counted.won::float8 / nullif(counted.n, 0),
        'p', least(1, 4 * least(jorge.normal_cdf(-abs(counted.won - counted.expected) / nullif(sqrt(counted.variance), 0)),
                                jorge.normal_cdf(-abs(counted.spiegelhalter) / nullif(sqrt(counted.spiegelhalter_variance), 0))))));
    RETURN QUERY SELECT d.* FROM jorge.drift_judged(compared, $4) d;
END
$fn$;
COMMENT ON FUNCTION jorge.drift(text, timestamptz, timestamptz, text, integer, integer) IS
    'Has the world changed since a version of a model (default: that which serves) learned? A row a feature, from the prediction log of the window, one prediction a lead: psi and ks against the reference (jorge.keep_reference(); where there is none, and for (score), against the version''s own log before the window, at most 91 days), p of both tests together, p_adjusted for all rows of the answer, and level: alert or warn if p_adjusted is below alpha and the index above its step (jorge.drift_limit), else ok; too few observations; unwatched. (score): predictions of the version. (outcome): leads whose horizon of so many days ended in the window, against the outcomes in training. (calibration): the same leads, mean prediction (reference_mean) against observed rate (current_mean). Means are to 1 %. ERROR 42704 no such model, 22023 no window.';

CREATE OR REPLACE FUNCTION jorge.check_drift(name text, "from" timestamptz DEFAULT now() - interval '7 days', "to" timestamptz DEFAULT now(),
                                             location_id text DEFAULT jorge.current_location(), version integer DEFAULT NULL, horizon_days integer DEFAULT 90)
    RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    chosen jorge.model := jorge.watched_model($1, $5, $4);
    this uuid := jorge.new_id();
    alarms jsonb;
    worst text;
BEGIN
    WITH found AS (
        INSERT INTO jorge.drift_check (location_id, check_id, name, version, "from", "to", feature, psi, ks, p, p_adjusted, level, reference_n, current_n, reference_mean, current_mean)
        SELECT $4, this, chosen.name, chosen.version, $2, $3, d.feature, d.psi, d.ks, d.p, d.p_adjusted, d.level, d.reference_n, d.current_n, d.reference_mean, d.current_mean
          FROM jorge.drift($1, $2, $3, $4, $5, $6) d
        RETURNING drift_check.*)
    SELECT jsonb_agg(jsonb_build_object('feature', f.feature, 'level', f.level, 'psi', f.psi, 'p', f.p_adjusted, 'was', f.reference_mean, 'is', f.current_mean) ORDER BY f.p_adjusted, f.feature)
               FILTER (WHERE f.level IN ('warn', 'alert')),
           CASE WHEN bool_or(f.level = 'alert') THEN 'alert' WHEN bool_or(f.level = 'warn') THEN 'warn' WHEN bool_or(f.level = 'ok') THEN 'ok' ELSE 'too few' END
      INTO alarms, worst FROM found f;
    IF alarms IS NOT NULL THEN
        INSERT INTO jorge.event (location_id, event_id, kind, class, model, reason, detail)
        VALUES ($4, this, 'model_drift', upper(worst), format('%s_v%s', chosen.name, chosen.version), 'check_drift',
                jsonb_build_object('from', $2, 'to', $3, 'features', alarms));
    END IF;
    RETURN worst;
END
$fn$;
COMMENT ON FUNCTION jorge.check_drift(text, timestamptz, timestamptz, text, integer, integer) IS
    'jorge.drift() of a window, kept: a row a feature in jorge.drift_check, and where something is told an event model_drift that names the features. Returns the worst level: alert, warn, ok or too few. Run it weekly.';

REVOKE ALL ON FUNCTION jorge.keep_reference(text, integer, text, text, text, boolean, text, text), jorge.check_drift(text, timestamptz, timestamptz, text, integer, integer) FROM PUBLIC;
