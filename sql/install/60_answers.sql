-- score_lead(): one call, one answer. What it is put together from is in the parts after this one.

CREATE OR REPLACE FUNCTION jorge.stored_lead(lead_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS jorge.lead
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead;
BEGIN
    SELECT l.* INTO lead FROM jorge.lead l WHERE l.location_id = $2 AND l.lead_id = jorge.lead_alias($1, $2);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'location "%" has no lead %', $2, $1 USING ERRCODE = 'no_data_found',
            HINT = 'See SELECT lead_id, name FROM jorge.lead; for a lead that is not stored pass its fields as jsonb to jorge.score_lead().';
    END IF;
    RETURN lead;
END
$fn$;
COMMENT ON FUNCTION jorge.stored_lead(uuid, text) IS 'The row of a lead, found under every id it was given. ERROR P0002 if there is none.';

CREATE OR REPLACE FUNCTION jorge.score_answer(lead record, options jsonb DEFAULT '{}', location_id text DEFAULT jorge.current_location()) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    began timestamptz := clock_timestamp();
    unknown text;
    top integer;
    f jorge.features;
    scored record;
    facts jsonb;
    explained record;
    signals jsonb;
    notes text;
BEGIN
    IF jsonb_typeof(options) <> 'object' OR (options ? 'top' AND options ->> 'top' !~ '^[0-9]{1,3}$')
       OR (options ? 'include_shap' AND jsonb_typeof(options -> 'include_shap') <> 'boolean')
       OR (options ? 'calculate_commission' AND jsonb_typeof(options -> 'calculate_commission') <> 'boolean') THEN
        RAISE EXCEPTION 'options are not as they should be: %', options USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Options are include_shap and calculate_commission (boolean, default false) and top (number of signals, default 3).';
    END IF;
    SELECT string_agg(key, ', ' ORDER BY key) INTO unknown FROM jsonb_object_keys(options) key WHERE key NOT IN ('calculate_commission', 'include_shap', 'top');
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown option: %', unknown USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Options are include_shap and calculate_commission (boolean, default false) and top (number of signals, default 3).';
    END IF;
    top := coalesce((options ->> 'top')::integer, 3);
    f := jorge.lead_features(lead);
    scored := jorge.served_score(lead, f, $3);
    facts := jorge.lead_facts(lead, f, scored, $3);
    IF scored.model = 'rules' THEN
        explained := jorge.explain_by_rules(scored.rule_score, top);
    ELSE
        SELECT coalesce(jsonb_agg(jsonb_build_object('signal', s.signal, 'text', s.text, 'points', s.points, 'points_text', s.points_text,
                                                     'feature', s.feature, 'value', s.value) ORDER BY s.rank) FILTER (WHERE s.rank <= top), '[]') AS top_signals,
               jorge.sentence((array_agg(s.phrase ORDER BY s.rank) FILTER (WHERE s.sign = '+' AND s.place <= 3)),
                              (array_agg(s.phrase ORDER BY s.rank) FILTER (WHERE s.sign = '-' AND s.place <= 3))) AS explanation
          INTO explained
          FROM (SELECT x.*, CASE WHEN x.phrase IS NOT NULL THEN count(x.phrase) OVER (ORDER BY x.rank) END AS place FROM jorge.signals(lead) x) s;
    END IF;
    signals := jsonb_strip_nulls(to_jsonb(f) - 'job_stability_score' - 'family_size_mentioned');
    SELECT jsonb_agg(jsonb_build_object('action', r.action, 'reason', r.reason, 'rule', r.rule) ORDER BY r.priority, r.rule)
      INTO notes FROM jorge.recommendations(facts, $3) r;
    RETURN jsonb_build_object(
            'ml_score', CASE WHEN scored.model <> 'rules' THEN round(scored.score::numeric, 2) END,
            'score', round(scored.score::numeric, 2),
            'probability', scored.probability,
            'class', scored.class,
            'confidence', scored.confidence,
            'interval', CASE WHEN scored.lower IS NOT NULL THEN jsonb_build_array(scored.lower, scored.upper) END,
            'sub_scores', to_jsonb(jorge.sub_scores(f)),
            'rule_score', scored.rule_score - 'points',
            'signals', signals,
            'top_signals', explained.top_signals,
            'explanation', explained.explanation,
            'recommendations', coalesce(notes::jsonb, '[]'),
            'sources', jsonb_build_array(CASE WHEN scored.model = 'rules' THEN 'rules' ELSE 'ml' END),
            'model', scored.model)
        || CASE WHEN coalesce((options ->> 'include_shap')::boolean, false)
                THEN jsonb_build_object('shap', CASE WHEN scored.model <> 'rules' THEN (SELECT jsonb_object_agg(r.feature, r.contribution) FROM jorge.lead_reasons(lead) r) END,
                                        'base_value', CASE WHEN scored.model <> 'rules' THEN jorge.base_value() END)
                ELSE '{}' END
        || CASE WHEN coalesce((options ->> 'calculate_commission')::boolean, false)
                THEN jsonb_build_object('commission', (SELECT to_jsonb(c) FROM jorge.commission_of(jsonb_populate_record(NULL::jorge.lead,
                         jsonb_build_object('text_budget_max', f.budget_midpoint) || to_jsonb(lead)), scored.probability, $3) c))
                ELSE '{}' END
        || jsonb_build_object('processing_time_ms', round((extract(epoch FROM clock_timestamp() - began) * 1000)::numeric, 3));
END
$fn$;
COMMENT ON FUNCTION jorge.score_answer(record, jsonb, text) IS
    'Everything a score says about any row, as jsonb: ml_score (null if the rules answered), score 0 ... 100, probability, class, confidence, interval, sub_scores, rule_score (frs, pcs, score, temperature), signals, top_signals, explanation, recommendations (action, reason, rule), sources (ml or rules), model, processing_time_ms. Options: include_shap (adds shap and base_value), calculate_commission (adds commission, see jorge.commission_of()), top. Where no model can answer, the rules do.';

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
    lead := jorge.stored_lead($1, $3);
    RETURN jsonb_build_object('lead_id', lead.lead_id) || jorge.score_answer(lead, $2, $3);
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
