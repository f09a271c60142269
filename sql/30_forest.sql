-- forest: trained models as values

CREATE TYPE jorge.forest;

CREATE FUNCTION jorge.forest_in(cstring) RETURNS jorge.forest
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000
    AS 'MODULE_PATHNAME', 'jorge_forest_in';
COMMENT ON FUNCTION jorge.forest_in(cstring) IS
    'Text input of jorge.forest: XGBoost''s JSON. ERROR 22P02 malformed, 0A000 a kind of model that is not served, 54000 beyond a limit.';

CREATE FUNCTION jorge.forest_out(jorge.forest) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000
    AS 'MODULE_PATHNAME', 'jorge_forest_out';
COMMENT ON FUNCTION jorge.forest_out(jorge.forest) IS
    'Text output of jorge.forest: JSON that XGBoost loads and that predicts the same bits.';

CREATE FUNCTION jorge.forest_recv(internal) RETURNS jorge.forest
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_forest_recv';
COMMENT ON FUNCTION jorge.forest_recv(internal) IS
    'Binary input of jorge.forest: XGBoost''s UBJ. ERROR 22P03 malformed, 0A000 a kind of model that is not served, 54000 beyond a limit.';

CREATE FUNCTION jorge.forest_send(jorge.forest) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_forest_send';
COMMENT ON FUNCTION jorge.forest_send(jorge.forest) IS
    'Binary output of jorge.forest: the document as UBJ.';

CREATE TYPE jorge.forest (
    INPUT = jorge.forest_in,
    OUTPUT = jorge.forest_out,
    RECEIVE = jorge.forest_recv,
    SEND = jorge.forest_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = external
);
COMMENT ON TYPE jorge.forest IS
    'A trained XGBoost model (booster gbtree with numerical splits, or gblinear; objective binary:logistic, multi:softprob, reg:squarederror or survival:aft), immutable. Text is XGBoost''s JSON, binary its UBJ; every key of the document is kept. At most 64 MB as UBJ, 1048576 features.';

CREATE FUNCTION jorge.forest_from_ubj(ubj bytea) RETURNS jorge.forest
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_forest_from_bytea';
COMMENT ON FUNCTION jorge.forest_from_ubj(bytea) IS
    'Forest from a UBJ document, as XGBoost''s save_raw(raw_format="ubj") gives it. ERROR 22P03 malformed, 0A000 a kind of model that is not served, 54000 beyond a limit.';

CREATE FUNCTION jorge.forest_ubj(forest jorge.forest) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_forest_ubj';
COMMENT ON FUNCTION jorge.forest_ubj(jorge.forest) IS
    'The document of a forest as UBJ, which XGBoost''s load_model() reads. Byte for byte what jorge.forest_from_ubj() was given.';

CREATE FUNCTION jorge.forest_hash(forest jorge.forest) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_forest_hash_text';
COMMENT ON FUNCTION jorge.forest_hash(jorge.forest) IS
    'What identifies a forest: the first 16 bytes of the SHA-256 of its UBJ document, 32 hexadecimal digits.';

CREATE FUNCTION jorge.forest_info(
        forest jorge.forest,
        OUT objective text,
        OUT base_score real,
        OUT features integer,
        OUT feature_names text[],
        OUT trees integer,
        OUT nodes integer,
        OUT depth integer,
        OUT lexicon integer,
        OUT attributes jsonb,
        OUT bytes integer,
        OUT hash text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_forest_info';
COMMENT ON FUNCTION jorge.forest_info(jorge.forest) IS
    'What a forest tells of itself. base_score is on the objective''s scale; feature_names NULL = unnamed; nodes counts the ones in use; depth is the deepest tree''s (a lone leaf: 0); lexicon is the attribute jorge_lexicon, NULL = not told; attributes are all of learner.attributes; bytes is the document''s size as UBJ.';

CREATE FUNCTION jorge.predict(forest jorge.forest, features real[]) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_predict_float4';
COMMENT ON FUNCTION jorge.predict(jorge.forest, real[]) IS
    'Prediction for features in the forest''s own order: a probability for binary:logistic, a value for reg:squarederror, a time for survival:aft; for multi:softprob see jorge.predict_classes(). A forest that jorge.train() has calibrated (jorge.calibration()) gives the calibrated probability, jorge.calibrate(forest, jorge.predict_margin(forest, features)); any other the float32 that XGBoost gives, bit for bit, widened. A NULL or NaN element is a missing value. ERROR 22023 if the array''s length isn''t the number of features, or it has more than one dimension.';

CREATE FUNCTION jorge.predict(forest jorge.forest, features double precision[]) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_predict_float8';
COMMENT ON FUNCTION jorge.predict(jorge.forest, double precision[]) IS
    'The same for float8 features, each rounded to float32 first, as XGBoost does.';

CREATE FUNCTION jorge.predict_margin(forest jorge.forest, features real[]) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'jorge_predict_margin';
COMMENT ON FUNCTION jorge.predict_margin(jorge.forest, real[]) IS
    'Margin for features in the forest''s own order: base margin plus leaves, before the objective''s link (log-odds for binary:logistic). The float32 of XGBoost''s output_margin, bit for bit, widened. Missing values and errors as jorge.predict().';

CREATE FUNCTION jorge.predict_batch(forest jorge.forest, rows real[]) RETURNS real[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_predict_batch';
COMMENT ON FUNCTION jorge.predict_batch(jorge.forest, real[]) IS
    'Predictions for the rows of a two-dimensional array, each with the features in the forest''s own order: element i is jorge.predict() of row i, the same float32, in a fraction of the time (jorge.forest_kernel says how). A NULL or NaN element is a missing value; no rows give an empty array. ERROR 22023 if the rows'' length isn''t the number of features, or the array hasn''t two dimensions.';

CREATE FUNCTION jorge.predict_margin_batch(forest jorge.forest, rows real[]) RETURNS real[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_predict_margin_batch';
COMMENT ON FUNCTION jorge.predict_margin_batch(jorge.forest, real[]) IS
    'The same for margins: element i is jorge.predict_margin() of row i.';

CREATE FUNCTION jorge.predict_row(forest jorge.forest, "row" record) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 250
    AS 'MODULE_PATHNAME', 'jorge_predict_row';
COMMENT ON FUNCTION jorge.predict_row(jorge.forest, record) IS
    'Prediction for a row of any type that has columns named as the forest''s features (numbers or booleans, in any order, among others). A column that the row lacks, or that is NULL or NaN, is a missing value. ERROR 42703 if no column is a feature, 42804 if one isn''t a number, 22023 if the forest has no feature names.';

CREATE FUNCTION jorge.feature_vector(forest jorge.forest, "row" record) RETURNS real[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 150
    AS 'MODULE_PATHNAME', 'jorge_feature_vector';
COMMENT ON FUNCTION jorge.feature_vector(jorge.forest, record) IS
    'Features of a row in the forest''s order, as jorge.predict_row() reads them; NULL = missing. jorge.predict(f, jorge.feature_vector(f, r)) = jorge.predict_row(f, r).';

CREATE FUNCTION jorge.contributions(forest jorge.forest, features real[]) RETURNS double precision[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2000
    AS 'MODULE_PATHNAME', 'jorge_contributions';
COMMENT ON FUNCTION jorge.contributions(jorge.forest, real[]) IS
    'Exact path-dependent SHAP values (Lundberg, Erion, Lee 2018), as XGBoost''s pred_contribs: one a feature in the forest''s order, then the base value; they sum to the margin (log-odds for binary:logistic). Missing values as jorge.predict(). ERROR 22023 if the document has no covers (sum_hessian), 54000 for trees deeper than 512.';

CREATE FUNCTION jorge.contributions_batch(forest jorge.forest, vectors real[]) RETURNS double precision[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50000
    AS 'MODULE_PATHNAME', 'jorge_contributions_batch';
COMMENT ON FUNCTION jorge.contributions_batch(jorge.forest, real[]) IS
    'jorge.contributions() of many vectors, several times faster: an array of rows x features, as array_agg(vector) makes it, gives one of rows x (features + 1), each row bit for bit what jorge.contributions() gives. An empty array gives an empty one. Errors as jorge.contributions(), and 54000 if the result exceeds 1 GB.';

CREATE FUNCTION jorge.interaction(model jorge.forest, vector real[], feature_a text, feature_b text) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 15000
    AS 'MODULE_PATHNAME', 'jorge_interaction_vector';
COMMENT ON FUNCTION jorge.interaction(jorge.forest, real[], text, text) IS
    'SHAP interaction value of two features in one prediction, as XGBoost''s pred_interactions, on the margin (log-odds for binary:logistic): half of what they contribute together beyond each alone, the same for (a, b) and (b, a); of a feature with itself, what is left of its contribution without its interactions. Over all feature_b the values sum to the contribution of feature_a. Features without names are f0, f1 .... ERROR 42703 for an unknown feature, others as jorge.contributions().';

CREATE FUNCTION jorge.interaction(model jorge.forest, lead record, feature_a text, feature_b text) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 15000
    AS 'MODULE_PATHNAME', 'jorge_interaction_row';
COMMENT ON FUNCTION jorge.interaction(jorge.forest, record, text, text) IS
    'The same for a row of any type, read by column name as jorge.predict_row() does.';
