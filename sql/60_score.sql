-- score: the model that serves, applied to rows

CREATE FUNCTION jorge.lead_score(lead record) RETURNS float8
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_lead_score';
COMMENT ON FUNCTION jorge.lead_score(record) IS
    'Probability 0 ... 1 that the lead is won within the horizon, by the model that serves this location (setting jorge.model). Takes any row: columns are read by name as jorge.lead_features() does, a missing column is a missing value. One model a statement. Errors: 42704 no model serves; 42703 the row has no known column at all.';

CREATE FUNCTION jorge.score(lead record, OUT probability float8, OUT score float8, OUT class text, OUT confidence float8,
                            OUT lower float8, OUT upper float8, OUT model text)
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 150
    AS 'MODULE_PATHNAME', 'jorge_score';
COMMENT ON FUNCTION jorge.score(record) IS
    'Whole score of a row: probability; score = 100 * probability; class HOT, WARM or COLD; an 80 % interval of the probability from the sizes of the leaves the row fell in (margin +- 1.2816 * sqrt(sum of rate^2 * H / (H + 1)^2)); confidence = 1 - (upper - lower); model and version. Use it in FROM ... LATERAL, not as (score(l)).*, which calls it once a column.';

CREATE FUNCTION jorge.lead_class(probability float8) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'jorge_lead_class';
COMMENT ON FUNCTION jorge.lead_class(float8) IS
    'HOT from jorge.hot_threshold (0.80), WARM from jorge.warm_threshold (0.50), else COLD. ERROR 22003 outside 0 ... 1.';

CREATE FUNCTION jorge.explain(forest jorge.forest, vector float4[])
    RETURNS TABLE (rank integer, feature text, value float8, contribution float8, points float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 43
    AS 'MODULE_PATHNAME', 'jorge_explain_vector';
COMMENT ON FUNCTION jorge.explain(jorge.forest, float4[]) IS
    'Exact SHAP values of one prediction, a row a feature, the largest first: value (NULL = missing), contribution on the margin (log-odds for binary:logistic), points = what the prediction would lose without it. Make the vector with jorge.feature_vector(forest, record).';

CREATE FUNCTION jorge.lead_reasons(lead record)
    RETURNS TABLE (rank integer, feature text, value float8, contribution float8, points float8)
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 2000 ROWS 43
    AS 'MODULE_PATHNAME', 'jorge_lead_reasons';
COMMENT ON FUNCTION jorge.lead_reasons(record) IS
    'Why jorge.lead_score() gives a row its score: jorge.explain() of the model that serves.';
