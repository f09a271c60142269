-- text_signals: each signal by itself, with its edges.
\pset null '-'

-- one message, every column
\x on
SELECT * FROM jorge.text_signals('Hi! We love the house at 1204 Oak St. Is it still available? Pre-approved, budget $450k-500k, moving in 3 months. We have 2 kids.');
\x off

-- NULL, empty, white space, one character
SELECT jorge.text_signals(NULL) IS NULL AS null_in_null_out;
SELECT length, words, questions, sentiment, intent, intent_strength, objections, language, family_size
FROM jorge.text_signals('');
SELECT length, words FROM jorge.text_signals(E' \t\n\u00a0\u200b ');
SELECT length, words, question_marks, questions FROM jorge.text_signals('?');

-- counts: characters other than white space, words, marks, sentences that ask
SELECT message, length, words, question_marks, questions, exclamation_marks
FROM (VALUES (1, 'one two  three'), (2, 'Pre-approved for $500k-750k'), (3, 'señor'), (4, 'What?! Really??'),
             (5, 'is it still available'), (6, 'Hi Jorge, how much is it'), (7, 'What a house!'),
             (8, '¿Cuánto cuesta? ¡Gracias!'), (9, 'Call me. Can you send pics? do you have more'),
             (10, 'mail me at ana@mail.com or https://x.com/a?b=c')) v(n, message),
     jorge.text_signals(message) ORDER BY n;

-- amounts: what is a budget
SELECT message, budget_min AS min, budget_max AS max, round(budget_specificity::numeric, 2) AS specific, price_range AS range
FROM unnest(ARRAY['$500k-750k', '500 to 750 thousand', 'between 400 and 500k', '$400,000', '1.2M', '$1.200.000',
    '1,5 millones', 'a million and a half', 'six hundred fifty thousand dollars', 'un millón doscientos mil', '2 mil millones',
    'around 1.2M', 'budget is 450', 'under 400', 'up to 350k', '350k max', 'at least 600k', '600k+', 'hasta 300 mil',
    'from 300k to 350k', 'from 300k. no more than 350k', 'budget 400k, could go up to 450k', '500-510k', '200k-900k',
    'budget 500k, flexible', 'not sure what we can afford', 'the low 400s', 'budget 1.2', '.5M', '５００k', 'Ｕ.S. $500K',
    'budget 400k. no, make that 425k']) WITH ORDINALITY v(message, n),
    jorge.text_signals(message) ORDER BY n;

-- amounts: what is none
SELECT message, budget_min, budget_max
FROM unnest(ARRAY['rent is 2,500 a month', '$2500/mo', '2,500 al mes', '78704', '78704-1234', '512-555-0187', '(512) 555-0187',
    '5125550187', '+1 512 555 0187', 'built in 1995', '1204 Oak St', 'MLS 4829301', '#450000', '2,400 sqft', '3 beds', '20%',
    '12/15/2024', '3:30', '100k down', 'down payment of 80k', 'I make 120k a year', 'my salary is 95,000', 'HOA is 350',
    'taxes are 12,000 a year', 'we owe 210k', 'listed at 525k', '$0', '-500k', '$-500k', '$5', '1e12', '99999999999999999999',
    '999999999 million', '9,9,9', '1.2.3.4', '€500k', 'thanks a million', 'under 400 sqft', '300 homes', 'score is 720',
    'see https://z.com/500000', 'a400k@mail.com', 'una renta de 12,000', 'gano 60 mil al año', 'enganche de 50 mil'])
    WITH ORDINALITY v(message, n), jorge.text_signals(message)
WHERE budget_min IS NOT NULL OR budget_max IS NOT NULL ORDER BY n;

-- timeline: days as said, urgency falls as they grow
SELECT message, timeline_days AS days, round(timeline_urgency::numeric, 2) AS urgency
FROM unnest(ARRAY['asap', 'ASAP!!', 'this weekend', 'in 2 weeks', 'in a month', 'within 60 days', 'in 3 months', '3-6 months', 'half a year from now',
    'next spring', 'in 1 year', 'in 5 years', 'no rush', 'not asap', 'no rush, maybe in 6 months', 'want to see it tomorrow, moving in 3 months',
    'for 3 months', '3 months ago', 'a 30 year mortgage', 'in 5 minutes', 'the house is 20 years old', 'dentro de 2 semanas', 'en un año',
    'hace 2 meses', 'sin prisa', 'cuanto antes']) WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;
SELECT bool_and(urgency <= before) AS monotone, min(urgency) AS least, max(urgency) AS most FROM (
    SELECT days, timeline_urgency AS urgency, lag(timeline_urgency, 1, 1::real) OVER (ORDER BY days) AS before
    FROM generate_series(1, 999) days, jorge.text_signals('in ' || days || ' days')) q;

-- financing: the last state stands, negation turns it, having to sell holds
SELECT message, financing, financing_readiness AS ready
FROM unnest(ARRAY['cash', 'pre-approved', 'preapproved', 'PRE APPROVED', 'preaproved', 'prequalified', 'sell our house first', 'a mortgage', 'need a lender',
    'not pre-approved', 'we are not yet pre-approved', 'not paying cash', 'don''t need a loan', 'preapproved but have to sell our house first',
    'prequalified, no wait, preapproved', 'preapproved mortgage', 'preaprobada', 'no estoy preaprobado', 'de contado', 'hello'])
    WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;

-- intent, strength, experience
SELECT message, intent, round(intent_strength::numeric, 2) AS strength, experience
FROM unnest(ARRAY['want to buy a house', 'want to sell my house', 'sell my house and buy a bigger one', 'looking to rent', 'just browsing', 'STOP', 'stop.',
    'Stop by anytime', 'unsubscribe', 'please stop texting me', 'not interested', 'not interested in condos', 'don''t call, text me', 'parar', 'no me llamen',
    'can we see it and make an offer', 'first time buyer', 'I own several rentals', 'not looking to buy', 'ok'])
    WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;

-- objections and how far they are negated
SELECT message, objections
FROM unnest(ARRAY['too expensive', 'not too expensive', 'too far and needs work, we already have an agent', 'muy caro y muy lejos',
    'I have to ask my wife', 'I have to ask a lender', 'what is your commission', 'rates are too high, not ready yet', 'nice'])
    WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;

-- sentiment: sign, negation, strength, bounds
SELECT left(message, 20) AS message, round(sentiment::numeric, 2) AS sentiment
FROM unnest(ARRAY['great', 'really great', 'not great', 'great, not terrible', 'terrible', 'not bad', 'but good', 'me gusta', 'no me gusta', 'pésimo', '😍', '😡',
    repeat('love ', 1000), repeat('hate ', 1000), 'the house', 'good morning']) WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;

-- places
SELECT message, location_specificity AS place
FROM unnest(ARRAY['Austin', 'south Austin', 'in Springfield', 'near Springfield', 'in the kitchen', '78704', '1204 Oak St', '1204 oak st', '500 W 2nd St',
    'calle Luna 12', '3 great days', 'a 5 minute drive', 'anywhere']) WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;

-- protected: read from spans only
SELECT message, family_size AS family, job_stability AS job, jorge.text_visible(message) AS visible
FROM unnest(ARRAY['We have 3 kids', 'family of five', 'my wife and I', 'my wife is pregnant', 'I have a daughter', 'no kids', 'single family home', 'Great job!',
    'I work at Dell', 'I''ve been a nurse for 10 years', 'lost my job', 'need a lawyer', 'the house is 30 years old', 'I''m 30 years old', 'we have we have 3 kids 3 kids',
    '1204 Church St', 'cuáles son los precios', 'mi hijo', 'a budget of 500k for my two children, 5 and 7, in Kyle'])
    WITH ORDINALITY v(message, n), jorge.text_signals(message) ORDER BY n;

-- the same however characters are written
SELECT count(DISTINCT to_jsonb(s) - 'length') AS one
FROM unnest(ARRAY['Préstamo: "don''t" need it - area', E'Pre\u0301stamo: \u201cdon\u2019t\u201d need it \u2013 a\u0301rea',
    E'PR\u00c9STAMO:\u00a0"DON''T" need it - \u00c1REA']) m, jorge.text_signals(m) s;

-- long: one word, one sentence, many; nothing overflows
SELECT length, words FROM jorge.text_signals(repeat('a', 1000000));
SELECT length, words, exclamation_marks FROM jorge.text_signals(repeat('a! ', 300000));
SELECT length, budget_min FROM jorge.text_signals(repeat('9', 1000000));
SELECT length FROM jorge.text_signals(repeat('x', 5000000));

-- work grows with length, not with its square: these would then take hours
SET statement_timeout = '2min';
SELECT count(*) AS scanned FROM unnest(ARRAY['$', 'a', 'a ', '1-', '1-1-1-', '1/1-', '1:', 'kids kids ', ' ', 'we have ', '1 ', 'my ', 'and , ',
    'in a ', 'one ', 'a@', '@a', '.com', 'www.', '$1,', '1.', '(512) ', 'not very ', '5 year old ', 'our 2 our 3 kids ', '😍', '¿', 'é',
    'looking for a a a a a a ', E'\n', 'between 400 and ', '12 Oak ', 'half and ', 'I am a ', '( ', '. ', 'don''t']) piece,
    jorge.text_signals(repeat(piece, 1000000 / octet_length(piece))) s WHERE s.length >= 0;
RESET statement_timeout;

-- wrong type
\set VERBOSITY sqlstate
SELECT jorge.text_signals(42);
