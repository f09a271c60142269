-- Templates: a strict renderer, refusals at definition, language and tone, values that could do harm.
BEGIN;
SELECT plan(46);

SELECT is(jorge.render('Hi {{first_name}}!', '{"first_name": "Ann"}'), 'Hi Ann!', 'a value');
SELECT is(jorge.render('Hi {{first_name|there}}, {{x|}}.', '{}'), 'Hi there, .', 'words where there is none, also no words');
SELECT is(jorge.render('{{a|b}}', '{"a": "  "}'), 'b', 'blank is none');
SELECT is(jorge.render('{{a|b}}', '{"a": null}'), 'b', 'null is none');
SELECT is(jorge.render('{{a}} {{b}}', '{"a": 12.50, "b": true}'), '12.50 true', 'numbers as written');
SELECT is(jorge.render('{{a|x}}', '{"a": {"b": 1}}'), 'x', 'an object is no value');
SELECT is(jorge.render('{a} } { {{a}}', '{"a": 1}'), '{a} } { 1', 'single braces are text');
SELECT is(jorge.render('{{a}}', '{"a": "{{b}}", "b": "secret"}'), '{{b}}', 'a value is never a template');
SELECT is(jorge.render('{{a}}', E'{"a": "x\\r\\ny\\u0007z"}'), 'x  y z', 'control characters become blanks: no second header, no second line');
SELECT is(jorge.render('<b>{{a}}</b>', '{"a": "<i>&\"''"}', true), '<b>&lt;i&gt;&amp;&quot;&#39;</b>', 'values are escaped in HTML, the template is not');
SELECT is(jorge.render('', '{}'), '', 'empty');
SELECT is(jorge.render(NULL, '{}'), NULL, 'NULL');
SELECT throws_ok($$SELECT jorge.render('{{a}}', '{}')$$, 'P0002', NULL, 'a value that is not there');
SELECT throws_ok($$SELECT jorge.render('{{a', '{"a": 1}')$$, '42601', NULL, 'not closed');
SELECT throws_ok($$SELECT jorge.render('{{A}}', '{"A": 1}')$$, '42601', NULL, 'a name with a capital');
SELECT throws_ok($$SELECT jorge.render('{{ a }}', '{"a": 1}')$$, '42601', NULL, 'blanks in a name');
SELECT throws_ok($$SELECT jorge.render('{{}}', '{}')$$, '42601', NULL, 'no name');
SELECT throws_ok($$SELECT jorge.render('a}}', '{}')$$, '42601', NULL, 'closed and never opened');
SELECT throws_ok($$SELECT jorge.render('{{a|b{{c}}}}', '{"a": 1}')$$, '42601', NULL, 'a variable within a variable');
SELECT throws_ok($$SELECT jorge.render('{{a}}', '[1]')$$, '22023', NULL, 'values that are no object');
SELECT throws_ok($$SELECT jorge.render(repeat('x', 65537), '{}')$$, '54000', NULL, 'too long');
SELECT throws_ok($$SELECT jorge.render(repeat('{{a}}', 10000), jsonb_build_object('a', repeat('y', 1000)))$$, '54000', NULL, 'too long when filled');
SELECT results_eq($$SELECT name, fallback FROM jorge.template_variables('{{a}} {{b|c d}} {{e|}}')$$, $$VALUES ('a', NULL), ('b', 'c d'), ('e', '')$$, 'the variables of a template');

-- refused when defined
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, body) VALUES ('x', 'sms', 'Hi {{fist_name|}} {{opt_out}}')$$, '42703', NULL, 'an unknown variable');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, body) VALUES ('x', 'sms', 'Hi {{first_name}} {{opt_out}}')$$, '22023', NULL, 'one that may be missing');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, body) VALUES ('x', 'sms', 'Hi {{first_name|}}')$$, '23514', NULL, 'a text without opt-out');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, subject, body) VALUES ('x', 'email', 'Hi', '<p>{{postal_address}}</p>')$$, '23514', NULL, 'an e-mail that one can''t unsubscribe from');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, subject, body) VALUES ('x', 'email', 'Hi', '<p>{{unsubscribe_url}}</p>')$$, '23514', NULL, 'an e-mail without a postal address');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, body) VALUES ('x', 'email', '{{unsubscribe_url}} {{postal_address}}')$$, '22023', NULL, 'an e-mail without subject');
SELECT throws_ok($$UPDATE jorge.template SET body = '{{nonsense}}' WHERE template = 'day_3'$$, '42703', NULL, 'nor by an update');
SELECT lives_ok($$INSERT INTO jorge.template (template, channel, purpose, body) VALUES ('x', 'sms', 'reply', 'Hi')$$, 'an answer needs no opt-out');
SELECT throws_ok($$INSERT INTO jorge.voice (opt_out_en) VALUES ('Goodbye')$$, '23514', NULL, 'opt-out text that names no STOP');

-- filled for a lead
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url, confrontation) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://example.com/u?c=1', 0.6);
INSERT INTO jorge.inquiry (source, first_name, last_name, phone, email, language, budget_max) VALUES
    ('web', 'ANN', 'Lee', '512-555-2001', 'ann@example.com', 'en-US', 450000), ('web', 'http://evil.example/x', NULL, '512-555-2002', NULL, NULL, NULL),
    ('web', 'José', 'Ruiz', '512-555-2003', 'jose@example.com', 'Español', NULL);
CREATE FUNCTION pg_temp.id(text) RETURNS uuid LANGUAGE sql AS 'SELECT lead_id FROM jorge.lead WHERE phone LIKE ''%'' || $1';
SELECT alike((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2001'), 'day_3')), 'Hi Ann, Jorge with Jorge Realty.%Reply STOP to opt out, HELP for help.', 'a name all in capitals is a name; nearest tone below');
SELECT alike((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2001'), 'day_3', confrontation => 1)), '%shall I close your file%', 'blunt when asked');
SELECT alike((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2002'), 'day_3')), 'Hi there, %', 'an address is no name');
SELECT alike((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2003'), 'day_3')), 'Hola José, %Responda STOP%', 'Spanish, opt-out too');
SELECT ok((SELECT payload ->> 'html' LIKE '%https://example.com/u?c=1&amp;lead=' || pg_temp.id('2001') || '"%1 Main St%' OR payload ->> 'html' LIKE '%1 Main St%https://example.com/u?c=1&amp;lead=' || pg_temp.id('2001') || '"%'
             FROM jorge.render_for(pg_temp.id('2001'), 'day_14')), 'an e-mail has address and link');
SELECT is((SELECT channel || ' ' || endpoint || ' ' || (payload ->> 'title') FROM jorge.render_for(pg_temp.id('2003'), 'day_7')), 'call ghl.task Call José Ruiz in Spanish (COLD, ' || (SELECT round(score) FROM jorge.lead_score WHERE lead_id = pg_temp.id('2003')) || ' points)', 'a call task');
INSERT INTO jorge.template (template, language, channel, purpose, body) VALUES ('pregunta', 'es', 'sms', 'reply', '{{next_question|¿Hablamos?}}');
SELECT is((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2003'), 'pregunta')), '¿Cuál es su presupuesto máximo?', 'the core questions in Spanish');
SELECT set_eq($$SELECT t.template, strpos(r.payload::text, '¿Cuál es su presupuesto máximo?') > 0 FROM unnest('{day_3,day_14,reply,reply_email}'::text[]) t(template), LATERAL jorge.render_for(pg_temp.id('2003'), t.template) r$$,
    $$SELECT t, true FROM unnest('{day_3,day_14,reply,reply_email}'::text[]) t$$, 'which the shipped texts ask');
DELETE FROM jorge.question_variant WHERE language = 'es' AND question = 'budget';
SELECT is((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2003'), 'pregunta')), '¿Hablamos?', 'one without Spanish words is not asked in English');
INSERT INTO jorge.template (template, channel, body) VALUES ('day_3', 'sms', 'Own words, {{first_name|friend}}. {{opt_out}}');
SELECT is((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2003'), 'day_3')), 'Own words, José. Reply STOP to opt out, HELP for help.', 'own rows of a name replace all shared ones; an English text says in English how to opt out');
INSERT INTO jorge.template (template, channel, purpose, body) VALUES ('reminder', 'sms', 'reminder', 'See you {{appointment_at|soon}}'), ('ask', 'sms', 'reply', '{{next_question|?}} {{appointment_at|}}');
SELECT jorge.set_appointment(pg_temp.id('2003'), '2046-12-10 20:00+00') \g /dev/null
SELECT results_eq($$SELECT DISTINCT payload ->> 'message' FROM jorge.outbox WHERE dedupe_key LIKE 'reminder:%'$$, $$VALUES ('See you Monday, December 10 at 2:00 PM')$$, 'when, too');
SELECT is((SELECT payload ->> 'message' FROM jorge.render_for(pg_temp.id('2003'), 'ask')), 'What is the most you want to spend? Monday, December 10 at 2:00 PM', 'and what to ask');
DELETE FROM jorge.voice;
SELECT throws_ok($$SELECT jorge.render_for(pg_temp.id('2001'), 'day_3')$$, 'P0002', NULL, 'nobody is there to write');
SELECT throws_ok($$SELECT jorge.render_for(pg_temp.id('2001'), 'nonsense')$$, '42704', NULL, 'no such template');
SELECT * FROM finish();
ROLLBACK;
