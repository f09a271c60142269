-- score: the model that serves, applied to rows

CREATE FUNCTION jorge.lead_score_columns(names text[], VARIADIC columns "any") RETURNS float8
    LANGUAGE c STABLE PARALLEL SAFE COST 300
    AS 'MODULE_PATHNAME', 'jorge_lead_score_columns';
COMMENT ON FUNCTION jorge.lead_score_columns(text[], "any") IS
    'What the planner makes of jorge.lead_score(t) (jorge.row_support): the columns a lead is read from, and their names as a constant. Not for calling by hand; a right to call the one is worth as much as a right to call the other.';

CREATE FUNCTION jorge.score_columns(names text[], VARIADIC columns "any", OUT probability float8, OUT score float8, OUT class text,
                                    OUT confidence float8, OUT lower float8, OUT upper float8, OUT model text)
    LANGUAGE c STABLE PARALLEL SAFE COST 550
    AS 'MODULE_PATHNAME', 'jorge_score_columns';
COMMENT ON FUNCTION jorge.score_columns(text[], "any") IS
    'What the planner makes of jorge.score(t) (jorge.row_support). Not for calling by hand; a right to call the one is worth as much as a right to call the other.';

CREATE FUNCTION jorge.lead_score(lead record) RETURNS float8
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 350 SUPPORT jorge.row_support
    AS 'MODULE_PATHNAME', 'jorge_lead_score';
COMMENT ON FUNCTION jorge.lead_score(record) IS
    'Calibrated probability 0 ... 1 that the lead is won within the horizon, by the model that serves this location (setting jorge.model). Takes any row: columns are read by name as jorge.lead_features() does, a missing column is a missing value. One model a statement. Errors: 42704 no model serves; 42703 the row has no known column at all.';

CREATE FUNCTION jorge.score(lead record, OUT probability float8, OUT score float8, OUT class text, OUT confidence float8,
                            OUT lower float8, OUT upper float8, OUT model text)
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 600 SUPPORT jorge.row_support
    AS 'MODULE_PATHNAME', 'jorge_score';
COMMENT ON FUNCTION jorge.score(record) IS
    'Whole score of a row: calibrated probability; score = 100 * probability; class HOT, WARM or COLD; lower ... upper = 80 % interval of the rate at which leads that score like this one are won, and confidence = 1 - (upper - lower), both as jorge.predict_interval() defines them: confidence 0 where the model knew too few outcomes to tell, NULL where it has no calibration; model and version. Use it in FROM ... LATERAL, not as (score(l)).*, which calls it once a column.';

CREATE FUNCTION jorge.lead_class(probability float8) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_lead_class';
COMMENT ON FUNCTION jorge.lead_class(float8) IS
    'HOT from jorge.hot_threshold (0.80), WARM from jorge.warm_threshold (0.50), else COLD. ERROR 22003 outside 0 ... 1.';

CREATE FUNCTION jorge.explain(model jorge.forest, vector float4[])
    RETURNS TABLE (rank integer, feature text, value float8, contribution float8, points float8, base float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 4000 ROWS 40
    AS 'MODULE_PATHNAME', 'jorge_explain_vector';
COMMENT ON FUNCTION jorge.explain(jorge.forest, float4[]) IS
    'Why a model predicts what it predicts: exact SHAP values of one prediction, a row a feature, the largest first. value NULL = missing. contribution: what the feature adds to the calibrated log-odds (to the prediction for reg:squarederror): jorge.contributions() times the slope of the calibration, which is one number where that is affine, and for isotonic the slope of the line from base to margin. base, the same in each row: the log-odds where nothing is known; base + sum(contribution) = ln(p / (1 - p)). points: the contribution on the scale of the prediction, contribution * (p - p(base)) / sum(contribution); it keeps sign and order, depends on no order of the features, and sum(points) = p - p(base): 0.25 is "+25 points" of a score of 100. Errors as jorge.contributions(). Make the vector with jorge.feature_vector(forest, record).';

CREATE FUNCTION jorge.explain(model jorge.forest, lead record)
    RETURNS TABLE (rank integer, feature text, value float8, contribution float8, points float8, base float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 4000 ROWS 40
    AS 'MODULE_PATHNAME', 'jorge_explain_row';
COMMENT ON FUNCTION jorge.explain(jorge.forest, record) IS
    'The same for a row of any type, read by column name as jorge.predict_row() does (features of a lead: jorge.lead_features(lead)). ERROR 42703 if no column is a feature, 42804 if one isn''t a number, 22023 if the forest has no feature names.';

CREATE FUNCTION jorge.lead_reasons(lead record)
    RETURNS TABLE (rank integer, feature text, value float8, contribution float8, points float8, base float8)
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5000 ROWS 40
    AS 'MODULE_PATHNAME', 'jorge_lead_reasons';
COMMENT ON FUNCTION jorge.lead_reasons(record) IS
    'Why jorge.lead_score() gives a row its score: jorge.explain() of the model that serves, over the features of the row as of now.';

CREATE FUNCTION jorge.score_batch(location_id text DEFAULT jorge.current_location(), after uuid DEFAULT NULL, batch_size bigint DEFAULT NULL,
                                  everything boolean DEFAULT false, older_than interval DEFAULT NULL, model text DEFAULT NULL,
                                  expect text DEFAULT NULL, dry_run boolean DEFAULT true, done bigint DEFAULT 0, total bigint DEFAULT 0,
                                  OUT last_id uuid, OUT leads bigint, OUT due bigint, OUT written bigint, OUT probability float8, OUT serves text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000000
    AS 'MODULE_PATHNAME', 'jorge_score_batch';
COMMENT ON FUNCTION jorge.score_batch(text, uuid, bigint, boolean, interval, text, text, boolean, bigint, bigint) IS
    'Scores leads of jorge.lead in bulk: many rows at once through the forest. As it stands (dry_run) it writes nothing and tells how many leads the location has, how many are due (score missing or other than the stored one, of another model, or older than older_than; everything = all) and their mean probability; with everything => true it does not look at stored scores: the pure cost of scoring. With dry_run => false it scores batch_size leads with ids beyond "after", in order of ids, and writes those due: what jorge.score_all() does. model = name of the model (NULL = setting jorge.model); serves = name and version that gave the scores; nothing is done if that is not what is expected (expect) or batch_size is 0. done and total are for jorge.progress. Errors: 42704 no model serves; 22023, 22004 arguments.';
REVOKE ALL ON FUNCTION jorge.score_batch(text, uuid, bigint, boolean, interval, text, text, boolean, bigint, bigint) FROM PUBLIC;
