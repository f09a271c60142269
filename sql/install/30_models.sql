-- The registry: immutable versions of models, the gates that a version passes before it serves, one row that says which
-- version serves, and the history of all that. Deploying is an ordinary transaction on these tables.

CREATE TABLE IF NOT EXISTS jorge.model (
    location_id  text NOT NULL,
    name         text NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    kind         text NOT NULL,
    ubj          bytea NOT NULL,
    query        text,
    label        text,
    data_hash    text,
    parameters   jsonb NOT NULL DEFAULT '{}',
    metrics      jsonb NOT NULL DEFAULT '{}',
    features     jsonb NOT NULL DEFAULT '[]',
    notes        text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, name, version)
);
ALTER TABLE jorge.model ALTER COLUMN ubj SET STORAGE EXTERNAL;
ALTER TABLE jorge.model ADD COLUMN IF NOT EXISTS forest jorge.forest;
COMMENT ON TABLE jorge.model IS 'Registered models: immutable versions, made by jorge.register_model() or jorge.train_model(). Which one serves is in jorge.model_active; what became of each in jorge.model_event. jorge.model_card() shows one as text.';
COMMENT ON COLUMN jorge.model.location_id IS 'Tenant; "*" = shared by all.';
COMMENT ON COLUMN jorge.model.name IS 'Name of the model, e.g. jorge_lead_scorer.';
COMMENT ON COLUMN jorge.model.version IS '1, 2, 3 ... within the name; a number is never given twice.';
COMMENT ON COLUMN jorge.model.kind IS 'What it is for, which decides its gates (jorge.model_gate): conversion, revenue, price, bot, client, or any name of the owner''s own; "other" has no gates.';
COMMENT ON COLUMN jorge.model.ubj IS 'The document, as XGBoost''s UBJ: survives DROP EXTENSION.';
COMMENT ON COLUMN jorge.model.query IS 'Query that its training rows came from; NULL for one that was imported.';
COMMENT ON COLUMN jorge.model.label IS 'Column of the query that it predicts.';
COMMENT ON COLUMN jorge.model.data_hash IS 'What identifies the training rows whatever their order: 32 hexadecimal digits, see jorge.train_report(). NULL = not known.';
COMMENT ON COLUMN jorge.model.parameters IS 'Options it was trained with, those left at their defaults included.';
COMMENT ON COLUMN jorge.model.metrics IS 'Figures on rows it had not seen, named as the columns of jorge.classification() or jorge.regression_quality; jorge.metric() reads one.';
COMMENT ON COLUMN jorge.model.features IS 'Array of one object a feature, in the model''s order: name; of the training rows type (number or category), missing (share), min, max, mean, quantiles (21 of them, 0, 5 ... 100 %) or categories ({value: share}); gain (mean loss reduction of its splits) and shap (mean |SHAP value|, in log-odds or the label''s unit). What is not known is left out.';
COMMENT ON COLUMN jorge.model.notes IS 'How it was made, in words.';
COMMENT ON COLUMN jorge.model.created_at IS 'When it was registered.';
COMMENT ON COLUMN jorge.model.created_by IS 'Role that registered it.';
COMMENT ON COLUMN jorge.model.forest IS 'The same document as the value that predicts; install() fills it again from ubj.';

CREATE TABLE IF NOT EXISTS jorge.model_active (
    location_id  text NOT NULL,
    name         text NOT NULL,
    version      integer NOT NULL,
    activated_at timestamptz NOT NULL DEFAULT now(),
    activated_by text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, name),
    FOREIGN KEY (location_id, name, version) REFERENCES jorge.model
);
COMMENT ON TABLE jorge.model_active IS 'Which version of each model serves. A location without a row of its own is served by the shared one ("*"). Written by jorge.promote(), jorge.rollback() and jorge.retire().';
COMMENT ON COLUMN jorge.model_active.location_id IS 'Tenant; "*" = those that have no row of their own.';
COMMENT ON COLUMN jorge.model_active.name IS 'Name of the model.';
COMMENT ON COLUMN jorge.model_active.version IS 'The version that serves.';
COMMENT ON COLUMN jorge.model_active.activated_at IS 'Since when.';
COMMENT ON COLUMN jorge.model_active.activated_by IS 'Role that promoted it.';

CREATE TABLE IF NOT EXISTS jorge.model_event (
    location_id text NOT NULL,
    name        text NOT NULL,
    number      integer NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    action      text NOT NULL CHECK (action IN ('registered', 'promoted', 'rolled_back', 'retired')),
    version     integer NOT NULL,
    serves      integer,
    override    text,
    reason      text,
    gates       jsonb,
    actor       text NOT NULL DEFAULT current_user,
    PRIMARY KEY (location_id, name, number)
);
COMMENT ON TABLE jorge.model_event IS 'History of each model, a row for everything that was done to it; jorge.rollback() goes by it. Nothing of it is ever changed.';
COMMENT ON COLUMN jorge.model_event.location_id IS 'Tenant; "*" = shared by all.';
COMMENT ON COLUMN jorge.model_event.name IS 'Name of the model.';
COMMENT ON COLUMN jorge.model_event.number IS '1, 2, 3 ... within the name, in order.';
COMMENT ON COLUMN jorge.model_event.at IS 'When: start of its transaction.';
COMMENT ON COLUMN jorge.model_event.action IS 'registered, promoted, rolled_back (the version stopped serving) or retired.';
COMMENT ON COLUMN jorge.model_event.version IS 'The version it was done to.';
COMMENT ON COLUMN jorge.model_event.serves IS 'The version that serves after it; NULL = none of this location''s own.';
COMMENT ON COLUMN jorge.model_event.override IS 'Why it was promoted though gates failed; NULL = none failed.';
COMMENT ON COLUMN jorge.model_event.reason IS 'Why it was rolled back or retired, as far as told.';
COMMENT ON COLUMN jorge.model_event.gates IS 'Rows of jorge.model_gates() at a promotion.';
COMMENT ON COLUMN jorge.model_event.actor IS 'Role that did it.';

CREATE TABLE IF NOT EXISTS jorge.model_gate (
    location_id text NOT NULL,
    kind        text NOT NULL,
    metric      text NOT NULL,
    at_least    float8,
    at_most     float8,
    target      float8,
    note        text,
    PRIMARY KEY (location_id, kind, metric)
);
COMMENT ON TABLE jorge.model_gate IS 'What a version must reach before jorge.promote() lets it serve, by kind of model. A row of a location replaces the shared one ("*") of its kind and metric.';
COMMENT ON COLUMN jorge.model_gate.location_id IS 'Tenant; "*" = all that have no row of their own.';
COMMENT ON COLUMN jorge.model_gate.kind IS 'Kind of model, as in jorge.model.kind.';
COMMENT ON COLUMN jorge.model_gate.metric IS 'Metric, as jorge.metric() names it.';
COMMENT ON COLUMN jorge.model_gate.at_least IS 'Least value that passes; NULL = none.';
COMMENT ON COLUMN jorge.model_gate.at_most IS 'Highest value that passes; NULL = none. With neither bound the row only shows its target.';
COMMENT ON COLUMN jorge.model_gate.target IS 'Value to aim at, shown beside the bound.';
COMMENT ON COLUMN jorge.model_gate.note IS 'What the metric means here.';

-- an owner's change of a bound is kept
INSERT INTO jorge.model_gate (location_id, kind, metric, at_least, at_most, target, note) VALUES
    ('*', 'conversion', 'accuracy', 0.85, NULL, 0.95, 'share of leads called rightly at the card''s threshold'),
    ('*', 'conversion', 'precision', 0.80, NULL, 0.93, 'share of those called won that are won, at the card''s threshold'),
    ('*', 'conversion', 'recall', 0.85, NULL, 0.97, 'share of the won that are called won, at the card''s threshold'),
    ('*', 'conversion', 'roc_auc', 0.90, NULL, 0.98, 'chance that a won lead scores above a lost one'),
    ('*', 'conversion', 'f1', NULL, NULL, 0.95, 'harmonic mean of precision and recall'),
    ('*', 'conversion', 'calibration', NULL, NULL, 0.94, '1 - expected calibration error'),
    ('*', 'revenue', 'mape', NULL, 0.15, NULL, 'mean error, as a share of the actual revenue'),
    ('*', 'price', 'mdape', NULL, 0.15, NULL, 'median error, as a share of the price: an accuracy of 0.85'),
    ('*', 'bot', 'lift', 0.20, NULL, NULL, 'gain over what it replaces, as a share of that'),
    ('*', 'client', 'accuracy', 0.80, NULL, NULL, 'share of clients called rightly')
ON CONFLICT DO NOTHING;

-- ---- immutability ----

CREATE OR REPLACE FUNCTION jorge.model_unchanged() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RAISE EXCEPTION 'rows of jorge.% do not change', TG_TABLE_NAME USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'Register another version: SELECT jorge.register_model(...).';
END
$fn$;
COMMENT ON FUNCTION jorge.model_unchanged() IS 'Trigger function: keeps versions of models and their history as they are.';
REVOKE ALL ON FUNCTION jorge.model_unchanged() FROM PUBLIC;

-- the value that predicts is a copy of the document, which install() makes where it is missing
CREATE OR REPLACE TRIGGER unchanged BEFORE UPDATE ON jorge.model FOR EACH ROW
    WHEN (OLD.forest IS NOT NULL OR ROW(OLD.location_id, OLD.name, OLD.version, OLD.kind, OLD.ubj, OLD.query, OLD.label, OLD.data_hash,
                                        OLD.parameters, OLD.metrics, OLD.features, OLD.notes, OLD.created_at, OLD.created_by)
                                    IS DISTINCT FROM
                                    ROW(NEW.location_id, NEW.name, NEW.version, NEW.kind, NEW.ubj, NEW.query, NEW.label, NEW.data_hash,
                                        NEW.parameters, NEW.metrics, NEW.features, NEW.notes, NEW.created_at, NEW.created_by))
    EXECUTE FUNCTION jorge.model_unchanged();
COMMENT ON TRIGGER unchanged ON jorge.model IS 'A version never changes.';
CREATE OR REPLACE TRIGGER unchanged BEFORE UPDATE ON jorge.model_event FOR EACH ROW EXECUTE FUNCTION jorge.model_unchanged();
COMMENT ON TRIGGER unchanged ON jorge.model_event IS 'History never changes.';

-- ---- registering ----

CREATE OR REPLACE FUNCTION jorge.lock_model(name text, location_id text) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT pg_advisory_xact_lock(hashtextextended('jorge.model ' || $2 || ' ' || $1, 0))
$fn$;
COMMENT ON FUNCTION jorge.lock_model(text, text) IS 'One change of a model at a time, until the end of the transaction; scoring never waits.';
REVOKE ALL ON FUNCTION jorge.lock_model(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.note_model(action text, name text, version integer, location_id text, override text DEFAULT NULL,
                                            reason text DEFAULT NULL, gates jsonb DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    INSERT INTO jorge.model_event (location_id, name, number, action, version, serves, override, reason, gates)
    SELECT $4, $2, coalesce((SELECT max(e.number) FROM jorge.model_event e WHERE e.location_id = $4 AND e.name = $2), 0) + 1, $1, $3,
           (SELECT a.version FROM jorge.model_active a WHERE a.location_id = $4 AND a.name = $2), $5, $6, $7;
    INSERT INTO jorge.event (location_id, kind, model, reason)
    SELECT $4, 'model_' || $1, $2 || '_v' || $3, coalesce($5, $6, $1) WHERE $1 <> 'registered'
$fn$;
COMMENT ON FUNCTION jorge.note_model(text, text, integer, text, text, text, jsonb) IS
    'Writes a row of jorge.model_event, and an event model_promoted, model_rolled_back or model_retired. The caller holds jorge.lock_model().';
REVOKE ALL ON FUNCTION jorge.note_model(text, text, integer, text, text, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.register_model(name text, forest jorge.forest, metrics jsonb DEFAULT NULL, notes text DEFAULT NULL,
                                                location_id text DEFAULT '*', kind text DEFAULT NULL, query text DEFAULT NULL,
                                                label text DEFAULT NULL, data_hash text DEFAULT NULL, parameters jsonb DEFAULT NULL,
                                                features jsonb DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    made integer;
    told record;
BEGIN
    IF $1 IS NULL OR $1 !~ '^[A-Za-z0-9_.-]{1,63}$' OR $2 IS NULL THEN
        RAISE EXCEPTION 'a model needs a name of letters, digits, "_", "." and "-", and a forest' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT jorge.register_model(''jorge_lead_scorer'', forest) FROM trained.';
    END IF;
    told := jorge.forest_info($2);
    PERFORM jorge.lock_model($1, $5);
    INSERT INTO jorge.model (location_id, name, version, kind, ubj, forest, query, label, data_hash, parameters, metrics, features, notes)
    SELECT $5, $1,
           1 + greatest((SELECT max(m.version) FROM jorge.model m WHERE m.location_id = $5 AND m.name = $1),
                        (SELECT max(e.version) FROM jorge.model_event e WHERE e.location_id = $5 AND e.name = $1), 0),
           coalesce($6, CASE told.objective WHEN 'binary:logistic' THEN 'conversion' ELSE 'other' END),
           jorge.forest_ubj($2), $2, $7, $8, $9,
           coalesce($10, (told.attributes ->> 'jorge_params')::jsonb, '{}'),
           coalesce($3, (told.attributes ->> 'jorge_metrics')::jsonb, '{}'),
           coalesce($11, (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', i.feature, 'gain', i.gain, 'weight', i.weight)) ORDER BY i.n)
                           FROM jorge.importance($2) WITH ORDINALITY AS i(feature, splits, gain, total_gain, cover, weight, n)), '[]'), $4
    RETURNING version INTO made;
    PERFORM jorge.note_model('registered', $1, made, $5);
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.register_model(text, jorge.forest, jsonb, text, text, text, text, text, text, jsonb, jsonb) IS
    'Stores a forest as the next version of a model and returns the version. Nothing serves it before jorge.promote(). location_id "*" = shared by all tenants. What is left out is taken from the forest where it tells: metrics and parameters of its training, features by name with their gain. kind (conversion for binary:logistic, else other) decides the gates. For forests trained elsewhere, see jorge.import_model().';
REVOKE ALL ON FUNCTION jorge.register_model(text, jorge.forest, jsonb, text, text, text, text, text, text, jsonb, jsonb) FROM PUBLIC;

-- ---- gates ----

CREATE OR REPLACE FUNCTION jorge.metric(metrics jsonb, name text) RETURNS float8
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE $2
               WHEN 'calibration' THEN 1 - (CASE WHEN jsonb_typeof(ece) = 'number' THEN ece END)::float8
               WHEN 'base_rate' THEN coalesce((CASE WHEN jsonb_typeof($1 -> 'base_rate') = 'number' THEN $1 -> 'base_rate' END)::float8,
                                              ($1 ->> 'positives')::float8 / nullif(($1 ->> 'rows')::float8, 0))
               ELSE (CASE WHEN jsonb_typeof(told) = 'number' THEN told END)::float8 END
      FROM (SELECT coalesce($1 -> 'ece', $1 -> 'calibration_error') AS ece,
                   CASE $2 WHEN 'roc_auc' THEN coalesce($1 -> 'roc_auc', $1 -> 'auc')
                           WHEN 'pr_auc' THEN coalesce($1 -> 'pr_auc', $1 -> 'average_precision')
                           WHEN 'ece' THEN coalesce($1 -> 'ece', $1 -> 'calibration_error')
                           ELSE $1 -> $2 END AS told) m
$fn$;
COMMENT ON FUNCTION jorge.metric(jsonb, text) IS
    'A figure from the metrics of a model, NULL where it has none: by its name in jorge.classification() or jorge.regression_quality, whichever of its usual names the metrics use (roc_auc or auc, pr_auc or average_precision, ece or calibration_error); calibration is 1 - ece; base_rate is positives / rows where it is not told.';

CREATE OR REPLACE FUNCTION jorge.gates(kind text, metrics jsonb, location_id text DEFAULT '*', OUT metric text, OUT value float8, OUT at_least float8,
                                       OUT at_most float8, OUT target float8, OUT passed boolean, OUT note text)
    RETURNS SETOF record
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT g.metric, v.value, g.at_least, g.at_most, g.target,
           CASE WHEN g.at_least IS NOT NULL OR g.at_most IS NOT NULL
                THEN coalesce(v.value >= coalesce(g.at_least, v.value) AND v.value <= coalesce(g.at_most, v.value), false) END, g.note
      FROM (SELECT DISTINCT ON (o.metric) o.* FROM jorge.model_gate o
             WHERE o.kind = $1 AND o.location_id IN ($3, '*') ORDER BY o.metric, o.location_id = '*') g,
           LATERAL (SELECT jorge.metric($2, g.metric) AS value) v
     ORDER BY g.at_least IS NULL AND g.at_most IS NULL, g.metric
$fn$;
COMMENT ON FUNCTION jorge.gates(text, jsonb, text) IS
    'What a model of a kind with such metrics would be measured by, a row a gate: value (NULL = not measured, which fails), bounds, target, and passed (NULL where the row only shows a target). Bounds are in jorge.model_gate; those of the location go before the shared ones.';

CREATE OR REPLACE FUNCTION jorge.model_gates(name text, version integer, location_id text DEFAULT '*', OUT metric text, OUT value float8, OUT at_least float8,
                                             OUT at_most float8, OUT target float8, OUT passed boolean, OUT note text)
    RETURNS SETOF record
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT g.* FROM jorge.model m, jorge.gates(m.kind, m.metrics, m.location_id) g
     WHERE m.location_id = $3 AND m.name = $1 AND m.version = $2
$fn$;
COMMENT ON FUNCTION jorge.model_gates(text, integer, text) IS 'jorge.gates() of a registered version.';

CREATE OR REPLACE FUNCTION jorge.failed_gates(gates jsonb, metrics jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT string_agg(format('%s %s, must be %s', g ->> 'metric', coalesce(round((g ->> 'value')::numeric, 4)::text, 'not measured'),
                             concat_ws(' and ', 'at least ' || (g ->> 'at_least'), 'at most ' || (g ->> 'at_most'))), '; ' ORDER BY g ->> 'metric')
           || CASE WHEN b IS NULL THEN ''
                   ELSE format(' (base rate %s: always the commoner answer would be right for %s)', round(b::numeric, 4), round(greatest(b, 1 - b)::numeric, 4)) END
      FROM jsonb_array_elements($1) g, jorge.metric($2, 'base_rate') b
     WHERE g ->> 'passed' = 'false'
     GROUP BY b
$fn$;
COMMENT ON FUNCTION jorge.failed_gates(jsonb, jsonb) IS 'The failed ones of an array of rows of jorge.gates() in words, the base rate beside them; NULL if none failed.';

-- ---- deploying ----

CREATE OR REPLACE FUNCTION jorge.registered_model(name text, version integer, location_id text) RETURNS jorge.model
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    found_model jorge.model;
BEGIN
    SELECT m.* INTO found_model FROM jorge.model m WHERE m.location_id = $3 AND m.name = $1 AND m.version = $2;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'model "%" has no version % in location "%"', $1, $2, $3
            USING ERRCODE = 'undefined_object',
                  HINT = 'See SELECT location_id, name, version FROM jorge.model.';
    END IF;
    RETURN found_model;
END
$fn$;
COMMENT ON FUNCTION jorge.registered_model(text, integer, text) IS 'A registered version. ERROR 42704 if there is none.';

CREATE OR REPLACE FUNCTION jorge.promote(name text, version integer, location_id text DEFAULT '*', override text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    candidate jorge.model;
    measured jsonb;
    failed text;
BEGIN
    PERFORM jorge.lock_model($1, $3);
    candidate := jorge.registered_model($1, $2, $3);
    IF EXISTS (SELECT FROM jorge.model_event e WHERE e.location_id = $3 AND e.name = $1 AND e.version = $2 AND e.action = 'retired') THEN
        RAISE EXCEPTION 'version % of model "%" is retired', $2, $1 USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Register its forest again as a new version.';
    END IF;
    SELECT jsonb_agg(to_jsonb(g) - 'note') INTO measured FROM jorge.gates(candidate.kind, candidate.metrics, $3) g;
    failed := jorge.failed_gates(measured, candidate.metrics);
    IF failed IS NOT NULL AND coalesce($4, '') !~ '[[:alnum:]]' THEN
        RAISE EXCEPTION 'version % of model "%" does not pass its gates: %', $2, $1, failed USING ERRCODE = 'check_violation',
            DETAIL = format('Gates of models of kind "%s" are in jorge.model_gate.', candidate.kind),
            HINT = format('Train a better one, change the gate, or put your reason on record: SELECT jorge.promote(%L, %s, %L, override => ''why'').', $1, $2, $3);
    END IF;
    INSERT INTO jorge.model_active AS a (location_id, name, version) VALUES ($3, $1, $2)
    ON CONFLICT ON CONSTRAINT model_active_pkey
    DO UPDATE SET version = EXCLUDED.version, activated_at = EXCLUDED.activated_at, activated_by = EXCLUDED.activated_by;
    PERFORM jorge.note_model('promoted', $1, $2, $3, CASE WHEN failed IS NOT NULL THEN $4 END, NULL, measured);
END
$fn$;
COMMENT ON FUNCTION jorge.promote(text, integer, text, text) IS
    'Makes a registered version the one that serves, in this transaction. It must pass the gates of its kind (jorge.model_gates()): ERROR 23514 names those that fail, with the base rate beside them; override => reason lets it serve all the same and is recorded in jorge.model_event. Undone by ROLLBACK before the commit and by jorge.rollback() after. ERROR 42704 no such version; 55000 it is retired.';
REVOKE ALL ON FUNCTION jorge.promote(text, integer, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.rollback(name text, location_id text DEFAULT '*', reason text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    past record;
    served integer[] := '{}';
    serving integer;
    retired integer[];
BEGIN
    PERFORM jorge.lock_model($1, $2);
    SELECT a.version INTO serving FROM jorge.model_active a WHERE a.location_id = $2 AND a.name = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no version of model "%" serves location "%"', $1, $2 USING ERRCODE = 'undefined_object',
            HINT = 'See SELECT location_id, name, version FROM jorge.model_active.';
    END IF;
    SELECT coalesce(array_agg(e.version), '{}') INTO retired FROM jorge.model_event e
     WHERE e.location_id = $2 AND e.name = $1 AND e.action = 'retired';
    -- those that served, the latest last; one that was rolled back is off the list, and so are those after it
    FOR past IN SELECT e.action, e.version, e.serves FROM jorge.model_event e
                 WHERE e.location_id = $2 AND e.name = $1 AND e.action IN ('promoted', 'rolled_back') ORDER BY e.number LOOP
        IF past.action = 'promoted' THEN
            served := array_remove(served, past.version) || past.version;
        ELSE
            served := array_remove(served, past.version);
        END IF;
    END LOOP;
    SELECT array_agg(v ORDER BY n) INTO served FROM unnest(served) WITH ORDINALITY s(v, n)
     WHERE v <> serving AND v <> ALL (retired) AND EXISTS (SELECT FROM jorge.model m WHERE m.location_id = $2 AND m.name = $1 AND m.version = v);
    IF served IS NOT NULL THEN
        UPDATE jorge.model_active a SET version = served[cardinality(served)], activated_at = now(), activated_by = current_user
         WHERE a.location_id = $2 AND a.name = $1;
    ELSIF $2 <> '*' THEN
        DELETE FROM jorge.model_active a WHERE a.location_id = $2 AND a.name = $1;
    ELSE
        RAISE EXCEPTION 'model "%" has no earlier version to go back to', $1 USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Promote another one: SELECT jorge.promote(name, version).';
    END IF;
    PERFORM jorge.note_model('rolled_back', $1, serving, $2, NULL, $3);
    RETURN served[cardinality(served)];
END
$fn$;
COMMENT ON FUNCTION jorge.rollback(text, text, text) IS
    'Undoes the last promotion of a model, in this transaction: the version that served before serves again, and is returned; no gate is asked, for it has served. Once more goes one further back. A location without an earlier version of its own goes back to the shared model (NULL is returned). ERROR 42704 nothing serves; 55000 no earlier version.';
REVOKE ALL ON FUNCTION jorge.rollback(text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.retire(name text, version integer, location_id text DEFAULT '*', reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM jorge.lock_model($1, $3), jorge.registered_model($1, $2, $3);
    IF EXISTS (SELECT FROM jorge.model_active a WHERE a.location_id = $3 AND a.name = $1 AND a.version = $2) THEN
        RAISE EXCEPTION 'version % of model "%" serves', $2, $1 USING ERRCODE = 'object_in_use',
            HINT = 'Promote another version first, or go back: SELECT jorge.rollback(name).';
    END IF;
    IF NOT EXISTS (SELECT FROM jorge.model_event e WHERE e.location_id = $3 AND e.name = $1 AND e.version = $2 AND e.action = 'retired') THEN
        PERFORM jorge.note_model('retired', $1, $2, $3, NULL, $4);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.retire(text, integer, text, text) IS
    'Takes a version out of use for good: it can''t be promoted, and jorge.rollback() passes over it. Its row stays, for what it predicted. ERROR 55006 while it serves; 42704 no such version.';
REVOKE ALL ON FUNCTION jorge.retire(text, integer, text, text) FROM PUBLIC;

-- ---- looking ----

CREATE OR REPLACE FUNCTION jorge.serving_model(name text, location_id text DEFAULT jorge.current_location()) RETURNS jorge.model
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT m.* FROM jorge.model_active a JOIN jorge.model m USING (location_id, name, version)
     WHERE a.name = $1 AND a.location_id IN ($2, '*') ORDER BY a.location_id = '*' LIMIT 1
$fn$;
COMMENT ON FUNCTION jorge.serving_model(text, text) IS
    'The version of a model that serves a location, its own or else the shared one; NULL if none does. Predict with it: SELECT jorge.predict_row(m.forest, t) FROM jorge.serving_model(''churn'') m, customers t.';

CREATE OR REPLACE FUNCTION jorge.model_card(name text, version integer DEFAULT NULL, location_id text DEFAULT '*') RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    model jorge.model;
    info record;
    serving integer;
    lines text[];
    base float8;
BEGIN
    SELECT a.version INTO serving FROM jorge.model_active a WHERE a.location_id = $3 AND a.name = $1;
    model := jorge.registered_model($1, coalesce($2, serving, (SELECT max(m.version) FROM jorge.model m WHERE m.location_id = $3 AND m.name = $1)), $3);
    info := jorge.forest_info(model.forest);
    base := jorge.metric(model.metrics, 'base_rate');
    lines := ARRAY[format('%s, version %s (location %s)', model.name, model.version, model.location_id),
                   format('  kind       %s; %s', model.kind, CASE
                          WHEN serving = model.version THEN (SELECT format('serves since %s', to_char(a.activated_at, 'YYYY-MM-DD HH24:MI TZ')) FROM jorge.model_active a WHERE a.location_id = $3 AND a.name = $1)
                          WHEN EXISTS (SELECT FROM jorge.model_event e WHERE e.location_id = $3 AND e.name = $1 AND e.version = model.version AND e.action = 'retired') THEN 'retired'
                          ELSE 'does not serve' END),
                   format('  made       %s by %s', to_char(model.created_at, 'YYYY-MM-DD HH24:MI TZ'), model.created_by),
                   '  notes      ' || model.notes,
                   format('  forest     %s, %s trees, %s features, %s bytes, hash %s', info.objective, info.trees, info.features, info.bytes, info.hash),
                   '  predicts   ' || model.label,
                   '  query      ' || regexp_replace(model.query, '\s+', ' ', 'g'),
                   '  data hash  ' || model.data_hash];
    lines := lines || ARRAY(SELECT format('  options    %s', string_agg(key || ' ' || CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' ELSE value::text END, ', ' ORDER BY key))
                              FROM jsonb_each(model.parameters) WHERE jsonb_typeof(value) NOT IN ('null') AND value NOT IN ('[]', '{}') HAVING count(*) > 0);
    lines := lines || ''::text || '  on rows it had not seen'::text;
    IF model.metrics = '{}' THEN
        lines := lines || '    nothing was measured'::text;
    END IF;
    lines := lines || ARRAY(SELECT format('    %s %s', rpad(key, 22), value #>> '{}') FROM jsonb_each(model.metrics) WHERE jsonb_typeof(value) IN ('number', 'string') ORDER BY key);
    IF base IS NOT NULL AND NOT model.metrics ? 'base_rate' THEN
        lines := lines || format('    %s %s', rpad('base_rate', 22), round(base::numeric, 6));
    END IF;
    IF EXISTS (SELECT FROM jorge.gates(model.kind, model.metrics, $3)) THEN
        lines := lines || ''::text || '  gates                     value   bound    target'::text
            || ARRAY(SELECT format('    %s %s  %s  %s  %s', rpad(g.metric, 20), lpad(coalesce(round(g.value::numeric, 4)::text, '-'), 7),
                                   lpad(coalesce('>= ' || g.at_least, '<= ' || g.at_most, ''), 7), lpad(coalesce(g.target::text, ''), 6),
                                   CASE g.passed WHEN true THEN 'passed' WHEN false THEN 'FAILED' ELSE '' END)
                       FROM jorge.gates(model.kind, model.metrics, $3) g);
    END IF;
    IF model.features <> '[]' THEN
        lines := lines || ''::text || '  features, by what they do to predictions'::text
            || ARRAY(SELECT concat_ws('  ', '    ' || rpad(f ->> 'name', 28), 'mean |SHAP| ' || lpad(round((f ->> 'shap')::numeric, 4)::text, 8),
                                      'gain ' || lpad(round((f ->> 'gain')::numeric, 2)::text, 9),
                                      (f ->> 'min') || ' ... ' || (f ->> 'max'),
                                      CASE WHEN (f ->> 'missing')::float8 > 0 THEN round(100 * (f ->> 'missing')::numeric, 1) || ' % missing' END)
                       FROM jsonb_array_elements(model.features) f
                      ORDER BY (f ->> 'shap')::float8 DESC NULLS LAST, (f ->> 'gain')::float8 DESC NULLS LAST, f ->> 'name' LIMIT 20);
    END IF;
    lines := lines || ''::text || '  history'::text
        || ARRAY(SELECT format('    %s %s by %s%s', to_char(e.at, 'YYYY-MM-DD HH24:MI'), replace(e.action, '_', ' '), e.actor,
                               coalesce(', although gates failed: ' || e.override, ': ' || e.reason, ''))
                   FROM jorge.model_event e WHERE e.location_id = $3 AND e.name = $1 AND e.version = model.version ORDER BY e.number);
    RETURN array_to_string(lines, E'\n');
END
$fn$;
COMMENT ON FUNCTION jorge.model_card(text, integer, text) IS
    'A version of a model in words, for people: state, data, options, figures, gates with targets, the 20 weightiest features with their ranges, history. Without a version that which serves the location, else the latest. ERROR 42704 if there is none.';

-- ---- training ----

-- The query names its tables as the caller does, so the search_path is the caller's, and all else has its schema.
CREATE OR REPLACE FUNCTION jorge.train_model(name text, query text, label text, objective text DEFAULT 'binary:logistic', params jsonb DEFAULT '{}',
                                             location_id text DEFAULT '*', kind text DEFAULT NULL, notes text DEFAULT NULL,
                                             OUT version integer, OUT answer text, OUT metrics jsonb, OUT failed_gates text)
    LANGUAGE plpgsql
AS $fn$
DECLARE
    trained record;
    made jorge.model;
BEGIN
    trained := jorge.train_report($2, $3, pg_catalog.jsonb_build_object('objective', $4) OPERATOR(pg_catalog.||) coalesce($5, '{}'));
    answer := trained.answer;
    IF trained.forest IS NULL THEN
        RETURN;
    END IF;
    metrics := trained.metrics;
    IF $4 OPERATOR(pg_catalog.=) 'binary:logistic' THEN
        PERFORM jorge.warn_of_leakage($2, $3);
    END IF;
    version := jorge.register_model($1, trained.forest, trained.metrics, $8, $6, $7, $2, $3, trained.data_hash, trained.parameters, trained.features);
    made := jorge.registered_model($1, version, $6);
    failed_gates := (SELECT jorge.failed_gates(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(g)), made.metrics) FROM jorge.gates(made.kind, made.metrics, $6) g);
END
$fn$;
COMMENT ON FUNCTION jorge.train_model(text, text, text, text, jsonb, text, text, text) IS
    'Trains a model on any query (jorge.train_report()) and registers it as the next version of its name, with the query, a hash of its rows, options, figures out of fold, and features with ranges and importances. Nothing serves it before jorge.promote(). version NULL and answer "not enough data: ..." where there is too little to learn from; failed_gates names the gates it would not pass, NULL = none. objective: binary:logistic, reg:squarederror, multi:softprob or survival:aft; params: options as in jorge.train(). A WARNING names features that alone tell the outcome (jorge.warn_of_leakage()). No model with a feature that jorge.feature_policy prohibits is stored (ERROR 23514), unless params name it under "protected". The query runs with the caller''s rights and search_path.';
REVOKE ALL ON FUNCTION jorge.train_model(text, text, text, text, jsonb, text, text, text) FROM PUBLIC;

-- ---- models of others, and for others ----

CREATE OR REPLACE FUNCTION jorge.rename_features(forest jorge.forest, mapping jsonb) RETURNS jorge.forest
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    info record := jorge.forest_info($1);
    known text[] := coalesce(info.feature_names, ARRAY(SELECT 'f' || n - 1 FROM generate_series(1, info.features) n ORDER BY n));
    names text[];
    wrong text;
BEGIN
    IF $2 IS NULL OR jsonb_typeof($2) <> 'object' OR EXISTS (SELECT FROM jsonb_each($2) m WHERE jsonb_typeof(m.value) <> 'string') THEN
        RAISE EXCEPTION 'a mapping is an object of names' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: {"f0": "message_length", "f1": "budget_midpoint"}.';
    END IF;
    SELECT string_agg(format('"%s"', key), ', ' ORDER BY key) INTO wrong FROM jsonb_object_keys($2) key WHERE key <> ALL (known);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the forest has no feature %', wrong USING ERRCODE = 'undefined_column',
            HINT = format('Its first feature is "%s"; those without a name are f0, f1, ...', known[1]);
    END IF;
    names := ARRAY(SELECT coalesce($2 ->> k.name, k.name) FROM unnest(known) WITH ORDINALITY k(name, n) ORDER BY k.n);
    SELECT string_agg(DISTINCT format('"%s"', n.name), ', ') INTO wrong FROM (SELECT name FROM unnest(names) name GROUP BY name HAVING count(*) > 1) n;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'two features would be named %', wrong USING ERRCODE = 'duplicate_column',
            HINT = 'Map each to a name of its own.';
    END IF;
    RETURN jsonb_set($1::text::jsonb, '{learner,feature_names}', to_jsonb(names))::text::jorge.forest;
END
$fn$;
COMMENT ON FUNCTION jorge.rename_features(jorge.forest, jsonb) IS
    'The same forest with other feature names: mapping is {"its name": "name here"}; features without a name are f0, f1, ... Predictions stay the same bits. ERROR 42703 no such feature, 42701 two of one name.';

CREATE OR REPLACE FUNCTION jorge.import_model(name text, forest jorge.forest, mapping jsonb DEFAULT NULL, metrics jsonb DEFAULT '{}', notes text DEFAULT NULL,
                                              location_id text DEFAULT '*', kind text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    known jorge.forest;
    info record;
BEGIN
    IF $2 IS NULL THEN
        RAISE EXCEPTION 'no forest to import' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'From a file''s text: $json$...$json$::jorge.forest; from UBJ: jorge.forest_from_ubj(bytea).';
    END IF;
    known := CASE WHEN $3 IS NULL THEN $2 ELSE jorge.rename_features($2, $3) END;
    info := jorge.forest_info(known);
    IF info.feature_names IS NULL THEN
        RAISE EXCEPTION 'the forest''s features have no names' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give them names: mapping => ''{"f0": "message_length", ...}''.';
    END IF;
    RETURN jorge.register_model($1, known, coalesce($4, '{}'), coalesce($5, 'imported'), $6, $7);
END
$fn$;
COMMENT ON FUNCTION jorge.import_model(text, jorge.forest, jsonb, jsonb, text, text, text) IS
    'Registers a model that XGBoost trained elsewhere, from its JSON (text cast to jorge.forest) or UBJ (jorge.forest_from_ubj()): mapping gives its features the names they have here, {"f0": "message_length"}. Predictions are XGBoost''s, bit for bit. metrics are what you measured: without them it passes no gate, but promote(..., override => reason) lets it serve. Export is the same way back: forest::text is XGBoost''s JSON, jorge.forest_ubj(forest) its UBJ. ERROR 22023 without feature names; 42703, 42701 for a mapping that does not fit; 23514 for features that jorge.feature_policy prohibits.';
REVOKE ALL ON FUNCTION jorge.import_model(text, jorge.forest, jsonb, jsonb, text, text, text) FROM PUBLIC;
