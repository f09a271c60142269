-- The lexicon: one table of words, shown whole; additions act like its rows and are refused where they make no sense.
\pset null '-'
SELECT jorge.lexicon_version();
SELECT count(*) > 5000 AS large, count(*) FILTER (WHERE signal = 'sentiment' AND language = 'en') >= 250 AS english,
       count(*) FILTER (WHERE signal = 'sentiment' AND language = 'es') >= 150 AS spanish FROM jorge.lexicon;
SELECT * FROM jorge.lexicon WHERE phrase IN ('preapproved', 'budjet', 'wheelchair', 'no rush') ORDER BY phrase, signal;

-- each phrase says each thing once; weights are in range; all text is as folded
SELECT phrase, signal FROM jorge.lexicon WHERE signal NOT LIKE 'word%' GROUP BY phrase, signal, protected
HAVING count(*) > 1 ORDER BY 1;
SELECT phrase, signal, weight FROM jorge.lexicon
WHERE CASE WHEN signal = 'sentiment' THEN weight NOT BETWEEN -1 AND 1
           WHEN signal IN ('timeline_days', 'visit_days') THEN weight NOT BETWEEN 0 AND 3650
           WHEN signal LIKE 'word%' OR signal IN ('spelling', 'protected_child', 'protected_expecting', 'protected_relative') THEN false
           ELSE weight NOT BETWEEN 0 AND 1 END ORDER BY 1;
SELECT phrase FROM jorge.lexicon WHERE phrase <> lower(phrase) OR phrase ~ '[áéíóúñü]' OR phrase = '' OR phrase LIKE '% ' ORDER BY 1;

-- a phrase of each family does what its row says
SELECT bool_and(sign(s.sentiment) = sign(l.weight)) AS sentiment FROM jorge.lexicon l, jorge.text_signals(l.phrase) s
WHERE l.signal = 'sentiment' AND NOT EXISTS (SELECT FROM jorge.lexicon o WHERE o.protected AND o.phrase = l.phrase)
  AND NOT EXISTS (SELECT FROM jorge.lexicon n WHERE n.signal = 'sentiment' AND n.phrase = l.phrase AND n.weight <> l.weight);
SELECT bool_and(s.financing_readiness IS NOT NULL) AS financing FROM jorge.lexicon l, jorge.text_signals(l.phrase) s
WHERE l.signal = 'financing_readiness' AND s.intent IS DISTINCT FROM 'sell' AND jorge.text_visible(l.phrase) = l.phrase;
SELECT l.phrase FROM jorge.lexicon l WHERE l.signal IN ('protected', 'protected_child', 'protected_partner', 'protected_relative', 'protected_thing',
    'protected_state', 'protected_expecting', 'protected_job', 'protected_household')
  AND l.phrase !~ '[#.]' AND jorge.text_visible(l.phrase) <> ' '
  AND NOT EXISTS (SELECT FROM jorge.lexicon o WHERE o.signal = 'none' AND o.protected AND position(o.phrase IN l.phrase) > 0) ORDER BY 1;

-- additions: each signal
SELECT sentiment > 0 AS sentiment FROM jorge.text_signals('zorp', '{zorp}', '{sentiment}', '{0.9}');
SELECT timeline_urgency, timeline_days FROM jorge.text_signals('before the Zorp fair', '{zorp fair}', '{timeline_urgency}', '{0.7}');
SELECT financing, financing_readiness FROM jorge.text_signals('we have zorpbank', '{ZorpBank}', '{financing_readiness}', '{0.9}');
SELECT intent, intent_strength FROM jorge.text_signals('zorp me', '{zorp me,zorp me}', '{intent_sell,intent_strength}', '{0.9,0.5}');
SELECT objections FROM jorge.text_signals('it is so zorpy', '{zorpy}', '{objection_condition}', '{1}');
SELECT location_specificity FROM jorge.text_signals('en Zórpville', '{zorpville}', '{location}', '{0.5}');
SELECT jorge.text_visible('I am a zorpian') AS built_in, length, words
FROM jorge.text_signals('Hello zorpian folk there', '{zorpian folk}', '{protected}', '{1}');
-- an addition goes before a built-in row of the same phrase and signal
SELECT s.sentiment > 0 AS built_in, a.sentiment < 0 AS changed
FROM jorge.text_signals('amazing') s, jorge.text_signals('amazing', '{amazing}', '{sentiment}', '{-1}') a;
-- none is none, and the built-in words are as before
SELECT to_jsonb(a) = to_jsonb(b) AS same FROM jorge.text_signals('great house') a, jorge.text_signals('great house', '{}', '{}', '{}') b;
SELECT sentiment FROM jorge.text_signals('zorp');

-- refused
\set VERBOSITY terse
SELECT jorge.text_signals('x', '{a b}', '{mood}', '{0}');
SELECT jorge.text_signals('x', '{zorp}', '{intent}', '{0.5}');
SELECT jorge.text_signals('x', '{zorp}', '{sentiment}', '{1.5}');
SELECT jorge.text_signals('x', '{zorp}', '{location}', '{-0.1}');
SELECT jorge.text_signals('x', '{zorp}', '{sentiment}', '{NaN}');
SELECT jorge.text_signals('x', '{""}', '{sentiment}', '{1}');
SELECT jorge.text_signals('x', '{the}', '{sentiment}', '{1}');
SELECT jorge.text_signals('x', '{42}', '{protected}', '{1}');
SELECT jorge.text_signals('x', '{a b c d e f g h i j k}', '{protected}', '{1}');
SELECT jorge.text_signals('x', ARRAY[repeat('z', 40)], '{sentiment}', '{1}');
SELECT jorge.text_signals('x', ARRAY[repeat('z ', 200)], '{sentiment}', '{1}');
SELECT jorge.text_signals('x', '{a}', '{sentiment}', '{}');
SELECT jorge.text_signals('x', '{NULL}', '{sentiment}', '{1}');
SELECT jorge.text_signals('x', NULL, '{sentiment}', '{1}') IS NULL AS strict;
\set VERBOSITY default
SELECT jorge.text_signals('x', '{zorp}', '{mood}', '{0}');
