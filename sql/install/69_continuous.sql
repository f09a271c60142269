-- Models that learn on: retraining that has to prove itself, challengers on live traffic, and the report on it all.

-- ---- two models on the same rows ----

CREATE OR REPLACE FUNCTION jorge.compare_predictions(predictions text, path text DEFAULT pg_catalog.current_setting('search_path'),
        OUT observations bigint, OUT positives bigint, OUT log_loss_a float8, OUT log_loss_b float8, OUT log_loss_gain float8, OUT log_loss_p float8,
        OUT auc_a float8, OUT auc_b float8, OUT auc_gain float8, OUT auc_p float8, OUT brier_a float8, OUT brier_b float8, OUT ece_a float8, OUT ece_b float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE format($q$
        WITH r AS MATERIALIZED (SELECT q.a::float8 AS a, q.b::float8 AS b, q.won FROM (%s) q WHERE q.a IS NOT NULL AND q.b IS NOT NULL AND q.won IS NOT NULL),
        -- placements (DeLong 1988, on midranks): the share of the other outcome that a row is on the right side of
        ranked AS (
            SELECT won, a, b,
                   (rank() OVER (ORDER BY a) + (count(*) OVER (PARTITION BY a) - 1) / 2.0) - (rank() OVER (PARTITION BY won ORDER BY a) + (count(*) OVER (PARTITION BY won, a) - 1) / 2.0) AS below_a,
                   (rank() OVER (ORDER BY b) + (count(*) OVER (PARTITION BY b) - 1) / 2.0) - (rank() OVER (PARTITION BY won ORDER BY b) + (count(*) OVER (PARTITION BY won, b) - 1) / 2.0) AS below_b,
                   count(*) FILTER (WHERE won) OVER () AS m, count(*) FILTER (WHERE NOT won) OVER () AS n
              FROM r),
        placed AS (
            SELECT won, m, n, CASE WHEN won THEN below_a / nullif(n, 0) ELSE 1 - below_a / nullif(m, 0) END AS v_a,
                   CASE WHEN won THEN below_b / nullif(n, 0) ELSE 1 - below_b / nullif(m, 0) END AS v_b FROM ranked),
        areas AS (
            SELECT avg(v_a) FILTER (WHERE won) AS a, avg(v_b) FILTER (WHERE won) AS b,
                   coalesce(var_samp(v_b - v_a) FILTER (WHERE won), 0) / nullif(max(m), 0) + coalesce(var_samp(v_b - v_a) FILTER (WHERE NOT won), 0) / nullif(max(n), 0) AS variance FROM placed),
        losses AS (
            SELECT -ln(CASE WHEN won THEN greatest(a, 2.220446049250313e-16) ELSE greatest(1 - a, 2.220446049250313e-16) END) AS a,
                   -ln(CASE WHEN won THEN greatest(b, 2.220446049250313e-16) ELSE greatest(1 - b, 2.220446049250313e-16) END) AS b FROM r),
        loss AS (SELECT avg(a) AS a, avg(b) AS b, sqrt(var_samp(a - b) / count(*)) AS se, count(*) AS n FROM losses),
        figures AS (SELECT jorge.tally(a, won::integer) AS a, jorge.tally(b, won::integer) AS b FROM r)
        SELECT loss.n, (SELECT count(*) FROM r WHERE won), loss.a, loss.b, loss.a - loss.b,
               CASE WHEN loss.se > 0 THEN jorge.t_sf((loss.a - loss.b) / loss.se, loss.n - 1) WHEN loss.n > 1 THEN 0.5 END,
               areas.a::float8, areas.b::float8, (areas.b - areas.a)::float8,
               CASE WHEN areas.variance > 0 THEN jorge.normal_cdf(-((areas.b - areas.a) / sqrt(areas.variance))::float8) WHEN areas.a IS NOT NULL THEN 0.5 END,
               ca.brier, cb.brier, ca.ece, cb.ece
          FROM loss, areas, figures LEFT JOIN LATERAL jorge.classification(figures.a) ca ON true LEFT JOIN LATERAL jorge.classification(figures.b) cb ON true$q$, $1)
       INTO observations, positives, log_loss_a, log_loss_b, log_loss_gain, log_loss_p, auc_a, auc_b, auc_gain, auc_p, brier_a, brier_b, ece_a, ece_b;
END
$fn$;
COMMENT ON FUNCTION jorge.compare_predictions(text, text) IS
    'Is one prediction better than another on the same rows? The query gives a and b (probabilities) and won (boolean). Paired tests, one-sided: log_loss_p = chance of such a gain of b in log loss if it were no better (t test of the differences a row), auc_p the same for the area under the ROC curve (DeLong); near 1 = b is worse. Rows with a NULL are left out. The query runs with the caller''s rights and may only read.';

CREATE OR REPLACE FUNCTION jorge.predictions_of(query text, label text, champion jorge.forest, challenger jorge.forest) RETURNS TABLE (a float8, b float8, won boolean)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    columns_a text := jorge.query_columns($1, (jorge.forest_info($3)).feature_names);
    columns_b text := jorge.query_columns($1, (jorge.forest_info($4)).feature_names);
    told text := jorge.query_columns($1, ARRAY[$2]);
BEGIN
    IF columns_a IS NULL OR columns_b IS NULL OR told IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format('SELECT jorge.predict_row($1, "(a)"), jorge.predict_row($2, "(b)"), to_jsonb(%s)::text IN (''true'', ''1'')
                                   FROM (%s) q, LATERAL (SELECT %s) "(a)", LATERAL (SELECT %s) "(b)" WHERE to_jsonb(%s)::text IN (''true'', ''false'', ''0'', ''1'')', told, $1, columns_a, columns_b, told)
        USING $3, $4;
END
$fn$;
COMMENT ON FUNCTION jorge.predictions_of(text, text, jorge.forest, jorge.forest) IS 'What two forests predict for the labelled rows of a query; fields of composite columns count.';

-- ---- retraining ----

CREATE TABLE IF NOT EXISTS jorge.retrain_plan (
    location_id  text NOT NULL,
    name         text NOT NULL,
    query        text,
    label        text NOT NULL DEFAULT 'won',
    time_column  text NOT NULL DEFAULT 'at',
    params       jsonb NOT NULL DEFAULT '{}',
    days_back    integer NOT NULL DEFAULT 730 CHECK (days_back > 0),
    horizon_days integer NOT NULL DEFAULT 90 CHECK (horizon_days > 0),
    newest       float8 NOT NULL DEFAULT 0.25 CHECK (newest > 0 AND newest < 1),
    alpha        float8 NOT NULL DEFAULT 0.05 CHECK (alpha > 0 AND alpha < 1),
    every        interval NOT NULL DEFAULT '7 days',
    override     text,
    active       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (location_id, name)
);
COMMENT ON TABLE jorge.retrain_plan IS 'Models that CALL jorge.retrain_due() trains anew, and how. A model needs no row for jorge.retrain(), which then does as the defaults say.';
COMMENT ON COLUMN jorge.retrain_plan.location_id IS 'Location whose data it learns from and whose model it becomes.';
COMMENT ON COLUMN jorge.retrain_plan.name IS 'Model.';
COMMENT ON COLUMN jorge.retrain_plan.query IS 'Training rows: label, time and features. NULL = jorge.training_set() of the location. Only the table''s owner may give one: the job runs it.';
COMMENT ON COLUMN jorge.retrain_plan.label IS 'Column to predict, boolean or 0/1.';
COMMENT ON COLUMN jorge.retrain_plan.time_column IS 'Column that orders the rows in time.';
COMMENT ON COLUMN jorge.retrain_plan.params IS 'Options of the training, see jorge.train().';
COMMENT ON COLUMN jorge.retrain_plan.days_back IS 'Days to look back beyond the horizon, where query is NULL.';
COMMENT ON COLUMN jorge.retrain_plan.horizon_days IS 'Days within which a lead counts as won.';
COMMENT ON COLUMN jorge.retrain_plan.newest IS 'Share of the rows, the newest, on which the new model has to prove itself; fewer where 40 of the rarer outcome are among fewer.';
COMMENT ON COLUMN jorge.retrain_plan.alpha IS 'Chance at which a model that is no better is taken for better.';
COMMENT ON COLUMN jorge.retrain_plan.every IS 'How often.';
COMMENT ON COLUMN jorge.retrain_plan.override IS 'Reason to promote although gates fail, recorded with the promotion; NULL = gates decide.';
COMMENT ON COLUMN jorge.retrain_plan.active IS 'false = left alone by jorge.retrain_due().';

CREATE OR REPLACE FUNCTION jorge.check_retrain_plan() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF NEW.query IS NOT NULL AND NOT pg_has_role(current_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
        RAISE EXCEPTION 'only the owner of jorge.retrain_plan gives a model a query' USING ERRCODE = 'insufficient_privilege',
            HINT = 'The nightly job runs it with all rights. Leave it NULL for jorge.training_set() of the location.';
    END IF;
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.check_retrain_plan() IS 'Trigger on jorge.retrain_plan: ERROR 42501 for a query by a role that does not own the table, since the job runs it as its own.';
REVOKE ALL ON FUNCTION jorge.check_retrain_plan() FROM PUBLIC;

CREATE OR REPLACE TRIGGER check_plan BEFORE INSERT OR UPDATE ON jorge.retrain_plan FOR EACH ROW EXECUTE FUNCTION jorge.check_retrain_plan();
COMMENT ON TRIGGER check_plan ON jorge.retrain_plan IS 'Refuses SQL that a tenant would have the job run.';

CREATE TABLE IF NOT EXISTS jorge.retrain_run (
    location_id text NOT NULL,
    run_id      uuid NOT NULL DEFAULT jorge.new_id(),
    at          timestamptz NOT NULL DEFAULT now(),
    as_of       timestamptz NOT NULL,
    name        text NOT NULL,
    champion    text,
    version     integer,
    decision    text NOT NULL CHECK (decision IN ('promoted', 'kept', 'gates failed', 'not enough data', 'failed')),
    reason      text NOT NULL,
    rows        bigint,
    newest      bigint,
    comparison  jsonb,
    PRIMARY KEY (location_id, run_id)
);
COMMENT ON TABLE jorge.retrain_run IS 'What each retraining came to, and why.';
COMMENT ON COLUMN jorge.retrain_run.location_id IS 'Location.';
COMMENT ON COLUMN jorge.retrain_run.run_id IS 'Id of the run.';
COMMENT ON COLUMN jorge.retrain_run.at IS 'When it ran.';
COMMENT ON COLUMN jorge.retrain_run.as_of IS 'Until when it looked.';
COMMENT ON COLUMN jorge.retrain_run.name IS 'Model.';
COMMENT ON COLUMN jorge.retrain_run.champion IS 'Version that served, as in jorge.prediction.model; NULL = none.';
COMMENT ON COLUMN jorge.retrain_run.version IS 'Version that was registered; NULL = none was.';
COMMENT ON COLUMN jorge.retrain_run.decision IS 'promoted; kept: it was not better beyond noise; gates failed: better, registered, not promoted; not enough data; failed: an error.';
COMMENT ON COLUMN jorge.retrain_run.reason IS 'Why, in words.';
COMMENT ON COLUMN jorge.retrain_run.rows IS 'Rows with an outcome.';
COMMENT ON COLUMN jorge.retrain_run.newest IS 'Of these, those it was judged on.';
COMMENT ON COLUMN jorge.retrain_run.comparison IS 'jorge.compare_predictions() of champion (a) and new model (b) on the newest rows; tried: new models that were compared, of which this is the best; learned_since: its oldest row.';

CREATE OR REPLACE FUNCTION jorge.retrain(name text DEFAULT current_setting('jorge.model'), location_id text DEFAULT jorge.current_location(), as_of timestamptz DEFAULT now())
    RETURNS jorge.retrain_run
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning
AS $fn$
DECLARE
    plan jorge.retrain_plan;
    champion jorge.model;
    run jorge.retrain_run;
    rows_query text;
    trained record;
    began timestamptz;
    since timestamptz;
    tried integer := 0;
    cutoff timestamptz;
    counted record;
    compared record;
    better boolean;
    options jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('jorge.retrain ' || $2 || ' ' || $1, 0));
    SELECT p.* INTO plan FROM jorge.retrain_plan p WHERE p.location_id = $2 AND p.name = $1;
    IF NOT FOUND THEN
        plan := jsonb_populate_record(NULL::jorge.retrain_plan, jsonb_build_object('location_id', $2, 'name', $1, 'label', 'won', 'time_column', 'at', 'params', '{}'::jsonb,
                                      'days_back', 730, 'horizon_days', 90, 'newest', 0.25, 'alpha', 0.05, 'every', '7 days', 'active', true));
    END IF;
    SELECT m.* INTO champion FROM jorge.model_active a JOIN jorge.model m USING (location_id, name, version)
     WHERE a.name = $1 AND a.location_id IN ($2, '*') ORDER BY a.location_id = '*' LIMIT 1;
    run.location_id := $2; run.run_id := jorge.new_id(); run.at := now(); run.as_of := $3; run.name := $1;
    run.champion := champion.name || '_v' || champion.version;
    better := champion.name IS NULL;
    rows_query := coalesce(plan.query, format('SELECT t.won, t.at, t.features FROM jorge.training_set(%s, %s, %L, ''arrival'', %L) t WHERE NOT t.censored', plan.days_back, plan.horizon_days, $3, $2));
    options := jsonb_build_object('time', plan.time_column, 'quiet', true) || plan.params;
    BEGIN
        -- the newest rows are for the test: as few as tell, so that a change is learned soon; rows of one time stay together
        EXECUTE format('WITH q AS MATERIALIZED (SELECT %1$I AS at, to_jsonb(%2$I)::text IN (''true'', ''1'') AS won FROM (%3$s) r WHERE to_jsonb(%2$I)::text IN (''true'', ''false'', ''0'', ''1'')),
                             n AS (SELECT at, least(count(*) FILTER (WHERE won) OVER w, count(*) FILTER (WHERE NOT won) OVER w) AS rarer, count(*) OVER w AS n FROM q WINDOW w AS (ORDER BY at DESC)),
                             c AS (SELECT coalesce(max(at) FILTER (WHERE rarer >= 40 AND n <= %4$L::float8 * (SELECT count(*) FROM q)),
                                                   (SELECT percentile_disc(1 - %4$L::float8) WITHIN GROUP (ORDER BY at) FROM q)) AS cutoff FROM n)
                        SELECT max(c.cutoff) AS cutoff, count(*) AS n, count(*) FILTER (WHERE at >= cutoff) AS newest,
                               least(count(*) FILTER (WHERE won AND at < cutoff), count(*) FILTER (WHERE NOT won AND at < cutoff)) AS rarer,
                               least(count(*) FILTER (WHERE won AND at >= cutoff), count(*) FILTER (WHERE NOT won AND at >= cutoff)) AS newest_rarer,
                               percentile_disc(ARRAY[0, 0.5, 0.75]) WITHIN GROUP (ORDER BY at) FILTER (WHERE at < cutoff) AS begins FROM q, c',
                       plan.time_column, plan.label, rows_query, plan.newest) INTO counted;
        run.rows := coalesce(counted.n, 0);
        run.newest := coalesce(counted.newest, 0);
        cutoff := counted.cutoff;
        IF coalesce(counted.rarer, 0) < 20 OR coalesce(counted.newest_rarer, 0) < 10 THEN
            run.decision := 'not enough data';
            run.reason := format('%s rows with an outcome; it takes 20 of each outcome to learn from (there are %s of the rarer one) and 10 of each to be judged on (%s)',
                                 run.rows, coalesce(counted.rarer, 0), coalesce(counted.newest_rarer, 0));
        ELSE
            IF champion.name IS NOT NULL THEN
                -- all older rows, their newer half, and their newest quarter: after a change the old ones mislead
                FOREACH began IN ARRAY counted.begins LOOP
                    IF tried > 0 AND began = counted.begins[1] THEN
                        CONTINUE;
                    END IF;
                    trained := jorge.train_report(format('SELECT * FROM (%s) q WHERE %I >= %L AND %I < %L', rows_query, plan.time_column, began, plan.time_column, cutoff), plan.label, options);
                    CONTINUE WHEN trained.forest IS NULL;
                    tried := tried + 1;
                    SELECT c.* INTO compared
                      FROM (SELECT array_agg(p.a) AS a, array_agg(p.b) AS b, array_agg(p.won) AS won
                              FROM jorge.predictions_of(format('SELECT * FROM (%s) q WHERE %I >= %L', rows_query, plan.time_column, cutoff), plan.label, champion.forest, trained.forest) p) x,
                           jorge.compare_predictions(format('SELECT * FROM unnest(%L::float8[], %L::float8[], %L::boolean[]) u(a, b, won)', x.a, x.b, x.won)) c;
                    IF run.comparison IS NULL OR compared.log_loss_b < (run.comparison ->> 'log_loss_b')::float8 THEN
                        run.comparison := to_jsonb(compared);
                        since := began;
                    END IF;
                END LOOP;
                -- the best of several is tested as one of several (Bonferroni)
                better := coalesce((run.comparison ->> 'log_loss_p')::float8 * tried < plan.alpha AND (run.comparison ->> 'auc_p')::float8 <= 1 - plan.alpha, false);
                run.comparison := run.comparison || jsonb_build_object('tried', tried, 'learned_since', since);
                SELECT format('on the newest %s rows %s: log loss %s against %s (p %s%s), area %s against %s (p %s)', x.observations,
                              CASE WHEN better THEN 'better beyond noise' ELSE 'the new model is not better beyond noise' END,
                              round(x.log_loss_b::numeric, 4), round(x.log_loss_a::numeric, 4), round(x.log_loss_p::numeric, 4), CASE WHEN tried > 1 THEN format(', best of %s', tried) ELSE '' END,
                              round(x.auc_b::numeric, 3), round(x.auc_a::numeric, 3), round(x.auc_p::numeric, 4))
                       || CASE WHEN since > counted.begins[1] THEN format('; learned from rows since %s', to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD')) ELSE '' END
                  INTO run.reason FROM jsonb_to_record(run.comparison) AS x(observations bigint, log_loss_a float8, log_loss_b float8, log_loss_p float8, auc_a float8, auc_b float8, auc_p float8);
            END IF;
            IF NOT better THEN
                run.decision := 'kept';
            ELSE
                -- proven; what serves learns from the newest rows, too
                IF since > counted.begins[1] THEN
                    rows_query := format('SELECT * FROM (%s) q WHERE %I >= %L', rows_query, plan.time_column, since);
                END IF;
                SELECT t.* INTO trained FROM jorge.train_model($1, rows_query, plan.label, 'binary:logistic', options, $2,
                       notes => format('retrained as of %s', $3)) t;
                run.version := trained.version;
                IF trained.version IS NULL THEN
                    run.decision := 'not enough data';
                    run.reason := trained.answer;
                ELSE
                    PERFORM jorge.keep_reference($1, run.version, rows_query, $2, plan.label);
                    BEGIN
                        PERFORM jorge.promote($1, run.version, $2, plan.override);
                        run.decision := 'promoted';
                        run.reason := coalesce(run.reason, 'no model served before');
                    EXCEPTION WHEN check_violation THEN
                        run.decision := 'gates failed';
                        run.reason := concat_ws('; but ', run.reason, SQLERRM);
                    END;
                END IF;
            END IF;
        END IF;
    EXCEPTION WHEN data_exception OR syntax_error_or_access_rule_violation OR check_violation OR program_limit_exceeded OR no_data_found OR insufficient_resources THEN
        run.version := NULL;
        run.decision := 'failed';
        run.reason := format('%s (%s)', SQLERRM, SQLSTATE);
    END;
    INSERT INTO jorge.retrain_run SELECT run.*;
    INSERT INTO jorge.event (location_id, kind, model, reason, detail)
    VALUES ($2, 'model_retrained', coalesce($1 || '_v' || run.version, run.champion), run.decision, jsonb_build_object('run_id', run.run_id, 'reason', run.reason));
    RETURN run;
END
$fn$;
COMMENT ON FUNCTION jorge.retrain(text, text, timestamptz) IS
    'Trains a model anew and lets it serve if it is better: learns from the older rows (all, their newer half, and their newest quarter: after a change old rows mislead), the best of these is compared with the version that serves on the newest rows, and only if its log loss there is lower beyond noise (paired test at alpha / models tried) and its area not surely smaller, the same recipe learns from the newest rows, too, is registered, gets its reference for jorge.drift(), and is promoted if its gates pass. Where no version serves there is nothing to beat. Returns what came of it and why, which is also a row of jorge.retrain_run and an event model_retrained; nothing of it is an ERROR. Undo: jorge.rollback(name, location_id).';

CREATE OR REPLACE PROCEDURE jorge.retrain_due(commits boolean DEFAULT true)
    LANGUAGE plpgsql
    -- a procedure that commits can't pin its search_path, so all names and operators are qualified
AS $fn$
DECLARE
    due record;
    run jorge.retrain_run;
BEGIN
    FOR due IN SELECT p.location_id, p.name FROM jorge.retrain_plan p
                WHERE p.active AND NOT EXISTS (SELECT FROM jorge.retrain_run r WHERE r.location_id OPERATOR(pg_catalog.=) p.location_id AND r.name OPERATOR(pg_catalog.=) p.name
                                                  AND r.at OPERATOR(pg_catalog.>) (pg_catalog.now() OPERATOR(pg_catalog.-) p.every OPERATOR(pg_catalog.+) '1 hour'::interval))
                ORDER BY p.location_id, p.name LOOP
        run := jorge.retrain(due.name, due.location_id);
        PERFORM jorge.score_shadows(due.name, due.location_id);
        IF run.champion IS NOT NULL THEN
            PERFORM jorge.check_drift(due.name, location_id => due.location_id);
        END IF;
        IF $1 THEN
            COMMIT;
        END IF;
    END LOOP;
END
$fn$;
COMMENT ON PROCEDURE jorge.retrain_due(boolean) IS
    'Retrains the models whose plan (jorge.retrain_plan) says so, checks their drift and scores their challengers, a transaction each; commits false: all in the caller''s. The job "retrain" calls it nightly. ERROR 2D000 where it can''t commit: in a transaction block.';

-- ---- challengers ----

CREATE TABLE IF NOT EXISTS jorge.model_challenge (
    location_id text NOT NULL,
    name        text NOT NULL,
    version     integer NOT NULL,
    share       float8 NOT NULL CHECK (share > 0 AND share <= 1),
    started_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    verdict     text,
    PRIMARY KEY (location_id, name, version)
);
CREATE UNIQUE INDEX IF NOT EXISTS model_challenge_open_idx ON jorge.model_challenge (location_id, name) WHERE ended_at IS NULL;
COMMENT ON TABLE jorge.model_challenge IS 'Versions that are tried on live traffic beside the one that serves; one at a time a model and location.';
COMMENT ON COLUMN jorge.model_challenge.location_id IS 'Location whose leads it is tried on.';
COMMENT ON COLUMN jorge.model_challenge.name IS 'Model.';
COMMENT ON COLUMN jorge.model_challenge.version IS 'Version that challenges.';
COMMENT ON COLUMN jorge.model_challenge.share IS 'Share of the leads in its arm, by a stable hash.';
COMMENT ON COLUMN jorge.model_challenge.started_at IS 'Since when.';
COMMENT ON COLUMN jorge.model_challenge.ended_at IS 'Until when; NULL = it runs.';
COMMENT ON COLUMN jorge.model_challenge.verdict IS 'What it came to.';

CREATE TABLE IF NOT EXISTS jorge.shadow_score (
    location_id   text NOT NULL,
    prediction_id uuid NOT NULL,
    name          text NOT NULL,
    version       integer NOT NULL,
    at            timestamptz NOT NULL,
    lead_id       uuid NOT NULL,
    arm           text NOT NULL CHECK (arm IN ('champion', 'challenger')),
    probability   float8 NOT NULL,
    PRIMARY KEY (location_id, prediction_id, name, version)
);
CREATE INDEX IF NOT EXISTS shadow_score_lead_idx ON jorge.shadow_score (lead_id, at, location_id);
COMMENT ON TABLE jorge.shadow_score IS 'What a challenger would have said where the model that serves gave a prediction, from the very features logged with it.';
COMMENT ON COLUMN jorge.shadow_score.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.shadow_score.prediction_id IS 'The prediction of the model that serves, in jorge.prediction.';
COMMENT ON COLUMN jorge.shadow_score.name IS 'Model.';
COMMENT ON COLUMN jorge.shadow_score.version IS 'Version of the challenger.';
COMMENT ON COLUMN jorge.shadow_score.at IS 'Time of the prediction.';
COMMENT ON COLUMN jorge.shadow_score.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.shadow_score.arm IS 'Arm of the lead, jorge.challenge_arm().';
COMMENT ON COLUMN jorge.shadow_score.probability IS 'Probability by the challenger.';

CREATE OR REPLACE FUNCTION jorge.challenge_arm(lead_id uuid, name text, share float8) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    -- the first 32 bits of a digest: the same on every machine and version
    SELECT CASE WHEN ('x' || left(md5(name || ' ' || lead_id), 8))::bit(32)::bigint / 4294967296.0::float8 < share THEN 'challenger' ELSE 'champion' END
$fn$;
COMMENT ON FUNCTION jorge.challenge_arm(uuid, text, float8) IS 'Arm of a lead in a challenge: a stable hash of lead and model puts about "share" of the leads into the arm challenger, and always the same.';

CREATE OR REPLACE FUNCTION jorge.start_challenge(name text, version integer, share float8 DEFAULT 0.5, location_id text DEFAULT jorge.current_location()) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    challenger jorge.model := jorge.watched_model($1, $2, $4);
    champion jorge.model := jorge.watched_model($1, NULL, $4);
BEGIN
    IF $3 IS NULL OR $3 <= 0 OR $3 > 1 THEN
        RAISE EXCEPTION 'a share lies above 0 and is 1 at most' USING ERRCODE = 'invalid_parameter_value';
    ELSIF ROW(challenger.location_id, challenger.version) = ROW(champion.location_id, champion.version) THEN
        RAISE EXCEPTION 'version % of model "%" serves already', $2, $1 USING ERRCODE = 'object_in_use';
    END IF;
    INSERT INTO jorge.model_challenge AS c (location_id, name, version, share) VALUES ($4, $1, $2, $3)
    ON CONFLICT ON CONSTRAINT model_challenge_pkey DO UPDATE SET share = EXCLUDED.share, started_at = now(), ended_at = NULL, verdict = NULL;
    INSERT INTO jorge.event (location_id, kind, model, reason) VALUES ($4, 'model_challenge', $1 || '_v' || $2, 'start_challenge');
END
$fn$;
COMMENT ON FUNCTION jorge.start_challenge(text, integer, float8, text) IS
    'Tries a registered version on live traffic beside the one that serves: jorge.score_shadows() stores what it would have said, jorge.arm_score() answers by the model of a lead''s arm, jorge.challenge_report() compares. ERROR 42704 no such version, 55006 it serves already, 23505 another challenge runs.';

CREATE OR REPLACE FUNCTION jorge.score_shadows(name text DEFAULT current_setting('jorge.model'), location_id text DEFAULT jorge.current_location()) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    written bigint;
BEGIN
    INSERT INTO jorge.shadow_score (location_id, prediction_id, name, version, at, lead_id, arm, probability)
    SELECT p.location_id, p.prediction_id, c.name, c.version, p.at, p.lead_id, jorge.challenge_arm(p.lead_id, c.name, c.share), jorge.predict_row(m.forest, f)
      FROM jorge.model_challenge c, LATERAL jorge.watched_model(c.name, c.version, c.location_id) m,
           jorge.prediction p, LATERAL jorge.features_from_vector(p.features) f
     WHERE c.location_id = $2 AND c.name = $1 AND c.ended_at IS NULL AND p.location_id = $2 AND p.at >= c.started_at
       AND NOT EXISTS (SELECT FROM jorge.shadow_score s WHERE s.location_id = $2 AND s.prediction_id = p.prediction_id AND s.name = c.name AND s.version = c.version)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$fn$;
COMMENT ON FUNCTION jorge.score_shadows(text, text) IS
    'Stores what the challenger says to the predictions that were served since its challenge began, from the features logged with them, and returns how many. It costs the inserts of leads nothing; run it as often as you like.';

CREATE OR REPLACE FUNCTION jorge.arm_score(lead_id uuid, name text DEFAULT current_setting('jorge.model'), location_id text DEFAULT jorge.current_location(),
                                           OUT arm text, OUT model text, OUT probability float8, OUT class text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead := jorge.stored_lead($1, $3);
    challenge jorge.model_challenge;
    chosen jorge.model;
BEGIN
    SELECT c.* INTO challenge FROM jorge.model_challenge c WHERE c.location_id = $3 AND c.name = $2 AND c.ended_at IS NULL;
    arm := coalesce(jorge.challenge_arm(lead.lead_id, $2, challenge.share), 'champion');
    chosen := jorge.watched_model($2, CASE WHEN arm = 'challenger' THEN challenge.version END, $3);
    model := chosen.name || '_v' || chosen.version;
    probability := jorge.predict_row(chosen.forest, jorge.lead_features(lead));
    class := jorge.lead_class(probability);
END
$fn$;
COMMENT ON FUNCTION jorge.arm_score(uuid, text, text) IS 'The score of a lead by the model of its arm: the challenger''s for the leads of its share, else that which serves. For who acts on scores while a challenge runs.';

CREATE OR REPLACE FUNCTION jorge.challenge_report(name text DEFAULT current_setting('jorge.model'), location_id text DEFAULT jorge.current_location(), version integer DEFAULT NULL,
                                                  horizon_days integer DEFAULT 90, as_of timestamptz DEFAULT now())
    RETURNS TABLE (arm text, observations bigint, positives bigint, log_loss_champion float8, log_loss_challenger float8, log_loss_gain float8, log_loss_p float8,
                   auc_champion float8, auc_challenger float8, auc_gain float8, auc_p float8, brier_champion float8, brier_challenger float8, ece_champion float8, ece_challenger float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    asked text;
BEGIN
    FOREACH asked IN ARRAY ARRAY['all', 'champion', 'challenger'] LOOP
        RETURN QUERY SELECT asked, c.* FROM jorge.compare_predictions(format($q$
            SELECT DISTINCT ON (s.lead_id) p.probability AS a, s.probability AS b,
                   coalesce((SELECT o.outcome = 'won' FROM jorge.lead_outcome o WHERE o.location_id = s.location_id AND o.lead_id = s.lead_id AND o.at <= s.at + make_interval(days => %4$s)
                              ORDER BY o.at DESC, o.recorded_at DESC LIMIT 1), false) AS won
              FROM jorge.shadow_score s JOIN jorge.prediction p ON p.location_id = s.location_id AND p.at = s.at AND p.prediction_id = s.prediction_id
             WHERE s.location_id = %1$L AND s.name = %2$L AND s.version = %3$s AND s.at + make_interval(days => %4$s) <= %5$L AND (%6$L = 'all' OR s.arm = %6$L)
             ORDER BY s.lead_id, s.at, s.prediction_id$q$, $2, $1,
             coalesce($3, (SELECT c.version FROM jorge.model_challenge c WHERE c.location_id = $2 AND c.name = $1 ORDER BY c.started_at DESC LIMIT 1), 0), $4, $5, asked)) c;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.challenge_report(text, text, integer, integer, timestamptz) IS
    'Champion and challenger on the same live leads, the first prediction of each since the challenge began, with the outcome within the horizon: jorge.compare_predictions() of all leads and of each arm. Leads whose horizon has not passed at as_of are left out.';

CREATE OR REPLACE FUNCTION jorge.end_challenge(name text, promote boolean DEFAULT false, location_id text DEFAULT jorge.current_location(), horizon_days integer DEFAULT 90,
                                               override text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    challenge jorge.model_challenge;
    told text;
BEGIN
    SELECT c.* INTO challenge FROM jorge.model_challenge c WHERE c.location_id = $3 AND c.name = $1 AND c.ended_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no challenge of model "%" runs in location "%"', $1, $3 USING ERRCODE = 'undefined_object', HINT = 'See jorge.model_challenge.';
    END IF;
    PERFORM jorge.score_shadows($1, $3);
    SELECT format('%s leads with an outcome: log loss %s against %s of the champion (p %s), area %s against %s', r.observations, round(r.log_loss_challenger::numeric, 4),
                  round(r.log_loss_champion::numeric, 4), round(r.log_loss_p::numeric, 4), round(r.auc_challenger::numeric, 3), round(r.auc_champion::numeric, 3))
      INTO told FROM jorge.challenge_report($1, $3, challenge.version, $4) r WHERE r.arm = 'all';
    UPDATE jorge.model_challenge c SET ended_at = now(), verdict = concat_ws('; ', told, CASE WHEN $2 THEN 'promoted' END)
     WHERE c.location_id = $3 AND c.name = $1 AND c.version = challenge.version;
    IF $2 THEN
        PERFORM jorge.promote($1, challenge.version, (jorge.watched_model($1, challenge.version, $3)).location_id, $5);
    END IF;
    RETURN told;
END
$fn$;
COMMENT ON FUNCTION jorge.end_challenge(text, boolean, text, integer, text) IS 'Ends the challenge of a model, keeps and returns what it came to, and promotes the challenger if asked to. ERROR 42704 if none runs; of jorge.promote().';

-- ---- the report ----

CREATE OR REPLACE FUNCTION jorge.served_outcomes(since timestamptz, until timestamptz, horizon_days integer DEFAULT 90, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (lead_id uuid, at timestamptz, model text, probability float8, class text, won boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT t.lead_id, t.at, p.model, p.probability, p.class, t.won
      FROM jorge.training_set(ceil(extract(epoch FROM $2 - $1) / 86400)::integer, $3, $2, 'arrival', $4) t,
           LATERAL (SELECT x.* FROM jorge.prediction x WHERE x.location_id = $4 AND x.lead_id = t.lead_id
                     ORDER BY x.at, x.features[19] NULLS FIRST, x.prediction_id LIMIT 1) p
     WHERE NOT t.censored AND t.at >= $1 - make_interval(days => $3) AND t.at < $2 - make_interval(days => $3)
$fn$;
COMMENT ON FUNCTION jorge.served_outcomes(timestamptz, timestamptz, integer, text) IS
    'Leads whose horizon ended within a window: the first score each was given, by which model, and whether it was won within the horizon.';

CREATE OR REPLACE FUNCTION jorge.percent(value float8, digits integer DEFAULT 0) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT coalesce(round((100 * value)::numeric, digits) || ' %', '-')
$fn$;
COMMENT ON FUNCTION jorge.percent(float8, integer) IS 'A share in percent; "-" for NULL.';

CREATE OR REPLACE FUNCTION jorge.model_report(period interval DEFAULT '7 days', name text DEFAULT current_setting('jorge.model'), location_id text DEFAULT jorge.current_location(),
                                              as_of timestamptz DEFAULT now(), horizon_days integer DEFAULT 90)
    RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    since timestamptz := $4 - $1;
    chosen jorge.model := jorge.watched_model($2, NULL, $3);
    lines text[];
    advice text[] := '{}';
    f record;
    b record;
    drifted text;
BEGIN
    IF $1 IS NULL OR $4 IS NULL OR since >= $4 THEN
        RAISE EXCEPTION 'a period is longer than nothing' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    lines := ARRAY[format('Model report: %s, location %s, %s to %s', $2, $3, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD'), to_char($4 AT TIME ZONE 'UTC', 'YYYY-MM-DD')), ''];
    SELECT count(*) AS n, count(DISTINCT p.lead_id) AS leads, count(*) FILTER (WHERE p.class = 'HOT') AS hot, count(*) FILTER (WHERE p.class = 'WARM') AS warm,
           count(*) FILTER (WHERE p.model = 'rules') AS by_rules INTO f
      FROM jorge.prediction p WHERE p.location_id = $3 AND p.at >= since AND p.at < $4;
    lines := lines || format('Served       version %s%s; %s predictions for %s leads, %s HOT, %s WARM%s', chosen.version,
                             coalesce((SELECT to_char(a.activated_at AT TIME ZONE 'UTC', '" (since "YYYY-MM-DD")"') FROM jorge.model_active a WHERE a.location_id = chosen.location_id AND a.name = $2), ''),
                             f.n, f.leads, f.hot, f.warm, CASE WHEN f.by_rules > 0 THEN format(', %s of them by rules', f.by_rules) ELSE '' END);
    SELECT count(*) AS n, count(*) FILTER (WHERE o.won) AS won, avg(o.probability) AS predicted, jorge.tally(o.probability, o.won::integer) AS t,
           bool_or(EXISTS (SELECT FROM jorge.lead_outcome k WHERE k.location_id = $3 AND k.lead_id = o.lead_id)) AS told INTO f
      FROM jorge.served_outcomes(since, $4, $5, $3) o;
    IF f.n = 0 OR f.told IS NOT TRUE THEN
        lines := lines || format('Outcomes     none to tell of: %s leads reached %s days in this period%s', f.n, $5, CASE WHEN f.n > 0 THEN ', and nobody recorded what became of them (jorge.record_outcome)' ELSE '' END);
    ELSE
        lines := lines || format('Outcomes     %s leads reached %s days; %s were won, %s', f.n, $5, f.won, jorge.percent(f.won::float8 / f.n));
        SELECT c.* INTO b FROM jorge.classification(f.t) c;
        lines := lines || format('Ranking      area under the curve %s%s: %s', coalesce(round(b.roc_auc::numeric, 3)::text, 'not known'),
                                 coalesce(format(' (%s ... %s)', round(b.roc_auc_lower::numeric, 2), round(b.roc_auc_upper::numeric, 2)), ''),
                                 CASE WHEN b.roc_auc IS NULL THEN 'it takes won and lost leads' WHEN b.roc_auc_upper < 0.5 THEN 'it sorts leads the wrong way' WHEN b.roc_auc_upper < 0.6 THEN 'no better than chance' WHEN b.roc_auc_lower <= 0.5 THEN 'too few leads to tell it from chance'
                                      WHEN b.roc_auc >= 0.8 THEN 'it sorts leads well' WHEN b.roc_auc >= 0.65 THEN 'it sorts leads' ELSE 'it hardly sorts leads' END)
            || format('Accuracy     %s at 50 %% (precision %s, recall %s); log loss %s, Brier %s', jorge.percent(b.accuracy), jorge.percent(b."precision"), jorge.percent(b.recall),
                      round(b.log_loss::numeric, 3), round(b.brier::numeric, 3))
            || format('Calibration  %s predicted, %s came true; error %s', jorge.percent(f.predicted, 1), jorge.percent(f.won::float8 / f.n, 1), round(b.ece::numeric, 3));
        lines := lines || ARRAY['', 'Band     leads   won  conversion'] ||
            ARRAY(SELECT format('%s  %s  %s  %s', rpad(c.class, 5), lpad(c.n::text, 6), lpad(c.won::text, 4),
                                CASE WHEN c.n > 0 THEN format('%s (%s ... %s)', jorge.percent(c.won::float8 / c.n), jorge.percent(w.lower), jorge.percent(w.upper)) ELSE '-' END)
                    FROM (SELECT k.i, k.class, count(o.lead_id) AS n, count(o.lead_id) FILTER (WHERE o.won) AS won
                            FROM (VALUES (1, 'HOT'), (2, 'WARM'), (3, 'COLD')) k(i, class)
                            LEFT JOIN jorge.served_outcomes(since, $4, $5, $3) o ON o.class = k.class GROUP BY k.i, k.class) c,
                         LATERAL jorge.wilson_interval(c.won, c.n) w ORDER BY c.i);
    END IF;
    lines := lines || ''::text;
    SELECT string_agg(format('%s: %s (index %s; was %s, is %s)', d.level, d.feature, coalesce(round(d.psi::numeric, 2)::text, '-'), coalesce(round(d.reference_mean::numeric, 3)::text, '-'),
                             coalesce(round(d.current_mean::numeric, 3)::text, '-')), E'\n             ' ORDER BY d.level, d.p_adjusted, d.feature) INTO drifted
      FROM (SELECT DISTINCT ON (x.feature) x.* FROM jorge.drift_alert x WHERE x.location_id = $3 AND x.name = $2 AND x."to" > since AND x."to" <= $4 ORDER BY x.feature, x."to" DESC) d;
    IF drifted IS NOT NULL THEN
        lines := lines || ('Drift        ' || drifted);
        IF drifted ~ 'calibration' THEN
            advice := advice || 'The probabilities are off: retrain (jorge.retrain), or go back (jorge.rollback) if it began with a new version.'::text;
        ELSE
            advice := advice || 'Leads are not as they were: look whether a source or a form has changed before you trust the scores as much as before.'::text;
        END IF;
    ELSE
        lines := lines || CASE WHEN EXISTS (SELECT FROM jorge.drift_check x WHERE x.location_id = $3 AND x.name = $2 AND x."to" > since AND x."to" <= $4)
                               THEN 'Drift        none' ELSE 'Drift        not checked (jorge.check_drift)' END;
    END IF;
    lines := lines || ARRAY(SELECT format('Retraining   %s: %s%s. %s', to_char(x.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD'), x.decision, coalesce(' as version ' || x.version, ''), x.reason)
                              FROM jorge.retrain_run x WHERE x.location_id = $3 AND x.name = $2 AND x.as_of > since AND x.as_of <= $4 ORDER BY x.as_of);
    lines := lines || ARRAY(SELECT format('Challenge    version %s on %s of the leads since %s: %s leads with an outcome, log loss %s against %s of the champion (p %s)', c.version, jorge.percent(c.share),
                                          to_char(c.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), x.observations, coalesce(round(x.log_loss_challenger::numeric, 4)::text, '-'),
                                          coalesce(round(x.log_loss_champion::numeric, 4)::text, '-'), coalesce(round(x.log_loss_p::numeric, 3)::text, '-'))
                              FROM jorge.model_challenge c, LATERAL jorge.challenge_report($2, $3, c.version, $5, $4) x
                             WHERE c.location_id = $3 AND c.name = $2 AND c.ended_at IS NULL AND x.arm = 'all');
    IF advice <> '{}' THEN
        lines := lines || ''::text || advice;
    END IF;
    RETURN array_to_string(lines, E'\n');
END
$fn$;
COMMENT ON FUNCTION jorge.model_report(interval, text, text, timestamptz, integer) IS
    'How a model did in a period, in words, for people: what it served; of the leads whose horizon of so many days ended in the period, as they were scored when they came: how well it ranked them, accuracy, calibration and what each band converted at, with intervals; drift, retraining and challenges of the period; and what to do. ERROR 42704 no such model, 22023 no period.';

REVOKE ALL ON FUNCTION jorge.retrain(text, text, timestamptz), jorge.start_challenge(text, integer, float8, text), jorge.score_shadows(text, text),
    jorge.end_challenge(text, boolean, text, integer, text) FROM PUBLIC;
REVOKE ALL ON PROCEDURE jorge.retrain_due(boolean) FROM PUBLIC;
