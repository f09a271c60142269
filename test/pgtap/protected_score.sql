-- Fair housing, end to end: inserting, deleting or replacing a protected span in a message changes no feature and no score.
BEGIN;
SELECT plan(9);
SET LOCAL jit = off;

CREATE TEMP TABLE corpus (id int PRIMARY KEY, message text, a text, b text, c text, d text, e text, f text, spans text);
\copy corpus FROM 'test/data/messages.tsv'

-- sentences of protected matter, by ground
CREATE TEMP TABLE phrase (n serial, language text, ground text, phrase text);
INSERT INTO phrase (language, ground, phrase) VALUES
    ('en', 'family', 'We have 3 kids'), ('en', 'family', 'we have three small children'), ('en', 'family', 'I am a single mom of two'), ('en', 'family', 'My wife is pregnant'),
    ('en', 'family', 'We are expecting our first baby'), ('en', 'family', 'Our daughter starts kindergarten'), ('en', 'family', 'My mother in law lives with us'), ('en', 'family', 'We just got married'),
    ('en', 'religion', 'We go to church'), ('en', 'religion', 'We are Jewish'), ('en', 'religion', 'I am Muslim'), ('en', 'religion', 'We are Catholic'),
    ('en', 'disability', 'I use a wheelchair'), ('en', 'disability', 'My husband is disabled'), ('en', 'disability', 'My son is autistic'), ('en', 'disability', 'I am deaf'), ('en', 'disability', 'We have a service dog'),
    ('en', 'origin', 'We are from Mexico'), ('en', 'origin', 'I am Korean'), ('en', 'origin', 'We are a Black family'), ('en', 'sex', 'I am gay'), ('en', 'sex', 'My husband and I are a gay couple'),
    ('en', 'age', 'I am 67 years old'), ('en', 'age', 'We are both retired'), ('en', 'income', 'I work at Dell'), ('en', 'income', 'I lost my job'), ('en', 'military', 'I am a veteran'),
    ('es', 'family', 'Tenemos 3 hijos'), ('es', 'family', 'Mi esposa está embarazada'), ('es', 'family', 'Soy madre soltera'), ('es', 'family', 'Esperamos un bebé'), ('es', 'family', 'Somos una familia de cinco'),
    ('es', 'religion', 'Somos católicos'), ('es', 'religion', 'Vamos a la iglesia'), ('es', 'disability', 'Mi hijo usa silla de ruedas'), ('es', 'disability', 'Soy sordo'),
    ('es', 'origin', 'Somos de México'), ('es', 'age', 'Tengo 67 años de edad'), ('es', 'income', 'Trabajo en Dell'), ('es', 'age', 'Estoy jubilado');

-- all that a model may know of a lead with this one message, and the score it gets; "" where there is no message left
CREATE FUNCTION pg_temp.seen(message text, OUT features jsonb, OUT score float8) LANGUAGE plpgsql AS $$
DECLARE
    lead record;
BEGIN
    SELECT message AS message, 'zillow' AS source, 'buyer' AS side, timestamptz '2026-03-02 15:00+00' AS received_at INTO lead;
    features := to_jsonb(jorge.lead_features(lead)) - 'job_stability_score' - 'family_size_mentioned';
    score := jorge.lead_score(lead);
END $$;

CREATE TEMP TABLE plain AS SELECT c.id, c.message, regexp_split_to_array(c.message, '(?<=[.!?])\s+(?=[A-Z¿])') AS parts, s.* FROM corpus c, pg_temp.seen(c.message) s;

-- inserted: a sentence at the start, at each boundary and at the end
CREATE TEMP TABLE inserted AS
    SELECT p.id, n, phrase, place, s.features = p.features AS same_features, s.score = p.score AS same_score, changed
      FROM plain p, phrase, LATERAL generate_series(0, cardinality(parts)) place,
           LATERAL (SELECT array_to_string(parts[:place] || CASE WHEN place = cardinality(parts) THEN phrase ELSE phrase || '.' END || parts[place + 1:], ' ') AS changed) c, pg_temp.seen(c.changed) s
     -- a sentence fits where the one before has ended
     WHERE place = 0 OR parts[place] ~ '[.!?]\s*$';
SELECT cmp_ok((SELECT count(*) FROM inserted), '>', 12000::bigint, 'a protected sentence is inserted wherever one fits');
SELECT is_empty('SELECT id, phrase, changed FROM inserted WHERE NOT same_features ORDER BY id, n LIMIT 10', 'no feature changes');
SELECT is_empty('SELECT id, phrase, changed FROM inserted WHERE NOT same_score ORDER BY id, n LIMIT 10', 'no score changes, to the bit');

-- deleted, and replaced: the spans that the corpus marks
CREATE TEMP TABLE marked AS SELECT p.*, span FROM plain p JOIN corpus c USING (id, message), string_to_table(c.spans, '|') span WHERE c.spans <> '';
SELECT cmp_ok((SELECT count(*) FROM marked), '>=', 30::bigint, 'messages with protected spans of their own');
SELECT is_empty($$SELECT id, span FROM marked m, pg_temp.seen(replace(m.message, span, '')) s WHERE s.features <> m.features OR s.score <> m.score ORDER BY 1$$, 'a deleted span changes nothing');
SELECT is_empty($$SELECT id, span, phrase FROM marked m, phrase, pg_temp.seen(replace(m.message, span, phrase)) s WHERE s.features <> m.features OR s.score <> m.score ORDER BY 1 LIMIT 10$$, 'nor does one replaced by another');

-- a sentence between others replaced by each of the others
SELECT is_empty($$
    SELECT a.phrase, b.phrase FROM phrase a, phrase b, pg_temp.seen('Hi. ' || a.phrase || '. We want a house under $450k by June.') s, pg_temp.seen('Hi. ' || b.phrase || '. We want a house under $450k by June.') t
     WHERE s.features <> t.features OR s.score <> t.score$$, 'nor does it matter which of them is said');

-- through the front door: stored leads, their answers and their recommendations
INSERT INTO jorge.inquiry (received_at, source, name, message)
SELECT '2026-03-02 15:00+00', 'zillow', n || ' ' || v, CASE v WHEN 'with' THEN 'Pre-approved to $450k. ' || phrase || '. Can we see it tomorrow?' ELSE 'Pre-approved to $450k. Can we see it tomorrow?' END
  FROM phrase, (VALUES ('with'), ('without')) v(v);
SELECT is((SELECT count(DISTINCT probability) FROM jorge.lead_score), 1::bigint, 'stored leads of one wish have one score, whoever they are');
SELECT is((SELECT count(DISTINCT jorge.score_lead(lead_id) - 'lead_id' - 'processing_time_ms') FROM jorge.lead), 1::bigint, 'and one answer');

SELECT * FROM finish();
ROLLBACK;
