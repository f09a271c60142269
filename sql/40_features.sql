-- features: the catalogue, and features of a lead from any row

CREATE FUNCTION jorge.feature_list(
    OUT "position" integer, OUT name text, OUT unit text, OUT range text, OUT description text,
    OUT missing text, OUT protected boolean)
    RETURNS SETOF record
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 45
    AS 'MODULE_PATHNAME', 'jorge_feature_list';
COMMENT ON FUNCTION jorge.feature_list() IS
    'Features that this library computes, in the order of lead_feature_vector(). Read it as the view jorge.feature.';

CREATE VIEW jorge.feature AS
    SELECT position, name, unit, range, description, missing, protected
    FROM jorge.feature_list();
COMMENT ON VIEW jorge.feature IS
    'The feature catalogue: what lead_features() computes. Append-only: a position never changes its meaning.';
COMMENT ON COLUMN jorge.feature.position IS 'Place in lead_feature_vector(), from 1';
COMMENT ON COLUMN jorge.feature.name IS 'Column of the type jorge.features';
COMMENT ON COLUMN jorge.feature.unit IS 'Unit of measure; flag, score, share and code have none';
COMMENT ON COLUMN jorge.feature.range IS 'Values it can take';
COMMENT ON COLUMN jorge.feature.description IS 'Meaning, with the formula';
COMMENT ON COLUMN jorge.feature.missing IS 'When it is NULL';
COMMENT ON COLUMN jorge.feature.protected IS
    'Stands for a protected class: no model uses it unless its owner asks for it by name';
GRANT SELECT ON jorge.feature TO PUBLIC;

CREATE TYPE jorge.features AS (
    message_length float4,
    word_count float4,
    question_marks float4,
    exclamation_marks float4,
    message_length_avg float4,
    questions_asked float4,
    sentiment_score float4,
    has_specific_budget float4,
    price_range_mentioned float4,
    financing_mentioned float4,
    budget_midpoint float4,
    budget_range float4,
    budget_specificity float4,
    timeline_urgency float4,
    financing_readiness float4,
    response_time_hours float4,
    response_time_log float4,
    first_response_hours float4,
    num_interactions float4,
    interactions_log float4,
    engagement_score float4,
    engagement_normalized float4,
    is_weekend float4,
    is_business_hours float4,
    day_of_week float4,
    hour_of_day float4,
    time_of_day float4,
    month float4,
    season float4,
    source_ghl float4,
    source_zillow float4,
    source_realtor_com float4,
    source_facebook float4,
    source_email float4,
    source_other float4,
    location_specificity float4,
    previous_real_estate_experience float4,
    message_intent float4,
    objections float4,
    is_seller float4,
    inquiries float4,
    visits float4,
    inbound_share float4,
    job_stability_score float4,
    family_size_mentioned float4
);
COMMENT ON TYPE jorge.features IS
    'Features of one lead, a column each, in catalogue order; NULL = missing. The view jorge.feature says what they mean.';

CREATE FUNCTION jorge.row_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'jorge_row_support';
COMMENT ON FUNCTION jorge.row_support(internal) IS
    'Planner support of functions that take a row: f(t, ...), t being a table''s whole row, is planned as f_columns(names, ..., columns), which saves the copy of the row. Not where an outer join, MERGE or a grouping set can make the row NULL.';

CREATE FUNCTION jorge.lead_features_columns(names text[], as_of timestamptz, zone text, VARIADIC columns "any")
    RETURNS jorge.features
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 250
    AS 'MODULE_PATHNAME', 'jorge_lead_features_columns';
COMMENT ON FUNCTION jorge.lead_features_columns(text[], timestamptz, text, "any") IS
    'What the planner makes of jorge.lead_features(t) (jorge.row_support): the columns a lead is read from, and their names as a constant. Not for calling by hand; a right to call the one is worth as much as a right to call the other.';

CREATE FUNCTION jorge.lead_feature_vector_columns(names text[], as_of timestamptz, zone text, VARIADIC columns "any")
    RETURNS float4[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 150
    AS 'MODULE_PATHNAME', 'jorge_lead_feature_vector_columns';
COMMENT ON FUNCTION jorge.lead_feature_vector_columns(text[], timestamptz, text, "any") IS
    'What the planner makes of jorge.lead_feature_vector(t) (jorge.row_support). Not for calling by hand; a right to call the one is worth as much as a right to call the other.';

CREATE FUNCTION jorge.lead_features(
    lead record, as_of timestamptz DEFAULT pg_catalog.now(), zone text DEFAULT 'UTC')
    RETURNS jorge.features
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 250 SUPPORT jorge.row_support
    AS 'MODULE_PATHNAME', 'jorge_lead_features';
COMMENT ON FUNCTION jorge.lead_features(record, timestamptz, text) IS
    'Features of a lead from any row, read by column name; a column the row lacks is missing. Nothing later than as_of counts as known. '
    'Times of day are those of the row''s time_zone, else of zone (IANA name, NULL = UTC). NULL for a NULL lead or as_of. '
    'Errors: 42804 a column of a known name has a type it can''t be read from; 22023 unknown zone; 55000 the type and the library differ in version.';

CREATE FUNCTION jorge.lead_feature_vector(
    lead record, as_of timestamptz DEFAULT pg_catalog.now(), zone text DEFAULT 'UTC')
    RETURNS float4[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 150 SUPPORT jorge.row_support
    AS 'MODULE_PATHNAME', 'jorge_lead_feature_vector';
COMMENT ON FUNCTION jorge.lead_feature_vector(record, timestamptz, text) IS
    'lead_features() as an array in catalogue order (view jorge.feature), NULL elements = missing. Same arguments and errors.';

CREATE FUNCTION jorge.features_from_vector(vector float4[])
    RETURNS jorge.features
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 150
    AS 'MODULE_PATHNAME', 'jorge_features_from_vector';
COMMENT ON FUNCTION jorge.features_from_vector(float4[]) IS
    'The row that an array in catalogue order stands for: what jorge.prediction.features logged, column by column. A shorter array is one of an older catalogue: the later features are missing. ERROR 22023 if it is longer.';
