-- What a message says about being written to: stop words of the law, the carriers and Spanish; wishes in other words; harmless look-alikes.
\set VERBOSITY terse

WITH m(want, said) AS (VALUES
    -- revocation per se, with case, punctuation, repetition and words that add nothing
    ('stop', 'STOP'), ('stop', 'Stop.'), ('stop', ' stop!! '), ('stop', 'please stop'), ('stop', 'Stop texting me'), ('stop', 'stop please'), ('stop', 'UNSUBSCRIBE'),
    ('stop', 'opt out'), ('stop', 'Opt-out'), ('stop', 'OPTOUT'), ('stop', 'stop all'), ('stop', 'STOPALL'), ('stop', 'End'), ('stop', 'quit'), ('stop', 'cancel'), ('stop', 'Revoke'),
    ('stop', '"stop"'), ('stop', 'stop stop stop'), ('stop', 'I want to unsubscribe'), ('stop', E'ＳＴＯＰ'), ('stop', E'stop\n> reply STOP to end'), ('stop', E's\u200Btop'),
    ('stop', 'parar'), ('stop', 'ALTO'), ('stop', 'Cancelar'), ('stop', 'no más'), ('stop', 'NO MAS'), ('stop', 'BAJA'), ('stop', 'Por favor, basta ya'), ('stop', 'darme de baja'),
    ('start', 'START'), ('start', 'unstop'), ('start', 'Comenzar'), ('help', 'HELP'), ('help', 'ayuda'),
    -- a person must read these
    ('unclear', 'please don''t text me'), ('unclear', 'please don’t text me'), ('unclear', 'Do not contact me again'), ('unclear', 'leave me alone'), ('unclear', 'Take me off your list'),
    ('unclear', 'wrong number'), ('unclear', 'not interested'), ('unclear', 'I''m not really interested anymore'), ('unclear', 'stop it'), ('unclear', 'remove my number please sir'),
    ('unclear', 'can you stop sending me these things every day'), ('unclear', 'quit calling my wife'), ('unclear', 'lose this number'), ('unclear', 'I will report you'),
    ('unclear', 'stop sending listings in Katy'), ('unclear', 'I would like to opt myself out'), ('unclear', 'please call me not text'), ('unclear', 'cancel everything we talked about'),
    ('unclear', 'No me escriba más'), ('unclear', 'ya no me interesa'), ('unclear', 'no quiero más mensajes'), ('unclear', 'Dejen de llamarme'), ('unclear', 'número equivocado'),
    -- nothing of the kind
    ('none', 'Can we stop by the house Saturday?'), ('none', 'Stop by anytime'), ('none', 'cancel my appointment'), ('none', 'I need to cancel the showing tomorrow'),
    ('none', 'end of the month works'), ('none', 'Yes'), ('none', 'ok'), ('none', 'My budget is 500k'), ('none', 'We want to start looking in March'), ('none', 'for help call me'),
    ('none', 'info on the house please'), ('none', 'I have no more questions, thanks'), ('none', 'my number is 512 555 2001'), ('none', ''), ('none', E'\U0001F44D'),
    ('none', 'Para comprar una casa'), ('none', 'estoy interesada en la casa'), ('none', E'Sounds good\n> Reply STOP to unsubscribe'), ('none', E'ok\n-----Original Message-----\nstop'),
    ('none', 'I do want the house near the bus stop'), ('none', '¿Qué precio tiene la casa?'), ('none', 'Don''t you have anything cheaper?'), ('none', 'We already bought a house'),
    ('none', 'The house needs repairs we don''t want to pay for'), ('none', 'I won''t take less than 420K. My phone is acting up'), ('none', 'Drop me an email'))
SELECT want, count(*) AS messages, count(*) FILTER (WHERE jorge.reply_meaning(said) = want) AS as_meant,
       string_agg(format('%s is %s', said, jorge.reply_meaning(said)), '; ') FILTER (WHERE jorge.reply_meaning(said) <> want) AS wrong
  FROM m GROUP BY want ORDER BY want;

SELECT jorge.reply_meaning(NULL) IS NULL AS null_is_null;
-- only the first 8 kB and 96 words are read; a word too long is no word; bytes of a cut character do no harm
SELECT jorge.reply_meaning(repeat('x', 100000)), jorge.reply_meaning(repeat('word ', 96) || 'wrong number'), jorge.reply_meaning(repeat('é', 4096) || ' stop'),
       jorge.reply_meaning(repeat('stop ', 10)), jorge.reply_meaning(repeat('stop ', 11)), jorge.reply_meaning(repeat('>', 20) || 'stop');

-- the message of a form: the same words, but within a sentence, and no small print
WITH m(want, said) AS (VALUES
    ('stop', 'STOP'), ('stop', 'Stop!!!'), ('stop', 'Remove me'), ('stop', 'please remove me from your list'), ('stop', 'unsubscribe'), ('stop', 'PARAR'), ('stop', 'Por favor, no más mensajes'),
    ('stop', 'Please stop texting me. Thanks'), ('stop', E'STOP\n-----\nReply STOP to unsubscribe'),
    ('unclear', 'no me llame'), ('unclear', 'No me llamen más, por favor'), ('unclear', 'please don''t call me'), ('unclear', E'please do not\ncontact me again'), ('unclear', 'wrong number'),
    ('unclear', 'Take me off the list'), ('unclear', 'unsubscribe me, I have bought'), ('unclear', 'You can stop calling me now'), ('unclear', 'If you don''t stop calling I will sue you'),
    ('unclear', 'I like 12 Oak St but please do not call me. Reply STOP to unsubscribe'), ('unclear', 'Stop by the house. But stop texting my wife'), ('unclear', 'I want to unsubscribe from all of this, I bought a house'),
    ('unclear', 'To unsubscribe, click here. I am not interested any more'), ('unclear', 'We will never buy. Leave us alone!'), ('unclear', 'Your emails are spam'),
    ('none', 'Stop by the house'), ('none', 'Can I stop by the house Saturday?'), ('none', 'We stopped at the open house. Please call us'), ('none', 'Probably not over 540k. Please call us'),
    ('none', 'Para comprar una casa'), ('none', 'Para https://portal.example/stop'), ('none', 'START'), ('none', 'help'), ('none', ''), ('none', E'\U0001F44D'),
    ('none', 'Reply STOP to unsubscribe'), ('none', 'Text STOP to cancel'), ('none', 'STOP to opt out'), ('none', 'Reply "STOP" to stop.'), ('none', E'Is it available?\nReply STOP to end or HELP for help. Msg & data rates may apply.'),
    ('none', 'Text HELP for help, STOP to opt out.'), ('none', 'Is it available? To unsubscribe from these emails, click here'), ('none', 'Is it available? Unsubscribe: https://x.example/unsubscribe?u=1'),
    ('none', 'If you no longer wish to receive these emails, unsubscribe here.'), ('none', 'You can opt out at any time by replying STOP.'), ('none', 'You may unsubscribe at any time'),
    ('none', 'I agree to receive calls even if my number is listed on a federal or state Do Not Call registry.'), ('none', 'Write to unsubscribe@portal.example'), ('none', 'View in browser Unsubscribe Privacy Policy'),
    ('none', 'Terms | Privacy | Manage preferences or unsubscribe'), ('none', 'We will never spam you'), ('none', 'Report this message as spam'), ('none', 'Responda STOP para cancelar'),
    ('none', 'Si ya no desea recibir estos correos, haga clic aquí para darse de baja'), ('none', 'Envíe BAJA al 12345 para darse de baja'), ('none', 'Puede darse de baja en cualquier momento'))
SELECT want, count(*) AS messages, count(*) FILTER (WHERE jorge.form_meaning(said) = want) AS as_meant,
       string_agg(format('%s is %s', said, jorge.form_meaning(said)), '; ') FILTER (WHERE jorge.form_meaning(said) <> want) AS wrong
  FROM m GROUP BY want ORDER BY want;
SELECT jorge.form_meaning(NULL) IS NULL AS null_is_null, jorge.form_meaning(repeat('x', 100000)) AS long, jorge.form_meaning(repeat('. ', 5000) || 'stop') AS marks, jorge.form_meaning(repeat('a. ', 96) || 'leave me alone') AS late;

-- one wish beside another thing that only looks like it
SELECT said, jorge.reply_meaning(said) FROM (VALUES ('I need to cancel the showing tomorrow. And stop texting my wife'), ('I need to cancel the showing tomorrow')) m(said) ORDER BY said COLLATE "C" DESC;
