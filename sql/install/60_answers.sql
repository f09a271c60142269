-- What a score says to people. Policy: wording and thresholds are the owner's to change.

CREATE OR REPLACE FUNCTION jorge.money_text(dollars float8) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN dollars >= 999500 THEN '$' || rtrim(rtrim(round((dollars / 1e6)::numeric, 2)::text, '0'), '.') || 'M'
                WHEN dollars >= 1000 THEN '$' || round((dollars / 1e3)::numeric)::text || 'k'
                ELSE '$' || round(dollars::numeric)::text END
$fn$;
COMMENT ON FUNCTION jorge.money_text(float8) IS 'US dollars as people write them: $600k, $1.2M.';

CREATE OR REPLACE FUNCTION jorge.signal_text(feature text, value float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE
        WHEN feature = 'budget_midpoint' THEN coalesce('budget around ' || jorge.money_text(value), 'no budget known')
        WHEN feature = 'budget_range' THEN CASE WHEN value > 0 THEN 'a budget range of ' || jorge.money_text(value) WHEN value = 0 THEN 'one exact budget' ELSE 'no budget range' END
        WHEN feature = 'budget_specificity' THEN CASE WHEN value >= 0.8 THEN 'exact budget' WHEN value IS NOT NULL THEN 'vague budget' ELSE 'no budget stated' END
        WHEN feature = 'has_specific_budget' THEN CASE WHEN value > 0 THEN 'specific budget' ELSE 'no specific budget' END
        WHEN feature = 'timeline_urgency' THEN CASE WHEN value >= 0.85 THEN 'immediate timeline' WHEN value >= 0.5 THEN 'timeline of a few months' WHEN value IS NOT NULL THEN 'distant timeline' ELSE 'no timeline stated' END
        WHEN feature = 'financing_readiness' THEN CASE WHEN value >= 0.95 THEN 'cash buyer' WHEN value >= 0.85 THEN 'pre-approved' WHEN value >= 0.7 THEN 'pre-qualified' WHEN value IS NOT NULL THEN 'financing not ready' ELSE 'financing unknown' END
        WHEN feature = 'message_intent' THEN CASE WHEN value >= 0.7 THEN 'wants to act' WHEN value >= 0.3 THEN 'interested' ELSE 'no clear intent' END
        WHEN feature = 'location_specificity' THEN CASE WHEN value >= 0.7 THEN 'exact location' WHEN value > 0 THEN 'rough location' ELSE 'no location' END
        WHEN feature = 'previous_real_estate_experience' THEN CASE WHEN value > 0.5 THEN 'has bought or sold before' WHEN value IS NOT NULL THEN 'first time' ELSE 'experience unknown' END
        WHEN feature = 'objections' THEN CASE WHEN value > 0 THEN 'raised objections' ELSE 'no objections' END
        WHEN feature = 'sentiment_score' THEN CASE WHEN value > 0.1 THEN 'positive tone' WHEN value < -0.1 THEN 'negative tone' ELSE 'neutral tone' END
        WHEN feature IN ('response_time_hours', 'response_time_log') THEN CASE WHEN value IS NULL THEN 'has not answered yet' ELSE 'answers us' END
        WHEN feature = 'first_response_hours' THEN CASE WHEN value IS NULL THEN 'we have not answered yet' ELSE 'our answer after ' || round(value::numeric, 1) || ' h' END
        WHEN feature IN ('engagement_score', 'engagement_normalized') THEN CASE WHEN value > 0 THEN 'engaged so far' WHEN value = 0 THEN 'no engagement yet' ELSE 'engagement unknown' END
        WHEN feature IN ('num_interactions', 'interactions_log') THEN CASE WHEN value > 0 THEN 'conversation so far' WHEN value = 0 THEN 'no conversation yet' ELSE 'conversation unknown' END
        WHEN feature = 'inbound_share' THEN coalesce(round((100 * value)::numeric) || ' % of the conversation is theirs', 'nobody has called or written yet')
        WHEN feature = 'visits' THEN CASE WHEN value > 0 THEN 'has visited' WHEN value = 0 THEN 'no visit yet' ELSE 'visits unknown' END
        WHEN feature LIKE 'source\_%' THEN CASE WHEN value > 0 THEN 'came from ' ELSE 'not from ' END || replace(substr(feature, 8), '_com', '.com')
        ELSE replace(feature, '_', ' ') || coalesce(' ' || round(value::numeric, 2)::text, ' unknown') END
$fn$;
COMMENT ON FUNCTION jorge.signal_text(text, float8) IS 'A feature''s value in words, e.g. "pre-approved", "budget around $600k".';

CREATE OR REPLACE FUNCTION jorge.lead_recommendations(class text, features jorge.features) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT array_remove(ARRAY[
        CASE class WHEN 'HOT' THEN 'Priority follow-up within 1 hour'
                   WHEN 'WARM' THEN 'Follow up today'
                   ELSE 'Nurture: add to the follow-up sequence' END,
        CASE WHEN class = 'HOT' THEN 'Assign to a senior agent' END,
        CASE WHEN (features).budget_midpoint IS NULL THEN 'Ask: what price range are you comfortable with?'
             WHEN class <> 'COLD' THEN format('Show properties between %s and %s',
                      jorge.money_text(((features).budget_midpoint * 0.9)::float8), jorge.money_text(((features).budget_midpoint * 1.05)::float8)) END,
        CASE WHEN (features).timeline_urgency IS NULL THEN 'Ask: when do you want to move?' END,
        CASE WHEN (features).financing_readiness IS NULL AND coalesce((features).is_seller, 0) < 1 THEN 'Ask: are you pre-approved, or paying cash?' END,
        CASE WHEN coalesce((features).location_specificity, 0) = 0 THEN 'Ask: which part of town?' END], NULL)
$fn$;
COMMENT ON FUNCTION jorge.lead_recommendations(text, jorge.features) IS 'What to do next, most important first, from a lead''s class and features.';

CREATE OR REPLACE FUNCTION jorge.score_answer(lead record, options jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    began timestamptz := clock_timestamp();
    unknown text;
    top integer;
    scored record;
    features jorge.features;
    reasons jsonb;
    shap jsonb;
    sentence text;
BEGIN
    IF jsonb_typeof(options) <> 'object' OR (options ? 'top' AND options ->> 'top' !~ '^[0-9]{1,3}$')
       OR (options ? 'include_shap' AND jsonb_typeof(options -> 'include_shap') <> 'boolean') THEN
        RAISE EXCEPTION 'options are not as they should be: %', options USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Options are include_shap (boolean, default false) and top (number of signals, default 3).';
    END IF;
    SELECT string_agg(key, ', ' ORDER BY key) INTO unknown FROM jsonb_object_keys(options) key WHERE key NOT IN ('include_shap', 'top');
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown option: %', unknown USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Options are include_shap (boolean, default false) and top (number of signals, default 3).';
    END IF;
    top := coalesce((options ->> 'top')::integer, 3);
    scored := jorge.score(lead);
    features := jorge.lead_features(lead);
    SELECT jsonb_agg(jsonb_build_object('feature', feature, 'value', value, 'text', jorge.signal_text(feature, value),
                                        'points', round((100 * points)::numeric)) ORDER BY rank) FILTER (WHERE rank <= top),
           jsonb_object_agg(feature, contribution),
           string_agg(jorge.signal_text(feature, value), ', ' ORDER BY rank) FILTER (WHERE rank <= top)
      INTO reasons, shap, sentence
      FROM jorge.lead_reasons(lead);
    RETURN jsonb_build_object(
            'ml_score', round(scored.score::numeric, 2),
            'probability', scored.probability,
            'class', scored.class,
            'confidence', scored.confidence,
            'interval', jsonb_build_array(scored.lower, scored.upper),
            'signals', jsonb_strip_nulls(to_jsonb(features) - 'job_stability_score' - 'family_size_mentioned'),
            'top_signals', reasons,
            'explanation', upper(left(sentence, 1)) || substr(sentence, 2),
            'recommendations', to_jsonb(jorge.lead_recommendations(scored.class, features)),
            'sources', jsonb_build_array('ml'),
            'model', scored.model)
        || CASE WHEN coalesce((options ->> 'include_shap')::boolean, false) THEN jsonb_build_object('shap', shap) ELSE '{}' END
        || jsonb_build_object('processing_time_ms', round((extract(epoch FROM clock_timestamp() - began) * 1000)::numeric, 3));
END
$fn$;
COMMENT ON FUNCTION jorge.score_answer(record, jsonb) IS
    'Everything a score says about any row, as jsonb: ml_score, probability, class, confidence, interval, signals, top_signals, explanation, recommendations, sources, model, processing_time_ms. Options: include_shap, top.';

CREATE OR REPLACE FUNCTION jorge.score_lead(lead_id uuid, options jsonb DEFAULT '{}', location_id text DEFAULT jorge.current_location())
    RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead;
BEGIN
    IF $1 IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT l.* INTO lead FROM jorge.lead l
     WHERE l.location_id = $3 AND l.lead_id = jorge.lead_alias($1, $3);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no lead %', $3, $1 USING ERRCODE = 'no_data_found',
            HINT = 'See SELECT lead_id, name FROM jorge.lead; for a lead that is not stored pass its fields as jsonb.';
    END IF;
    RETURN jsonb_build_object('lead_id', lead.lead_id) || jorge.score_answer(lead, $2);
END
$fn$;
COMMENT ON FUNCTION jorge.score_lead(uuid, jsonb, text) IS
    'One call, one answer for a stored lead: jorge.score_answer() of its row, with lead_id. ERROR P0002 if there is none.';

CREATE OR REPLACE FUNCTION jorge.score_lead(lead jsonb, options jsonb DEFAULT '{}') RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    unknown text;
    arrived record;
BEGIN
    IF jsonb_typeof(lead) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'a lead is a JSON object' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT jorge.score_lead(''{"source": "zillow", "message": "..."}''::jsonb).';
    END IF;
    SELECT string_agg(key, ', ' ORDER BY key) INTO unknown FROM jsonb_object_keys(lead) key
     WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'jorge.inquiry'::regclass AND a.attname = key AND a.attnum > 0);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown field: %', unknown USING ERRCODE = 'undefined_column',
            HINT = 'Fields are the columns of jorge.inquiry.';
    END IF;
    -- as it would be stored: one inquiry, no conversation yet
    BEGIN
        SELECT i.*, 1 AS inquiries, 0 AS interactions, 0 AS inbound, 0 AS outbound, 0 AS calls, 0 AS visits, 0 AS replies, 0 AS reply_seconds
          INTO arrived
          FROM jsonb_populate_record(NULL::jorge.inquiry, lead) i;
    EXCEPTION WHEN data_exception THEN
        RAISE EXCEPTION 'a field of the lead can''t be read: %', SQLERRM USING ERRCODE = SQLSTATE,
            HINT = 'Fields have the types of the columns of jorge.inquiry.';
    END;
    RETURN jsonb_build_object('lead_id', NULL) || jorge.score_answer(arrived, options);
END
$fn$;
COMMENT ON FUNCTION jorge.score_lead(jsonb, jsonb) IS
    'One call, one answer for a lead that is not stored: a JSON object with columns of jorge.inquiry, scored as if it arrived now. Nothing is written. A literal needs its cast: ''{"message": "..."}''::jsonb. ERROR 22023 for anything but an object, 42703 for an unknown field.';
