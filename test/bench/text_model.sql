-- text_model: a text model's prediction of typical messages, beside the scan of signals and the forest; training.
-- CPU of the backend, ns a message, best of five.
SELECT CASE WHEN outcome <> 'open' THEN outcome = 'won' END AS won, message INTO messages FROM jorge.synthetic_leads(20000, 3) WHERE message IS NOT NULL;
SELECT count(*) AS messages, round(avg(length(message))) AS average_length, round(avg((SELECT count(*) FROM jorge.text_terms(message)))) AS average_terms FROM messages;
CREATE TABLE trained (rows integer, cpu_s float8, model jorge.text_model);
DO $$
DECLARE
    began float8;
BEGIN
    FOREACH began IN ARRAY ARRAY[1000, 5000] LOOP
        INSERT INTO trained SELECT began, cpu(), NULL;
        UPDATE trained SET model = jorge.train_text(format('SELECT won, message FROM messages WHERE won IS NOT NULL LIMIT %s', began), params => '{"quiet": true}') WHERE rows = began;
        UPDATE trained SET cpu_s = cpu() - cpu_s WHERE rows = began;
    END LOOP;
END $$;
SELECT rows, round(cpu_s::numeric, 2) AS training_cpu_s, weights, bytes, attributes #>> '{metrics,auc}' AS out_of_fold_auc FROM trained, jorge.text_model_info(model);
CREATE TABLE served AS SELECT model FROM trained WHERE rows = 5000;
DO $$
DECLARE
    began float8;
    n float8 := (SELECT count(*) FROM messages);
BEGIN
    FOR run IN 1..5 LOOP
        began := cpu(); PERFORM count(length(message)) FROM messages;
        INSERT INTO measured VALUES ('reading the rows', run, (cpu() - began) * 1e9 / n);
        began := cpu(); PERFORM count((jorge.text_signals(message)).words) FROM messages;
        INSERT INTO measured VALUES ('text_signals()', run, (cpu() - began) * 1e9 / n);
        began := cpu(); PERFORM count(jorge.predict(model, message)) FROM messages, served;
        INSERT INTO measured VALUES ('predict(text_model, message)', run, (cpu() - began) * 1e9 / n);
    END LOOP;
END $$;
SELECT what, round(min(cpu_us)::numeric) AS ns_a_message FROM measured GROUP BY what ORDER BY 2;
DO $$
DECLARE
    began float8;
BEGIN
    began := cpu(); PERFORM jorge.predict(model, repeat('word another third ', 50000)) FROM served;
    RAISE WARNING 'a message of 150,000 words: % ms', round(((cpu() - began) * 1e3)::numeric, 1);
END $$;

-- single inserts while the model that serves is a forest, then an ensemble; and leads in bulk
CREATE TABLE rows_of AS SELECT outcome = 'won' AS won, b.message, jorge.lead_features(r) AS f
  FROM jorge.synthetic_leads(1500, 3) b, LATERAL (SELECT b.message, b.source, b.side, b.budget_min, b.budget_max, b.timeline, b.financing, b.received_at) r WHERE outcome <> 'open';
CREATE PROCEDURE insert_singly(what text, first integer, n integer) LANGUAGE plpgsql AS $$
DECLARE
    began float8;
    r record;
BEGIN
    TRUNCATE measured;
    began := cpu();
    FOR r IN SELECT * FROM jorge.synthetic_leads(first + n, 9) OFFSET first LOOP
        INSERT INTO jorge.inquiry (received_at, source, source_ref, name, phone, email, message) VALUES (r.received_at, r.source, r.source_ref, r.name, r.phone, r.email, r.message);
    END LOOP;
    INSERT INTO measured VALUES (what, 1, (cpu() - began) * 1e6 / n);
END $$;
CALL insert_singly('warm up', 0, 500);
CALL insert_singly('insert, a forest serves', 500, 1500);
SELECT what, round(cpu_us::numeric) AS us FROM measured;
SELECT jorge.promote('jorge_lead_scorer', jorge.train_ensemble('jorge_lead_scorer', 'SELECT * FROM rows_of', params => '{"quiet": true, "folds": 2}'), override => 'benchmark') \g /dev/null
CALL insert_singly('warm up', 2000, 500);
CALL insert_singly('insert, an ensemble serves', 2500, 1500);
SELECT what, round(cpu_us::numeric) AS us FROM measured;
SELECT cpu() AS began \gset
SELECT jorge.ensemble_score_batch(array_agg(lead_id)) FROM (SELECT lead_id FROM jorge.lead LIMIT 3000) l \g /dev/null
SELECT 'ensemble_score_batch(), a lead' AS what, round(((cpu() - :began) * 1e6 / 3000)::numeric) AS us;
