-- Each feature has the value computed by hand from the row; what the row doesn't tell is NULL.
\x on
-- everything known; 2024-06-12 is a Wednesday, 14:30 UTC
SELECT f.*
FROM (SELECT 400000 AS budget_min, 600000 AS budget_max, 'Facebook_Leads' AS first_source, 'zillow' AS source, 'both' AS side,
             'Travis Heights' AS area, 'Austin' AS city,
             timestamptz '2024-06-12 14:30+00' AS first_seen_at, timestamptz '2024-06-12 15:45+00' AS first_outbound_at,
             2 AS inquiries, 9 AS interactions, 4 AS inbound, 1 AS outbound, 2 AS calls, 1 AS visits, 2 AS replies, 5400 AS reply_seconds,
             4 AS text_messages, 200 AS text_length, 45 AS text_words, 3 AS text_question_marks, 2 AS text_questions,
             1 AS text_exclamation_marks, 1.5 AS text_sentiment, 350000 AS text_budget_min, 450000 AS text_budget_max,
             0.9::real AS text_budget_specificity, 1 AS text_price_ranges, 0.75::real AS text_timeline_urgency,
             0.625::real AS text_financing_readiness, 0.5::real AS text_intent, 0.25::real AS text_location_specificity,
             1 AS text_experience, 5 AS text_objections, 5 AS text_objection_kinds, 0.5::real AS text_job_stability,
             4 AS text_family_size, 1 AS lexicon) r,
     jorge.lead_features(r, '2024-07-01 00:00+00') f;

-- an empty row: only the moment is known
SELECT f.* FROM jorge.lead_features(ROW(), '2024-07-01 00:00+00') f;

-- NULL in every column is the same as no column
SELECT f IS NOT DISTINCT FROM jorge.lead_features(ROW(), '2024-07-01 00:00+00') AS same
FROM (SELECT NULL::int AS budget_min, NULL::text AS source, NULL::text AS side, NULL::text AS message, NULL::timestamptz AS first_seen_at,
             NULL::int AS text_messages, NULL::int AS text_words, NULL::text AS time_zone) r,
     jorge.lead_features(r, '2024-07-01 00:00+00') f;
\x off

-- a NULL lead, a NULL as_of, a NULL zone (UTC)
SELECT jorge.lead_features(NULL) IS NULL AS lead, jorge.lead_feature_vector(NULL) IS NULL AS lead_v,
       jorge.lead_features(ROW(), NULL) IS NULL AS as_of, jorge.lead_feature_vector(ROW(), NULL) IS NULL AS as_of_v,
       (jorge.lead_features(ROW(), '2024-07-01 00:00+00', NULL)).hour_of_day AS hour;

-- sources
SELECT source, concat_ws(' ', CASE WHEN f.source_ghl = 1 THEN 'ghl' END, CASE WHEN f.source_zillow = 1 THEN 'zillow' END,
       CASE WHEN f.source_realtor_com = 1 THEN 'realtor_com' END, CASE WHEN f.source_facebook = 1 THEN 'facebook' END,
       CASE WHEN f.source_email = 1 THEN 'email' END, CASE WHEN f.source_other = 1 THEN 'other' END) AS feature,
       f.source_ghl + f.source_zillow + f.source_realtor_com + f.source_facebook + f.source_email + f.source_other AS sum
FROM (VALUES (1, 'ghl'), (2, 'GoHighLevel'), (3, 'ZILLOW'), (4, ' realtor.com '), (5, 'Realtor'), (6, 'realtor_com'), (7, 'facebook'),
             (8, 'Facebook Leads'), (9, 'email_forwarded'), (10, 'E-mail'), (11, 'open house'), (12, 'zillowx'), (13, 'zillo'), (14, ''),
             (15, '  '), (16, NULL)) r (n, source),
     jorge.lead_features(r, '2024-07-01') f ORDER BY n;
-- first_source wins where it is known
SELECT f.source_zillow, f.source_ghl
FROM (VALUES (1, 'zillow', 'ghl'), (2, '', 'ghl'), (3, NULL, 'ghl')) r (n, first_source, source), jorge.lead_features(r, '2024-07-01') f
ORDER BY n;

-- side
SELECT side, f.is_seller FROM (VALUES (1, 'buyer'), (2, 'Both'), (3, 'SELLER '), (4, 'landlord'), (5, NULL)) r (n, side),
     jorge.lead_features(r, '2024-07-01') f ORDER BY n;

-- location: the most precise field, or what a message said if that is more
SELECT f.location_specificity
FROM (VALUES (1, '1 Main St', '78701', 'x', 'y', 0.1), (2, ' ', '78701', 'x', 'y', 0.1), (3, NULL, NULL, 'x', 'y', 0.1),
             (4, NULL, NULL, NULL, 'y', 0.1), (5, NULL, NULL, NULL, 'y', 0.9), (6, NULL, NULL, NULL, NULL, 0.1),
             (7, NULL, NULL, NULL, NULL, NULL), (8, NULL, NULL, NULL, 'y', NULL))
         v (n, street, postal_code, area, city, text_location_specificity)
     CROSS JOIN LATERAL (SELECT v.*, 1 AS text_messages) r, jorge.lead_features(r, '2024-07-01') f ORDER BY v.n;

-- interactions: the column, else the sum of what is known of its parts
SELECT f.num_interactions, round(f.interactions_log::numeric, 4) AS log
FROM (VALUES (1, 12, 1, 1, 1, 1), (2, NULL, 1, 2, 3, 4), (3, NULL, NULL, 2, NULL, NULL), (4, 0, 1, 1, 1, 1), (5, NULL, NULL, NULL, NULL, NULL),
             (6, -3, 1, 2, NULL, -1)) r (n, interactions, inbound, outbound, calls, visits),
     jorge.lead_features(r, '2024-07-01') f ORDER BY n;

-- replies
SELECT f.response_time_hours, round(f.response_time_log::numeric, 4) AS log, f.engagement_score
FROM (VALUES (1, 2, 7200::float8), (2, 0, 7200), (3, 2, 0), (4, 2, -1), (5, 2, 'NaN'), (6, 2, 'infinity'), (7, NULL, 7200), (8, 2, NULL))
         r (n, replies, reply_seconds), jorge.lead_features(r, '2024-07-01') f ORDER BY n;
SELECT f.inbound_share FROM (VALUES (1, 3, 1), (2, 0, 0), (3, 0, 5), (4, 5, 0), (5, NULL, 5)) r (n, inbound, outbound),
     jorge.lead_features(r, '2024-07-01') f ORDER BY n;

-- engagement: each part has its most, all together 100
SELECT v.n, f.engagement_score, f.engagement_normalized
FROM (VALUES (1, 1, NULL, NULL, NULL, NULL), (2, 100, NULL, NULL, NULL, NULL), (3, NULL, 1, NULL, NULL, NULL), (4, NULL, 100, NULL, NULL, NULL),
             (5, NULL, NULL, 1, NULL, NULL), (6, NULL, NULL, 100, NULL, NULL), (7, NULL, NULL, NULL, 1, NULL), (8, NULL, NULL, NULL, 100, NULL),
             (9, NULL, NULL, NULL, NULL, 1), (10, NULL, NULL, NULL, NULL, 2), (11, NULL, NULL, NULL, NULL, 100), (12, NULL, NULL, NULL, NULL, 0))
         v (n, inbound, calls, visits, text_questions, inquiries)
     CROSS JOIN LATERAL (SELECT v.*, CASE WHEN text_questions IS NOT NULL THEN 1 END AS text_messages) r, jorge.lead_features(r, '2024-07-01') f
ORDER BY v.n;
SELECT f.engagement_score, f.engagement_normalized
FROM (SELECT 100 AS inbound, 100 AS calls, 100 AS visits, 1 AS text_messages, 100 AS text_questions, 100 AS inquiries, 9 AS replies, 0 AS reply_seconds) r,
     jorge.lead_features(r, '2024-07-01') f;

-- text columns out of range are brought into it; impossible counts are missing
SELECT f.sentiment_score, f.timeline_urgency, f.financing_readiness, f.message_intent, f.objections, f.message_length, f.word_count
FROM (VALUES (1, 9.0, 3.0, 3.0, 3.0, 4095, -1.0, 1e18), (2, -9.0, -3.0, -3.0, -3.0, -1, 1, 1),
             (3, 'NaN'::float8, 'infinity'::float8, 'NaN'::float8, '-infinity'::float8, NULL, 'NaN', 'infinity'))
         v (n, text_sentiment, text_timeline_urgency, text_financing_readiness, text_intent, text_objection_kinds, text_length, text_words)
     CROSS JOIN LATERAL (SELECT v.*, 1 AS text_messages) r, jorge.lead_features(r, '2024-07-01') f ORDER BY v.n;
-- no message at all: nothing is said, whatever the other columns hold
SELECT f.message_length, f.word_count, f.sentiment_score, f.message_intent, f.has_specific_budget, f.family_size_mentioned
FROM (SELECT 0 AS text_messages, 0 AS text_length, 0 AS text_words, 0 AS text_sentiment, 0.5 AS text_intent, 3 AS text_family_size) r,
     jorge.lead_features(r, '2024-07-01') f;
