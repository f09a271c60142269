-- Ensembles: a version of a model may have members beside its forest (a text model, columns of other predictors), each with
-- a weight. They belong to the version: jorge.promote() and a rollback of it act on all of them at once.

CREATE TABLE IF NOT EXISTS jorge.ensemble (
    location_id text NOT NULL,
    name        text NOT NULL,
    version     integer NOT NULL,
    intercept   float8 NOT NULL DEFAULT 0,
    slope       float8 NOT NULL DEFAULT 1,
    learnt      boolean NOT NULL DEFAULT false,
    message     text NOT NULL DEFAULT 'message',
    metrics     jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (location_id, name, version),
    FOREIGN KEY (location_id, name, version) REFERENCES jorge.model
);
COMMENT ON TABLE jorge.ensemble IS 'Versions of models that are ensembles: how their members'' predictions become one.';
COMMENT ON COLUMN jorge.ensemble.location_id IS 'Tenant; "*" = shared by all.';
COMMENT ON COLUMN jorge.ensemble.name IS 'Name of the model.';
COMMENT ON COLUMN jorge.ensemble.version IS 'Its version, as in jorge.model.';
COMMENT ON COLUMN jorge.ensemble.intercept IS 'Added to the log-odds, where two members or more are there.';
COMMENT ON COLUMN jorge.ensemble.slope IS 'What the weighted mean of the members'' log-odds is multiplied by, where two members or more are there: members that know different things are worth more together than their mean.';
COMMENT ON COLUMN jorge.ensemble.learnt IS 'Whether the weights were learnt out of fold; false = as given.';
COMMENT ON COLUMN jorge.ensemble.message IS 'Column of a row that holds the message.';
COMMENT ON COLUMN jorge.ensemble.metrics IS 'Out-of-fold figures of the ensemble and of each member, as jorge.classification() names them.';

CREATE TABLE IF NOT EXISTS jorge.ensemble_member (
    location_id text NOT NULL,
    name        text NOT NULL,
    version     integer NOT NULL,
    member      text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('forest', 'text', 'column')),
    weight      float8 NOT NULL CHECK (weight >= 0 AND weight < 'infinity'),
    source      text,
    document    bytea,
    PRIMARY KEY (location_id, name, version, member),
    FOREIGN KEY (location_id, name, version) REFERENCES jorge.ensemble,
    CHECK ((kind = 'text') = (document IS NOT NULL))
);
ALTER TABLE jorge.ensemble_member ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE jorge.ensemble_member ADD COLUMN IF NOT EXISTS text_model jorge.text_model;
COMMENT ON TABLE jorge.ensemble_member IS 'Members of ensembles, immutable.';
COMMENT ON COLUMN jorge.ensemble_member.location_id IS 'Tenant; "*" = shared by all.';
COMMENT ON COLUMN jorge.ensemble_member.name IS 'Name of the model.';
COMMENT ON COLUMN jorge.ensemble_member.version IS 'Its version.';
COMMENT ON COLUMN jorge.ensemble_member.member IS 'forest, text, or the name of a column.';
COMMENT ON COLUMN jorge.ensemble_member.kind IS 'forest: that of the version; text: a text model over the message; column: a probability that somebody else computed, in a column of the row.';
COMMENT ON COLUMN jorge.ensemble_member.weight IS 'How much it counts; the weights of the members that are there are brought to a sum of 1.';
COMMENT ON COLUMN jorge.ensemble_member.source IS 'text: column of the row that holds an embedding (real[]), NULL = none; column: the column.';
COMMENT ON COLUMN jorge.ensemble_member.document IS 'The text model''s binary form: survives DROP EXTENSION.';
COMMENT ON COLUMN jorge.ensemble_member.text_model IS 'The same document as the value that predicts; install() fills it again.';
UPDATE jorge.ensemble_member SET text_model = jorge.text_model_from_bytes(document) WHERE text_model IS NULL AND document IS NOT NULL;

CREATE OR REPLACE FUNCTION jorge.ensemble_unchanged() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RAISE EXCEPTION 'rows of jorge.% do not change', TG_TABLE_NAME USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'Register another version: SELECT jorge.train_ensemble(...).';
END
$fn$;
COMMENT ON FUNCTION jorge.ensemble_unchanged() IS 'Trigger function: keeps ensembles and their members as they are.';
REVOKE ALL ON FUNCTION jorge.ensemble_unchanged() FROM PUBLIC;
CREATE OR REPLACE TRIGGER unchanged BEFORE UPDATE ON jorge.ensemble FOR EACH ROW EXECUTE FUNCTION jorge.ensemble_unchanged();
COMMENT ON TRIGGER unchanged ON jorge.ensemble IS 'An ensemble never changes.';
CREATE OR REPLACE TRIGGER unchanged BEFORE UPDATE ON jorge.ensemble_member FOR EACH ROW
    WHEN (OLD.text_model IS NOT NULL OR ROW(OLD.location_id, OLD.name, OLD.version, OLD.member, OLD.kind, OLD.weight, OLD.source, OLD.document)
          IS DISTINCT FROM ROW(NEW.location_id, NEW.name, NEW.version, NEW.member, NEW.kind, NEW.weight, NEW.source, NEW.document))
    EXECUTE FUNCTION jorge.ensemble_unchanged();
COMMENT ON TRIGGER unchanged ON jorge.ensemble_member IS 'A member never changes.';

CREATE TABLE IF NOT EXISTS jorge.lead_ensemble (
    location_id text NOT NULL,
    lead_id     uuid NOT NULL,
    probability float8 NOT NULL CHECK (probability BETWEEN 0 AND 1),
    score       float8 NOT NULL,
    class       text NOT NULL,
    members     jsonb NOT NULL,
    missing     text[] NOT NULL,
    model       text NOT NULL,
    scored_at   timestamptz NOT NULL,
    PRIMARY KEY (location_id, lead_id),
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead ON DELETE CASCADE
) WITH (fillfactor = 80);
COMMENT ON TABLE jorge.lead_ensemble IS 'The current score of each lead by all members of the model that serves, kept by the triggers beside jorge.lead_score (the forest''s) while that model is an ensemble; jorge.ensemble_score_all() makes all anew.';
COMMENT ON COLUMN jorge.lead_ensemble.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_ensemble.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_ensemble.probability IS 'Probability of "won within the horizon", 0 ... 1.';
COMMENT ON COLUMN jorge.lead_ensemble.score IS '100 * probability.';
COMMENT ON COLUMN jorge.lead_ensemble.class IS 'HOT, WARM or COLD by jorge.hot_threshold and jorge.warm_threshold.';
COMMENT ON COLUMN jorge.lead_ensemble.members IS 'Each member''s weight, log-odds and probability, or why it is missing, as jorge.ensemble_predict() gives them.';
COMMENT ON COLUMN jorge.lead_ensemble.missing IS 'Members that were left out.';
COMMENT ON COLUMN jorge.lead_ensemble.model IS 'Model and version that gave it.';
COMMENT ON COLUMN jorge.lead_ensemble.scored_at IS 'When.';

-- ---- predictions of members as one ----

CREATE OR REPLACE FUNCTION jorge.log_odds(probability float8) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN $1 <> 'NaN' THEN ln(least(greatest($1, 1e-9), 1 - 1e-9) / (1 - least(greatest($1, 1e-9), 1 - 1e-9))) END;
COMMENT ON FUNCTION jorge.log_odds(float8) IS 'ln(p / (1 - p)), with p kept 1e-9 away from 0 and 1; NULL for NaN.';

CREATE OR REPLACE FUNCTION jorge.pool(log_odds float8[], weights float8[], intercept float8 DEFAULT 0, slope float8 DEFAULT 1) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE WHEN count(z) FILTER (WHERE w > 0) > 1 THEN $3 + $4 * (sum(w * z) / nullif(sum(w) FILTER (WHERE z IS NOT NULL), 0))
                ELSE coalesce(sum(w * z) / nullif(sum(w) FILTER (WHERE z IS NOT NULL), 0), max(z)) END
      FROM unnest($1, $2) u(z, w)
$fn$;
COMMENT ON FUNCTION jorge.pool(float8[], float8[], float8, float8) IS
    'Log-odds of members as one: intercept + slope * weighted mean. A member that is missing (NULL) is left out and the other weights count for more; where one alone is left its own log-odds stand. NULL where none is there.';

CREATE OR REPLACE FUNCTION jorge.ensemble_predict(name text, version integer, "row" record, message text DEFAULT NULL, location_id text DEFAULT '*',
                                                  OUT probability float8, OUT log_odds float8, OUT members jsonb, OUT missing text[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    forest jorge.forest := (SELECT m.forest FROM jorge.model m WHERE m.location_id = $5 AND m.name = $1 AND m.version = $2);
    stack jorge.ensemble;
    member record;
    fields jsonb;
    z float8;
    why text;
    names text[] := '{}';
    weights float8[] := '{}';
    parts float8[] := '{}';
    reasons text[] := '{}';
BEGIN
    IF forest IS NULL THEN
        RAISE EXCEPTION 'model "%" has no version % in location "%"', $1, $2, $5 USING ERRCODE = 'undefined_object',
            HINT = 'See SELECT location_id, name, version FROM jorge.model.';
    END IF;
    SELECT * INTO stack FROM jorge.ensemble e WHERE e.location_id = $5 AND e.name = $1 AND e.version = $2;
    FOR member IN
        SELECT e.member, e.kind, e.weight, e.source, e.text_model FROM jorge.ensemble_member e
         WHERE e.location_id = $5 AND e.name = $1 AND e.version = $2
        UNION ALL SELECT 'forest', 'forest', 1, NULL, NULL WHERE stack.name IS NULL
         ORDER BY 2, 1
    LOOP
        z := NULL;
        why := NULL;
        CASE member.kind
            WHEN 'forest' THEN
                z := jorge.log_odds(jorge.predict_row(forest, "row"));
            WHEN 'text' THEN
                IF member.source IS NOT NULL THEN
                    fields := coalesce(fields, to_jsonb("row"));
                    z := jorge.predict_margin(member.text_model, message,
                        (SELECT array_agg(x.value::text::real ORDER BY x.ordinality) FROM jsonb_array_elements(nullif(fields -> member.source, 'null')) WITH ORDINALITY x));
                ELSE
                    z := jorge.predict_margin(member.text_model, message);
                END IF;
                why := CASE WHEN message IS NULL THEN 'no message' ELSE 'no words in the message' END;
            ELSE
                fields := coalesce(fields, to_jsonb("row"));
                z := jorge.log_odds((fields ->> member.source)::float8);
                why := CASE WHEN fields ? member.source THEN 'the column is NULL or NaN' ELSE 'no such column' END;
        END CASE;
        names := names || member.member;
        weights := weights || member.weight;
        parts := parts || z;
        reasons := reasons || CASE WHEN z IS NULL THEN why END;
    END LOOP;
    log_odds := jorge.pool(parts, weights, coalesce(stack.intercept, 0), coalesce(stack.slope, 1));
    probability := 1 / (1 + exp(-log_odds));
    SELECT jsonb_object_agg(n, CASE WHEN z_ IS NULL THEN jsonb_build_object('missing', r) ELSE
               jsonb_build_object('weight', w / nullif(sum_there, 0), 'log_odds', z_, 'probability', 1 / (1 + exp(-z_))) END),
           coalesce(array_agg(n) FILTER (WHERE z_ IS NULL), '{}')
      INTO members, missing
      FROM (SELECT n, w, z_, r, sum(w) FILTER (WHERE z_ IS NOT NULL) OVER () AS sum_there
              FROM unnest(names, weights, parts, reasons) u(n, w, z_, r)) u;
END
$fn$;
COMMENT ON FUNCTION jorge.ensemble_predict(text, integer, record, text, text) IS
    'Prediction of a version of a model with all its members, for a row that has the forest''s features as columns, and a message: probability and log_odds; members: for each its weight among those that are there, its own log-odds and probability, or why it is missing; missing: names of those left out. A version without other members is its forest alone. ERROR 42704 no such version; others as jorge.predict_row().';

CREATE OR REPLACE FUNCTION jorge.lead_messages(lead_id uuid, until timestamptz DEFAULT 'infinity', location_id text DEFAULT jorge.current_location()) RETURNS text
    LANGUAGE plpgsql STABLE -- keeps its plan: there is a partition for each month
    SET search_path = pg_catalog, pg_temp
    -- a plan kept from when the tables were small must not read the whole tenant later: by the person's index only
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $fn$
BEGIN
    RETURN (SELECT string_agg(m.body, E'\n\n' ORDER BY m.at, m.kind, m.id)
      FROM (SELECT i.received_at AS at, 0 AS kind, i.inquiry_id AS id, i.message AS body
              FROM jorge.inquiry_lead l JOIN jorge.inquiry i ON i.location_id = coalesce(l.location_id, l.location_id) AND i.inquiry_id = l.inquiry_id
             WHERE l.lead_id = $1 AND l.location_id || '' = $3 AND i.received_at <= $2 AND i.message IS NOT NULL
            UNION ALL
            SELECT t.at, 1, t.interaction_id, t.body FROM jorge.interaction t
             WHERE t.lead_id = $1 AND t.location_id || '' = $3 AND t.at <= $2 AND t.direction = 'in' AND t.body IS NOT NULL) m);
END
$fn$;
COMMENT ON FUNCTION jorge.lead_messages(uuid, timestamptz, text) IS
    'All that a person wrote to us up to a moment, in order of time, an empty line between messages: what a text model of leads is trained on and predicts from. NULL if nothing.';

CREATE OR REPLACE FUNCTION jorge.ensemble_score(lead record, message text, model text DEFAULT NULL, location_id text DEFAULT jorge.current_location(),
                                                OUT probability float8, OUT score float8, OUT class text, OUT members jsonb, OUT missing text[], OUT model_version text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    wanted text := coalesce($3, current_setting('jorge.model'));
    serving jorge.model_active;
    features record;
BEGIN
    SELECT * INTO serving FROM jorge.model_active a
     WHERE a.name = wanted AND a.location_id IN ($4, '*') ORDER BY a.location_id = '*' LIMIT 1;
    IF serving.name IS NULL THEN
        RAISE EXCEPTION 'no model "%" serves location "%"', wanted, $4 USING ERRCODE = 'undefined_object',
            HINT = 'Promote one: SELECT jorge.promote(name, version).';
    END IF;
    features := jorge.lead_features(lead);
    SELECT p.probability, p.members, p.missing INTO ensemble_score.probability, ensemble_score.members, ensemble_score.missing
      FROM jorge.ensemble_predict(serving.name, serving.version, features, $2, serving.location_id) p;
    score := 100 * ensemble_score.probability;
    class := jorge.lead_class(ensemble_score.probability);
    model_version := format('%s_v%s', serving.name, serving.version);
END
$fn$;
COMMENT ON FUNCTION jorge.ensemble_score(record, text, text, text) IS
    'Score of a lead by all members of the model that serves this location (setting jorge.model, or the one named): the row''s features as of now, and a message. members and missing as jorge.ensemble_predict(). ERROR 42704 if no model serves.';

CREATE OR REPLACE FUNCTION jorge.ensemble_score(lead_id uuid, model text DEFAULT NULL,
                                                OUT probability float8, OUT score float8, OUT class text, OUT members jsonb, OUT missing text[], OUT model_version text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead;
BEGIN
    SELECT * INTO lead FROM jorge.lead l WHERE l.location_id = jorge.current_location() AND l.lead_id = jorge.lead_alias($1);
    IF lead.lead_id IS NULL THEN
        RAISE EXCEPTION 'location "%" has no lead %', jorge.current_location(), $1 USING ERRCODE = 'no_data_found',
            HINT = 'Check the id, and the setting jorge.location_id.';
    END IF;
    SELECT s.* INTO probability, score, class, members, missing, model_version
      FROM jorge.ensemble_score(lead, jorge.lead_messages(lead.lead_id), $2) s;
END
$fn$;
COMMENT ON FUNCTION jorge.ensemble_score(uuid, text) IS
    'The same for a lead of this location, with all that the person wrote (jorge.lead_messages()). ERROR P0002 no such lead.';

CREATE OR REPLACE PROCEDURE jorge.ensemble_score_all(location_id text DEFAULT jorge.current_location(), batch_size integer DEFAULT 1000)
    LANGUAGE plpgsql
AS $proc$
DECLARE
    last uuid := '00000000-0000-0000-0000-000000000000';
    done bigint := 0;
    batch uuid[];
BEGIN
    IF $2 IS NULL OR $2 OPERATOR(pg_catalog.<) 1 THEN
        RAISE EXCEPTION 'batch_size must be at least 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave it out: CALL jorge.ensemble_score_all().';
    END IF;
    LOOP
        batch := ARRAY(SELECT l.lead_id FROM jorge.lead l WHERE l.location_id OPERATOR(pg_catalog.=) $1 AND l.lead_id OPERATOR(pg_catalog.>) last ORDER BY l.lead_id LIMIT $2);
        EXIT WHEN pg_catalog.cardinality(batch) OPERATOR(pg_catalog.=) 0;
        PERFORM jorge.ensemble_score_batch(batch, $1);
        last := batch[pg_catalog.cardinality(batch)];
        done := done OPERATOR(pg_catalog.+) pg_catalog.cardinality(batch);
        COMMIT;
    END LOOP;
    RAISE NOTICE '% leads scored by all members', done;
END
$proc$;
COMMENT ON PROCEDURE jorge.ensemble_score_all(text, integer) IS
    'Scores all leads of a location by all members of the model that serves, a batch a transaction, into jorge.lead_ensemble: after a promotion, or when time has passed. Can''t run inside a transaction block. Errors as jorge.ensemble_score().';
REVOKE ALL ON PROCEDURE jorge.ensemble_score_all(text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ensemble_score_batch(leads uuid[], location_id text DEFAULT jorge.current_location()) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $fn$
    INSERT INTO jorge.lead_ensemble (location_id, lead_id, probability, score, class, members, missing, model, scored_at)
    SELECT l.location_id, l.lead_id, x.probability, x.score, x.class, x.members, x.missing, x.model_version, now()
      FROM (SELECT * FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = ANY ($1) ORDER BY l.lead_id FOR NO KEY UPDATE) l,
           LATERAL jorge.ensemble_score(l, jorge.lead_messages(l.lead_id, 'infinity', l.location_id), NULL, l.location_id) x
    ON CONFLICT ON CONSTRAINT lead_ensemble_pkey DO UPDATE SET probability = EXCLUDED.probability, score = EXCLUDED.score, class = EXCLUDED.class,
        members = EXCLUDED.members, missing = EXCLUDED.missing, model = EXCLUDED.model, scored_at = EXCLUDED.scored_at
$fn$;
COMMENT ON FUNCTION jorge.ensemble_score_batch(uuid[], text) IS 'Scores some leads of a location into jorge.lead_ensemble; their rows are locked until the end of the transaction.';
REVOKE ALL ON FUNCTION jorge.ensemble_score_batch(uuid[], text) FROM PUBLIC;

-- ---- making ensembles ----

CREATE OR REPLACE FUNCTION jorge.add_ensemble(name text, version integer, text_model jorge.text_model, weights jsonb DEFAULT '{"forest": 0.6, "text": 0.4}',
                                              intercept float8 DEFAULT 0, slope float8 DEFAULT 1, location_id text DEFAULT '*', embedding text DEFAULT NULL,
                                              learnt boolean DEFAULT false, metrics jsonb DEFAULT '{}', message text DEFAULT 'message')
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    bad text := (SELECT string_agg(key, ', ') FROM jsonb_each(CASE WHEN jsonb_typeof($4) = 'object' THEN $4 ELSE '{"weights": null}' END) WHERE jsonb_typeof(value) <> 'number' OR value::text::float8 < 0);
    options jsonb;
BEGIN
    IF $4 IS NULL OR bad IS NOT NULL OR NOT $4 ? 'forest' OR ($4 ? 'text') <> ($3 IS NOT NULL)
       OR (SELECT sum(value::text::float8) FROM jsonb_each($4)) <= 0 THEN
        RAISE EXCEPTION 'weights % do not name the members of an ensemble', $4 USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A number not below 0 for "forest", for "text" where there is a text model, and for each column with a probability: ''{"forest": 0.6, "text": 0.4}''.';
    END IF;
    IF $5 IS NULL OR $6 IS NULL OR $6 < 0 OR 'NaN' IN ($5, $6) OR 'infinity' IN (abs($5), $6) THEN
        RAISE EXCEPTION 'intercept and slope must be finite, the slope not below 0' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave them out, or learn them: SELECT jorge.train_ensemble(...).';
    END IF;
    SELECT m.parameters INTO options FROM jorge.model m WHERE m.location_id = $7 AND m.name = $1 AND m.version = $2;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'model "%" has no version % in location "%"', $1, $2, $7 USING ERRCODE = 'undefined_object',
            HINT = 'Register its forest first: SELECT jorge.register_model(name, forest).';
    END IF;
    -- a column that is a member is a feature of the score
    PERFORM jorge.check_features(ARRAY(SELECT key FROM jsonb_object_keys($4) key WHERE key NOT IN ('forest', 'text')) || array_remove(ARRAY[$8], NULL),
                                 ARRAY(SELECT jsonb_array_elements_text(jsonb_path_query_array(options, '$.protected[*]') || jsonb_path_query_array(options, '$.forest.protected[*]'))), $7);
    INSERT INTO jorge.ensemble (location_id, name, version, intercept, slope, learnt, message, metrics) VALUES ($7, $1, $2, $5, $6, $9, $11, $10);
    INSERT INTO jorge.ensemble_member (location_id, name, version, member, kind, weight, source, document, text_model)
    SELECT $7, $1, $2, w.key, k.kind, w.value::text::float8, CASE k.kind WHEN 'text' THEN $8 WHEN 'column' THEN w.key END,
           CASE k.kind WHEN 'text' THEN jorge.text_model_send($3) END, CASE k.kind WHEN 'text' THEN $3 END
      FROM jsonb_each($4) w, LATERAL (SELECT CASE WHEN w.key IN ('forest', 'text') THEN w.key ELSE 'column' END AS kind) k;
END
$fn$;
COMMENT ON FUNCTION jorge.add_ensemble(text, integer, jorge.text_model, jsonb, float8, float8, text, text, boolean, jsonb, text) IS
    'Gives a registered version of a model its members: the forest it has, a text model, and columns of probabilities, by weights. Once for each version; what serves changes with jorge.promote(). embedding: column of a row with an embedding for the text model. ERROR 42704 no such version, 23505 it has members, 22023 weights, 23514 a column that jorge.feature_policy prohibits and the version''s parameters don''t name (jorge.check_features()).';
REVOKE ALL ON FUNCTION jorge.add_ensemble(text, integer, jorge.text_model, jsonb, float8, float8, text, text, boolean, jsonb, text) FROM PUBLIC;

-- rows are in pg_temp.jorge_ensemble_rows, numbered; see jorge.train_ensemble()
CREATE OR REPLACE FUNCTION jorge.train_members(name text, label text, message text, params jsonb, location_id text, query text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    weights jsonb := coalesce($4 -> 'weights', '{"forest": 0.6, "text": 0.4}');
    learn boolean := coalesce(($4 ->> 'learn')::boolean, false);
    folds integer := coalesce(($4 ->> 'folds')::integer, 5);
    quiet boolean := coalesce(($4 ->> 'quiet')::boolean, false);
    forest_params jsonb := '{"quiet": true}' || coalesce($4 -> 'forest', '{}');
    text_params jsonb := '{"quiet": true}' || coalesce($4 -> 'text', '{}');
    embedding text := text_params ->> 'embedding';
    others text[];
    features text;
    forest jorge.forest;
    fold_forest jorge.forest;
    words jorge.text_model;
    labels boolean[];
    parts float8[];
    given float8[];
    learnt record;
    scale record;
    quality jsonb;
    made integer;
    told text := current_setting('client_min_messages');
BEGIN
    SELECT array_agg(key ORDER BY key) INTO others FROM jsonb_object_keys(weights) key WHERE key NOT IN ('forest', 'text');
    others := coalesce(others, '{}');
    -- every column but label, message, embedding and the other members is the forest's; composites field by field
    SELECT string_agg(CASE WHEN t.typtype = 'c' THEN format('(%I).*', a.attname) ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum) INTO features
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = 'pg_temp.jorge_ensemble_rows'::regclass AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attname <> ALL (ARRAY[$2, $3, 'jorge row', 'jorge fold'] || others) AND a.attname IS DISTINCT FROM embedding
       AND (a.attname IS DISTINCT FROM text_params ->> 'time' OR a.attname = forest_params ->> 'time');
    IF features IS NULL THEN
        RAISE EXCEPTION 'the query has no column for the forest' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Select numbers or booleans beside label and message.';
    END IF;
    forest := jorge.train(format('SELECT %I, %s FROM pg_temp.jorge_ensemble_rows ORDER BY "jorge row"', $2, features), $2, forest_params);
    words := jorge.train_text('SELECT * FROM pg_temp.jorge_ensemble_rows ORDER BY "jorge row"', $2, $3, text_params);

    -- log-odds of models that had not seen the row: a forest for each fold; the text training judges itself
    CREATE TEMPORARY TABLE jorge_ensemble_parts (row bigint PRIMARY KEY, won boolean, forest float8, words float8, others float8[]) ON COMMIT DROP;
    EXECUTE format('INSERT INTO pg_temp.jorge_ensemble_parts (row, won, others)
                    SELECT r."jorge row", r.%1$I::integer <> 0, ARRAY[%2$s]::float8[] FROM pg_temp.jorge_ensemble_rows r WHERE r.%1$I IS NOT NULL',
                   $2, (SELECT string_agg(format('jorge.log_odds(r.%I)', o), ', ') FROM unnest(others) o));
    FOR fold IN 0 .. folds - 1 LOOP
        PERFORM set_config('client_min_messages', 'warning', true); -- the first training has told it all
        fold_forest := jorge.train(format('SELECT %I, %s FROM pg_temp.jorge_ensemble_rows WHERE "jorge fold" <> %s ORDER BY "jorge row"', $2, features, fold), $2, forest_params);
        EXECUTE format('UPDATE pg_temp.jorge_ensemble_parts p SET forest = jorge.log_odds(jorge.predict_row($1, q))
                          FROM (SELECT "jorge row", %s FROM pg_temp.jorge_ensemble_rows WHERE "jorge fold" = %s) q WHERE p.row = q."jorge row"', features, fold)
            USING fold_forest;
        PERFORM set_config('client_min_messages', told, true);
        IF NOT quiet THEN
            RAISE NOTICE 'fold % of %', fold + 1, folds;
        END IF;
    END LOOP;
    UPDATE pg_temp.jorge_ensemble_parts p SET words = o.margin
      FROM jorge.text_out_of_fold('SELECT * FROM pg_temp.jorge_ensemble_rows ORDER BY "jorge row"', $2, $3, text_params) o WHERE p.row = o.place;

    -- weights as given, or learnt; then slope and intercept, from the rows that have all members
    given := ARRAY[(weights ->> 'forest')::float8, (weights ->> 'text')::float8] || ARRAY(SELECT (weights ->> o)::float8 FROM unnest(others) o);
    SELECT array_agg(won ORDER BY row), array_agg(ARRAY[p.forest, p.words] || p.others ORDER BY row) INTO labels, parts
      FROM pg_temp.jorge_ensemble_parts p WHERE p.forest IS NOT NULL AND p.words IS NOT NULL AND array_position(p.others, NULL) IS NULL;
    IF cardinality(labels) IS NULL OR NOT (true = ANY (labels) AND false = ANY (labels)) THEN
        RAISE EXCEPTION 'too few rows have all members of the ensemble' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Rows of both outcomes with a message, and every column named in weights, are needed.';
    END IF;
    IF learn THEN
        SELECT * INTO learnt FROM jorge.stack(labels, parts, ARRAY(SELECT g / (SELECT sum(s) FROM unnest(given) s) FROM unnest(given) WITH ORDINALITY u(g, n) ORDER BY n));
        IF (SELECT sum(l) FROM unnest(learnt.learnt) l) > 0 THEN
            given := ARRAY(SELECT l / (SELECT sum(s) FROM unnest(learnt.learnt) s) FROM unnest(learnt.learnt) WITH ORDINALITY u(l, n) ORDER BY n);
        END IF;
        weights := jsonb_build_object('forest', given[1], 'text', given[2]) || coalesce((SELECT jsonb_object_agg(o, given[n + 2]) FROM unnest(others) WITH ORDINALITY u(o, n)), '{}');
    END IF;
    SELECT * INTO scale FROM jorge.stack(labels,
        (SELECT array_agg(ARRAY[jorge.pool(ARRAY[p.forest, p.words] || p.others, given)] ORDER BY row) FROM pg_temp.jorge_ensemble_parts p
          WHERE p.forest IS NOT NULL AND p.words IS NOT NULL AND array_position(p.others, NULL) IS NULL), ARRAY[1::float8]);

    SELECT jsonb_object_agg(m.member, to_jsonb(c)) INTO quality
      FROM (SELECT u.member, jorge.tally(1 / (1 + exp(-u.z)), p.won::integer) AS t FROM pg_temp.jorge_ensemble_parts p,
                   LATERAL (VALUES ('ensemble', jorge.pool(ARRAY[p.forest, p.words] || p.others, given, scale.intercept, scale.learnt[1])), ('forest', p.forest), ('text', p.words)) u(member, z)
             GROUP BY u.member) m, LATERAL jorge.classification(m.t, jorge.best_threshold(m.t)) c;
    made := jorge.register_model($1, forest, quality -> 'ensemble', coalesce($4 ->> 'notes', 'ensemble'), location_id => $5,
                                 query => $6, label => $2, data_hash => (jorge.text_model_info(words)).attributes ->> 'data_hash', parameters => $4);
    PERFORM jorge.add_ensemble($1, made, words, weights, scale.intercept, scale.learnt[1], $5, embedding, learn, quality, $3);
    IF NOT quiet THEN
        RAISE NOTICE 'out of fold: AUC % by the forest, % by messages where there are any, % together; weights %', round((quality #>> '{forest,roc_auc}')::numeric, 4),
            round((quality #>> '{text,roc_auc}')::numeric, 4), round((quality #>> '{ensemble,roc_auc}')::numeric, 4), weights;
    END IF;
    DROP TABLE pg_temp.jorge_ensemble_parts;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.train_members(text, text, text, jsonb, text, text) IS 'What jorge.train_ensemble() does once the rows are read. Not for calling by hand.';
REVOKE ALL ON FUNCTION jorge.train_members(text, text, text, jsonb, text, text) FROM PUBLIC;

-- no search_path of its own: the query is the caller's
CREATE OR REPLACE FUNCTION jorge.train_ensemble(name text, query text, label text DEFAULT 'won', message text DEFAULT 'message', params jsonb DEFAULT '{}',
                                                location_id text DEFAULT '*') RETURNS integer
    LANGUAGE plpgsql
AS $fn$
DECLARE
    unknown text := (SELECT pg_catalog.string_agg(k, ', ') FROM pg_catalog.jsonb_object_keys($5) k
                      WHERE k OPERATOR(pg_catalog.<>) ALL (ARRAY['forest', 'text', 'weights', 'learn', 'folds', 'notes', 'quiet']));
    folds integer := coalesce(($5 OPERATOR(pg_catalog.->>) 'folds')::integer, 5);
    made integer;
BEGIN
    IF unknown IS NOT NULL OR folds IS NULL OR folds OPERATOR(pg_catalog.<) 2 OR folds OPERATOR(pg_catalog.>) 20 THEN
        RAISE EXCEPTION 'bad option of an ensemble: %', coalesce(unknown, 'folds') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Options are forest and text (objects of training options), weights, learn, folds (2 to 20), notes, quiet.';
    END IF;
    -- a row's fold goes by its content, so that equal rows are never on both sides
    EXECUTE pg_catalog.format('CREATE TEMPORARY TABLE jorge_ensemble_rows ON COMMIT DROP AS SELECT pg_catalog.row_number() OVER () AS "jorge row",
        pg_catalog.abs(pg_catalog.hashtextextended(pg_catalog.to_jsonb(q)::pg_catalog.text, 0) OPERATOR(pg_catalog.%%) %s) AS "jorge fold", q.* FROM (%s) q', folds, $2);
    made := jorge.train_members($1, $3, $4, $5, $6, $2);
    DROP TABLE pg_temp.jorge_ensemble_rows;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.train_ensemble(text, text, text, text, jsonb, text) IS
    'Trains a forest and a text model on the rows of a query, learns out of fold how they go together, and registers them as the next version of a model; returns the version. Nothing serves it before jorge.promote(). The query is one SELECT, run with the caller''s rights and search_path; its columns are label, message (text) and features of the forest (composites count field by field). params: forest and text (options of jorge.train() and jorge.train_text()); weights {"forest": 0.6, "text": 0.4}, where every other name is a column with a probability somebody else computed (a neural network''s, say), which is a member too; learn false (true: weights are learnt too, jorge.stack(), drawn to those given); folds 5; notes; quiet false. Slope and intercept are learnt always, from the rows that have all members. Figures out of fold, of the ensemble and each member, are in jorge.ensemble.metrics, the ensemble''s in jorge.model.metrics. Costs folds + 1 trainings of the forest. Errors as jorge.train() and jorge.train_text(); 22023 options.';
REVOKE ALL ON FUNCTION jorge.train_ensemble(text, text, text, text, jsonb, text) FROM PUBLIC;
