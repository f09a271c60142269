-- Signals in words: what a feature says, which features speak of one thing, and one sentence. Policy: the
-- wording is the owner's to change (CREATE OR REPLACE; install() keeps it).

CREATE OR REPLACE FUNCTION jorge.money_text(dollars float8) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN dollars >= 999500 THEN '$' || trim_scale(round((dollars / 1e6)::numeric, 2)) || 'M'
                WHEN dollars >= 1000 THEN '$' || round((dollars / 1e3)::numeric) || 'k'
                ELSE '$' || round(dollars::numeric) END
$fn$;
COMMENT ON FUNCTION jorge.money_text(float8) IS 'US dollars as people write them: $600k, $1.2M.';

CREATE OR REPLACE FUNCTION jorge.hours_text(hours float8) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN hours < 0.015 THEN 'at once'
                WHEN hours < 0.975 THEN round(greatest(hours * 60, 1)::numeric) || ' min'
                WHEN hours < 35.5 THEN round(hours::numeric) || ' h'
                ELSE round((hours / 24)::numeric) || ' days' END
$fn$;
COMMENT ON FUNCTION jorge.hours_text(float8) IS 'A time in hours as people say it: 5 min, 3 h, 2 days.';

CREATE OR REPLACE FUNCTION jorge.signal_text(feature text, value float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE
        WHEN feature = '(base)' THEN 'what the model expects of a lead it knows nothing about'
        WHEN feature = 'job_stability_score' OR feature LIKE 'family%' THEN 'protected, not described'
        WHEN feature = 'budget_midpoint' THEN coalesce('budget around ' || jorge.money_text(value), 'no budget known')
        WHEN feature = 'budget_range' THEN CASE WHEN value > 0 THEN 'a budget range of ' || jorge.money_text(value) WHEN value = 0 THEN 'one exact budget' ELSE 'no budget range' END
        WHEN feature = 'budget_specificity' THEN CASE WHEN value >= 0.8 THEN 'exact budget' WHEN value IS NOT NULL THEN 'vague budget' ELSE 'no budget stated' END
        WHEN feature = 'has_specific_budget' THEN CASE WHEN value > 0 THEN 'specific budget' ELSE 'no specific budget' END
        WHEN feature = 'price_range_mentioned' THEN CASE WHEN value > 0 THEN 'gave a price range' ELSE 'no price range given' END
        WHEN feature = 'timeline_urgency' THEN CASE WHEN value >= 0.85 THEN 'immediate timeline' WHEN value >= 0.7 THEN 'timeline of weeks' WHEN value >= 0.4 THEN 'timeline of a few months' WHEN value IS NOT NULL THEN 'distant timeline' ELSE 'no timeline stated' END
        WHEN feature = 'financing_readiness' THEN CASE WHEN value >= 0.95 THEN 'paying cash' WHEN value >= 0.85 THEN 'pre-approved' WHEN value >= 0.65 THEN 'pre-qualified' WHEN value > 0.25 THEN 'financing not settled' WHEN value IS NOT NULL THEN 'needs a lender' ELSE 'financing unknown' END
        WHEN feature = 'financing_mentioned' THEN CASE WHEN value > 0 THEN 'financing known' ELSE 'financing not mentioned' END
        WHEN feature = 'message_intent' THEN CASE WHEN value >= 0.7 THEN 'wants to act' WHEN value >= 0.3 THEN 'interested' WHEN value IS NOT NULL THEN 'no clear intent' ELSE 'no message' END
        WHEN feature = 'location_specificity' THEN CASE WHEN value >= 0.7 THEN 'exact location' WHEN value > 0 THEN 'rough location' ELSE 'no location' END
        WHEN feature = 'previous_real_estate_experience' THEN CASE WHEN value > 0.5 THEN 'has bought or sold before' WHEN value IS NOT NULL THEN 'first time' ELSE 'experience unknown' END
        WHEN feature = 'objections' THEN CASE WHEN value > 0 THEN 'raised objections' WHEN value = 0 THEN 'no objections' ELSE 'no message' END
        WHEN feature = 'sentiment_score' THEN CASE WHEN value > 0.1 THEN 'positive tone' WHEN value < -0.1 THEN 'negative tone' WHEN value IS NOT NULL THEN 'neutral tone' ELSE 'no message' END
        WHEN feature = 'response_time_hours' THEN coalesce('answers after ' || jorge.hours_text(value), 'has not answered yet')
        WHEN feature = 'response_time_log' THEN coalesce('answers after ' || jorge.hours_text(exp(least(value, 30)) - 1), 'has not answered yet')
        WHEN feature = 'first_response_hours' THEN coalesce('our answer after ' || jorge.hours_text(value), 'we have not answered yet')
        WHEN feature IN ('engagement_score', 'engagement_normalized') THEN CASE WHEN value > 0 THEN 'engaged so far' WHEN value = 0 THEN 'no engagement yet' ELSE 'engagement unknown' END
        WHEN feature IN ('num_interactions', 'interactions_log') THEN CASE WHEN value > 0 THEN 'conversation so far' WHEN value = 0 THEN 'no conversation yet' ELSE 'conversation unknown' END
        WHEN feature = 'inbound_share' THEN coalesce(round((100 * value)::numeric) || ' % of the conversation is theirs', 'nobody has called or written yet')
        WHEN feature = 'visits' THEN CASE WHEN value > 0 THEN 'has visited' WHEN value = 0 THEN 'no visit yet' ELSE 'visits unknown' END
        WHEN feature = 'is_seller' THEN CASE WHEN value = 1 THEN 'selling' WHEN value = 0 THEN 'buying' WHEN value IS NOT NULL THEN 'buying and selling' ELSE 'side unknown' END
        WHEN feature = 'is_weekend' THEN CASE WHEN value > 0 THEN 'came at the weekend' ELSE 'came on a weekday' END
        WHEN feature = 'is_business_hours' THEN CASE WHEN value > 0 THEN 'came in business hours' ELSE 'came outside business hours' END
        WHEN feature = 'time_of_day' THEN 'came ' || (ARRAY['at night', 'in the morning', 'in the afternoon', 'in the evening'])[value::integer + 1]
        WHEN feature = 'season' THEN 'came in ' || (ARRAY['winter', 'spring', 'summer', 'autumn'])[value::integer + 1]
        WHEN feature = 'month' THEN 'came in ' || (ARRAY['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'])[value::integer]
        WHEN feature = 'day_of_week' THEN 'came on a ' || (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[value::integer + 1]
        WHEN feature = 'hour_of_day' THEN 'came around ' || value::integer || ':00'
        WHEN feature LIKE 'source\_%' THEN CASE WHEN value > 0 THEN 'came from ' WHEN value IS NULL THEN 'unknown source, perhaps ' ELSE 'not from ' END || jorge.source_label(substr(feature, 8))
        ELSE replace(feature, '_', ' ') || coalesce(' ' || trim_scale(round(value::numeric, 2)), ' unknown') END
$fn$;
COMMENT ON FUNCTION jorge.signal_text(text, float8) IS 'One feature''s value in words, e.g. "pre-approved", "budget around $600k". A protected feature is not described.';

CREATE OR REPLACE FUNCTION jorge.source_label(source text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE source WHEN 'ghl' THEN 'GoHighLevel' WHEN 'zillow' THEN 'Zillow' WHEN 'realtor_com' THEN 'Realtor.com'
                       WHEN 'facebook' THEN 'Facebook' WHEN 'email' THEN 'e-mail' WHEN 'other' THEN 'another source' ELSE source END
$fn$;
COMMENT ON FUNCTION jorge.source_label(text) IS 'A source as people write it: Realtor.com for realtor_com.';

CREATE OR REPLACE FUNCTION jorge.signal_topic(feature text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE
        WHEN feature IN ('job_stability_score', 'family_size_mentioned') THEN NULL
        WHEN feature IN ('budget_midpoint', 'budget_range', 'budget_specificity', 'has_specific_budget', 'price_range_mentioned') THEN 'budget'
        WHEN feature = 'timeline_urgency' THEN 'timeline'
        WHEN feature IN ('financing_readiness', 'financing_mentioned') THEN 'financing'
        WHEN feature = 'message_intent' THEN 'intent'
        WHEN feature IN ('message_length', 'word_count', 'message_length_avg', 'question_marks', 'questions_asked', 'exclamation_marks') THEN 'message'
        WHEN feature = 'sentiment_score' THEN 'tone'
        WHEN feature IN ('response_time_hours', 'response_time_log') THEN 'replies'
        WHEN feature = 'first_response_hours' THEN 'our answer'
        WHEN feature IN ('num_interactions', 'interactions_log', 'engagement_score', 'engagement_normalized', 'inbound_share') THEN 'conversation'
        WHEN feature = 'inquiries' THEN 'inquiries'
        WHEN feature = 'visits' THEN 'visits'
        WHEN feature = 'location_specificity' THEN 'area'
        WHEN feature = 'previous_real_estate_experience' THEN 'experience'
        WHEN feature = 'objections' THEN 'objections'
        WHEN feature = 'is_seller' THEN 'side'
        WHEN feature LIKE 'source\_%' THEN 'source'
        WHEN feature IN ('is_weekend', 'is_business_hours', 'day_of_week', 'hour_of_day', 'time_of_day', 'month', 'season') THEN 'arrival'
        ELSE feature END
$fn$;
COMMENT ON FUNCTION jorge.signal_topic(text) IS
    'What a feature speaks of: features of one topic (budget, conversation ...) are one signal, their contributions added. NULL for a protected feature, which is part of no signal.';

CREATE OR REPLACE FUNCTION jorge.signal_phrase(topic text, up boolean, f jorge.features, strongest text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    seller boolean := coalesce(f.is_seller = 1, false);
    price text := CASE WHEN f.budget_range > 0
                       THEN jorge.money_text((f.budget_midpoint - f.budget_range / 2)::float8) || ' to ' || jorge.money_text((f.budget_midpoint + f.budget_range / 2)::float8)
                       ELSE jorge.money_text(f.budget_midpoint) END;
    contacts integer := least(f.num_interactions, 1e6)::integer;
BEGIN
    -- a phrase that would not fit its sign is none: NULL
    CASE topic
    WHEN 'budget' THEN
        IF price IS NULL THEN
            RETURN CASE WHEN up THEN NULL WHEN f.budget_specificity IS NOT NULL THEN 'an open budget'
                        WHEN seller THEN 'no asking price yet' ELSE 'no budget yet' END;
        ELSIF seller THEN
            RETURN CASE WHEN up AND f.budget_range = 0 THEN format('clear asking price (%s)', price)
                        WHEN up THEN format('price in mind (%s)', price) ELSE format('a price expectation of %s', price) END;
        ELSIF up THEN
            RETURN format(CASE WHEN f.budget_specificity >= 0.5 THEN 'strong budget (%s)' ELSE 'budget of about %s' END, price);
        END IF;
        RETURN format(CASE WHEN f.budget_specificity < 0.5 THEN 'a vague budget (%s)' ELSE 'a budget of %s' END, price);
    WHEN 'timeline' THEN
        RETURN CASE WHEN f.timeline_urgency IS NULL THEN CASE WHEN NOT up THEN 'no timeline yet' END
                    WHEN up THEN CASE WHEN f.timeline_urgency >= 0.85 THEN 'immediate timeline' WHEN f.timeline_urgency >= 0.7 THEN 'moving within weeks'
                                      WHEN f.timeline_urgency >= 0.4 THEN 'moving within a few months' ELSE 'timeline known' END
                    WHEN f.timeline_urgency >= 0.85 THEN NULL
                    WHEN f.timeline_urgency >= 0.4 THEN 'not moving at once' WHEN f.timeline_urgency >= 0.15 THEN 'a distant timeline' ELSE 'no rush to move' END;
    WHEN 'financing' THEN
        RETURN CASE WHEN f.financing_readiness IS NULL THEN CASE WHEN NOT up AND NOT seller THEN 'no word on financing yet' END
                    WHEN up THEN CASE WHEN f.financing_readiness >= 0.95 THEN CASE WHEN seller THEN 'cash at hand' ELSE 'cash buyer' END
                                      WHEN f.financing_readiness >= 0.85 THEN 'pre-approved' WHEN f.financing_readiness >= 0.65 THEN 'pre-qualified' END
                    WHEN f.financing_readiness >= 0.65 THEN NULL
                    WHEN f.financing_readiness > 0.375 THEN 'has to sell first' WHEN f.financing_readiness > 0.25 THEN 'financing not settled'
                    ELSE 'no lender yet' END;
    WHEN 'intent' THEN
        RETURN CASE WHEN f.message_intent IS NULL THEN CASE WHEN NOT up THEN 'no message yet' END
                    WHEN up THEN CASE WHEN f.message_intent >= 0.7 THEN 'ready to act' WHEN f.message_intent >= 0.3 THEN 'clearly interested' END
                    WHEN f.message_intent < 0.3 THEN 'no clear intent yet' WHEN f.message_intent < 0.7 THEN 'only mild interest' END;
    WHEN 'message' THEN
        RETURN CASE WHEN f.message_length IS NULL THEN CASE WHEN NOT up THEN 'no message yet' END
                    WHEN up THEN CASE WHEN f.questions_asked >= 2 THEN 'asks questions' WHEN f.message_length_avg >= 100 OR f.message_length >= 300 THEN 'writes in detail' END
                    WHEN f.message_length_avg < 40 THEN 'short messages' WHEN f.questions_asked = 0 THEN 'asks nothing' END;
    WHEN 'tone' THEN
        RETURN CASE WHEN up AND f.sentiment_score > 0.1 THEN 'friendly tone' WHEN NOT up AND f.sentiment_score < -0.1 THEN 'a negative tone' END;
    WHEN 'replies' THEN
        RETURN CASE WHEN f.response_time_hours IS NULL THEN CASE WHEN NOT up AND f.first_response_hours IS NOT NULL THEN 'no reply so far' END
                    WHEN up THEN CASE WHEN f.response_time_hours <= 1 THEN 'replies within the hour' WHEN f.response_time_hours <= 24 THEN 'replies within a day' ELSE 'replies to us' END
                    WHEN f.response_time_hours > 12 THEN 'slow replies' END;
    WHEN 'our answer' THEN
        RETURN CASE WHEN f.first_response_hours IS NULL THEN CASE WHEN NOT up THEN 'no answer from us yet' END
                    WHEN up THEN CASE WHEN f.first_response_hours <= 0.25 THEN 'we answered within minutes' WHEN f.first_response_hours <= 1 THEN 'we answered within the hour'
                                      WHEN f.first_response_hours <= 24 THEN 'we answered the same day' END
                    WHEN f.first_response_hours > 1 THEN 'we answered only after ' || jorge.hours_text(f.first_response_hours) END;
    WHEN 'conversation' THEN
        RETURN CASE WHEN up THEN CASE WHEN contacts >= 2 THEN format('active conversation (%s contacts)', contacts) WHEN contacts = 1 THEN 'in conversation' END
                    WHEN contacts > 2 AND f.inbound_share < 0.4 THEN 'a one-sided conversation' WHEN contacts > 0 THEN 'little conversation so far'
                    ELSE 'no conversation yet' END;
    WHEN 'inquiries' THEN
        RETURN CASE WHEN up AND f.inquiries > 1 THEN format('asked %s times', least(f.inquiries, 1e6)::integer) WHEN NOT up AND f.inquiries = 1 THEN 'asked only once' END;
    WHEN 'visits' THEN
        RETURN CASE WHEN up THEN CASE WHEN f.visits = 1 THEN 'has visited' WHEN f.visits > 1 THEN format('%s visits', least(f.visits, 1e6)::integer) END
                    WHEN coalesce(f.visits, 0) = 0 THEN 'no visit yet' WHEN f.visits = 1 THEN 'only one visit' END;
    WHEN 'area' THEN
        RETURN CASE WHEN up THEN CASE WHEN f.location_specificity >= 0.9 THEN 'exact address known' WHEN f.location_specificity >= 0.5 THEN 'area known' END
                    WHEN coalesce(f.location_specificity, 0) = 0 THEN CASE WHEN seller THEN 'no address yet' ELSE 'no area yet' END
                    WHEN f.location_specificity < 0.7 THEN 'only a rough area' END;
    WHEN 'experience' THEN
        RETURN CASE WHEN f.previous_real_estate_experience > 0.5 THEN CASE WHEN up THEN 'has bought or sold before' END
                    WHEN f.previous_real_estate_experience IS NOT NULL THEN CASE WHEN seller THEN 'first-time seller' ELSE 'first-time buyer' END END;
    WHEN 'objections' THEN
        RETURN CASE WHEN up AND f.objections = 0 THEN 'no objections' WHEN NOT up AND f.objections = 1 THEN 'an objection raised'
                    WHEN NOT up AND f.objections > 1 THEN 'several objections raised' END;
    WHEN 'side' THEN
        RETURN CASE f.is_seller WHEN 1 THEN 'selling' WHEN 0 THEN 'buying' WHEN 0.5 THEN 'buying and selling' END;
    WHEN 'source' THEN
        RETURN 'came from ' || CASE WHEN f.source_ghl > 0 THEN jorge.source_label('ghl') WHEN f.source_zillow > 0 THEN jorge.source_label('zillow')
                                    WHEN f.source_realtor_com > 0 THEN jorge.source_label('realtor_com') WHEN f.source_facebook > 0 THEN jorge.source_label('facebook')
                                    WHEN f.source_email > 0 THEN jorge.source_label('email') WHEN f.source_other > 0 THEN jorge.source_label('other') END;
    WHEN 'arrival' THEN
        RETURN jorge.signal_text(strongest, (to_jsonb(f) ->> strongest)::float8);
    ELSE
        RETURN jorge.signal_text(strongest, (to_jsonb(f) ->> strongest)::float8);
    END CASE;
END
$fn$;
COMMENT ON FUNCTION jorge.signal_phrase(text, boolean, jorge.features, text) IS
    'A signal as a note of a few words that fits its direction (up: it speaks for the lead): "strong budget ($600k)", "no timeline yet". NULL where no wording fits, e.g. an unknown timeline that speaks for a lead. strongest: the topic''s feature that contributes most.';

CREATE OR REPLACE FUNCTION jorge.signals(lead record)
    RETURNS TABLE (rank integer, signal text, sign text, points integer, points_text text, text text, contribution float8, feature text, value float8, phrase text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    f jorge.features := jorge.lead_features(lead);
    p float8 := jorge.lead_score(lead);
    margin float8 := ln(p / greatest(1 - p, 1e-9));
BEGIN
    RETURN QUERY
    SELECT (row_number() OVER (ORDER BY abs(t.c) DESC, t.topic))::integer, t.topic, CASE WHEN t.c < 0 THEN '-' ELSE '+' END,
           x.pts, CASE WHEN t.c < 0 THEN '-' ELSE '+' END || abs(x.pts) || CASE WHEN abs(x.pts) = 1 THEN ' point' ELSE ' points' END,
           coalesce(x.note, jorge.signal_text(t.features[1], t.vals[1])), t.c, t.features[1], t.vals[1], x.note
      FROM (SELECT jorge.signal_topic(r.feature) AS topic, sum(r.contribution) AS c, array_agg(r.feature ORDER BY r.rank) AS features, array_agg(r.value ORDER BY r.rank) AS vals
              FROM jorge.lead_reasons(lead) r GROUP BY 1) t,
           -- what the score would lose without the topic
           LATERAL (SELECT round((100 * (p - 1 / (1 + exp(least(t.c - margin, 700)))))::numeric)::integer AS pts,
                           jorge.signal_phrase(t.topic, t.c >= 0, f, t.features[1]) AS note) x
     WHERE t.topic IS NOT NULL AND t.c <> 0
     ORDER BY 1;
END
$fn$;
COMMENT ON FUNCTION jorge.signals(record) IS
    'Why a row has its score, a row a topic, the strongest first: contributions of the topic''s features added (log-odds), points = score points (0 ... 100 scale) that the score would lose without it, text = in words, feature and value = its strongest feature, phrase = text, NULL where no wording fits the sign. No protected feature is part of it. Errors as jorge.lead_score().';

CREATE OR REPLACE FUNCTION jorge.sentence(ups text[], downs text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT upper(left(s, 1)) || substr(s, 2)
      FROM (SELECT CASE WHEN cardinality(u) > 0 AND cardinality(d) > 0
                        THEN array_to_string(u, ', ') || ', but ' || coalesce(nullif(array_to_string(d[:cardinality(d) - 1], ', '), '') || ' and ', '') || d[cardinality(d)]
                        WHEN cardinality(u) > 0 THEN array_to_string(u, ', ')
                        WHEN cardinality(d) > 0 THEN array_to_string(d, ', ')
                        ELSE 'nothing known yet speaks for or against this lead' END AS s
              FROM (SELECT coalesce(ups, '{}') AS u, coalesce(downs, '{}') AS d) x) y
$fn$;
COMMENT ON FUNCTION jorge.sentence(text[], text[]) IS
    'One sentence from notes that speak for a lead and notes that speak against it: "Strong budget ($600k), pre-approved, but no timeline yet".';

CREATE OR REPLACE FUNCTION jorge.lead_sentence(lead record, n integer DEFAULT 3) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    answer text;
BEGIN
    SELECT jorge.sentence(array_agg(t.phrase ORDER BY t.rank) FILTER (WHERE t.sign = '+'), array_agg(t.phrase ORDER BY t.rank) FILTER (WHERE t.sign = '-'))
      INTO answer
      FROM (SELECT s.* FROM jorge.signals(lead) s WHERE s.phrase IS NOT NULL ORDER BY s.rank LIMIT n) t;
    RETURN answer;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_sentence(record, integer) IS
    'Why a row has its score, in one sentence of its n strongest signals that can be put in words.';
