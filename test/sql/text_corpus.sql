-- What people write, and what a reader takes from it: every message of the corpus is understood as expected.
CREATE TEMP TABLE corpus (
    id int PRIMARY KEY,
    message text NOT NULL,
    want_min float8,
    want_max float8,
    want_band text NOT NULL,    -- urgency: now >= 0.9, soon >= 0.65, months >= 0.2, later below, none
    want_financing text,
    want_intent text,
    want_objections text[] NOT NULL,
    spans text NOT NULL         -- protected spans, apart by |
);
\copy corpus FROM 'test/data/messages.tsv'

CREATE TEMP TABLE found AS
    SELECT c.*, s.*, CASE
               WHEN s.timeline_urgency IS NULL THEN 'none'
               WHEN s.timeline_urgency >= 0.9 THEN 'now'
               WHEN s.timeline_urgency >= 0.65 THEN 'soon'
               WHEN s.timeline_urgency >= 0.2 THEN 'months'
               ELSE 'later' END AS band
    FROM corpus c, jorge.text_signals(c.message) s;

-- the corpus is large enough and has both languages
SELECT count(*) AS messages, count(*) FILTER (WHERE language = 'es') AS spanish,
       count(*) FILTER (WHERE spans <> '') AS with_spans FROM found;

-- mismatches, signal by signal: none
SELECT id, message, 'budget' AS signal, concat_ws('..', want_min, want_max) AS expected,
       concat_ws('..', budget_min, budget_max) AS found
FROM found WHERE (want_min, want_max) IS DISTINCT FROM (budget_min, budget_max) ORDER BY id;
SELECT id, message, 'timeline' AS signal, want_band AS expected, concat(band, ' ', timeline_days) AS found
FROM found WHERE want_band <> band ORDER BY id;
SELECT id, message, 'financing' AS signal, want_financing AS expected, financing AS found
FROM found WHERE want_financing IS DISTINCT FROM financing ORDER BY id;
SELECT id, message, 'intent' AS signal, want_intent AS expected, intent AS found
FROM found WHERE want_intent IS DISTINCT FROM intent ORDER BY id;
SELECT id, message, 'objections' AS signal, want_objections AS expected, objections AS found
FROM found WHERE NOT (want_objections @> objections AND want_objections <@ objections) ORDER BY id;

-- what is left of a message is the message without its spans
CREATE FUNCTION pg_temp.without_spans(message text, spans text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    span text;
BEGIN
    FOREACH span IN ARRAY string_to_array(nullif(spans, ''), '|') LOOP
        message := replace(message, span, ' ');
    END LOOP;
    RETURN message;
END $$;
SELECT id, message, 'spans' AS signal, spans AS expected, jorge.text_visible(message) AS found
FROM found
WHERE jorge.text_visible(message) <> CASE WHEN spans = '' THEN message ELSE pg_temp.without_spans(message, spans) END
ORDER BY id;

-- units and ranges hold for all
SELECT count(*) AS out_of_range FROM found
WHERE NOT (sentiment BETWEEN -1 AND 1
    AND coalesce(budget_min BETWEEN 10e3 AND 100e6, true)
    AND coalesce(budget_max BETWEEN 10e3 AND 100e6, true)
    AND coalesce(budget_min <= budget_max, true)
    AND coalesce(budget_specificity BETWEEN 0 AND 1, true)
    AND coalesce(timeline_urgency BETWEEN 0 AND 1, true)
    AND coalesce(timeline_days >= 0, true)
    AND coalesce(financing_readiness BETWEEN 0 AND 1, true)
    AND intent_strength BETWEEN 0 AND 1
    AND location_specificity BETWEEN 0 AND 1
    AND length BETWEEN 0 AND char_length(message)
    AND price_range = coalesce(budget_min < budget_max, false)
    AND (financing IS NULL) = (financing_readiness IS NULL));
