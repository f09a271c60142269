-- Text models and ensembles: protected spans change no score, a signal that only words carry is found, missing members are said.
BEGIN;
SELECT plan(44);
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;

-- ---- leads whose outcome depends on words that no feature reads ----
CREATE TABLE history AS
SELECT b.n, (('x' || substr(md5(b.n::text), 1, 8))::bit(32)::bigint % 100000) / 100000.0 AS u, b.true_probability AS p, b.n % 4 AS planted,
       b.message || CASE b.n % 4 WHEN 0 THEN ' We love the magnolia trees.' WHEN 1 THEN ' We like the willow trees.' ELSE '' END AS message,
       b.message AS plain, jorge.lead_features(r) AS f
  FROM (SELECT row_number() OVER () AS n, s.* FROM jorge.synthetic_leads(3000, 3) s) b,
       LATERAL (SELECT b.message, b.source, b.side, b.budget_min, b.budget_max, b.timeline, b.financing, b.received_at, b.area, b.property_type, b.bedrooms) r;
ALTER TABLE history ADD won boolean, ADD other text;
UPDATE history SET won = u < 1 / (1 + exp(-(jorge.log_odds(p) + CASE planted WHEN 0 THEN 2 WHEN 1 THEN -2 ELSE 0 END)));
-- the control: every message is another lead's
UPDATE history h SET other = o.plain
  FROM (SELECT n, row_number() OVER (ORDER BY md5('a' || n)) AS place FROM history) m
  JOIN (SELECT plain, row_number() OVER (ORDER BY md5('b' || n)) AS place FROM history) o USING (place) WHERE m.n = h.n;

SELECT is(jorge.train_ensemble('planted', 'SELECT won, message, f FROM history WHERE n <= 2000'), 1, 'an ensemble is trained and registered');
SELECT is(jorge.train_ensemble('control', 'SELECT u < p AS won, other, f FROM history WHERE n <= 2000', message => 'other', params => '{"folds": 3}'), 1, 'and the control');
SELECT is(jorge.train_ensemble('planted', 'SELECT won, message, f FROM history WHERE n <= 2000', params => '{"learn": true, "quiet": true, "folds": 3}'), 2, 'and one whose weights are learnt');

-- on leads that none of them has seen
CREATE TEMP TABLE judged AS
SELECT 'planted' AS name, h.won, jorge.predict_row(m.forest, h.f) AS forest, (jorge.ensemble_predict('planted', 1, h.f, h.message)).*
  FROM history h, jorge.model m WHERE n > 2000 AND m.name = 'planted' AND m.version = 1
UNION ALL
SELECT 'learnt', h.won, jorge.predict_row(m.forest, h.f), (jorge.ensemble_predict('planted', 2, h.f, h.message)).*
  FROM history h, jorge.model m WHERE n > 2000 AND m.name = 'planted' AND m.version = 2
UNION ALL
SELECT 'control', h.u < h.p, jorge.predict_row(m.forest, h.f), (jorge.ensemble_predict('control', 1, h.f, h.other)).*
  FROM history h, jorge.model m WHERE n > 2000 AND m.name = 'control';
CREATE TEMP TABLE quality AS
SELECT name, (jorge.classification(jorge.tally(probability, won::integer))).roc_auc AS ensemble, (jorge.classification(jorge.tally(forest, won::integer))).roc_auc AS tabular,
       (jorge.classification(jorge.tally(probability, won::integer))).log_loss AS ensemble_loss, (jorge.classification(jorge.tally(forest, won::integer))).log_loss AS tabular_loss
  FROM judged GROUP BY name;
SELECT diag(format('%s, 1000 leads held out: AUC %s ensemble, %s tabular; log loss %s, %s', name, round(ensemble::numeric, 4), round(tabular::numeric, 4),
                   round(ensemble_loss::numeric, 4), round(tabular_loss::numeric, 4))) FROM quality ORDER BY name DESC;
SELECT cmp_ok(ensemble, '>', tabular + 0.01, 'the ensemble finds the signal in the words') FROM quality WHERE name = 'planted';
SELECT cmp_ok(ensemble_loss, '<', tabular_loss, 'and its probabilities are better') FROM quality WHERE name = 'planted';
SELECT cmp_ok(ensemble, '>', tabular + 0.01, 'with learnt weights too') FROM quality WHERE name = 'learnt';
SELECT cmp_ok(ensemble, '>', tabular - 0.01, 'where words say nothing the ensemble is no worse') FROM quality WHERE name = 'control';
SELECT cmp_ok(ensemble_loss, '<', tabular_loss + 0.01, 'nor are its probabilities') FROM quality WHERE name = 'control';
SELECT ok((SELECT bool_and((weight BETWEEN 0 AND 1)) AND abs(sum(weight) - 1) < 1e-9 FROM jorge.ensemble_member WHERE name = 'planted' AND version = 2), 'learnt weights sum to 1, none below 0');
SELECT is((SELECT array_agg(term ORDER BY term) FROM (SELECT e.term FROM jorge.ensemble_member m, jorge.explain_text(m.text_model, 'We love the magnolia trees. We like the willow trees.') e
            WHERE m.name = 'planted' AND m.version = 1 AND m.kind = 'text' AND e.kind = 'word' ORDER BY rank LIMIT 4) t WHERE term IN ('magnolia', 'willow')), ARRAY['magnolia', 'willow'],
    'the explanation names the planted words');
SELECT ok((SELECT (metrics #>> '{ensemble,roc_auc}')::float8 > (metrics #>> '{forest,roc_auc}')::float8 AND metrics ? 'text' FROM jorge.ensemble WHERE name = 'planted' AND version = 1),
    'figures out of fold are kept');
SELECT ok((SELECT metrics ->> 'roc_auc' = (SELECT e.metrics #>> '{ensemble,roc_auc}' FROM jorge.ensemble e WHERE e.name = 'planted' AND e.version = 1) FROM jorge.model WHERE name = 'planted' AND version = 1),
    'those of the ensemble are the version''s, which its gates go by');

-- ---- parts of a prediction ----
CREATE TEMP TABLE one AS SELECT f, message FROM history WHERE n = 2001;
SELECT ok((SELECT abs(p.log_odds - (e.intercept + e.slope * (0.6 * (p.members #>> '{forest,log_odds}')::float8 + 0.4 * (p.members #>> '{text,log_odds}')::float8))) < 1e-9
             FROM one, jorge.ensemble_predict('planted', 1, f, 'We love it') p, jorge.ensemble e WHERE e.name = 'planted' AND e.version = 1), 'the parts make the whole');
SELECT is((SELECT p.missing FROM one, jorge.ensemble_predict('planted', 1, f, NULL) p), ARRAY['text'], 'without a message the text member is missing');
SELECT is((SELECT p.members #>> '{text,missing}' FROM one, jorge.ensemble_predict('planted', 1, f, NULL) p), 'no message', 'and that is said');
SELECT is((SELECT p.members #>> '{text,missing}' FROM one, jorge.ensemble_predict('planted', 1, f, 'We have 3 kids') p), 'no words in the message', 'also where only a protected span was said');
SELECT ok((SELECT abs(p.probability - jorge.predict_row(m.forest, f)) < 1e-6 FROM one, jorge.model m, jorge.ensemble_predict('planted', 1, f, NULL) p WHERE m.name = 'planted' AND m.version = 1),
    'what is left is the forest''s prediction');
SELECT ok((SELECT abs(p.probability - jorge.predict_row(m.forest, f)) < 1e-6 AND p.missing = '{}' FROM one, jorge.model m, jorge.ensemble_predict('jorge_lead_scorer', 1, f, 'hello') p WHERE m.name = 'jorge_lead_scorer'),
    'a model without other members is its forest');
SELECT throws_ok($$SELECT p.* FROM one, jorge.ensemble_predict('planted', 9, f, 'hello') p$$, '42704', NULL, 'no such version');
SELECT ok(abs(jorge.pool(ARRAY[1, NULL, 3]::float8[], ARRAY[0.5, 0.3, 0.2]) - (0.5 + 0.6) / 0.7) < 1e-12, 'weights of members that are there count for more');
SELECT is(jorge.pool(ARRAY[NULL, 2]::float8[], ARRAY[0.6, 0.4], 1, 3), 2::float8, 'one alone speaks for itself');
SELECT is(jorge.pool(ARRAY[NULL, NULL]::float8[], ARRAY[0.6, 0.4]), NULL::float8, 'and none says nothing');

-- ---- a column that somebody else predicts, and an embedding made elsewhere ----
CREATE TABLE embedded AS SELECT won, message, f, (1 / (1 + exp(-(jorge.log_odds(p) + sin(n)))))::float8 AS network,
       ARRAY[CASE planted WHEN 0 THEN 1 WHEN 1 THEN -1 ELSE 0.01 END, cos(n) / 10]::real[] AS vector FROM history WHERE n <= 1200;
SELECT is(jorge.train_ensemble('three', 'SELECT * FROM embedded', params => '{"weights": {"forest": 0.5, "text": 0.3, "network": 0.2}, "text": {"embedding": "vector"}, "quiet": true, "folds": 2}'), 1,
    'an ensemble of forest, text with embedding and a column');
SELECT is((SELECT array_agg(member || ' ' || kind || ' ' || coalesce(source, '-') ORDER BY member) FROM jorge.ensemble_member WHERE name = 'three'),
    ARRAY['forest forest -', 'network column network', 'text text vector'], 'its members');
SELECT is((SELECT (jorge.text_model_info(text_model)).embedding FROM jorge.ensemble_member WHERE name = 'three' AND kind = 'text'), 2, 'the text model wants the embedding');
SELECT ok((SELECT bool_and(abs(jorge.predict_margin(text_model, 'hello', v) - jorge.predict_margin(text_model, 'hello') - w1.weight * (v[1] / sqrt(v[1] ^ 2 + v[2] ^ 2)) - w2.weight * (v[2] / sqrt(v[1] ^ 2 + v[2] ^ 2))) < 1e-5)
             FROM jorge.ensemble_member m, (VALUES (ARRAY[1, 2]::real[]), (ARRAY[-3, 0.5]::real[])) x(v), jorge.text_model_weights(m.text_model) w1, jorge.text_model_weights(m.text_model) w2
            WHERE m.name = 'three' AND m.kind = 'text' AND w1.term = 262144 AND w2.term = 262145), 'which counts by its direction');

-- ---- protected spans ----
CREATE TEMP TABLE corpus (id int PRIMARY KEY, message text, a text, b text, c text, d text, e text, f text, spans text);
\copy corpus FROM 'test/data/messages.tsv'
CREATE TEMP TABLE phrase (phrase text);
INSERT INTO phrase VALUES ('We have 3 kids'), ('I am a single mom of two'), ('My wife is pregnant'), ('We go to church'), ('We are Jewish'), ('I use a wheelchair'), ('We are from Mexico'),
    ('I am gay'), ('I am 67 years old'), ('I lost my job'), ('I am a veteran'), ('Tenemos 3 hijos'), ('Somos católicos'), ('Soy sordo'), ('Estoy jubilado');
CREATE TEMP TABLE said AS SELECT text_model FROM jorge.ensemble_member WHERE name = 'planted' AND version = 1 AND kind = 'text';
CREATE TEMP TABLE inserted AS
    SELECT c.id, c.message, array_to_string(parts[:place] || CASE WHEN place = cardinality(parts) THEN phrase ELSE phrase || '.' END || parts[place + 1:], ' ') AS changed
      FROM corpus c, regexp_split_to_array(c.message, '(?<=[.!?])\s+(?=[A-Z¿])') parts, phrase, generate_series(0, cardinality(parts)) place WHERE place = 0 OR parts[place] ~ '[.!?]\s*$';
SELECT cmp_ok((SELECT count(*) FROM inserted), '>', 4000::bigint, 'protected sentences are inserted wherever one fits');
SELECT is_empty('SELECT id, changed FROM inserted, said WHERE jorge.predict_margin(text_model, changed) IS DISTINCT FROM jorge.predict_margin(text_model, message) LIMIT 10', 'no text score changes, to the bit');
SELECT is_empty($$SELECT id, span FROM corpus, said, string_to_table(spans, '|') span WHERE spans <> ''
                     AND jorge.predict_margin(text_model, replace(message, span, '')) IS DISTINCT FROM jorge.predict_margin(text_model, message) ORDER BY 1$$, 'nor by a deleted span');
SELECT is_empty($$SELECT id, span, phrase FROM corpus, said, phrase, string_to_table(spans, '|') span WHERE spans <> ''
                     AND jorge.predict_margin(text_model, replace(message, span, phrase)) IS DISTINCT FROM jorge.predict_margin(text_model, message) ORDER BY 1 LIMIT 10$$, 'nor by one replaced');

-- ---- the managed business ----
SELECT throws_ok($$UPDATE jorge.ensemble SET slope = 2$$, '55000', NULL, 'an ensemble does not change');
SELECT throws_ok($$UPDATE jorge.ensemble_member SET weight = 2$$, '55000', NULL, 'nor does a member');
SELECT throws_ok($$SELECT jorge.add_ensemble('planted', 1, NULL, '{"forest": 1}')$$, '23505', NULL, 'a version gets its members once');
SELECT throws_ok($$SELECT jorge.add_ensemble('planted', 1, NULL, '{"forest": 1, "text": 1}')$$, '22023', NULL, 'a text weight needs a text model');
SELECT throws_ok($$SELECT jorge.train_ensemble('x', 'SELECT * FROM embedded', params => '{"weight": 1}')$$, '22023', NULL, 'an unknown option');

SET LOCAL jorge.model = 'planted';
INSERT INTO jorge.model_active (location_id, name, version) VALUES ('*', 'planted', 1);
INSERT INTO jorge.inquiry (received_at, source, phone, message) VALUES ('2026-03-02 15:00+00', 'zillow', '512-478-9321', 'Pre-approved to $450k.'), ('2026-03-03 15:00+00', 'zillow', '512-478-9321', 'We love the magnolia trees.');
SELECT is((SELECT jorge.lead_messages(lead_id) FROM jorge.lead), E'Pre-approved to $450k.\n\nWe love the magnolia trees.', 'all that a person wrote');
SELECT ok((SELECT s.model_version = 'planted_v1' AND s.missing = '{}' AND s.score = 100 * s.probability AND s.class = jorge.lead_class(s.probability)
                  AND s.probability = (jorge.ensemble_score(l, E'Pre-approved to $450k.\n\nWe love the magnolia trees.')).probability
                  AND s.probability > (jorge.ensemble_score(l, E'Pre-approved to $450k.\n\nWe like the willow trees.')).probability
             FROM jorge.lead l, jorge.ensemble_score(l.lead_id) s), 'a lead''s score by all members');

-- kept at insert, and anew by hand
SELECT results_eq('SELECT probability, score, class, members, missing, model FROM jorge.lead_ensemble', 'SELECT s.* FROM jorge.lead l, jorge.ensemble_score(l.lead_id) s', 'an insert keeps the score by all members');
SELECT is((SELECT array_agg(kind || ' ' || reason ORDER BY kind) FROM jorge.event WHERE kind LIKE '%scored'), ARRAY['lead_ensemble_scored inquiry', 'lead_ml_scored inquiry'], 'and tells it');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-03-04 15:00+00', 'sms', 'in', 'We like the willow trees.' FROM jorge.lead;
SELECT is((SELECT model || ' ' || (members #>> '{text,log_odds}') FROM jorge.lead_ensemble),
          (SELECT 'planted_v1 ' || (jorge.predict_margin(text_model, jorge.lead_messages(lead_id)))::text FROM said, jorge.lead), 'a further message is read too');
CREATE TEMP TABLE before AS SELECT * FROM jorge.lead_ensemble;
DELETE FROM jorge.lead_ensemble;
SELECT jorge.ensemble_score_batch(ARRAY[lead_id]) FROM jorge.lead;
SELECT results_eq('SELECT members, missing FROM jorge.lead_ensemble', 'SELECT members, missing FROM before', 'scored anew by hand it is the same');
INSERT INTO jorge.inquiry (received_at, source, phone) VALUES ('2026-03-05 15:00+00', 'zillow', '512-478-9322');
SELECT is((SELECT missing FROM jorge.lead_ensemble e JOIN jorge.lead l USING (lead_id) WHERE l.phone = '512-478-9322'), ARRAY['text'], 'an arrival without a message says who is missing');
-- members that fail lose neither the lead nor the forest's score
ALTER FUNCTION jorge.ensemble_predict(text, integer, record, text, text) RENAME TO gone;
INSERT INTO jorge.inquiry (received_at, source, phone, message) VALUES ('2026-03-05 15:00+00', 'zillow', '512-478-9323', 'hello');
SELECT is((SELECT count(*) FROM jorge.lead l JOIN jorge.lead_score s USING (lead_id) WHERE l.phone = '512-478-9323' AND s.model = 'planted_v1'), 1::bigint, 'where the members fail the lead and the forest''s score are stored');
SELECT is((SELECT e.sqlstate FROM jorge.error e JOIN jorge.lead l ON l.lead_id = e.ref WHERE l.phone = '512-478-9323'), '42883', 'and the reason');
ALTER FUNCTION jorge.gone(text, integer, record, text, text) RENAME TO ensemble_predict;

SELECT * FROM finish();
ROLLBACK;
