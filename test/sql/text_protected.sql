-- Protected spans: writing, deleting, moving or changing one alters no signal but job_stability and family_size.
-- compiling the queries below would take longer than running them
SET jit = off;
CREATE TEMP TABLE corpus (id int PRIMARY KEY, message text, a text, b text, c text, d text, e text, f text, spans text);
\copy corpus FROM 'test/data/messages.tsv'

-- all signals but the two that are kept apart
CREATE FUNCTION pg_temp.seen(message text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT to_jsonb(s) - 'job_stability' - 'family_size' FROM jorge.text_signals(message) s
$$;

CREATE TEMP TABLE phrase (n serial, phrase text);
INSERT INTO phrase (phrase) VALUES
    ('We have 3 kids'), ('My wife is pregnant'), ('We are a family of five'), ('I''m a single mom'),
    ('We are expecting a baby'), ('Our two children are 5 and 7 years old'), ('We have a newborn'),
    ('I use a wheelchair'), ('My son is autistic'), ('We are both retired'), ('I work at Dell'),
    ('I''ve been a nurse for 10 years'), ('I just got a new job'), ('My husband and I have twins'),
    ('We''re from Mexico'), ('I am Muslim'), ('We go to church'), ('I''m 67 years old'),
    ('We just got married'), ('I''m divorced'), ('My mother lives with us'), ('I lost my job'),
    ('We need good schools'), ('There are 4 of us'), ('I am a veteran'), ('We have a service dog'),
    ('I''m gay'), ('We don''t have kids'), ('My daughter is in college'), ('I''m self employed'),
    ('Tenemos 3 hijos'), ('Mi esposa está embarazada'), ('Somos una familia de cinco'), ('Soy madre soltera'),
    ('Trabajo en Dell'), ('Soy enfermera desde hace 10 años'), ('Estoy jubilado'), ('Mi hijo usa silla de ruedas'),
    ('Somos de México'), ('Tengo 67 años de edad'), ('Soy cristiana'), ('Esperamos un bebé');

-- each phrase alone is all span
SELECT phrase, jorge.text_visible(phrase) FROM phrase WHERE jorge.text_visible(phrase) <> ' ' ORDER BY n;

-- a sentence of them at every sentence boundary of every message: start, between, end
CREATE TEMP TABLE inserted AS
    SELECT c.id, p.n, p.phrase, place, c.message, CASE place
               WHEN 0 THEN p.phrase || '. ' || c.message
               WHEN 1 THEN c.message || ' ' || p.phrase
               ELSE array_to_string(parts[:place - 1], ' ') || ' ' || p.phrase || '. ' ||
                    array_to_string(parts[place:], ' ') END AS changed
    FROM (SELECT *, regexp_split_to_array(message, '(?<=[.!?])\s+(?=[A-Z¿])') AS parts FROM corpus) c, phrase p,
         LATERAL generate_series(0, array_length(parts, 1)) place;
SELECT count(*) > 15000 AS enough FROM inserted;
SELECT id, phrase, changed FROM inserted
WHERE pg_temp.seen(changed) <> pg_temp.seen(CASE WHEN place < 2 THEN message
    ELSE array_to_string(regexp_split_to_array(message, '(?<=[.!?])\s+(?=[A-Z¿])'), ' ') END)
ORDER BY id, n, place LIMIT 10;

-- a marked span deleted, and replaced by each phrase
CREATE TEMP TABLE marked AS
    SELECT id, message, span FROM corpus, string_to_table(spans, '|') span WHERE spans <> '';
SELECT count(*) >= 30 AS enough FROM marked;
SELECT id, message FROM marked
WHERE pg_temp.seen(replace(message, span, '')) <> pg_temp.seen(message) ORDER BY id;
SELECT id, phrase, message FROM marked, phrase
WHERE pg_temp.seen(replace(message, span, phrase)) <> pg_temp.seen(message) ORDER BY id, n LIMIT 10;

-- the scan of what is visible is the scan of the message
SELECT id, message FROM corpus
WHERE pg_temp.seen(jorge.text_visible(message)) <> pg_temp.seen(message)
   OR jorge.text_visible(jorge.text_visible(message)) <> jorge.text_visible(message) ORDER BY id;
