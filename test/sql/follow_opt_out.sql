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
