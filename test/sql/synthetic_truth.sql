-- The ground truth of synthetic leads: win rates, funnel, effects, and how well it can be known at best.
CREATE TEMP TABLE lead AS SELECT *, row_number() OVER () AS row FROM jorge.synthetic_leads(40000);
CREATE TEMP TABLE resolved AS SELECT *, (outcome = 'won')::int AS won FROM lead WHERE outcome <> 'open';

-- the share that is won is the win rate; elsewhere within three standard errors
SELECT abs(avg(won) - 0.27) < 0.01 AS at_27_percent, abs(avg(true_probability) - 0.27) < 0.01 AS expected FROM resolved;
SELECT rate, abs(avg((outcome = 'won')::int) - rate) < 0.002 + 3 * sqrt(rate * (1 - rate) / count(*)) AS met
FROM unnest('{0.01,0.1,0.5,0.8}'::float8[]) AS rate, jorge.synthetic_leads(10000, 5, rate)
WHERE outcome <> 'open' GROUP BY 1 ORDER BY 1;

-- outcomes are drawn from the probability: tenths of it are calibrated
SELECT width_bucket(true_probability, 0, 1, 10) AS tenth,
       abs(avg(won) - avg(true_probability)) < 4 * sqrt(avg(true_probability * (1 - true_probability)) / count(*))
           AS calibrated
FROM resolved GROUP BY 1 ORDER BY 1;

-- the best possible ranking
SELECT round((sum(rank) FILTER (WHERE won = 1) - sum(won) * (sum(won) + 1) / 2.0)::numeric
           / (sum(won) * (count(*) - sum(won))), 3) BETWEEN 0.96 AND 0.98 AS auc
FROM (SELECT won, rank() OVER (ORDER BY true_probability) AS rank FROM resolved) ranked;

-- hot leads exist, and most winners are among them
SELECT count(*) FILTER (WHERE true_probability >= 0.8) > 5000 AS hot_leads,
       avg((true_probability >= 0.8)::int) FILTER (WHERE won = 1) > 0.5 AS winners_hot
FROM resolved;

-- the funnel of 1000 leads at 4.5 %: 570, 234, 133, 45 (three standard errors of 38,000 leads are 7)
SELECT abs(count(*) FILTER (WHERE stage <> 'initial_contact') * 1000.0 / count(*) - 570) < 12 AS qualified,
       abs(count(*) FILTER (WHERE stage IN ('hot', 'appointment', 'closed')) * 1000.0 / count(*) - 234) < 12 AS hot,
       abs(count(*) FILTER (WHERE stage IN ('appointment', 'closed')) * 1000.0 / count(*) - 133) < 9 AS appointment,
       abs(count(*) FILTER (WHERE stage = 'closed') * 1000.0 / count(*) - 45) < 5 AS closed
FROM jorge.synthetic_leads(40000, 1, 0.045) WHERE outcome <> 'open';

-- pre-approved leads convert about four times as often as those whose form says something else
SELECT avg(won) FILTER (WHERE financing ~* '^pre-?approved') / avg(won) FILTER (WHERE financing !~* '^pre-?approved')
       BETWEEN 3.4 AND 4.6 AS about_four
FROM resolved WHERE financing IS NOT NULL;

-- and as often as everybody who doesn't say so anywhere
WITH said AS
(
    SELECT won, concat_ws(E'\n', financing, message, (SELECT string_agg(body, E'\n')
        FROM jsonb_to_recordset(interactions) AS i(direction text, body text) WHERE direction = 'in')) AS words
    FROM resolved WHERE language = 'en'
)
SELECT avg(won) FILTER (WHERE preapproved) / avg(won) FILTER (WHERE NOT preapproved) BETWEEN 3.4 AND 4.6 AS about_four
FROM (SELECT won, words ~* '(pre-?\s?approv|approved (my|our) loan|approved for a mortgage|financing is approved)'
         AND words !~* '(no pre-approval|not pre-approved)' AS preapproved FROM said) s;

-- sources convert by their quality
SELECT source FROM resolved WHERE source <> 'email' GROUP BY 1 ORDER BY avg(won) DESC;

-- answering soon, visits and replies pay; long silence does not
SELECT avg(won) FILTER (WHERE visits > 0) > 2 * avg(won) FILTER (WHERE visits = 0) AS visits_pay,
       avg(won) FILTER (WHERE incoming > 3) > 4 * avg(won) FILTER (WHERE incoming = 0) AS replies_pay
FROM (SELECT won, (SELECT count(*) FROM jsonb_array_elements(interactions) i WHERE i ->> 'channel' = 'visit') AS visits,
             (SELECT count(*) FROM jsonb_array_elements(interactions) i WHERE i ->> 'direction' = 'in') AS incoming
      FROM resolved) talk;

-- family, job or faith in a first message say nothing of the chance
SELECT abs(avg(true_probability) FILTER (WHERE protected) - avg(true_probability) FILTER (WHERE NOT protected))
           < 4 * stddev(true_probability) / sqrt(count(*) FILTER (WHERE protected)) AS no_effect,
       count(*) FILTER (WHERE protected) > 500 AS enough
FROM (SELECT true_probability, message ~* '(kids|family of|pregnant|single mom|nurse|same company|new job|wheelchair|parents|church|retired|from Mexico|daughter|software)' AS protected
      FROM resolved WHERE language = 'en' AND message IS NOT NULL AND message !~ '^I am interested in') m;
