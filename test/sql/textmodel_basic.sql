-- Text models: terms of a message, the type and what it refuses, training, prediction, explanation.

SET client_min_messages = warning;
CREATE SCHEMA textmodel_basic;
SET search_path TO textmodel_basic;
RESET client_min_messages;

-- terms: words and pairs below half of the buckets, runs of characters above; each half of length 1
SELECT count(*) FILTER (WHERE term < 131072) AS words, count(*) FILTER (WHERE term >= 131072) AS runs,
       round(sum(value ^ 2) FILTER (WHERE term < 131072)::numeric, 5) AS words_square, round(sum(value ^ 2) FILTER (WHERE term >= 131072)::numeric, 5) AS runs_square
  FROM jorge.text_terms('Call me');
SELECT times, count(*) FROM jorge.text_terms('yes yes yes') GROUP BY 1 ORDER BY 1;
-- what is the same to a model: case, accents, punctuation, digits, protected spans, form of letters
CREATE FUNCTION terms(message text) RETURNS text LANGUAGE sql RETURN (SELECT md5(string_agg(t::text, ',')) FROM jorge.text_terms(message) t);
SELECT a, b, terms(a) = terms(b) AS same
  FROM (VALUES ('Call me', 'call ME!'), ('más información', 'mas informacion'), ('at $450k', 'at 123 k'), ('see www.a.com', 'see http://b.org/x?y=1'), ('write a@b.com', 'see it'),
               ('We have 3 kids. Call me', 'Call me'), ('call me', 'me call'), ('1234', '123'), ('Ｃall me', 'Call me'), ('👍', '👎')) v(a, b);
-- nothing to go by
SELECT m, (SELECT count(*) FROM jorge.text_terms(m)) AS terms FROM (VALUES (''), ('  '), ('?!'), ('We have 3 kids'), (NULL)) v(m);
-- 4096 words count, 40 characters of each
SELECT terms(repeat('word ', 4096)) = terms(repeat('word ', 4096) || 'other') AS beyond_words, terms(repeat('a', 40) || 'b') = terms(repeat('a', 40) || 'c') AS beyond_characters;
SELECT (SELECT count(*) FROM jorge.text_terms('call me', 8)) > 0 AS few_bits, max(term) < 256 AS below FROM jorge.text_terms(repeat('call me now please ', 50), 8);
SELECT terms('call me') = (SELECT md5(string_agg(t::text, ',')) FROM jorge.text_terms('call me', hash_seed => 1) t) AS same_with_another_seed;
\set VERBOSITY terse
SELECT * FROM jorge.text_terms('x', 7);
SELECT * FROM jorge.text_terms('x', 18, -1);

-- training
CREATE TABLE said AS SELECT n, n % 2 = 0 AS won, CASE n % 2 WHEN 0 THEN 'I want to buy now ' ELSE 'just looking around ' END || CASE n % 3 WHEN 0 THEN 'thanks' WHEN 1 THEN 'please call' ELSE 'ok' END AS message
  FROM generate_series(1, 60) n;
CREATE TABLE model AS SELECT jorge.train_text('SELECT won, message FROM said', params => '{"quiet": true}') AS model;
SELECT buckets, hash_seed, embedding, weights > 20 AS weights, lexicon = jorge.lexicon_version() AS lexicon, attributes -> 'rows' AS rows, attributes -> 'positives' AS positives,
       attributes #> '{metrics,auc}' AS auc, length(hash) AS hash, bytes > 0 AS bytes FROM model, jorge.text_model_info(model);
SELECT m, round(jorge.predict(model, m)::numeric, 1) > 0.5 AS likely, abs(jorge.predict(model, m) - 1 / (1 + exp(-jorge.predict_margin(model, m)))) < 1e-15 AS link
  FROM model, (VALUES ('I want to buy'), ('only looking around'), (''), (NULL)) v(m);
SELECT kind, term, times, sign(contribution) FROM model, jorge.explain_text(model, 'Buy! BUY, looking') ORDER BY rank LIMIT 3;
SELECT m, abs(jorge.predict_margin(model, m) - (SELECT max(base) + sum(contribution) FROM jorge.explain_text(model, m))) < 1e-9 AS adds_up
  FROM model, (VALUES ('I want to buy now, please call'), ('buy buy buy')) v(m);
SELECT count(*) FROM model, jorge.explain_text(model, 'qqqq');
-- the same whatever the order of rows, on other rows another
SELECT count(DISTINCT jorge.text_model_hash(m)) FROM (SELECT model AS m FROM model UNION ALL SELECT jorge.train_text('SELECT won, message FROM said ORDER BY -n', params => '{"quiet": true}')) x;
-- out of fold, in the order of the query; rows without label or words have none
SELECT count(*), min(place), max(place), count(DISTINCT fold), bool_and(label_value = (place % 2 = 0)) AS labels
  FROM jorge.text_out_of_fold('SELECT won, message FROM said ORDER BY n', params => '{"quiet": true}');
SELECT count(*), min(place) FROM jorge.text_out_of_fold('SELECT CASE WHEN n > 2 THEN won END AS won, CASE WHEN n <> 3 THEN message END AS message FROM said ORDER BY n', params => '{"quiet": true}');
-- by time: the oldest part is judged by none
SELECT count(*), min(place) > 6 AS later FROM jorge.text_out_of_fold('SELECT won, message, n FROM said ORDER BY n', params => '{"quiet": true, "time": "n"}');
-- messages that say nothing make a model that says nothing
SELECT weights, round(base::numeric, 3) AS base FROM jorge.text_model_info((SELECT jorge.train_text('SELECT won, ''hello'' || '' there'' AS message FROM said', params => '{"quiet": true}')));
-- language is no reason: the offset is averaged out, unless asked for
CREATE TABLE spoken AS SELECT n % 10 < CASE n % 2 WHEN 0 THEN 8 ELSE 2 END AS won, CASE n % 2 WHEN 0 THEN 'I would like to see the house' ELSE 'me gustaria ver la casa' END AS message FROM generate_series(1, 200) n;
SELECT language, round((jorge.predict(m, 'I would like to see the house') - jorge.predict(m, 'me gustaria ver la casa'))::numeric, 1) AS difference
  FROM (VALUES ('neutral'), ('as_is')) v(language), LATERAL (SELECT jorge.train_text('SELECT * FROM spoken', params => jsonb_build_object('quiet', true, 'cv', 0, 'cost', 1, 'language', language)) AS m OFFSET 0) x ORDER BY 1 DESC;

-- an embedding
CREATE TABLE embedded AS SELECT won, message, ARRAY[CASE WHEN won THEN 2 ELSE -2 END, 1]::real[] AS v FROM said;
CREATE TABLE with_embedding AS SELECT jorge.train_text('SELECT won, message, v FROM embedded', params => '{"quiet": true, "embedding": "v", "cv": 0, "cost": 1}') AS model;
SELECT jorge.predict(model, NULL, ARRAY[4, 2]::real[]) = jorge.predict(model, NULL, ARRAY[2, 1]::real[]) AS direction, jorge.predict(model, NULL, ARRAY[2, 1]::real[]) > 0.5 AS likely,
       jorge.predict(model, 'looking', NULL) = jorge.predict(model, 'looking') AS without, jorge.predict(model, NULL, NULL) IS NULL AS neither, jorge.predict(model, NULL, ARRAY[0, 0]::real[]) IS NULL AS nowhere FROM with_embedding;
SELECT jorge.predict(model, 'x', ARRAY[1]::real[]) FROM with_embedding;
SELECT jorge.predict(model, 'x', ARRAY[1, NULL]::real[]) FROM with_embedding;
SELECT jorge.predict(model, 'x', ARRAY[1, 'inf']::real[]) FROM with_embedding;
SELECT jorge.predict(model, 'x', ARRAY[1, 2]::real[]) FROM model;
SELECT jorge.train_text('SELECT won, message, v || CASE WHEN won THEN 1::real END AS v FROM embedded', params => '{"embedding": "v"}');

-- text and binary form there and back
SELECT model::text::jorge.text_model::text = model::text AS text_form, jorge.text_model_send(jorge.text_model_from_bytes(jorge.text_model_send(model))) = jorge.text_model_send(model) AS binary_form FROM model;

-- what the type refuses
CREATE FUNCTION refused(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b bytea := (SELECT jorge.text_model_send(m.model) FROM model m);
BEGIN
    EXECUTE format('SELECT jorge.text_model_from_bytes(%s) FROM (SELECT $1 AS b) x', change) USING b;
    RETURN 'accepted';
EXCEPTION WHEN others THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- bytes 0-1 format, 2-3 bits, 4-7 seed, 8-11 lexicon, 12-15 embedding, 16-19 weights, 20-27 base, then column and weight by turns
SELECT change, refused(change) FROM (VALUES ('b'), ('set_byte(b, 1, 2)'), ('set_byte(b, 3, 7)'), ('set_byte(b, 3, 23)'), ('set_byte(b, 8, 128)'), ('set_byte(b, 12, 1)'), ('set_byte(b, 12, 128)'), ('set_byte(b, 16, 128)'),
    ('set_byte(b, 19, 0)'), ('set_byte(b, 18, 255)'), ('set_byte(set_byte(b, 20, 127), 21, 240)'), ('set_byte(b, 28, 255)'), ('overlay(b placing substr(b, 29, 4) from 37)'), ('overlay(b placing ''\x7f800000'' from 33)'), ('overlay(b placing ''\x7fc00000'' from 33)'),
    ('overlay(b placing ''\x00000000'' from 33)'), ('substr(b, 1, 27)'), ('substr(b, 1, 1)'), ('''''::bytea'), ('substr(b, 1, length(b) - 1)'), ('set_byte(b, length(b) - 1, 0)'), ('set_byte(b, length(b) - 2, 255)')) v(change);
SELECT 'x'::jorge.text_model;
SELECT '\x00'::jorge.text_model;

-- what training refuses
SELECT jorge.train_text('SELECT true AS won, message FROM said');
SELECT jorge.train_text('SELECT 2 AS won, message FROM said');
SELECT jorge.train_text('SELECT won FROM said');
SELECT jorge.train_text('SELECT message FROM said');
SELECT jorge.train_text('SELECT won, n AS message FROM said');
SELECT jorge.train_text('SELECT won, won, message FROM said');
SELECT jorge.train_text('SELECT won, message FROM said WHERE false');
SELECT jorge.train_text('SELECT won, ''''::text AS message FROM said');
SELECT jorge.train_text('DELETE FROM said RETURNING won, message');
SELECT jorge.train_text('SELECT won, message FROM said', params => '{"costs": 1}');
SELECT jorge.train_text('SELECT won, message FROM said', params => '{"bits": 30}');
SELECT jorge.train_text('SELECT won, message FROM said', params => '{"cv": 1}');
SELECT jorge.train_text('SELECT won, message FROM said', params => '{"cv": 0}');
SELECT jorge.train_text('SELECT won, message FROM said', params => '{"language": "en"}');
SELECT jorge.train_text('SELECT won, message, NULL::int AS t FROM said', params => '{"time": "t"}');
SELECT jorge.train_text('SELECT won, message FROM said LIMIT 3', params => '{"quiet": true}');
SET jorge.train_memory = '8MB';
SELECT jorge.train_text('SELECT won, message || n || md5(n::text) || md5((-n)::text) AS message FROM said, generate_series(1, 2000)');
RESET jorge.train_memory;
SET statement_timeout = '300ms';
SELECT jorge.train_text('SELECT won, message || repeat(md5(n::text || k) || '' '', 10) AS message FROM said, generate_series(1, 2000) k', params => '{"quiet": true}');
RESET statement_timeout;
SELECT count(*) AS progress_left_over FROM jorge.progress;

-- weights of an ensemble's members: scikit-learn's LogisticRegression would give the same but for the prior
SELECT learnt, round(intercept::numeric, 6) AS intercept FROM jorge.stack(ARRAY[true, false, true, false], ARRAY[[1, 0], [-1, 0], [1, 0], [-1, 0]], ARRAY[0.6, 0.4]) WHERE learnt[1] > 0.6 AND learnt[2] = 0.4 \gset stack_
SELECT :'stack_intercept' AS intercept;
-- a member that speaks against the truth gets nothing
SELECT learnt[2] FROM jorge.stack((SELECT array_agg(n % 2 = 0) FROM generate_series(1, 40) n), (SELECT array_agg(ARRAY[CASE n % 2 WHEN 0 THEN 1 ELSE -1 END * (n % 5), CASE n % 2 WHEN 0 THEN -2 ELSE 2 END]::float8[]) FROM generate_series(1, 40) n), ARRAY[0.6, 0.4]);
SELECT jorge.stack(ARRAY[true, false], ARRAY[[1.0], [2.0], [3.0]], ARRAY[1.0]);
SELECT jorge.stack(ARRAY[true, true], ARRAY[[1.0], [2.0]], ARRAY[1.0]);
SELECT jorge.stack(ARRAY[true, false], ARRAY[['NaN'::float8], [2.0]], ARRAY[1.0]);

\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA textmodel_basic CASCADE;
