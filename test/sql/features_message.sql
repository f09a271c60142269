-- Messages and fields are scanned where the row carries no text columns; protected words change nothing else.
-- what can be counted by hand
SELECT f.message_length, f.word_count, f.question_marks, f.exclamation_marks, f.message_length_avg, f.questions_asked
FROM (SELECT 'Is it available? Great house!!'::text AS message) r, jorge.lead_features(r, '2024-07-01') f;

-- no message: NULL, empty, white space
SELECT f.message_length, f.word_count, f.sentiment_score, f.has_specific_budget, f.financing_mentioned
FROM (VALUES (1, NULL), (2, ''), (3, E' \n\t ')) r (n, message), jorge.lead_features(r, '2024-07-01') f ORDER BY n;

-- budgets and ranges
SELECT message, f.budget_midpoint, f.budget_range, f.price_range_mentioned
FROM (VALUES (1, 'Our budget is $500k-750k'), (2, 'We can pay around 1.2M'), (3, 'under 400k please'), (4, 'Nice photos')) r (n, message),
     jorge.lead_features(r, '2024-07-01') f ORDER BY n;
-- a stated field wins over the message
SELECT f.budget_midpoint FROM (SELECT 'Our budget is $500k-750k'::text AS message, 300000 AS budget_max) r, jorge.lead_features(r, '2024-07-01') f;

-- signs of the signals
SELECT bool_and(f.sentiment_score > 0) FILTER (WHERE n = 1) AS happy, bool_and(f.sentiment_score < 0) FILTER (WHERE n = 2) AS angry,
       bool_and(f.timeline_urgency > 0.5) FILTER (WHERE n = 3) AS urgent, bool_and(f.financing_mentioned = 1) FILTER (WHERE n = 4) AS financed,
       bool_and(f.objections >= 1) FILTER (WHERE n = 5) AS objects
FROM (VALUES (1, 'I love this beautiful house, thank you so much!'), (2, 'This is terrible, I hate how you waste my time'),
             (3, 'I need to move in as soon as possible'), (4, 'I am pre-approved for a mortgage'), (5, 'That is too expensive for me'))
         r (n, message), jorge.lead_features(r, '2024-07-01') f;

-- the text columns win over the message where the row has both; NULL text_messages is as none
SELECT f.word_count FROM (VALUES (1, 2, 11), (2, NULL, 11), (3, 0, 11)) v (n, text_messages, text_words)
     CROSS JOIN LATERAL (SELECT v.*, 'three short words'::text AS message) r, jorge.lead_features(r, '2024-07-01') f ORDER BY v.n;

-- fields timeline and financing are read with the same words, if the messages say nothing of it
SELECT timeline, financing, f.timeline_urgency IS NOT NULL AS timeline_known, f.financing_readiness IS NOT NULL AS financing_known, f.financing_mentioned
FROM (VALUES (1, 'asap', 'Pre-approved'), (2, '1-3 months', 'Cash'), (3, ' ', ''), (4, 'zzz', 'zzz')) r (n, timeline, financing),
     jorge.lead_features(r, '2024-07-01') f ORDER BY n;
SELECT max(f.timeline_urgency) FILTER (WHERE n = 1) > max(f.timeline_urgency) FILTER (WHERE n = 2) AS asap_is_sooner,
       max(f.financing_readiness) FILTER (WHERE n = 2) >= max(f.financing_readiness) FILTER (WHERE n = 1) AS cash_is_readier
FROM (VALUES (1, 'asap', 'Pre-approved'), (2, '1-3 months', 'Cash')) r (n, timeline, financing), jorge.lead_features(r, '2024-07-01') f;
-- the message stands before the field
SELECT f.timeline_urgency = m.timeline_urgency AS same
FROM (SELECT 'asap'::text AS timeline, 'We are in no rush, maybe next year'::text AS message) r, jorge.lead_features(r, '2024-07-01') f,
     (SELECT 'We are in no rush, maybe next year'::text AS message) r2, jorge.lead_features(r2, '2024-07-01') m;

-- a protected statement changes the protected features only
SELECT array_agg(c.name ORDER BY c.name) AS differ
FROM (SELECT jorge.lead_feature_vector(a, '2024-07-01') AS x, jorge.lead_feature_vector(b, '2024-07-01') AS y
      FROM (SELECT 'We would like to see the house on Oak Street. We have 3 kids.'::text AS message) a,
           (SELECT 'We would like to see the house on Oak Street. We have 5 kids.'::text AS message) b) v, jorge.feature c
WHERE x[c.position] IS DISTINCT FROM y[c.position];
-- a message that is protected from end to end is as good as none
SELECT array_agg(c.name ORDER BY c.name) AS differ
FROM (SELECT jorge.lead_feature_vector(a, '2024-07-01') AS x, jorge.lead_feature_vector(b, '2024-07-01') AS y
      FROM (SELECT 'we have 3 kids'::text AS message) a, (SELECT ''::text AS message) b) v, jorge.feature c
WHERE x[c.position] IS DISTINCT FROM y[c.position];
-- a message that names no place says so
SELECT f.location_specificity, f.message_intent FROM (SELECT 'Hi'::text AS message) r, jorge.lead_features(r, '2024-07-01') f;

-- a message of 20,000 words, and bytes that are no words
SELECT f.word_count, f.message_length FROM (SELECT repeat('word ', 20000) AS message) r, jorge.lead_features(r, '2024-07-01') f;
SELECT f.word_count >= 0 AS ok FROM (SELECT string_agg(chr(1 + i % 5000), '') AS message FROM generate_series(1, 5000) i) r, jorge.lead_features(r, '2024-07-01') f;
